// @ts-check
/**
 * «Дополнительные условия»: which calls a webhook wants to hear of.  Pure.
 */

/**
 * @typedef {object} Filters  as the API has them
 * @property {string} status
 * @property {number} min_duration  seconds
 * @property {string} kind
 * @property {string[]} campaigns
 * @property {string[]} widgets
 * @property {string[]} offices
 * @property {string[]} tags
 * @property {boolean} last_attempt_only
 */

export const STATUSES = ['all', 'successful', 'failed'];
export const CALL_KINDS = ['all', 'unique', 'target', 'unique_target'];
/** One name a line. */
export const LISTS = /** @type {('campaigns' | 'widgets' | 'offices' |
	'tags')[]} */ (['campaigns', 'widgets', 'offices', 'tags']);
export const DURATION_MAX = 86400;

/** @returns {Filters} */
export function defaultFilters() {
	return {
		status: 'all', min_duration: 0, campaigns: [], widgets: [],
		offices: [], tags: [], kind: 'all', last_attempt_only: false,
	};
}

/**
 * @param {Partial<Filters> | null | undefined} filters of an answer
 * @returns {Filters}
 */
export function filtersOf(filters) {
	const normal = defaultFilters();
	/** @type {any} */
	const all = {};
	for (const [name, value] of Object.entries(normal))
		all[name] = /** @type {any} */ (filters)?.[name] ?? value;
	return all;
}

/**
 * The conditions that are set, in the order of the form.
 * @param {Filters} filters
 * @returns {{ name: keyof Filters, value: any }[]}
 */
export function setFilters(filters) {
	const normal = /** @type {any} */ (defaultFilters());
	const names = /** @type {(keyof Filters)[]} */ (
		['status', 'min_duration', 'kind', ...LISTS, 'last_attempt_only']);
	return names.filter((name) => JSON.stringify(filters[name]) !==
		JSON.stringify(normal[name]))
		.map((name) => ({ name, value: filters[name] }));
}

/**
 * The lines of a text, each once.
 * @param {string} text
 */
export function linesOf(text) {
	return [...new Set(text.split('\n').map((line) => line.trim())
		.filter(Boolean))];
}

/**
 * Seconds as typed; what is no number stays for the server to refuse.
 * @param {string} text
 * @returns {any}
 */
export function secondsOf(text) {
	const plain = text.trim();
	if (plain === '')
		return 0;
	return /^\d{1,9}$/.test(plain) ? Number(plain) : plain;
}
