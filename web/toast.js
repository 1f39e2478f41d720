// @ts-check
/**
 * Short messages at the foot of the page.  One with an action stays for some
 * seconds, longer while the pointer rests on it, and tells when it is over.
 */
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';

const SECONDS = 5;

export class Toast {
	constructor() {
		this.element = h('div', {
			class: 'ch-toasts', role: 'status', 'aria-live': 'polite',
		});
		/** @type {any} */
		this.timer = null;
		/** @type {(() => void) | null} */
		this.over = null;
	}

	/**
	 * @param {string} text
	 * @param {{ action?: string, onAction?: () => void,
	 *     onOver?: () => void, bad?: boolean, seconds?: number }} [o]
	 */
	show(text, o = {}) {
		this.finish();
		this.over = o.onOver ?? null;
		const milliseconds = (o.seconds ?? SECONDS) * 1000;
		const box = h('div', {
			class: `ch-toast${o.bad ? ' ch-toast-bad' : ''}`,
			on: {
				pointerenter: () => clearTimeout(this.timer),
				pointerleave: () => this.plan(milliseconds),
			},
		}, h('span', { class: 'ch-toast-text' }, text));
		if (o.action) {
			box.append(h('button', {
				type: 'button', class: 'ch-toast-action',
				on: {
					click: () => {
						this.over = null;
						this.finish();
						o.onAction?.();
					},
				},
			}, o.action));
		}
		box.append(h('button', {
			type: 'button', class: 'ch-toast-close', 'aria-label': t('close'),
			on: { click: () => this.finish() },
		}, icon('close', 16)));
		fill(this.element, box);
		this.plan(milliseconds);
	}

	/** @param {number} milliseconds */
	plan(milliseconds) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.finish(), milliseconds);
	}

	/** Closes what is shown, as if its time were over. */
	finish() {
		clearTimeout(this.timer);
		const over = this.over;
		this.over = null;
		fill(this.element);
		over?.();
	}

	/** @returns {HTMLElement | null} */
	actionButton() {
		return this.element.querySelector('.ch-toast-action');
	}
}
