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
 * @property {string[]} general               what belongs to no field
 */

/** @type {Record<string, string>} first token of the pointer → field */
const FIELDS = {
	origin: 'origin', url: 'origin', path: 'path', params: 'params',
	method: 'method', events: 'event', content_type: 'contentType',
	enabled: 'enabled',
};

/**
 * The tokens of a JSON Pointer.
 * @param {string} pointer
 */
export function tokens(pointer) {
	return pointer.split('/').slice(1)
		.map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * @param {Fault[]} errors
 * @param {(code: string) => string | undefined} translate
 * @param {string} otherwise  when a fault has no sentence at all
 * @returns {Bound}
 */
export function bindErrors(errors, translate, otherwise) {
	/** @type {Bound} */
	const bound = { fields: {}, items: new Map(), general: [] };
	for (const fault of errors) {
		const text = fault.detail || translate(fault.code) || otherwise;
		const [head = '', second = ''] = tokens(fault.pointer ?? '');
		const field = Object.hasOwn(FIELDS, head) ? FIELDS[head] : '';
		if (field === 'params' && /^\d+$/.test(second)) {
			if (!bound.items.has(Number(second)))
				bound.items.set(Number(second), text);
		} else if (field !== '') {
			bound.fields[field] ??= text;
		} else {
			bound.general.push(text);
		}
	}
	return bound;
}
