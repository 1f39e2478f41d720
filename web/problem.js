// @ts-check
/**
 * Binds the errors of an answer (RFC 9457 with errors[].pointer) to the
 * fields of the form.
 */

/**
 * @typedef {{ pointer: string, code: string, detail?: string }} Fault
 * @typedef {object} Bound
 * @property {Record<string, string>} fields  field → sentence
 * @property {Map<number, string>} items      line of the mapping → sentence
 * @property {Map<number, string>} headers    line of the headers → sentence
 * @property {string[]} general               what belongs to no field
 */

/** @type {Record<string, string>} first token of the pointer → field */
const FIELDS = {
	origin: 'origin', url: 'origin', path: 'path', params: 'params',
	method: 'method', events: 'event', content_type: 'contentType',
	enabled: 'enabled', headers: 'headers', timeout: 'timeout',
	retry_schedule: 'retry', filters: 'filters', auth: 'auth',
};
/** Fields of the API that are several of the form. */
const GROUPS = ['filters', 'auth'];

/**
 * The tokens of a JSON Pointer.
 * @param {string} pointer
 */
export function tokens(pointer) {
	return pointer.split('/').slice(1)
		.map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * A test names the settings as its field "webhook".
 * @param {string} pointer
 */
function inSettings(pointer) {
	const [head, ...rest] = tokens(pointer);
	return head === 'webhook' && rest.length > 0 ? rest : [head, ...rest];
}

/**
 * @param {Fault[]} errors
 * @param {(code: string) => string | undefined} translate
 * @param {string} otherwise  when a fault has no sentence at all
 * @returns {Bound}
 */
export function bindErrors(errors, translate, otherwise) {
	/** @type {Bound} */
	const bound = { fields: {}, items: new Map(), headers: new Map(),
		general: [] };
	for (const fault of errors) {
		const text = fault.detail || translate(fault.code) || otherwise;
		const [first = '', second = ''] = inSettings(fault.pointer ?? '');
		const head = Object.hasOwn(FIELDS, first) ? FIELDS[first] : '';
		const field = GROUPS.includes(head) && second !== '' ?
			`${head}.${second}` : head;
		const lines = head === 'params' ? bound.items : bound.headers;
		if ((head === 'params' || head === 'headers') &&
		    /^\d+$/.test(second)) {
			if (!lines.has(Number(second)))
				lines.set(Number(second), text);
		} else if (field !== '') {
			bound.fields[field] ??= text;
		} else {
			bound.general.push(text);
		}
	}
	return bound;
}
