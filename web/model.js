// @ts-check
/**
 * A webhook as the form has it, and the rules of the form.  Pure: no DOM, no
 * network; tested first.
 */
import { itemsQuery, queryItems, splitAddress, splitPath } from './url-split.js';

/**
 * @typedef {object} Item  one line of the mapping
 * @property {string} name
 * @property {string} [value]   a parameter's id
 * @property {string} [text]    or a constant
 * @property {boolean} [query]  came out of an address' query
 */

/**
 * @typedef {object} Form
 * @property {string} origin
 * @property {string} path
 * @property {Item[]} items
 * @property {string} method
 * @property {string} event   call_start, call_end or both
 * @property {string} contentType
 * @property {boolean} enabled
 */

/**
 * @typedef {object} Parameter
 * @property {string} id
 * @property {string} description
 * @property {string} example
 * @property {'start' | 'placeholder' | 'end'} known  from which event on
 */

export const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
export const EVENTS = ['call_start', 'call_end', 'both'];
export const CONTENT_TYPES = [
	'application/json', 'application/x-www-form-urlencoded',
];
export const NAME_MAX = 255;

/**
 * CallKeeper's default is everything at both events in one JSON.
 * @param {string} service
 * @returns {Form}
 */
export function defaultForm(service) {
	const keeper = service === 'callkeeper';
	return {
		origin: '', path: '', items: [],
		method: keeper ? 'POST' : 'GET',
		event: keeper ? 'both' : 'call_start',
		contentType: CONTENT_TYPES[0],
		enabled: true,
	};
}

/** @param {string[]} events */
export function eventOf(events) {
	return events.includes('call_start') && events.includes('call_end') ?
		'both' : events[0] ?? 'call_end';
}

/**
 * @param {any} webhook an answer of the API
 * @returns {Form}
 */
export function formOf(webhook) {
	return {
		origin: webhook.origin,
		path: webhook.path ?? '',
		items: (webhook.params ?? []).map(plainItem),
		method: webhook.method,
		event: eventOf(webhook.events ?? []),
		contentType: webhook.content_type ?? CONTENT_TYPES[0],
		enabled: webhook.enabled !== false,
	};
}

/**
 * @param {Item} item
 * @returns {Item}
 */
function plainItem(item) {
	return item.value !== undefined && item.value !== null ?
		{ name: item.name, value: item.value } :
		{ name: item.name, text: item.text ?? '' };
}

/**
 * What is posted.
 * @param {Form} form
 * @param {string} service
 */
export function settingsOf(form, service) {
	return {
		service,
		origin: form.origin.trim(),
		path: form.path.trim(),
		params: form.items.map(plainItem),
		method: form.method,
		events: form.event === 'both' ?
			['call_start', 'call_end'] : [form.event],
		content_type: form.contentType,
		enabled: form.enabled,
	};
}

/**
 * The settings of an answer alone, to put them back with one change.
 * @param {any} webhook
 */
export function settingsOfWebhook(webhook) {
	return settingsOf(formOf(webhook), webhook.service);
}

/**
 * @param {Form} a
 * @param {Form} b
 */
export function sameForm(a, b) {
	return JSON.stringify(settingsOf(a, '')) ===
		JSON.stringify(settingsOf(b, ''));
}

/**
 * Nothing but the address was set: CallKeeper's full JSON at both events.
 * @param {Form} form
 */
export function isDefaultKeeper(form) {
	const normal = defaultForm('callkeeper');
	return form.items.length === 0 && form.method === normal.method &&
		form.event === normal.event &&
		form.contentType === normal.contentType;
}

/**
 * What is sent when no parameters are chosen: CallKeeper's body then holds
 * everything, a query never does.
 * @param {string} service
 * @param {string} method
 * @param {string} contentType
 * @returns {'no_data' | 'full_json' | 'full_form'}
 */
export function emptyMapping(service, method, contentType) {
	if (service !== 'callkeeper' || method === 'GET')
		return 'no_data';
	return contentType === CONTENT_TYPES[0] ? 'full_json' : 'full_form';
}

/**
 * The row «Имя ¦ Значение» before it becomes a chip.
 * @typedef {{ name: string, value: string, constant: boolean }} Pair
 */

/** @param {Pair} pair */
export function isBlank(pair) {
	return pair.name.trim() === '' && pair.value.trim() === '';
}

/**
 * @param {Pair} pair
 * @returns {Item}
 */
export function itemOf(pair) {
	return pair.constant ?
		{ name: pair.name.trim(), text: pair.value } :
		{ name: pair.name.trim(), value: pair.value.trim() };
}

/**
 * @param {Pair} pair
 * @param {Item[]} items
 * @param {number} index  of the chip that is being edited, -1: a new one
 * @param {Parameter[]} parameters
 * @returns {{ field: 'name' | 'value', code: string } | null}
 */
