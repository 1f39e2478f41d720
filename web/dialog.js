// @ts-check
/**
 * Modal questions on <dialog>: the browser keeps the focus inside and gives
 * it back to where it was.
 */
import { h, uid } from './dom.js';
import { t } from './i18n.js';

/**
 * Opens a dialog and answers the value of the button that closed it; ""
 * for Esc.
 * @param {Element} host     where it is put
 * @param {{ title: string, body: Node[], wide?: boolean,
 *     buttons: { value: string, text: string, look?: string,
 *     focus?: boolean }[] }} options
 * @returns {Promise<string>}
 */
export function ask(host, options) {
	const title = uid('ask');
	const text = uid('ask-text');
	const dialog = h('dialog', {
		class: `ch-dialog${options.wide ? ' ch-dialog-wide' : ''}`,
		'aria-labelledby': title, 'aria-describedby': text,
	},
	h('h2', { id: title, class: 'ch-dialog-title' }, options.title),
	h('div', { id: text, class: 'ch-dialog-body' }, options.body),
	h('form', { method: 'dialog', class: 'ch-dialog-buttons' },
		options.buttons.map((b) => h('button', {
			type: 'submit', value: b.value, autofocus: b.focus === true,
			class: `ch-button ${b.look ?? 'ch-plain'}`,
		}, b.text))));
	host.append(dialog);
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => {
			dialog.remove();
			resolve(dialog.returnValue);
		});
		dialog.showModal();
	});
}

/**
 * @param {Element} host
 * @param {string} address
 */
export async function askDelete(host, address) {
	return await ask(host, {
		title: t('delete_title'),
		body: [
			h('p', { class: 'ch-address-line', title: address }, address),
			h('p', {}, t('delete_text')),
		],
		buttons: [
			{ value: 'delete', text: t('remove'), look: 'ch-danger' },
			{ value: '', text: t('cancel'), focus: true },
		],
	}) === 'delete';
}

/** @param {Element} host */
export async function askDiscard(host) {
	return await ask(host, {
		title: t('discard_title'),
		body: [h('p', {}, t('discard_text'))],
		buttons: [
			{ value: 'discard', text: t('discard'), look: 'ch-danger' },
			{ value: '', text: t('keep_editing'), focus: true },
		],
	}) === 'discard';
}
