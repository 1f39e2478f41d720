// @ts-check
/**
 * An HTTP request or answer to look at.
 */
import { copyButton } from './copy.js';
import { h, uid } from './dom.js';

/**
 * The parts of a stored answer.
 * @param {string} text
 * @returns {{ head: string, body: string }}
 */
export function answerParts(text) {
	const end = text.indexOf('\n\n');
	return end < 0 ? { head: text.replace(/\n$/, ''), body: '' } :
		{ head: text.slice(0, end), body: text.slice(end + 2) };
}

/**
 * JSON with line breaks, anything else as it came.  Numbers and the order of
 * keys stay as they were sent: only JSON that survives a round trip is
 * laid out.
 * @param {string} text
 */
export function laidOut(text) {
	try {
		const value = JSON.parse(text);
		return JSON.stringify(value) === text ?
			JSON.stringify(value, null, 2) : text;
	} catch {
		return text;
	}
}

/**
 * A request or an answer, with its name above.
 * @param {string} title
 * @param {string} head
 * @param {string | null} [body]  undefined: head is no message but a word
 * @param {string} [note]
 */
export function message(title, head, body, note) {
	const id = uid('message');
	return h('div', { class: 'ch-message' },
		h('div', { class: 'ch-message-bar' },
			h('p', { id, class: 'ch-message-title' }, title),
			body !== undefined && copyButton(title, () =>
				body ? `${head}\n\n${body}` : head)),
		h('pre', { tabindex: '0', role: 'group', 'aria-labelledby': id },
			h('code', {}, h('span', { class: 'ch-message-head' }, head),
				body ? `\n\n${laidOut(body)}` : '')),
		note && h('p', { class: 'ch-hint' }, note));
}
