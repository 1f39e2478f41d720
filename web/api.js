// @ts-check
/**
 * The HTTP API in one class: the file to take over into a front end of your
 * own.  It knows fetch, problem+json, ETag and cursors, and nothing of the
 * page.
 */

const TIMEOUT = 15000;
const STORED_KEY = 'callhook.key';

/**
 * @typedef {{ pointer: string, code: string, detail?: string }} Fault
 */

export class ApiError extends Error {
	/**
	 * @param {'problem' | 'offline' | 'timeout'} kind
	 * @param {number} status  0 when there was no answer
	 * @param {any} [problem]  the body of the answer, RFC 9457
	 */
	constructor(kind, status, problem) {
		super(problem?.detail || problem?.title || `${kind} ${status}`);
		this.name = 'ApiError';
		this.kind = kind;
		this.status = status;
		this.problem = problem ?? null;
		/** @type {Fault[]} */
		this.errors = Array.isArray(problem?.errors) ? problem.errors : [];
		/** The request's id, to be told to the support. */
		this.requestId = typeof problem?.instance === 'string' ?
			problem.instance : '';
	}
}

/** The key that the user typed in, for this browser tab only. */
export const storedKey = {
	get() {
		try {
			return sessionStorage.getItem(STORED_KEY) ?? '';
		} catch {
			return '';
		}
	},
	/** @param {string} key */
	set(key) {
		try {
			if (key)
				sessionStorage.setItem(STORED_KEY, key);
			else
				sessionStorage.removeItem(STORED_KEY);
		} catch {
			/* storage is switched off: the key lives in memory */
		}
	},
};

/** @param {string} id */
function webhookPath(id) {
	return `webhooks/${encodeURIComponent(id)}`;
}

