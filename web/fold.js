// @ts-check
/**
 * A part of the form that is folded away until it is wanted; what it holds
 * stands in one line beside its name.
 */
import { h, setText } from './dom.js';
import { icon } from './icons.js';

/**
 * @typedef {object} Fold
 * @property {any} element  <details>
 * @property {(text: string) => void} say
 */

/**
 * @param {string} title
 * @param {(Node | null)[]} content
 * @param {() => void} [onToggle]
 * @returns {Fold}
 */
export function foldOf(title, content, onToggle) {
	const state = h('span', { class: 'ch-hint' });
	return {
		element: h('details', {
			class: 'ch-manual ch-fold', on: { toggle: () => onToggle?.() },
		}, h('summary', {}, icon('chevron', 18),
			h('span', {}, title, state)),
		h('div', { class: 'ch-fold-body' }, content)),
		say: (text) => setText(state, text),
	};
}
