// @ts-check
/**
 * Gives the user a file that was made in the page.
 */
import { h } from './dom.js';

/**
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
export function download(name, type, text) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = h('a', { href: url, download: name, hidden: true });
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Today as a part of a file's name. */
export function today() {
	return new Date().toISOString().slice(0, 10);
}