export class Api {
	/**
	 * @param {{ base: string | URL, language?: () => string, key?: string,
	 *     fetch?: typeof fetch, timeout?: number }} options
	 */
	constructor(options) {
		this.base = String(options.base).replace(/\/*$/, '/');
		this.language = options.language ?? (() => 'ru');
		this.key = options.key ?? '';
		this.timeout = options.timeout ?? TIMEOUT;
		this.fetch = options.fetch ?? ((url, init) => fetch(url, init));
		/** @type {Map<string, string>} webhook's id → its ETag */
		this.etags = new Map();
	}

	/**
	 * @param {string} method
	 * @param {string} path  relative to the base
	 * @param {{ body?: unknown, ifMatch?: string, keepalive?: boolean }} [o]
	 * @returns {Promise<{ status: number, data: any, etag: string }>}
	 */
	async request(method, path, o = {}) {
		/** @type {Record<string, string>} */
		const headers = {
			Accept: 'application/json, application/problem+json',
			'Accept-Language': this.language(),
		};
		if (o.body !== undefined)
			headers['Content-Type'] = 'application/json';
		if (o.ifMatch)
			headers['If-Match'] = o.ifMatch;
		if (this.key)
			headers.Authorization = `Bearer ${this.key}`;
		let response;
		let text;
		try {
			response = await this.fetch(new URL(path, this.base).href, {
				method, headers, cache: 'no-store',
				credentials: 'same-origin', redirect: 'manual',
				keepalive: o.keepalive === true,
				body: o.body === undefined ? undefined :
					JSON.stringify(o.body),
				signal: AbortSignal.timeout(this.timeout),
			});
			text = await response.text();
		} catch (e) {
			const late = /** @type {any} */ (e)?.name === 'TimeoutError';
			throw new ApiError(late ? 'timeout' : 'offline', 0);
		}
		/* A redirect can only lead to the cabinet's log-in page. */
		if (response.type === 'opaqueredirect')
			throw new ApiError('problem', 401);
		const data = parse(text);
		if (!response.ok)
			throw new ApiError('problem', response.status, data);
		if (text !== '' && data === null)
			throw new ApiError('problem', response.status);
		return {
			status: response.status, data,
			etag: response.headers.get('ETag') ?? '',
		};
	}

	/**
	 * All webhooks of a service, over all pages.
	 * @param {string} service
	 * @returns {Promise<any[]>}
	 */
	async listWebhooks(service) {
		const all = [];
		let cursor = null;
		do {
			const query = new URLSearchParams({ service });
			if (cursor)
				query.set('cursor', cursor);
			const { data } = await this.request('GET', `webhooks?${query}`);
			all.push(...data.data);
			cursor = data.next_cursor ?? null;
		} while (cursor);
		return all;
	}

	/** @param {string} id */
	async getWebhook(id) {
		return this.remember(await this.request('GET', webhookPath(id)));
	}

	/**
	 * Reads a webhook that was changed by a request of ours without its
	 * settings; its new version is what may be replaced, unless somebody
	 * else has changed the settings.
	 * @param {string} id
	 * @param {(webhook: any) => boolean} same
	 */
	async reread(id, same) {
		const answer = await this.request('GET', webhookPath(id));
		return same(answer.data) ? this.remember(answer) : answer.data;
	}

	/** @param {object} settings */
	async createWebhook(settings) {
		return this.remember(await this.request('POST', 'webhooks',
			{ body: settings }));
	}

	/**
	 * Replaces the settings if nobody else did since the webhook was read.
	 * @param {string} id
	 * @param {object} settings
	 */
	async replaceWebhook(id, settings) {
		return this.remember(await this.request('PUT', webhookPath(id),
			{ body: settings, ifMatch: this.etags.get(id) ?? '*' }));
	}

	/**
	 * Deletes if nobody changed the webhook since it was read.
	 * @param {string} id
	 * @param {{ keepalive?: boolean }} [options]  outlive the page
	 */
	async deleteWebhook(id, options = {}) {
		await this.request('DELETE', webhookPath(id), {
			ifMatch: this.etags.get(id) ?? '*',
			keepalive: options.keepalive,
		});
		this.etags.delete(id);
	}

	/**
	 * @param {string} service
	 * @returns {Promise<any[]>}
	 */
	async listParameters(service) {
		const query = new URLSearchParams({ service });
		const { data } = await this.request('GET', `parameters?${query}`);
		return data.data;
	}

	/** @param {object} order  settings, saved or not, and an event */
	async previewWebhook(order) {
		return (await this.request('POST', 'webhooks/preview',
			{ body: order })).data;
	}

	/**
	 * What a webhook's requests are signed with, the newest first.
	 * @param {string} id
	 * @returns {Promise<any[]>}
	 */
	async listSecrets(id) {
		const { data } = await this.request('GET',
			`${webhookPath(id)}/secret`);
		return data.data;
	}

	/**
	 * The answer is the only one with the secret itself.
	 * @param {string} id
	 * @param {object} order
	 */
	async createSecret(id, order) {
		return (await this.request('POST', `${webhookPath(id)}/secret`,
			{ body: order })).data;
	}

	/** @param {string} id */
	async deleteSecrets(id) {
		await this.request('DELETE', `${webhookPath(id)}/secret`);
	}

	/**
	 * Who changed what, newest first.
	 * @param {string} id
	 * @param {string | null} cursor
	 */
	async listVersions(id, cursor) {
		const query = cursor ? `?${new URLSearchParams({ cursor })}` : '';
		return (await this.request('GET',
			`${webhookPath(id)}/versions${query}`)).data;
	}

	/**
	 * A page of a webhook's log, newest first.
	 * @param {string} id
	 * @param {{ outcome?: string, cursor?: string | null }} [o]
	 * @returns {Promise<{ data: any[], next_cursor: string | null }>}
	 */
	async listDeliveries(id, o = {}) {
		const query = new URLSearchParams();
		if (o.outcome)
			query.set('outcome', o.outcome);
		if (o.cursor)
			query.set('cursor', o.cursor);
		return (await this.request('GET',
			`${webhookPath(id)}/deliveries?${query}`)).data;
	}

	/** @param {string} id */
	async getDelivery(id) {
		return (await this.request('GET',
			`deliveries/${encodeURIComponent(id)}`)).data;
	}

	/** @param {string} id */
	async resendDelivery(id) {
		await this.request('POST',
			`deliveries/${encodeURIComponent(id)}/resend`, { body: {} });
	}

	/** @param {{ data: any, etag: string }} answer */
	remember(answer) {
		if (answer.data?.id && answer.etag)
			this.etags.set(answer.data.id, answer.etag);
		return answer.data;
	}
}

/**
 * @param {string} text
 * @returns {any} null when it is not JSON
 */
function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
