// @ts-check
/**
 * Where the time of an attempt went: a bar, and the same in words.
 */
import { h } from './dom.js';
import { language, t } from './i18n.js';
import { svg } from './icons.js';

/** The API's moments in their order, and what passes before each. */
const PHASES = [
	['dns_ms', 'dns'], ['connect_ms', 'connect'], ['tls_ms', 'tls'],
	['first_byte_ms', 'wait'], ['total_ms', 'receive'],
];

/**
 * Moments since the start into lengths.  What was not reached is left out;
 * the time until the end belongs to the phase that was under way.
 * @param {Record<string, number | null>} timings
 * @returns {{ phase: string, ms: number }[]}
 */
export function phasesOf(timings) {
	const phases = [];
	let past = 0;
	for (const [name, phase] of PHASES) {
		const at = timings[name];
		if (at === null || at === undefined)
			continue;
		const broke = name === 'total_ms' &&
			(timings.first_byte_ms ?? null) === null;
		phases.push({ phase: broke ? 'unanswered' : phase,
			ms: Math.max(at - past, 0) });
		past = Math.max(at, past);
	}
	return phases;
}

/** @param {number} ms */
function inWords(ms) {
	const digits = ms < 10 ? 1 : 0;
	return t('ms', new Intl.NumberFormat(language(),
		{ maximumFractionDigits: digits }).format(ms));
}

/**
 * @param {Record<string, number | null>} timings
 * @returns {Element | null} null when nothing was measured
 */
export function timingsPicture(timings) {
	const phases = phasesOf(timings);
	const total = phases.reduce((sum, p) => sum + p.ms, 0);
	if (total <= 0)
		return null;
	const words = phases.map((p) =>
		`${t(`phase_${p.phase}`)} ${inWords(p.ms)}`);
	const picture = svg('svg', {
		viewBox: '0 0 1000 12', preserveAspectRatio: 'none',
		class: 'ch-timings-bar', role: 'img', focusable: 'false',
		'aria-label': `${t('timings', inWords(total))}: ${words.join(', ')}`,
	});
	let x = 0;
	for (const { phase, ms } of phases) {
		const width = ms / total * 1000;
		picture.append(svg('rect', { x, y: 0, width, height: 12,
			class: `ch-phase-${phase}` }));
		x += width;
	}
	return h('div', { class: 'ch-timings' },
		h('p', {}, t('timings', inWords(total))), picture,
		h('ul', { class: 'ch-timings-words', 'aria-hidden': 'true' },
			phases.map(({ phase }, i) => {
				const key = svg('svg', { viewBox: '0 0 10 10', width: 10,
					height: 10 });
				key.append(svg('rect', { width: 10, height: 10, rx: 2,
					class: `ch-phase-${phase}` }));
				return h('li', {}, key, words[i]);
			})));
}
