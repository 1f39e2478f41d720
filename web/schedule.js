// @ts-check
/**
 * Waits between attempts as people write them: «10 с, 5 мин, 2 ч», «30s 1h».
 * Pure.
 */

/** @type {[RegExp, number][]} units and their seconds */
const UNITS = [
	[/^(s|sec|с|сек)$/i, 1],
	[/^(m|min|м|мин)$/i, 60],
	[/^(h|ч|час)$/i, 3600],
	[/^(d|д|дн|день|дня)$/i, 86400],
];
const SHORT = /** @type {[number, string, string][]} */ (
	[[86400, 'д', 'd'], [3600, 'ч', 'h'], [60, 'мин', 'min'], [1, 'с', 's']]);

export const WAITS_MAX = 20;
export const WAIT_MAX = 604800;

/**
 * @param {string} text
 * @returns {number[] | null} seconds, null when it cannot be read
 */
export function parseSchedule(text) {
	const waits = [];
	const rest = text.replaceAll(/(\d+)\s*([a-zа-яё]*)\.?/gi,
		(_, digits, unit) => {
			const factor = unit === '' ? 1 :
				UNITS.find(([name]) => name.test(unit))?.[1];
			waits.push(factor ? Number(digits) * factor : NaN);
			return '';
		});
	if (/[^\s,;]/.test(rest) || waits.length === 0 ||
	    waits.length > WAITS_MAX)
		return null;
	return waits.every((n) => n >= 1 && n <= WAIT_MAX) ? waits : null;
}

/**
 * @param {number} seconds
 * @param {string} [language]
 */
export function waitText(seconds, language = 'ru') {
	const [size, ru, en] = SHORT.find(([n]) => seconds >= n &&
		seconds % n === 0) ?? SHORT[3];
	return `${seconds / size} ${language === 'ru' ? ru : en}`;
}

/**
 * @param {number[]} waits
 * @param {string} [language]
 */
export function scheduleText(waits, language = 'ru') {
	return waits.map((n) => waitText(n, language)).join(', ');
}

/**
 * A length of time, rounded to a unit that people would use.
 * @param {number} seconds
 * @param {string} [language]
 */
export function aboutText(seconds, language = 'ru') {
	const [size, ru, en] = SHORT.find(([n]) => seconds >= 2 * n) ?? SHORT[3];
	return `${Math.round(seconds / size)} ${language === 'ru' ? ru : en}`;
}
