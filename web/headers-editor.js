// @ts-check
/**
 * Headers of the customer's own: lines of name and value.
 */
import { fill, h } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

export const HEADERS_MAX = 20;

/** @typedef {{ name: string, value: string }} Header */

export class HeadersEditor {
	/** @param {(headers: Header[]) => void} onChange */
	constructor(onChange) {
		this.onChange = onChange;
		/** @type {Header[]} */
		this.headers = [];
		this.lines = h('div', { class: 'ch-header-lines' });
		this.add = h('button', {
			type: 'button', class: 'ch-link', on: {
				click: () => {
					this.change([...this.headers, { name: '', value: '' }]);
					this.draw();
					this.focus(this.headers.length - 1);
				},
			},
		}, t('header_add'));
		this.element = h('div', { class: 'ch-headers' }, this.lines, this.add);
	}

	/** @param {Header[]} headers */
	change(headers) {
		this.headers = headers;
		this.onChange(headers);
	}

	/** @param {Header[]} headers */
	set(headers) {
		if (headers === this.headers)
			return;
		this.headers = headers;
		this.draw();
	}

	draw() {
		fill(this.lines, this.headers.map((header, i) =>
			this.line(header, i)));
		this.add.hidden = this.headers.length >= HEADERS_MAX;
	}

	/**
	 * @param {Header} header
	 * @param {number} i
	 */
	line(header, i) {
		/** @param {'name' | 'value'} part @param {string} example */
		const input = (part, example) => h('input', {
			type: 'text', autocomplete: 'off', autocapitalize: 'off',
			spellcheck: 'false', placeholder: example,
			'aria-label': t(`header_${part}`, i + 1), value: header[part],
			on: {
				input: (/** @type {any} */ e) => this.change(this.headers.map(
					(old, at) => at === i ?
						{ ...old, [part]: e.target.value } : old)),
			},
		});
		return h('div', { class: 'ch-header-line' },
			input('name', 'X-Token'), input('value', t('value')),
			h('button', {
				type: 'button', class: 'ch-icon-button',
				'aria-label': t('header_remove', i + 1),
				title: t('header_remove', i + 1),
				on: { click: () => this.remove(i) },
			}, icon('close', 18)));
	}

	/** @param {number} i */
	remove(i) {
		this.change(this.headers.filter((_, at) => at !== i));
		this.draw();
		if (this.headers.length > 0)
			this.focus(Math.min(i, this.headers.length - 1));
		else
			this.add.focus();
	}

	/** @param {number} i */
	focus(i) {
		this.lines.children[i]?.querySelector('input')?.focus();
	}

	/** @param {number} i  line that a fault belongs to */
	bad(i) {
		this.lines.children[i]?.querySelectorAll('input')
			.forEach((/** @type {any} */ input) =>
				input.setAttribute('aria-invalid', 'true'));
	}

	focusBad() {
		(this.lines.querySelector('[aria-invalid]') ?? this.add).focus();
	}

	clearBad() {
		this.lines.querySelectorAll('[aria-invalid]')
			.forEach((/** @type {any} */ input) =>
				input.removeAttribute('aria-invalid'));
	}
}
