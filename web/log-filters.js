// @ts-check
/**
 * The filters of the log, and whether it keeps itself fresh.
 */
import { h, setText } from './dom.js';
import { fieldOf, selectOf, switchOf } from './fields.js';
import { t } from './i18n.js';
import { KINDS } from './model.js';

export const OUTCOMES = ['pending', 'delivered', 'retry', 'failed', 'expired',
	'superseded', 'cancelled'];
export const STATUS_CLASSES = ['2xx', '3xx', '4xx', '5xx', 'none'];

/** Typing is over when nothing was typed for so long, in ms. */
const PAUSE = 400;

/**
 * A time of <input type="datetime-local"> for the API; "" when there is none.
 * @param {string} local
 */
export function apiTime(local) {
	const date = new Date(local);
	return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

export class LogFilters {
	/**
	 * @param {string} outcome
	 * @param {() => void} onChange
	 * @param {(live: boolean) => void} onLive
	 */
	constructor(outcome, onChange, onLive) {
		this.onChange = onChange;
		/** @type {any} */
		this.timer = null;
		this.outcome = this.select('log_filter', OUTCOMES,
			(o) => t(`outcome_${o}`));
		this.outcome.input.value = outcome;
		this.status = this.select('log_status', STATUS_CLASSES,
			(s) => t(`status_class_${s}`));
		this.event = this.select('log_event', KINDS, (e) => t(`event_${e}`));
		this.call = fieldOf(t('log_call'), this.input('search'));
		this.from = fieldOf(t('log_from'), this.input('datetime-local'));
		this.to = fieldOf(t('log_to'), this.input('datetime-local'));
		/** Does the log keep itself fresh? */
		this.on = true;
		this.live = switchOf(t('log_live'), (on) => {
			this.on = on;
			this.live.set(on);
			onLive(on);
		});
		this.live.set(true);
		this.reset = h('button', {
			type: 'button', class: 'ch-link', on: {
				click: () => {
					for (const field of this.fields())
						field.input.value = '';
					this.changed();
					this.outcome.input.focus();
				},
			},
		}, t('log_reset'));
		this.count = h('span', { class: 'ch-hint' });
		this.rest = h('details', { class: 'ch-log-more-filters' },
			h('summary', {}, t('log_more_filters'), ' ', this.count),
			h('div', { class: 'ch-log-filters' }, this.status.element,
				this.event.element, this.call.element, this.from.element,
				this.to.element));
		this.element = h('div', { class: 'ch-log-head' },
			h('div', { class: 'ch-log-first' }, this.outcome.element,
				this.live.element, this.reset), this.rest);
		this.draw();
	}

	/**
	 * @param {string} label
	 * @param {string[]} values
	 * @param {(value: string) => string} text
	 */
	select(label, values, text) {
		return selectOf(t(label), ['', ...values],
			(v) => v === '' ? t('log_all') : text(v), () => this.changed());
	}

	/** @param {string} type */
	input(type) {
		return h('input', {
			type, autocomplete: 'off', spellcheck: 'false', on: {
				input: () => {
					clearTimeout(this.timer);
					this.timer = setTimeout(() => this.changed(), PAUSE);
				},
			},
		});
	}

	fields() {
		return [this.outcome, this.status, this.event, this.call, this.from,
			this.to];
	}

	/** What the API is asked for; "" is left out. */
	query() {
		return {
			outcome: this.outcome.input.value,
			status: this.status.input.value,
			event: this.event.input.value,
			call_id: this.call.input.value.trim(),
			from: apiTime(this.from.input.value),
			to: apiTime(this.to.input.value),
		};
	}

	/**
	 * Says at their fields what the server does not take.
	 * @param {any} error  null: nothing any more
	 * @returns {boolean} there is no more to say
	 */
	fault(error) {
		const faults = new Map((error?.errors ?? []).map(
			(/** @type {any} */ f) => [f.pointer, f.detail]));
		const names = ['outcome', 'status', 'event', 'call_id', 'from', 'to'];
		this.fields().forEach((field, i) => {
			field.error(faults.get(`?${names[i]}`) ?? '');
			faults.delete(`?${names[i]}`);
		});
		if (this.fields().slice(1).some((field) => field.faulty))
			this.rest.open = true;
		return (error?.errors ?? []).length > 0 && faults.size === 0;
	}

	get any() {
		return this.fields().some((field) => field.input.value.trim() !== '');
	}

	changed() {
		clearTimeout(this.timer);
		this.draw();
		this.onChange();
	}

	draw() {
		const hidden = this.fields().slice(1)
			.filter((field) => field.input.value.trim() !== '').length;
		setText(this.count, hidden > 0 ? t('log_filters_set', hidden) : '');
		this.reset.hidden = !this.any;
	}
}
