// @ts-check
/**
 * «Параметры запроса»: the chips, the row «Имя ¦ Значение ¦ Добавить» and the
 * cloud under it.
 */
import { Chips, chipText } from './chips.js';
import { h, setText, uid } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import {
	isBlank, itemOf, kindOf, movedItem, pairFault, withItem, withoutItem,
} from './model.js';
import { ParameterCloud } from './parameter-cloud.js';

/**
 * @typedef {import('./model.js').Item} Item
 * @typedef {import('./model.js').Parameter} Parameter
 * @typedef {import('./model.js').PairKind} PairKind
 */

const KINDS = /** @type {PairKind[]} */ (['value', 'text', 'template']);

export class MappingEditor {
	/** @param {{ onChange: (items: Item[]) => void }} options */
	constructor(options) {
		this.onChange = options.onChange;
		/** @type {Item[]} */
		this.items = [];
		/** @type {Parameter[]} */
		this.parameters = [];
		/** @type {Map<number, string>} the server's errors of chips */
		this.errors = new Map();
		this.event = 'call_start';
		this.editing = -1;
		this.chips = new Chips({
			onEdit: (i) => this.edit(i),
			onRemove: (i) => this.remove(i),
			onMove: (from, to) => this.move(from, to),
		});
		this.build();
	}

	build() {
		const error = uid('pair-error');
		this.error = h('p', { class: 'ch-error', id: error, role: 'alert' });
		this.name = this.input(t('name'), error);
		this.value = this.input(t('value'), error);
		this.button = h('button', {
			type: 'button', class: 'ch-pair-add',
			on: { click: () => this.submit() },
		}, t('add'));
		this.kinds = this.kindChoice();
		this.cloud = new ParameterCloud(this.value, (p) => this.pick(p));
		this.moves = this.moveButtons();
		this.live = h('p', { class: 'ch-hidden', role: 'status' });
		this.row = h('div', { class: 'ch-pair' }, this.name, this.value,
			this.button);
		const lower = h('div', { class: 'ch-pair-options' },
			this.kinds.element, this.kindHint, this.moves);
		this.element = h('div', { class: 'ch-mapping' }, this.chips.element,
			this.row, this.error, lower, this.cloud.element, this.live);
		this.listen();
	}

	/**
	 * @param {string} label
	 * @param {string} error
	 * @returns {HTMLInputElement}
	 */
	input(label, error) {
		return h('input', {
			type: 'text', 'aria-label': label, placeholder: label,
			'aria-describedby': error, autocomplete: 'off',
			autocapitalize: 'off', spellcheck: 'false',
		});
	}

	/** A parameter, a constant or a template. */
	kindChoice() {
		const group = uid('kind');
		this.kindHint = h('p', { class: 'ch-hint', hidden: true });
		const inputs = new Map(KINDS.map((kind) => [kind, h('input', {
			type: 'radio', name: group, value: kind,
			checked: kind === 'value',
			on: { change: () => this.kindChanged() },
		})]));
		return {
			inputs,
			element: h('div', {
				class: 'ch-kinds', role: 'radiogroup',
				'aria-label': t('kind_of_value'),
			}, KINDS.map((kind) => h('label', { class: 'ch-check' },
				inputs.get(kind), h('span', {}, t(`kind_${kind}`))))),
		};
	}

	/** @returns {PairKind} */
	get kind() {
		return KINDS.find((kind) => this.kinds.inputs.get(kind).checked) ??
			'value';
	}

	/** @param {PairKind} kind */
	setKind(kind) {
		this.kinds.inputs.get(kind).checked = true;
		this.kindChanged();
	}

	/** What a drag does, for pointers that cannot drag. */
	moveButtons() {
		/** @param {string} name @param {string} text @param {number} by */
		const mover = (name, text, by) => h('button', {
			type: 'button', class: 'ch-icon-button', title: text,
			'aria-label': text,
			on: { click: () => this.move(this.editing, this.editing + by) },
		}, icon(name, 18));
		return h('span', { class: 'ch-moves', hidden: true },
			mover('left', t('move_back'), -1),
			mover('right', t('move_on'), 1),
			h('button', {
				type: 'button', class: 'ch-link',
				on: { click: () => this.stopEditing() },
			}, t('stop_editing')));
	}

	listen() {
		this.name.addEventListener('input', () => this.fault(null));
		this.name.addEventListener('keydown', (e) => {
			if (e.key === 'Enter') {
				e.preventDefault();
				this.value.focus();
			}
		});
		this.value.addEventListener('input', () => {
			this.fault(null);
			if (this.kind === 'value')
				this.cloud.typed();
		});
		for (const type of ['focus', 'click']) {
			this.value.addEventListener(type, () => {
				if (this.kind !== 'text')
					this.cloud.show();
			});
		}
		this.value.addEventListener('keydown', (e) => {
			if (this.kind !== 'text' && this.cloud.key(e))
				return;
			if (e.key === 'Enter') {
				e.preventDefault();
				this.submit();
			}
		});
		this.element.addEventListener('focusout', (
			/** @type {FocusEvent} */ e) => {
			const to = /** @type {Node | null} */ (e.relatedTarget);
			if (to !== this.value && !this.cloud.element.contains(to))
				this.cloud.hide();
		});
	}