export function pairFault(pair, items, index, parameters) {
	const name = pair.name.trim();
	if (name === '')
		return { field: 'name', code: 'name_required' };
	if (new TextEncoder().encode(name).length > NAME_MAX)
		return { field: 'name', code: 'name_too_long' };
	if (items.some((item, i) => i !== index && item.name === name))
		return { field: 'name', code: 'duplicate_name' };
	if (!pair.constant &&
	    !parameters.some((p) => p.id === pair.value.trim()))
		return { field: 'value', code: 'unknown_parameter' };
	return null;
}

/**
 * @param {Item[]} items
 * @param {Item} item
 * @param {number} index -1 appends
 */
export function withItem(items, item, index) {
	return index < 0 ? [...items, item] :
		items.map((old, i) => i === index ? item : old);
}

/**
 * @param {Item[]} items
 * @param {number} index
 */
export function withoutItem(items, index) {
	return items.filter((_, i) => i !== index);
}

/**
 * @param {Item[]} items
 * @param {number} from
 * @param {number} to  place in the result; outside it nothing moves
 */
export function movedItem(items, from, to) {
	if (from === to || to < 0 || to >= items.length)
		return items;
	const rest = withoutItem(items, from);
	rest.splice(to, 0, items[from]);
	return rest;
}

/**
 * What a parameter is worth at the chosen event.
 * @param {string | undefined} id
 * @param {string} event
 * @param {Parameter[]} parameters
 * @returns {'' | 'empty' | 'placeholder'}
 */
export function startWarning(id, event, parameters) {
	if (event === 'call_end' || id === undefined)
		return '';
	const known = parameters.find((p) => p.id === id)?.known;
	if (known === 'end')
		return 'empty';
	return known === 'placeholder' ? 'placeholder' : '';
}

/**
 * Puts a whole address into the form.  For GET its query becomes constants
 * of the mapping; other methods send the mapping in the body, so there the
 * query has to stay in the address.
 * @param {Form} form
 * @param {string} text
 * @returns {{ form: Form, moved: boolean }} moved: more than the host changed
 */
export function withAddress(form, text) {
	const split = splitAddress(text);
	if (!split)
		return { form, moved: false };
	const tail = split.query || split.hash;
	const only = split.path === '' || split.path === '/';
	const next = { ...form, origin: split.origin };
	if (only && !tail)
		return { form: next, moved: false };
	next.path = split.path.replace(/^\//, '') +
		(split.query ? `?${split.query}` : '') + split.hash;
	return { form: withPath(next, next.path).form, moved: true };
}

/**
 * @param {Form} form
 * @param {string} text what was typed into «Путь»
 * @returns {{ form: Form, moved: boolean }}
 */
export function withPath(form, text) {
	const { path, query } = splitPath(text);
	const items = form.method === 'GET' && query !== '' ?
		queryItems(query) : null;
	const names = new Set(form.items.map((item) => item.name));
	if (!items || items.some((item) => names.has(item.name)))
		return { form: { ...form, path: text }, moved: false };
	return {
		form: {
			...form, path,
			items: [
				...form.items,
				...items.map((item) => ({ ...item, query: true })),
			],
		},
		moved: true,
	};
}

/**
 * Leaving GET, constants that came out of the address go back there: the
 * receiver still reads them from the query.
 * @param {Form} form
 * @param {string} method
 * @returns {Form}
 */
export function withMethod(form, method) {
	const back = method === 'GET' ? [] :
		form.items.filter((item) => item.query);
	if (back.length === 0)
		return { ...form, method };
	const { path, query } = splitPath(form.path);
	return {
		...form, method,
		path: `${path}?${[query, itemsQuery(back)].filter(Boolean)
			.join('&')}`,
		items: form.items.filter((item) => !item.query),
	};
}

const COMPARED = /** @type {(keyof Form)[]} */ (
	['origin', 'path', 'items', 'method', 'event', 'contentType', 'enabled']);

/**
 * Two versions side by side, for the conflict dialog.
 * @param {Form} mine
 * @param {Form} theirs
 */
export function compare(mine, theirs) {
	return COMPARED.map((field) => ({
		field,
		mine: mine[field],
		theirs: theirs[field],
		differs: JSON.stringify(value(mine, field)) !==
			JSON.stringify(value(theirs, field)),
	}));
}

/**
 * @param {Form} form
 * @param {keyof Form} field
 */
function value(form, field) {
	return field === 'items' ? form.items.map(plainItem) : form[field];
}

/**
 * host + path without parameters, for the list.
 * @param {any} webhook
 */
export function addressOf(webhook) {
	const path = splitPath(webhook.path ?? '').path;
	return `${webhook.origin.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}
