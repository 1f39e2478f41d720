// @ts-check
/**
 * A field of the form: label, control, hint and error, bound together for
 * screen readers.
 */
import { h, setText, uid } from './dom.js';

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {any} input
 * @property {(text: string) => void} error
 * @property {(text: string) => void} hint
 * @property {boolean} faulty
 */

/**
 * @param {string} label
 * @param {any} input
 * @param {boolean} [group]  several controls under one label
 * @returns {Field}
 */
export function fieldOf(label, input, group = false) {
	const id = uid('field');
	const name = h(group ? 'span' : 'label', {
		class: 'ch-label', id: `${id}-label`, for: group ? null : id,
	}, label);
	const hint = h('p', { class: 'ch-hint', id: `${id}-hint` });
	const error = h('p', { class: 'ch-error', id: `${id}-error`,
		role: 'alert' });
	if (group) {
		input.setAttribute('role', 'group');
		input.setAttribute('aria-labelledby', `${id}-label`);
	} else {
		input.id = id;
	}
	input.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
	return {
		element: h('div', { class: 'ch-field' }, name, input, hint, error),
		input,
		faulty: false,
		error(text) {
			this.faulty = text !== '';
			setText(error, text);
			this.element.classList.toggle('ch-bad', this.faulty);
			if (group)
				return;
			if (this.faulty)
				input.setAttribute('aria-invalid', 'true');
			else
				input.removeAttribute('aria-invalid');
		},
		hint(text) {
			setText(hint, text);
		},
	};
}

/**
 * @param {string} label
 * @param {string[]} values
 * @param {(value: string) => string} text
 * @param {(value: string) => void} onChange
 */
export function selectOf(label, values, text, onChange) {
	const select = h('select', {
		on: { change: () => onChange(select.value) },
	}, values.map((v) => h('option', { value: v }, text(v))));
	return fieldOf(label, select);
}

/**
 * @param {string} label
 * @param {(on: boolean) => void} onChange
 * @returns {Field & { set: (on: boolean) => void }}
 */
export function switchOf(label, onChange) {
	const button = switchButton(() =>
		onChange(button.getAttribute('aria-checked') !== 'true'));
	const field = fieldOf(label, button);
	field.element.classList.add('ch-field-switch');
	return Object.assign(field, {
		set: (/** @type {boolean} */ on) =>
			button.setAttribute('aria-checked', String(on)),
	});
}

/**
 * @param {() => void} onClick
 * @param {Record<string, unknown>} [props]
 */
export function switchButton(onClick, props = {}) {
	return h('button', {
		type: 'button', role: 'switch', class: 'ch-switch',
		'aria-checked': 'false', ...props, on: { click: onClick },
	}, h('span', { class: 'ch-switch-track' },
		h('span', { class: 'ch-switch-knob' })));
}
