// @ts-check
/**
 * Numbers with their noun.
 */

/** @type {Map<string, Intl.PluralRules>} */
const rules = new Map();

/**
 * @param {string} lang
 * @param {number} n
 * @param {{ one: string, few?: string, many?: string, other: string }} forms
 */
export function plural(lang, n, forms) {
	let rule = rules.get(lang);
	if (!rule) {
		rule = new Intl.PluralRules(lang);
		rules.set(lang, rule);
	}
	const form = /** @type {keyof typeof forms} */ (rule.select(n));
	const count = new Intl.NumberFormat(lang).format(n);
	return `${count} ${forms[form] ?? forms.other}`;
}
