// @ts-check
/**
 * Two managers edited one webhook: both versions side by side.
 */
import { chipText } from './chips.js';
import { ask } from './dialog.js';
import { h } from './dom.js';
import { authText, filterText } from './filter-text.js';
import { setFilters } from './filters.js';
import { t } from './i18n.js';
import { compare } from './model.js';

/**
 * @typedef {import('./model.js').Form} Form
 * @typedef {import('./model.js').Item} Item
 */

/**
 * The value of a field in words.
 * @param {keyof Form} field
 * @param {any} value
 */
export function cell(field, value) {
	if (field === 'items') {
		const items = /** @type {Item[]} */ (value);
		return items.length === 0 ? t('nothing') :
			items.map((item) => h('div', {}, chipText(item)));
	}
	if (field === 'event')
		return t(`event_${value}`);
	if (field === 'enabled')
		return t(value ? 'yes' : 'no');
	if (field === 'filters')
		return lines(setFilters(value).map(filterText));
	if (field === 'headers')
		return lines(value.map((/** @type {Item} */ o) =>
			`${o.name}: ${o.value}`));
	if (field === 'auth')
		return value.type === '' ? t('nothing') :
			[authText(value), value.secret && t('auth_typed')]
				.filter(Boolean).join(', ');
	return value === '' ? t('nothing') : value;
}

/** @param {string[]} texts */
function lines(texts) {
	return texts.length === 0 ? t('nothing') :
		texts.map((text) => h('div', {}, text));
}

/** @param {keyof Form} field */
export function fieldName(field) {
	return t(FIELD_NAMES[field] ?? field);
}

/** @type {Record<string, string>} where the word has another key */
const FIELD_NAMES = { items: 'params', timeout: 'timeout_field',
	retry: 'retry_field' };

/** What is optional stands here only when somebody has set it. */
const OPTIONAL = ['filters', 'headers', 'auth', 'timeout', 'retry'];

/**
 * @param {Element} host
 * @param {Form} mine
 * @param {Form} theirs
 * @returns {Promise<'mine' | 'theirs' | ''>}
 */
export async function askConflict(host, mine, theirs) {
	const rows = compare(mine, theirs).filter((row) => row.differs ||
		!OPTIONAL.includes(row.field)).map((row) => h('tr', {
		class: row.differs ? 'ch-differs' : null,
	},
	h('th', { scope: 'row' }, fieldName(row.field),
		row.differs && h('span', { class: 'ch-hidden' },
			` (${t('conflict_differs')})`)),
	h('td', {}, cell(row.field, row.mine)),
	h('td', {}, cell(row.field, row.theirs))));
	const table = h('div', {
		class: 'ch-scroll', tabindex: '0', role: 'region',
		'aria-label': t('conflict_title'),
	},
	h('table', { class: 'ch-compare' },
		h('thead', {}, h('tr', {},
			h('th', { scope: 'col' }, t('conflict_field')),
			h('th', { scope: 'col' }, t('conflict_mine')),
			h('th', { scope: 'col' }, t('conflict_theirs')))),
		h('tbody', {}, rows)));
	const answer = await ask(host, {
		title: t('conflict_title'), wide: true,
		body: [h('p', {}, t('conflict_text')), table],
		buttons: [
			{ value: 'mine', text: t('conflict_keep_mine'),
				look: 'ch-primary' },
			{ value: 'theirs', text: t('conflict_take_theirs'),
				look: 'ch-outline' },
			{ value: '', text: t('conflict_back'), focus: true },
		],
	});
	return answer === 'mine' || answer === 'theirs' ? answer : '';
}
