// @ts-check
/**
 * A webhook as the form has it, and the rules of the form.  Pure: no DOM, no
 * network; tested first.
 */
import { defaultFilters, filtersOf } from './filters.js';
import { language } from './i18n.js';
import { parseSchedule, scheduleText } from './schedule.js';
import { itemsQuery, queryItems, splitAddress, splitPath } from './url-split.js';

/**
 * @typedef {object} Item  one line of the mapping
 * @property {string} name
 * @property {string} [value]   a parameter's id, or a path into it
 * @property {string} [text]    or a constant
 * @property {string} [template]  or text with {parameters}
 * @property {boolean} [query]  came out of an address' query
 */

/**
 * @typedef {object} Form
 * @property {string} origin
 * @property {string} path
 * @property {Item[]} items
 * @property {string} method
 * @property {string} event   the events with "+" between them
 * @property {string} contentType
 * @property {boolean} enabled
 * @property {import('./filters.js').Filters} filters
 * @property {{ name: string, value: string }[]} headers
 * @property {Auth} auth
 * @property {string} timeout   seconds as typed, "" is the installation's
 * @property {string} retry     waits as typed, "" are the installation's
 */

/**
 * @typedef {object} Auth
 * @property {'' | 'basic' | 'bearer'} type
 * @property {string} user
 * @property {string} secret   password or token; never in an answer
 * @property {boolean} stored  the server has one: "" leaves it as it is
 */

/**
 * @typedef {object} Parameter
 * @property {string} id
 * @property {string} description
 * @property {string} example
 * @property {'start' | 'placeholder' | 'end'} known  from which event on
 * @property {string[]} [paths]  of an object: what can be taken out of it
 */

export const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
export const KINDS = ['call_start', 'call_end', 'call_change'];
/** Every choice of events, in the order of the list. */
export const EVENTS = [
	'call_start', 'call_end', 'call_change', 'call_start+call_end',
	'call_end+call_change', 'call_start+call_change',
	'call_start+call_end+call_change',
];
export const AUTHS = /** @type {Auth['type'][]} */ (['', 'basic', 'bearer']);
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
		event: keeper ? 'call_start+call_end' : 'call_start',
		contentType: CONTENT_TYPES[0],
		enabled: true,
		filters: defaultFilters(),
		headers: [],
		auth: { type: '', user: '', secret: '', stored: false },
		timeout: '',
		retry: '',
	};
}

/** @param {string[]} events */
export function eventOf(events) {
	return KINDS.filter((kind) => events.includes(kind)).join('+') ||
		'call_end';
}

/**
 * @param {string} event  of a form
 * @returns {string[]}
 */
export function eventsOf(event) {
	return event.split('+');
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
		filters: filtersOf(webhook.filters),
		headers: (webhook.headers ?? []).map((/** @type {any} */ o) =>
			({ name: o.name, value: o.value })),
		auth: {
			type: webhook.auth?.type ?? '', user: webhook.auth?.user ?? '',
			secret: '', stored: Boolean(webhook.auth),
		},
		timeout: webhook.timeout ? String(webhook.timeout) : '',
		retry: scheduleText(webhook.retry_schedule ?? [], language()),
	};
}

/**
 * @param {Item} item
 * @returns {Item}
 */
function plainItem(item) {
	const { name, value, template } = item;
	if (typeof value === 'string')
		return { name, value };
	return typeof template === 'string' ? { name, template } :
		{ name, text: item.text ?? '' };
}

/**
 * Without the secret that the server keeps.
 * @param {Auth} auth
 */
function authOf(auth) {
	if (auth.type === '')
		return null;
	const secret = auth.secret !== '' || !auth.stored;
	return auth.type === 'basic' ?
		{ type: auth.type, user: auth.user,
			...secret && { password: auth.secret } } :
		{ type: auth.type, ...secret && { token: auth.secret } };
}

/**
 * Protocol, host and port as they are compared, without what is usual.
 * @param {string} origin
 */
function serverOf(origin) {
	const text = origin.trim().toLowerCase().replace(/\/+$/, '');
	return text.startsWith('http://') ? text.replace(/:80$/, '') :
		text.replace(/:443$/, '');
}

