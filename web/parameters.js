// @ts-check
/**
 * The platform's parameters as the API lists them, for the cloud.
 */

/** @type {Record<string, 'start' | 'placeholder' | 'end'>} */
const KNOWN = {
	at_start: 'start', placeholder: 'placeholder', at_end: 'end',
};

/**
 * @param {any[]} list
 * @returns {import('./model.js').Parameter[]}
 */
export function readParameters(list) {
	return list.map((p) => ({
		id: p.id,
		description: p.description ?? '',
		example: exampleText(p.example),
		known: KNOWN[p.known] ?? 'start',
		paths: pathsOf(p.id, p.example),
	}));
}

/**
 * What can be taken out of an object, after its example.
 * @param {string} id
 * @param {any} example
 * @returns {string[]}
 */
export function pathsOf(id, example) {
	if (example === null || typeof example !== 'object' ||
	    Array.isArray(example))
		return [];
	return Object.entries(example).flatMap(([name, value]) => {
		const path = `${id}.${name}`;
		const deeper = pathsOf(path, value);
		return deeper.length > 0 ? deeper : [path];
	});
}

/** @param {any} example a JSON value */
function exampleText(example) {
	if (example === undefined || example === null)
		return '';
	return typeof example === 'string' ? example : JSON.stringify(example);
}
