// @ts-check
/**
 * A wide drawer to look into things: heading, a button to close, and a place
 * for the rest.  Without anything to lose, so Esc and a press on the veil
 * simply close it.
 */
import { h, uid } from './dom.js';
import { icon } from './icons.js';
import { t } from './i18n.js';

export class Side {
	/**
	 * @param {Element} host
	 * @param {{ title: string, subtitle?: string, onClose: () => void }} o
	 */
	constructor(host, o) {
		this.host = host;
		const title = uid('side');
		this.body = h('div', { class: 'ch-side-body' });
		this.inner = h('div', { class: 'ch-side' },
			h('div', { class: 'ch-side-head' },
				h('div', { class: 'ch-side-names' },
					h('h2', { id: title, class: 'ch-drawer-title' },
						o.title),
					o.subtitle && h('p', { class: 'ch-side-address',
						title: o.subtitle }, o.subtitle)),
				h('button', {
					type: 'button', class: 'ch-icon-button',
					'aria-label': t('close'), title: t('close'),
					on: { click: () => this.close() },
				}, icon('close', 22))),
			this.body);
		this.dialog = h('dialog', {
			class: 'ch-drawer ch-drawer-wide', 'aria-labelledby': title,
			on: {
				pointerdown: (/** @type {PointerEvent} */ e) => {
					if (e.target === this.dialog && e.clientX <
					    this.inner.getBoundingClientRect().left)
						this.close();
				},
				close: () => {
					this.dialog.remove();
					o.onClose();
				},
			},
		}, this.inner);
	}

	open() {
		this.host.append(this.dialog);
		this.dialog.showModal();
	}

	close() {
		this.dialog.close();
	}
}
