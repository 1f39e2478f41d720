// @ts-check
/**
 * The chips of a mapping, in the order they are sent: press to change, × to
 * remove, drag or Alt + arrows to reorder.
 */
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { kindOf, startWarning, templateNames } from './model.js';

/**
 * @typedef {import('./model.js').Item} Item
 * @typedef {import('./model.js').Parameter} Parameter
 */

/**
 * How a line of the mapping is written: clientPhone=client_number,
 * source="ckct" for a constant, who=«{city}, {ip}» for a template.
 * @param {Item} item
 */
export function chipText(item) {
	if (item.value !== undefined)
		return `${item.name}=${item.value}`;
	return item.template !== undefined ? `${item.name}=«${item.template}»` :
		`${item.name}="${item.text ?? ''}"`;
}

/**
 * What a line is worth at the start of a call; of a template its worst part.
 * @param {Item} item
 * @param {string} event
 * @param {Parameter[]} parameters
 */
export function itemWarning(item, event, parameters) {
	const names = item.template === undefined ? [item.value] :
		templateNames(item.template) ?? [];
	const warnings = names.map((name) =>
		startWarning(name?.split('.')[0], event, parameters));
	return ['empty', 'placeholder'].find((w) =>
		warnings.some((one) => one === w)) ?? '';
}

/** @param {Item} item */
function kindClass(item) {
	const kind = kindOf(item);
	return kind === 'value' ? '' : kind === 'text' ? 'ch-constant' :
		'ch-template';
}

/**
 * Chips to look at, for the details of a row and the conflict dialog.
 * @param {Item[]} items
 */
export function readOnlyChips(items) {
	return h('ul', { class: 'ch-chips ch-chips-plain' },
		items.map((item) => h('li', {
			class: `ch-chip ${kindClass(item)}`,
			title: chipText(item),
		}, h('span', { class: 'ch-chip-text' }, chipText(item)))));
}

export class Chips {
	/**
	 * @param {{ onEdit: (i: number) => void, onRemove: (i: number) => void,
	 *     onMove: (from: number, to: number) => void }} handlers
	 */
	constructor(handlers) {
		this.handlers = handlers;
		this.dragged = -1;
		this.list = h('ul', { class: 'ch-chips', 'aria-label': t('chips') });
		this.hint = h('p', { class: 'ch-hint', hidden: true },
			t('chips_hint'));
		this.element = h('div', { hidden: true }, this.list, this.hint);
	}

	/**
	 * @param {{ items: Item[], editing: number, event: string,
	 *     parameters: Parameter[], errors: Map<number, string> }} state
	 */
	draw(state) {
		const focused = this.focusedIndex();
		fill(this.list, state.items.map((item, i) =>
			this.chip(item, i, state)));
		this.element.hidden = state.items.length === 0;
		this.hint.hidden = state.items.length < 2;
		if (focused >= 0)
			this.focus(Math.min(focused, state.items.length - 1));
	}

	/**
	 * @param {Item} item
	 * @param {number} i
	 * @param {Parameters<Chips['draw']>[0]} state
	 */
	chip(item, i, state) {
		const text = chipText(item);
		const warning = itemWarning(item, state.event, state.parameters);
		const error = state.errors.get(i);
		const note = [error, warning && t(`${warning}_at_start`)]
			.filter(Boolean).join('. ');
		return h('li', {
			class: ['ch-chip', kindClass(item),
				i === state.editing && 'ch-editing',
				error && 'ch-chip-bad'].filter(Boolean).join(' '),
			draggable: 'true', title: note ? `${text}: ${note}` : text,
			on: this.dragging(i),
		},
		h('button', {
			type: 'button', class: 'ch-chip-text',
			'aria-label': [t('chip_edit', text), note].filter(Boolean)
				.join('. '),
			'aria-current': i === state.editing ? 'true' : null,
			on: {
				click: () => this.handlers.onEdit(i),
				keydown: (/** @type {KeyboardEvent} */ e) => this.key(e, i),
			},
		}, warning === 'empty' && h('span', { class: 'ch-warn-dot' }), text),
		h('button', {
			type: 'button', class: 'ch-chip-remove',
			'aria-label': t('chip_remove', text),
			on: { click: () => this.handlers.onRemove(i) },
		}, icon('close', 16)));
	}

	/**
	 * @param {KeyboardEvent} e
	 * @param {number} i
	 */
	key(e, i) {
		if (e.key === 'Delete' || e.key === 'Backspace') {
			e.preventDefault();
			this.handlers.onRemove(i);
			return;
		}
		if (!e.altKey)
			return;
		const back = e.key === 'ArrowLeft' || e.key === 'ArrowUp';
		const on = e.key === 'ArrowRight' || e.key === 'ArrowDown';
		if (back || on) {
			e.preventDefault();
			this.handlers.onMove(i, i + (back ? -1 : 1));
		}
	}

	/** @param {number} i */
	dragging(i) {
		return {
			dragstart: (/** @type {DragEvent} */ e) => {
				this.dragged = i;
				e.dataTransfer?.setData('text/plain', String(i));
			},
			dragover: (/** @type {DragEvent} */ e) => {
				if (this.dragged >= 0)
					e.preventDefault();
			},
			drop: (/** @type {DragEvent} */ e) => {
				e.preventDefault();
				if (this.dragged >= 0)
					this.handlers.onMove(this.dragged, i);
				this.dragged = -1;
			},
			dragend: () => {
				this.dragged = -1;
			},
		};
	}

	focusedIndex() {
		const chip = document.activeElement?.closest('.ch-chip');
		return chip ? [...this.list.children].indexOf(chip) : -1;
	}

	/** @param {number} i */
	focus(i) {
		this.list.children[i]?.querySelector('.ch-chip-text')?.focus();
	}
}
