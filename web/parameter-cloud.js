// @ts-check
/**
 * The cloud of parameters under «Значение»: a listbox that is driven from
 * the input above it (the combobox pattern), so that typing filters and the
 * arrows choose without the focus leaving the field.
 */
import { fill, h, setText, uid } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { startWarning } from './model.js';

/** @typedef {import('./model.js').Parameter} Parameter */

/**
 * Parameters whose id or description has all words of the query; what can be
 * taken out of an object as soon as the query leads into it.
 * @param {Parameter[]} parameters
 * @param {string} query
 */
export function searchParameters(parameters, query) {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	const inside = parameters.filter((p) => (p.paths ?? []).length > 0 &&
		words.some((word) => word.startsWith(`${p.id}.`)));
	const all = [...parameters, ...inside.flatMap((p) =>
		(p.paths ?? []).map((id) => ({ ...p, id, example: '', paths: [] })))];
	return all.filter((p) => {
		const text = `${p.id} ${p.description}`.toLowerCase();
		return words.every((word) => text.includes(word));
	});
}

export class ParameterCloud {
	/**
	 * @param {HTMLInputElement} input
	 * @param {(parameter: Parameter) => void} onPick
	 */
	constructor(input, onPick) {
		this.input = input;
		this.onPick = onPick;
		/** @type {Parameter[]} */
		this.parameters = [];
		/** @type {Parameter[]} */
		this.shown = [];
		this.event = 'call_start';
		this.active = -1;
		this.filtering = false;
		/** Does typing filter?  Not where parameters stand within text. */
		this.filters = true;
		this.list = h('ul', {
			id: uid('cloud'), class: 'ch-cloud-list', role: 'listbox',
			'aria-label': t('cloud_list'),
		});
		this.about = h('p', { class: 'ch-cloud-about' });
		this.none = h('p', { class: 'ch-cloud-none', role: 'status' });
		this.element = h('div', { class: 'ch-cloud', hidden: true },
			h('div', { class: 'ch-cloud-head' },
				h('p', {}, t('cloud_text')), icon('cloud', 28)),
			this.list, this.none, this.about);
		this.attach();
		/* The field keeps the focus while the pointer chooses. */
		this.element.addEventListener('pointerdown',
			(/** @type {Event} */ e) => e.preventDefault());
		this.element.addEventListener('mousedown',
			(/** @type {Event} */ e) => e.preventDefault());
	}

	/** The field is a combobox of this list. */
	attach() {
		this.input.setAttribute('role', 'combobox');
		this.input.setAttribute('aria-autocomplete', 'list');
		this.input.setAttribute('aria-controls', this.list.id);
		this.input.setAttribute('aria-expanded', 'false');
	}

	/** The field takes any text. */
	detach() {
		this.hide();
		for (const name of ['role', 'aria-autocomplete', 'aria-controls',
			'aria-expanded'])
			this.input.removeAttribute(name);
	}

	get open() {
		return !this.element.hidden;
	}

	/** Opens with everything; what is in the field filters once typed. */
	show() {
		if (this.open)
			return;
		this.filtering = false;
		this.element.hidden = false;
		this.input.setAttribute('aria-expanded', 'true');
		this.draw();
		this.element.scrollIntoView({ block: 'nearest' });
	}

	hide() {
		if (!this.open)
			return;
		this.element.hidden = true;
		this.active = -1;
		this.input.setAttribute('aria-expanded', 'false');
		this.input.removeAttribute('aria-activedescendant');
	}

	typed() {
		this.show();
		this.filtering = this.filters;
		this.active = -1;
		this.draw();
	}

	/**
	 * @param {Parameter[]} parameters
	 * @param {string} event
	 */
	set(parameters, event) {
		this.parameters = parameters;
		this.event = event;
		if (this.open)
			this.draw();
	}

	draw() {
		const query = this.filtering ? this.input.value : '';
		this.shown = searchParameters(this.parameters, query);
		this.active = Math.min(this.active, this.shown.length - 1);
		fill(this.list, this.shown.map((p, i) => this.option(p, i)));
		this.list.hidden = this.shown.length === 0;
		setText(this.none, this.shown.length === 0 ?
			t('cloud_nothing') : '');
		this.mark();
	}

	/**
	 * @param {Parameter} parameter
	 * @param {number} index
	 */
	option(parameter, index) {
		const warning = startWarning(parameter.id, this.event,
			this.parameters) === 'empty';
		return h('li', {
			id: `${this.list.id}-${index}`, role: 'option',
			class: 'ch-cloud-item', 'aria-selected': 'false',
			'aria-label': [parameter.id, parameter.description,
				warning && t('empty_at_start')].filter(Boolean).join(', '),
			on: {
				click: () => this.onPick(parameter),
				pointerenter: () => this.describe(parameter),
				pointerleave: () => this.mark(),
			},
		}, parameter.id,
		warning && h('span', { class: 'ch-warn-dot' }));
	}

	mark() {
		[...this.list.children].forEach((el, i) => {
			const on = i === this.active;
			el.setAttribute('aria-selected', String(on));
			if (on)
				el.scrollIntoView({ block: 'nearest' });
		});
		if (this.active >= 0)
			this.input.setAttribute('aria-activedescendant',
				`${this.list.id}-${this.active}`);
		else
			this.input.removeAttribute('aria-activedescendant');
		this.describe(this.shown[this.active] ?? this.parameters
			.find((p) => p.id === this.input.value.trim()));
	}

	/** @param {Parameter | undefined} p */
	describe(p) {
		if (!p) {
			fill(this.about);
			return;
		}
		const warning = startWarning(p.id, this.event, this.parameters);
		fill(this.about, h('strong', {}, p.id), ` — ${p.description}. `,
			p.example && h('span', {}, `${t('example', p.example)}. `),
			(p.paths ?? []).length > 0 && h('span', {},
				`${t('has_paths', p.paths?.[0] ?? '')}. `),
			warning && h('span', { class: 'ch-warning' },
				t(`${warning}_at_start`)));
	}

	/**
	 * @param {KeyboardEvent} e
	 * @returns {boolean} the key was for the cloud
	 */
	key(e) {
		const last = this.shown.length - 1;
		if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
			e.preventDefault();
			if (!this.open) {
				this.show();
			} else {
				const step = e.key === 'ArrowDown' ? 1 : -1;
				const next = this.active + step;
				this.active = next > last ? 0 : next < 0 ? last : next;
				this.mark();
			}
			return true;
		}
		if (e.key === 'Enter' && this.open && this.active >= 0) {
			e.preventDefault();
			this.onPick(this.shown[this.active]);
			return true;
		}
		if (e.key === 'Escape' && this.open) {
			e.preventDefault();
			e.stopPropagation();
			this.hide();
			return true;
		}
		return false;
	}
}
