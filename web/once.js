// @ts-check
/**
 * Idempotency keys: when the answer to a POST is lost, the same order sent
 * once more does not do its work a second time.
 */
import { ApiError } from './api.js';

/** A key nobody else makes.  randomUUID wants https, this does not. */
export function newKey() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * Keeps the key as long as the order is the same and was not answered.
 */
export function onceKey() {
	let last = '';
	let key = '';
	/**
	 * @template T
	 * @param {object} order
	 * @param {(key: string) => Promise<T>} send
	 * @returns {Promise<T>}
	 */
	return async (order, send) => {
		const text = JSON.stringify(order);
		if (text !== last || key === '')
			key = newKey();
		last = text;
		try {
			return await send(key);
		} catch (e) {
			if (e instanceof ApiError && e.kind === 'problem')
				key = '';
			throw e;
		}
	};
}
