// @ts-check
/**
 * The HTTP API in one class: the file to take over into a front end of your
 * own.  It knows fetch, problem+json, ETag and cursors, and nothing of the
 * page.
 */

const TIMEOUT = 15000;
/** A test waits for the customer's server. */
const TEST_TIMEOUT = 75000;
/** The longest page of a list that there is. */
const PAGE = '100';
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
	 * @param {{ body?: unknown, ifMatch?: string, keepalive?: boolean,
	 *     once?: string, timeout?: number }} [o]  once: an Idempotency-Key,
	 *     with which a repeated POST does its work a single time
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
		if (o.once)
			headers['Idempotency-Key'] = o.once;
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
				signal: AbortSignal.timeout(o.timeout ?? this.timeout),
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
			const query = new URLSearchParams({ service, limit: PAGE });
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

	/** Who is asking, and what the account may and has. */
	async getAccount() {
		return (await this.request('GET', 'account')).data;
	}

	/**
	 * @param {object} settings
	 * @param {string} [once]  see request
	 */
	async createWebhook(settings, once) {
		return this.remember(await this.request('POST', 'webhooks',
			{ body: settings, once }));
	}

	/**
	 * Changes some settings if nobody changed any since the webhook was read.
	 * @param {string} id
	 * @param {object} part
	 */
	async patchWebhook(id, part) {
		return this.remember(await this.request('PATCH', webhookPath(id),
			{ body: part, ifMatch: this.etags.get(id) }));
	}

	/**
	 * Nothing is sent until it is resumed; what happens meanwhile waits.
	 * @param {string} id
	 * @param {boolean} paused
	 */
	async pauseWebhook(id, paused) {
		return this.remember(await this.request('POST',
			`${webhookPath(id)}/${paused ? 'pause' : 'resume'}`));
	}

	/**
	 * @param {string} id
	 * @param {string} [once]  see request
	 */
	async copyWebhook(id, once) {
		return this.remember(await this.request('POST',
			`${webhookPath(id)}/copy`, { body: {}, once }));
	}

	/**
	 * Sends an invented call (or a stored one) and waits for the answer.
	 * @param {string | null} id  null: order holds the settings
	 * @param {object} order
	 */
	async testWebhook(id, order) {
		return (await this.request('POST',
			`${id === null ? 'webhooks' : webhookPath(id)}/test`,
			{ body: order, timeout: TEST_TIMEOUT })).data;
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
	 * @param {string} [once]  see request
	 */
	async createSecret(id, order, once) {
		return (await this.request('POST', `${webhookPath(id)}/secret`,
			{ body: order, once })).data;
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
	 * The settings of a version once more, if nobody changed the webhook since
	 * it was read.
	 * @param {string} id
	 * @param {number} version
	 */
	async restoreVersion(id, version) {
		return this.remember(await this.request('POST',
			`${webhookPath(id)}/versions/${version}/restore`,
			{ ifMatch: this.etags.get(id) }));
	}

	/**
	 * What was sent, by the hour or the day.
	 * @param {string | null} id  null: the whole account, with one row for each
	 *     webhook
	 * @param {Record<string, string>} o  from, to, step, tz, service
	 */
	async getStats(id, o) {
		const query = new URLSearchParams(o);
		return (await this.request('GET', id === null ? `stats?${query}` :
			`${webhookPath(id)}/stats?${query}`)).data;
	}

	/**
	 * Sends again what failed since then, in the background.
	 * @param {string} id
	 * @param {object} order
	 */
	async startRecovery(id, order) {
		return (await this.request('POST', `${webhookPath(id)}/recover`,
			{ body: order })).data;
	}

	/** @param {string} id  of the recovery */
	async getRecovery(id) {
		return (await this.request('GET',
			`recoveries/${encodeURIComponent(id)}`)).data;
	}

	/** @param {string} id  of the recovery */
	async cancelRecovery(id) {
		return (await this.request('DELETE',
			`recoveries/${encodeURIComponent(id)}`)).data;
	}

	/**
	 * @param {string} id  of the webhook
	 * @returns {Promise<any[]>} newest first
	 */
	async listRecoveries(id) {
		return (await this.request('GET',
			`${webhookPath(id)}/recoveries`)).data.data;
	}

	async exportWebhooks() {
		return (await this.request('GET', 'export')).data;
	}

	/**
	 * @param {object} order  an export with mode and dry_run
	 * @param {string} [once]  see request
	 */
	async importWebhooks(order, once) {
		return (await this.request('POST', 'import',
			{ body: order, once })).data;
	}

	/** @returns {Promise<any[]>} */
	async listKeys() {
		return (await this.request('GET', 'keys')).data.data;
	}

	/**
	 * The answer is the only one with the key itself.
	 * @param {object} order
	 */
	async createKey(order) {
		return (await this.request('POST', 'keys', { body: order })).data;
	}

	/**
	 * @param {string} prefix
	 * @param {string} label
	 */
	async renameKey(prefix, label) {
		return (await this.request('PATCH',
			`keys/${encodeURIComponent(prefix)}`, { body: { label } })).data;
	}

	/** @param {string} prefix */
	async revokeKey(prefix) {
		await this.request('DELETE', `keys/${encodeURIComponent(prefix)}`);
	}

	/**
	 * A page of a webhook's log, newest first.
	 * @param {string} id
	 * @param {Record<string, string | null | undefined>} [o]  filters and
	 *     cursor; what is empty is left out
	 * @returns {Promise<{ data: any[], next_cursor: string | null }>}
	 */
	async listDeliveries(id, o = {}) {
		const query = new URLSearchParams();
		for (const [name, value] of Object.entries(o)) {
			if (value)
				query.set(name, value);
		}
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
