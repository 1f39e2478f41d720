// @ts-check
/**
 * A button that copies a text and says so beside itself.
 */
import { h, setText } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/** How long «Скопировано» stays, ms. */
const SAID = 3000;

/**
 * @param {string} label  what is copied
 * @param {() => string} text
 * @returns {Element | false}  false: without a secure context browsers have
 *     no clipboard
 */
export function copyButton(label, text) {
	if (!navigator.clipboard)
		return false;
	const said = h('span', { class: 'ch-copied', role: 'status' });
	let timer = 0;
	const copy = async () => {
		clearTimeout(timer);
		try {
			await navigator.clipboard.writeText(text());
			setText(said, t('copied'));
		} catch {
			setText(said, t('copy_failed'));
		}
		timer = window.setTimeout(() => setText(said, ''), SAID);
	};
	return h('span', { class: 'ch-copy' }, said, h('button', {
		type: 'button', class: 'ch-icon-button', title: t('copy'),
		'aria-label': `${t('copy')}: ${label}`, on: { click: copy },
	}, icon('copy', 18)));
}
