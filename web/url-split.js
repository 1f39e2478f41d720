// @ts-check
/**
 * Takes a pasted address apart for the fields «Хост, порт и протокол» and
 * «Путь».  The text is cut, never rewritten: paths carry secrets whose bytes
 * must survive, so the browser's URL class (which repairs) is not used.
 */

const ADDRESS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;

/**
 * @typedef {object} Split
 * @property {string} origin  scheme://host:port
 * @property {string} path    "" or "/…", without query and fragment
 * @property {string} query   without "?"
 * @property {string} hash    "" or "#…"
 * @property {boolean} assumed  no scheme was typed, https was put there
 */

/**
 * @param {string} text
 * @returns {Split | null} null when there is nothing that could be an address
 */
export function splitAddress(text) {
	const match = ADDRESS.exec(text.trim());
	if (!match || !match[2])
		return null;
	const [, scheme, host, path, query, hash] = match;
	return {
		origin: `${scheme ?? 'https'}://${host}`,
		path: path ?? '',
		query: (query ?? '').slice(1),
		hash: hash ?? '',
		assumed: scheme === undefined,
	};
}

/**
 * Cuts the query off a path.
 * @param {string} path
 */
export function splitPath(path) {
	const at = path.indexOf('?');
	if (at < 0)
		return { path, query: '' };
	return { path: path.slice(0, at), query: path.slice(at + 1) };
}

/** @param {string} text */
function decode(text) {
	return decodeURIComponent(text.replaceAll('+', ' '));
}

/**
 * A query as constants of the mapping.  null when they could not stand for
 * it without loss: a name without "=", an empty or repeated name, broken
 * escapes, or a fragment; it then stays in the path.
 * @param {string} query
 * @returns {{ name: string, text: string }[] | null}
 */
export function queryItems(query) {
	const items = [];
	const seen = new Set();
	if (query.includes('#'))
		return null;
	for (const pair of query.split('&')) {
		const at = pair.indexOf('=');
		if (at < 1)
			return null;
		try {
			const name = decode(pair.slice(0, at));
			if (seen.has(name))
				return null;
			seen.add(name);
			items.push({ name, text: decode(pair.slice(at + 1)) });
		} catch {
			return null;
		}
	}
	return items;
}

/**
 * The way back: constants as a query.
 * @param {{ name: string, text?: string }[]} items
 */
export function itemsQuery(items) {
	return items.map(({ name, text }) =>
		`${encodeURIComponent(name)}=${encodeURIComponent(text ?? '')}`)
		.join('&');
}

/**
 * What is plainly wrong with «Хост, порт и протокол»; everything finer is
 * the server's to say.
 * @param {string} origin
 * @returns {string | null} a code of the API
 */
export function originFault(origin) {
	const text = origin.trim();
	const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text);
	if (!match || text === '' || match[2] === '')
		return 'url_required';
	const [, scheme, rest] = match;
	if (scheme !== undefined && !/^https?$/i.test(scheme))
		return 'url_scheme';
	if (/[\s<>"\\^`{|}]/.test(rest))
		return 'url_host';
	const port = /^(?:\[[^\]]*\]|[^:[\]]*):([^/?#]*)/.exec(rest);
	if (port && !(/^\d{1,5}$/.test(port[1]) && Number(port[1]) >= 1 &&
	    Number(port[1]) <= 65535) && !rest.includes('@'))
		return 'url_port';
	return null;
}
