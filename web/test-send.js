// @ts-check
/**
 * «Отправить тест» in a wide drawer: one request as the sender would make
 * it, and the answer.  Nothing of it is counted or kept.
 */
import { attemptBody } from './attempt-body.js';
import { outcomeOf } from './delivery-view.js';
import { fill, h, setText } from './dom.js';
import { fieldOf, selectOf } from './fields.js';
import { faultText } from './fault-text.js';
import { formatTime, t } from './i18n.js';
import { Side } from './side.js';

export class TestSend {
	/**
	 * @param {Element} host
	 * @param {{ address: string, events: string[],
	 *     send: (order: object) => Promise<any>,
	 *     onFault?: (error: any) => (() => void) | undefined,
	 *     onClose: () => void }} options
	 *     onFault: what shows a fault at its field, when nothing covers it
	 */
	constructor(host, options) {
		this.options = options;
		this.busy = false;
		this.side = new Side(host, {
			title: t('test'), subtitle: options.address,
			onClose: options.onClose,
		});
		this.event = selectOf(t('preview_event'), options.events,
			(e) => t(`event_${e}`), () => undefined);
		if (options.events.includes('call_end'))
			this.event.input.value = 'call_end';
		this.call = fieldOf(t('test_call'), h('input', {
			type: 'text', autocomplete: 'off', spellcheck: 'false',
			placeholder: t('test_invented'),
		}));
		this.button = h('button', {
			type: 'submit', class: 'ch-button ch-primary',
		}, h('span', { class: 'ch-spinner' }), t('test_send'));
		this.note = h('p', { class: 'ch-log-note', role: 'status' });
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.result = h('div', { class: 'ch-test-result' });
		fill(this.side.body, h('div', { class: 'ch-delivery' },
			h('p', { class: 'ch-hint' }, t('test_about')),
			h('form', {
				class: 'ch-test-form', novalidate: true,
				on: {
					submit: (/** @type {Event} */ e) => {
						e.preventDefault();
						this.send();
					},
				},
			}, this.event.element, this.call.element, this.button),
			this.error, this.note, this.result));
	}

	open() {
		this.side.open();
		this.button.focus();
	}

	close() {
		this.side.close();
	}

	async send() {
		if (this.busy)
			return;
		this.setBusy(true);
		setText(this.error, '');
		fill(this.result);
		setText(this.note, t('test_waiting'));
		const call = this.call.input.value.trim();
		try {
			this.show(await this.options.send({
				event: this.event.input.value, ...call && { call_id: call } }));
		} catch (/** @type {any} */ e) {
			setText(this.note, '');
			this.failed(e);
		} finally {
			this.setBusy(false);
		}
	}

	/** @param {any} e */
	failed(e) {
		const show = this.options.onFault?.(e);
		if (show) {
			this.close();	/* gives the focus back, so it comes first */
			show();
			return;
		}
		setText(this.error, e?.status === 429 ? t('test_one') : faultText(e));
	}

	/** @param {boolean} busy */
	setBusy(busy) {
		this.busy = busy;
		this.button.setAttribute('aria-disabled', String(busy));
		this.button.toggleAttribute('data-saving', busy);
	}

	/** @param {any} answer */
	show(answer) {
		fill(this.note, h('time', { datetime: answer.at },
			formatTime(answer.at)), ', ', outcomeOf(answer.outcome),
		answer.status ? `, ${t('http_code', answer.status)}` : '');
		fill(this.result, attemptBody(answer));
	}
}
