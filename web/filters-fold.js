// @ts-check
/**
 * «Дополнительные условия» of the form: which calls are wanted.
 */
import { h, uid } from './dom.js';
import { fieldOf, selectOf } from './fields.js';
import { CALL_KINDS, LISTS, STATUSES, linesOf, secondsOf, setFilters }
	from './filters.js';
import { filterText } from './filter-text.js';
import { foldOf } from './fold.js';
import { t } from './i18n.js';
import { eventsOf } from './model.js';

/** @typedef {import('./model.js').Form} Form */

export class FiltersFold {
	/** @param {(filters: import('./filters.js').Filters) => void} onChange */
	constructor(onChange) {
		this.onChange = onChange;
		/** @type {any} */
		this.filters = null;
		this.status = selectOf(t('filter_status'), STATUSES,
			(s) => t(`status_${s}`), (status) => this.change({ status }));
		this.duration = fieldOf(t('filter_min_duration'), h('input', {
			type: 'text', inputmode: 'numeric', placeholder: '0',
			autocomplete: 'off', on: {
				input: () => this.change({
					min_duration: secondsOf(this.duration.input.value) }),
			},
		}));
		this.kind = selectOf(t('filter_kind'), CALL_KINDS,
			(k) => t(`call_kind_${k}`), (kind) => this.change({ kind }));
		this.lists = new Map(LISTS.map((name) => [name, this.list(name)]));
		this.last = h('input', {
			type: 'checkbox', id: uid('last'), on: {
				change: () => this.change(
					{ last_attempt_only: this.last.checked }),
			},
		});
		this.note = h('p', { class: 'ch-hint' });
		this.fold = foldOf(t('filters'), [
			h('p', { class: 'ch-hint' }, t('filters_about')), this.note,
			this.status.element, this.duration.element, this.kind.element,
			...[...this.lists.values()].map((field) => field.element),
			h('label', { class: 'ch-check' }, this.last,
				h('span', {}, t('filter_last_attempt_only'))),
		]);
		this.element = this.fold.element;
	}

	/** @param {(typeof LISTS)[number]} name */
	list(name) {
		const area = h('textarea', {
			rows: 2, spellcheck: 'false', on: {
				input: () => this.change({ [name]: linesOf(area.value) }),
			},
		});
		const field = fieldOf(t(`filter_${name}`), area);
		field.hint(t('one_a_line'));
		return field;
	}

	/** @param {object} part */
	change(part) {
		this.filters = { ...this.filters, ...part };
		this.onChange(this.filters);
	}

	/** @param {Form} form */
	set(form) {
		const f = form.filters;
		if (f !== this.filters) {
			this.filters = f;
			this.status.input.value = f.status;
			this.duration.input.value = f.min_duration || '';
			this.kind.input.value = f.kind;
			for (const [name, field] of this.lists)
				field.input.value = f[name].join('\n');
			this.last.checked = f.last_attempt_only;
		}
		const set = setFilters(f);
		this.fold.say(set.length === 0 ? t('filters_none') :
			set.map(filterText).join('; '));
		this.note.textContent = eventsOf(form.event).includes('call_start') ?
			t('filters_at_start') : '';
	}

	/** @returns {[string, import('./fields.js').Field][]} */
	fields() {
		return [
			['filters.status', this.status],
			['filters.min_duration', this.duration],
			['filters.kind', this.kind],
			.../** @type {[string, any][]} */ ([...this.lists].map(
				([name, field]) => [`filters.${name}`, field])),
		];
	}

	open() {
		this.element.open = true;
	}
}
