// @ts-check
/**
 * What the form would send, as a fold of the drawer: the request of an
 * invented call and a PHP script that reads it, made by the API while the
 * user types.
 */
import { fill, h, setText } from './dom.js';
import { selectOf } from './fields.js';
import { faultText } from './fault-text.js';
import { message } from './http-message.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { sample } from './key-tab.js';
import { KINDS, eventsOf, settingsOf } from './model.js';
import { originFault } from './url-split.js';

const DELAY = 400;

/**
 * What is asked of the API; null while the address is not one yet.
 * @param {import('./model.js').Form} form
 * @param {string} service
 * @param {string} event  chosen for a webhook of several events
 */
export function previewOrder(form, service, event) {
	if (originFault(form.origin.trim()) !== null)
		return null;
	const events = eventsOf(form.event);
	return {
		webhook: settingsOf(form, service),
		event: events.includes(event) ? event : events[0],
	};
}

export class Preview {
	/**
	 * @param {string} service
	 * @param {(order: object) => Promise<any>} ask
	 */
	constructor(service, ask) {
		this.service = service;
		this.ask = ask;
		/** @type {import('./model.js').Form | null} */
		this.form = null;
		this.event = 'call_end';
		this.asked = '';
		/** @type {any} */
		this.timer = null;
		this.choice = selectOf(t('preview_event'), KINDS,
			(e) => t(`event_${e}`), (event) => {
				this.event = event;
				this.now();
			});
		this.choice.input.value = this.event;
		this.note = h('p', { class: 'ch-hint', role: 'status' });
		this.copied = h('p', { class: 'ch-hint', role: 'status' });
		this.result = h('div', { class: 'ch-preview-result' });
		this.element = h('details', {
			class: 'ch-manual ch-fold',
			on: { toggle: () => this.plan(0) },
		}, h('summary', {}, icon('chevron', 18), h('span', {},
			t('preview'), h('span', { class: 'ch-hint' },
				t('preview_hint')))),
		h('div', { class: 'ch-fold-body' }, this.choice.element, this.note,
			this.result, this.copied));
	}

	/** @param {import('./model.js').Form} form */
	set(form) {
		this.form = form;
		const events = eventsOf(form.event);
		this.choice.element.hidden = events.length < 2;
		for (const option of this.choice.input.options)
			option.hidden = !events.includes(option.value);
		if (!events.includes(this.event))
			this.event = events[0];
		this.choice.input.value = this.event;
		this.plan(DELAY);
	}

	stop() {
		clearTimeout(this.timer);
		this.form = null;
	}

	/** @param {number} delay */
	plan(delay) {
		clearTimeout(this.timer);
		if (this.element.open)
			this.timer = setTimeout(() => this.now(), delay);
	}

	async now() {
		if (!this.form)
			return;
		const order = previewOrder(this.form, this.service, this.event);
		const key = JSON.stringify(order);
		if (key === this.asked)
			return;
		this.asked = key;
		setText(this.copied, '');
		if (!order) {
			this.nothing(t('preview_no_address'));
			return;
		}
		try {
			const answer = await this.ask(order);
			if (key === this.asked)
				this.show(answer);
		} catch (e) {
			if (key !== this.asked)
				return;
			this.nothing(faultText(e));
			this.asked = '';	/* the next change asks again */
		}
	}

	/** @param {string} why */
	nothing(why) {
		setText(this.note, why);
		fill(this.result);
	}

	/** @param {any} answer */
	show(answer) {
		setText(this.note, '');
		fill(this.result,
			message(t('request'), [answer.line, ...answer.headers].join('\n'),
				answer.body, answer.truncated ? t('truncated') : ''),
			h('p', { class: 'ch-message-title' }, t('preview_php')),
			sample(answer.php, t('preview_php'), (text) =>
				setText(this.copied, text)));
	}
}