/**
 * Does the secret that the server keeps still do?  It is sent to nobody but
 * the server, and in nobody's name but the user's, that it was given for.
 * @param {Form} form
 * @param {Form} initial  as it is stored
 */
export function keepsSecret(form, initial) {
	return form.auth.stored && form.auth.user === initial.auth.user &&
		serverOf(form.origin) === serverOf(initial.origin);
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
		events: eventsOf(form.event),
		content_type: form.contentType,
		enabled: form.enabled,
		filters: form.filters,
		headers: form.headers,
		auth: authOf(form.auth),
		timeout: form.timeout.trim() === '' ? null : Number(form.timeout),
		retry_schedule: form.retry.trim() === '' ? null :
			parseSchedule(form.retry),
	};
}

/**
 * What is plainly wrong with the fields that are typed as text.
 * @param {Form} form
 * @returns {Record<string, string>} field → code
 */
export function formFaults(form) {
	/** @type {Record<string, string>} */
	const faults = {};
	const timeout = form.timeout.trim();
	if (timeout !== '' && !(/^\d{1,2}$/.test(timeout) &&
	    Number(timeout) >= 1 && Number(timeout) <= 60))
		faults.timeout = 'timeout_range';
	if (form.retry.trim() !== '' && parseSchedule(form.retry) === null)
		faults.retry = 'retry_syntax';
	return faults;
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
 * Has anything of «Дополнительно» been set?
 * @param {Form} form
 */
export function isPlain(form) {
	return form.headers.length === 0 && form.auth.type === '' &&
		form.timeout.trim() === '' && form.retry.trim() === '';
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
 * @typedef {'value' | 'text' | 'template'} PairKind
 * @typedef {{ name: string, value: string, kind: PairKind }} Pair
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
	const name = pair.name.trim();
	return pair.kind === 'value' ? { name, value: pair.value.trim() } :
		{ name, [pair.kind]: pair.value };
}

/**
 * @param {Item} item
 * @returns {PairKind}
 */
export function kindOf(item) {
	if (item.value !== undefined)
		return 'value';
	return item.template !== undefined ? 'template' : 'text';
}

/**
 * Is it a parameter, or a path that begins with one that has parts?
 * @param {string} text
 * @param {Parameter[]} parameters
 */
export function isParameter(text, parameters) {
	return parameters.some((p) => p.id === text || (p.paths ?? []).length > 0 &&
		text.startsWith(`${p.id}.`) && /^[^.\s{}]+(\.[^.\s{}]+)+$/.test(text));
}

/**
 * The parameters that a template names; null when its braces do not match.
 * @param {string} template
 * @returns {string[] | null}
 */
export function templateNames(template) {
	const plain = template.replaceAll(/\{\{|\}\}/g, '');
	const names = [...plain.matchAll(/\{([^{}]*)\}/g)].map((m) => m[1].trim());
	return /[{}]/.test(plain.replaceAll(/\{[^{}]*\}/g, '')) ? null : names;
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
	if (pair.kind === 'value' && !isParameter(pair.value.trim(), parameters))
		return { field: 'value', code: 'unknown_parameter' };
	if (pair.kind === 'template') {
		const names = templateNames(pair.value);
		if (names === null)
			return { field: 'value', code: 'template_braces' };
		if (!names.every((n) => isParameter(n, parameters)))
			return { field: 'value', code: 'template_parameter' };
	}
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
	if (!eventsOf(event).includes('call_start') || id === undefined)
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
	['origin', 'path', 'items', 'method', 'event', 'contentType', 'enabled',
		'filters', 'headers', 'auth', 'timeout', 'retry']);

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
	if (field === 'items')
		return form.items.map(plainItem);
	if (field === 'retry')
		return parseSchedule(form.retry) ?? form.retry.trim();
	return field === 'auth' ? authOf({ ...form.auth, stored: true }) :
		form[field];
}

/**
 * host + path without parameters, for the list.
 * @param {any} webhook
 */
export function addressOf(webhook) {
	const path = splitPath(webhook.path ?? '').path;
	return `${webhook.origin.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}
