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
 * Did the API itself say that nothing was done?  An error of whatever stands
 * before it may come after the work was done.
 * @param {unknown} e
 */
function refused(e) {
	return e instanceof ApiError && e.status >= 400 && e.status < 500 &&
		e.status !== 409;
}

/**
 * Keeps the key as long as the order is the same and nobody knows what
 * became of it.
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
			const answer = await send(key);
			key = '';
			return answer;
		} catch (e) {
			if (refused(e))
				key = '';
			throw e;
		}
	};
}
