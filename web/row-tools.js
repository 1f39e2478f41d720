// @ts-check
/**
 * What can be done with a webhook beside the vendor's pencil and can: the
 * buttons in the unfolded part of its row.
 */
import { h, setText } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/**
 * @typedef {object} RowHandlers
 * @property {boolean} viewer  may look, not change
 * @property {(w: any) => void} onEdit
 * @property {(w: any) => void} onDelete
 * @property {(w: any) => void} onToggle
 * @property {(w: any, outcome: string) => void} onLog
 * @property {(w: any) => void} onHistory
 * @property {(w: any) => void} onTest
 * @property {(w: any) => void} onStats
 * @property {(w: any) => void} onPause  or on again
 * @property {(w: any) => void} onCopy
 * @property {(w: any) => void} onOpen  the row was unfolded
 */

/**
 * @param {RowHandlers} handlers
 * @param {() => any} webhook
 */
export function rowTools(handlers, webhook) {
	/** @param {string} name @param {string} text
	 *  @param {(w: any) => void} act */
	const tool = (name, text, act) => h('button', {
		type: 'button', class: `ch-tool ch-tool-${name}`,
		on: { click: () => act(webhook()) },
	}, icon(name, 18), h('span', {}, t(text)));
	const pause = tool('pause', 'pause', (w) => handlers.onPause(w));
	const resume = tool('play', 'resume', (w) => handlers.onPause(w));
	const element = h('div', { class: 'ch-tools', role: 'group',
		'aria-label': t('col_actions') },
	tool('chart', 'stats', (w) => handlers.onStats(w)),
	!handlers.viewer && [
		tool('send', 'test', (w) => handlers.onTest(w)), pause, resume,
		tool('copy', 'copy_webhook', (w) => handlers.onCopy(w)),
	],
	tool('history', 'history', (w) => handlers.onHistory(w)));
	return {
		element,
		/** @param {any} w */
		update(w) {
			const paused = Boolean(w.paused_at);
			const focused = document.activeElement;
			pause.hidden = paused || !w.enabled;
			resume.hidden = !paused;
			if (focused === pause && paused)
				resume.focus();
			else if (focused === resume && !paused)
				pause.focus();
		},
	};
}

/**
 * «на паузе», with how much waits as far as that is known.
 * @param {Element} mark
 * @param {any} w
 */
export function drawPaused(mark, w) {
	/** @type {any} */ (mark).hidden = !w.paused_at;
	setText(mark, w.paused_at ? t('paused') : '');
}
