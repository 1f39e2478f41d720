// @ts-check
/**
 * One delivery with its attempts: request and answer side by side, where the
 * time went, what the failure means, and the button that sends it again.
 */
import { attemptBody } from './attempt-body.js';
import { fill, h, setText } from './dom.js';
import { faultText } from './fault-text.js';
import { formatTime, maybe, t } from './i18n.js';
import { icon } from './icons.js';

/** @param {any} attempt */
function keyOf(attempt) {
	return `${attempt.at}/${attempt.n}`;
}

/** @param {string} outcome */
export function toneOf(outcome) {
	if (outcome === 'delivered')
		return 'ch-ok';
	return outcome === 'failed' || outcome === 'retry' ? 'ch-failed' : '';
}

/** @param {string} outcome */
export function outcomeOf(outcome) {
	return h('span', { class: toneOf(outcome) }, maybe(`outcome_${outcome}`) ?? outcome);
}

export class DeliveryView {
	/**
	 * @param {import('./api.js').Api} api
	 * @param {string} id
	 * @param {() => void} onBack
	 * @param {boolean} viewer  may look, not send
	 */
	constructor(api, id, onBack, viewer) {
		this.api = api;
		this.viewer = viewer;
		this.id = id;
		this.shown = '';
		/** @type {Map<string, boolean>} attempt → unfolded by the user */
		this.unfolded = new Map();
		this.back = h('button', {
			type: 'button', class: 'ch-button ch-plain ch-back',
			on: { click: onBack },
		}, icon('left', 18), t('log_back'));
		this.resendButton = h('button', {
			type: 'button', class: 'ch-button ch-outline', hidden: true,
			on: { click: () => this.resend() },
		}, t('resend'));
		this.facts = h('dl', { class: 'ch-detail-list' });
		this.note = h('p', { class: 'ch-log-note', role: 'status' },
			t('loading_delivery'));
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.attempts = h('div', { class: 'ch-attempts' });
		this.element = h('div', { class: 'ch-delivery' },
			h('div', { class: 'ch-delivery-bar' }, this.back,
				this.resendButton),
			this.error, this.note, this.facts, this.attempts);
	}

	async refresh() {
		try {
			const delivery = await this.api.getDelivery(this.id);
			if (this.shown === '')
				setText(this.note, '');
			setText(this.error, '');
			this.draw(delivery);
		} catch (/** @type {any} */ e) {
			setText(this.note, '');
			setText(this.error, e?.status === 404 ? t('delivery_gone') :
				faultText(e));
			throw e;
		}
	}

	async resend() {
		if (this.resendButton.getAttribute('aria-disabled') === 'true')
			return;
		this.resendButton.setAttribute('aria-disabled', 'true');
		try {
			await this.api.resendDelivery(this.id);
			setText(this.error, '');
			setText(this.note, t('resent'));
			await this.refresh();
		} catch (e) {
			setText(this.note, '');
			setText(this.error, faultText(e));
		} finally {
			this.resendButton.removeAttribute('aria-disabled');
		}
	}

	/** @param {any} d */
	draw(d) {
		const key = JSON.stringify(d);
		if (key === this.shown)
			return;
		const focused = document.activeElement?.getAttribute('data-attempt');
		const hadButton = document.activeElement === this.resendButton;
		this.shown = key;
		/* What is still going to be sent cannot be sent again. */
		this.resendButton.hidden = this.viewer ||
			['pending', 'retry'].includes(d.outcome);
		if (this.resendButton.hidden && hadButton)
			this.back.focus();
		/** @param {string} label @param {any} value */
		const line = (label, value) => h('div', { class: 'ch-detail' },
			h('dt', {}, t(label)), h('dd', {}, value));
		fill(this.facts,
			line('log_call', d.event?.call_id ?? t('log_gone')),
			line('log_event', d.event ? t(`event_${d.event.event}`) :
				t('log_gone')),
			line('log_outcome', outcomeOf(d.outcome)),
			d.next_attempt_at && line('next_attempt',
				formatTime(d.next_attempt_at)),
			line('delivery_id', h('code', { class: 'ch-url' }, d.id)));
		const newest = [...d.attempts].reverse();
		fill(this.attempts, newest.length === 0 ?
			h('p', { class: 'ch-log-note' }, t('no_attempts')) :
			newest.map((a, i) => this.attempt(a, i === 0)));
		if (focused) {
			this.attempts.querySelector(
				`[data-attempt="${CSS.escape(focused)}"]`)?.focus();
		}
	}

	/**
	 * @param {any} a
	 * @param {boolean} newest
	 */
	attempt(a, newest) {
		const key = keyOf(a);
		const details = h('details', {
			class: 'ch-attempt', open: this.unfolded.get(key) ?? newest,
		}, h('summary', {
			'data-attempt': key,
			on: { click: () => this.unfolded.set(key, !details.open) },
		}, icon('chevron', 18), h('h3', {}, t('attempt', a.n), ' ',
			h('span', { class: 'ch-attempt-about' },
				h('time', { datetime: a.at }, formatTime(a.at)), ', ',
				outcomeOf(a.outcome),
				a.status ? `, ${t('http_code', a.status)}` : ''))),
		attemptBody(a));
		return details;
	}
}