	/**
	 * @param {{ items: Item[], event: string, parameters: Parameter[],
	 *     errors?: Map<number, string> }} state
	 */
	set(state) {
		if (state.items !== this.items && this.editing >= 0) {
			this.editing = -1;	/* another mapping came from outside */
			this.clearPair();
		}
		this.items = state.items;
		this.event = state.event;
		this.parameters = state.parameters;
		this.errors = state.errors ?? new Map();
		this.cloud.set(state.parameters, state.event);
		this.draw();
	}

	draw() {
		this.chips.draw({
			items: this.items, editing: this.editing, event: this.event,
			parameters: this.parameters, errors: this.errors,
		});
		this.moves.hidden = this.editing < 0;
		setText(this.button, t(this.editing < 0 ? 'add' : 'replace'));
	}

	pair() {
		return {
			name: this.name.value, value: this.value.value,
			kind: this.kind,
		};
	}

	/** Something is typed that is not a chip yet. */
	get pending() {
		if (this.editing < 0)
			return !isBlank(this.pair());
		const old = this.items[this.editing];
		return chipText(itemOf(this.pair())) !== chipText(old);
	}

	/** @param {Parameter} parameter */
	pick(parameter) {
		if (this.kind === 'template') {
			this.value.setRangeText(`{${parameter.id}}`,
				this.value.selectionStart ?? 0,
				this.value.selectionEnd ?? 0, 'end');
			this.fault(null);
			this.value.focus();
			return;
		}
		this.value.value = parameter.id;
		if (this.name.value.trim() === '')
			this.name.value = parameter.id;
		this.fault(null);
		this.cloud.hide();
		this.value.focus();
		this.cloud.hide();
	}

	kindChanged() {
		const kind = this.kind;
		const label = t(kind === 'value' ? 'value' : `${kind}_value`);
		this.value.placeholder = label;
		this.value.setAttribute('aria-label', label);
		this.kindHint.hidden = kind !== 'template';
		setText(this.kindHint, kind === 'template' ? t('template_hint') : '');
		this.fault(null);
		this.cloud.hide();
		this.cloud.filters = kind === 'value';
		if (kind === 'text')
			this.cloud.detach();
		else
			this.cloud.attach();
	}

	/** @param {{ field: 'name' | 'value', code: string } | null} fault */
	fault(fault) {
		setText(this.error, fault ? t(`error_${fault.code}`) : '');
		this.name.toggleAttribute('aria-invalid', false);
		this.value.toggleAttribute('aria-invalid', false);
		if (!fault)
			return;
		const input = fault.field === 'name' ? this.name : this.value;
		input.setAttribute('aria-invalid', 'true');
		input.focus();
	}

	/** The row becomes a chip, or says what is wrong with it. */
	submit() {
		const pair = this.pair();
		const fault = pairFault(pair, this.items, this.editing,
			this.parameters);
		this.fault(fault);
		if (fault)
			return false;
		const item = itemOf(pair);
		const items = withItem(this.items, item, this.editing);
		this.editing = -1;
		this.clearPair();
		this.change(items, t('chip_added', chipText(item)));
		this.name.focus();
		this.cloud.hide();
		return true;
	}

	/**
	 * Called before the form is sent: a complete pair is taken, half a one
	 * is an error, nothing is lost silently.
	 */
	commit() {
		return !this.pending || this.submit();
	}

	clearPair() {
		this.name.value = '';
		this.value.value = '';
		this.setKind('value');
	}

	/** @param {number} i */
	edit(i) {
		if (i !== this.editing && !this.commit())
			return;		/* half a pair says what it lacks */
		const item = this.items[i];
		this.editing = i;
		this.name.value = item.name;
		this.setKind(kindOf(item));
		this.value.value = item.value ?? item.template ?? item.text ?? '';
		this.draw();
		this.name.focus();
		this.name.select();
	}

	stopEditing() {
		const i = this.editing;
		this.editing = -1;
		this.clearPair();
		this.draw();
		this.chips.focus(i);
	}

	/** @param {number} i */
	remove(i) {
		const text = chipText(this.items[i]);
		if (this.editing === i) {
			this.editing = -1;
			this.clearPair();
		} else if (this.editing > i) {
			this.editing -= 1;
		}
		this.change(withoutItem(this.items, i), t('chip_removed', text));
		if (this.items.length === 0)
			this.name.focus();
		else
			this.chips.focus(Math.min(i, this.items.length - 1));
		this.cloud.hide();
	}

	/**
	 * @param {number} from
	 * @param {number} to
	 */
	move(from, to) {
		const items = movedItem(this.items, from, to);
		if (items === this.items)
			return;
		const focused = this.chips.focusedIndex();
		if (this.editing === from)
			this.editing = to;
		else if (this.editing >= 0)
			this.editing = items.indexOf(this.items[this.editing]);
		this.change(items, t('chip_moved', chipText(items[to]), to + 1,
			items.length));
		if (focused >= 0)
			this.chips.focus(to);
	}

	/**
	 * @param {Item[]} items
	 * @param {string} message  for screen readers
	 */
	change(items, message) {
		this.items = items;
		this.errors = new Map();
		this.draw();
		setText(this.live, message);
		this.onChange(items);
	}
}
