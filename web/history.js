// @ts-check
/**
 * The history of a webhook in a wide drawer: who changed what and when, and
 * the settings of a version put back.
 */
import { cell, fieldName } from './conflict.js';
import { fill, h, setText } from './dom.js';
import { faultText } from './fault-text.js';
import { formatTime, maybe, t } from './i18n.js';
import { addressOf, compare, defaultForm, formOf, sameForm }
	from './model.js';
import { Side } from './side.js';

/**
 * Who it was, as the API writes it: user:NAME, key:PREFIX, or the sender.
 * @param {string} who
 */
export function whoText(who) {
	const [, kind, name] = /^(user|key):(.+)$/s.exec(who) ?? [];
	if (kind === 'user')
		return name;
	return kind === 'key' ? t('who_key', name) : t('who_sender');
}

/** Said of the first version too when nobody set them. */
const ALWAYS = ['origin', 'path', 'items', 'method', 'event', 'contentType',
	'enabled'];

/**
 * What a version changed; all it says where the one before is not known.
 * @param {any} version
 * @param {any} before
 */
export function changesOf(version, before) {
	const form = formOf(version.settings);
	const old = before ? formOf(before.settings) :
		defaultForm(version.settings.service);
	return compare(form, old).filter((row) => row.differs ||
		!before && ALWAYS.includes(row.field)).map((row) => ({
		field: row.field, now: row.mine,
		was: before ? row.theirs : undefined,
	}));
}

/**
 * The password that is stored does not go with an older version.
 * @param {any} e
 */
function isOfLogin(e) {
	return (e?.errors ?? []).some((/** @type {any} */ fault) =>
		fault.pointer.startsWith('/auth/'));
}

export class History {
	/**
	 * @param {Element} host
	 * @param {{ api: import('./api.js').Api, webhook: any, viewer: boolean,
	 *     onChange: (webhook: any) => void, onClose: () => void }} options
	 */
	constructor(host, options) {
		this.options = options;
		this.webhook = options.webhook;
		/** @type {any[]} */
		this.versions = [];
		/** @type {string | null} */
		this.cursor = null;
		this.busy = false;
		this.side = new Side(host, {
			title: t('history'), subtitle: addressOf(options.webhook),
			onClose: options.onClose,
		});
		this.note = h('p', { class: 'ch-log-note', role: 'status' });
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.list = h('ol', { class: 'ch-versions' });
		this.more = h('button', {
			type: 'button', class: 'ch-button ch-outline', hidden: true,
			on: { click: () => this.act(() => this.read(this.cursor)) },
		}, t('log_more'));
		fill(this.side.body, h('div', { class: 'ch-log-list' }, this.error,
			this.note, this.list, this.more));
	}

	open() {
		this.side.open();
		setText(this.note, t('loading_history'));
		return this.act(async () => {
			await this.reread();
			setText(this.note, '');
		});
	}

	close() {
		this.side.close();
	}

	/**
	 * One thing at a time; what fails says why.
	 * @param {() => Promise<void>} task
	 */
	async act(task) {
		if (this.busy)
			return;
		this.busy = true;
		setText(this.error, '');
		try {
			await task();
		} catch (e) {
			setText(this.note, '');
			setText(this.error, faultText(e));
		} finally {
			this.busy = false;
		}
	}

	/** The webhook and its newest versions: what may be put back over it. */
	async reread() {
		this.webhook = await this.options.api.getWebhook(this.webhook.id);
		this.options.onChange(this.webhook);
		await this.read(null);
	}

	/** @param {string | null} cursor */
	async read(cursor) {
		const page = await this.options.api.listVersions(this.webhook.id,
			cursor);
		this.versions = cursor ? [...this.versions, ...page.data] : page.data;
		this.cursor = page.next_cursor;
		this.draw();
	}

	/** @param {any} version */
	restore(version) {
		return this.act(async () => {
			setText(this.note, '');
			try {
				await this.options.api.restoreVersion(this.webhook.id,
					version.version);
			} catch (/** @type {any} */ e) {
				if (e?.status === 412)
					await this.reread();
				else if (!isOfLogin(e))
					throw e;
				setText(this.error, t(e.status === 412 ?
					'history_conflict' : 'restore_login'));
				return;
			}
			await this.reread();
			setText(this.note, t('restored', version.version));
			this.list.querySelector('button')?.focus();
		});
	}

	draw() {
		const now = formOf(this.webhook);
		fill(this.list, this.versions.map((v, i) =>
			this.version(v, this.versions[i + 1], now)));
		this.more.hidden = this.cursor === null;
	}

	/**
	 * @param {any} v
	 * @param {any} before
	 * @param {import('./model.js').Form} now
	 */
	version(v, before, now) {
		const changes = changesOf(v, before);
		const same = sameForm(formOf(v.settings), now);
		return h('li', { class: 'ch-version' },
			h('div', { class: 'ch-version-head' },
				h('div', {},
					h('h3', {}, t('version', v.version), ': ',
						maybe(`action_${v.action}`) ?? v.action),
					h('p', { class: 'ch-hint' },
						h('time', { datetime: v.at }, formatTime(v.at)), ', ',
						whoText(v.who),
						v.address && `, ${t('from_address', v.address)}`)),
				same || this.options.viewer ? same && h('span', { class: 'ch-off-mark' }, t(v === this.versions[0] ?
					'version_now' : 'version_same')) :
					h('button', {
						type: 'button', class: 'ch-button ch-outline',
						'aria-label': t('restore_version', v.version),
						on: { click: () => this.restore(v) },
					}, t('restore'))),
			changes.length > 0 && h('dl', { class: 'ch-detail-list' },
				changes.map((c) => h('div', { class: 'ch-detail' },
					h('dt', {}, fieldName(c.field)),
					h('dd', {},
						c.was !== undefined && h('del', {},
							h('span', { class: 'ch-hidden' },
								`${t('version_was')} `),
							cell(c.field, c.was)),
						c.was !== undefined && ' ',
						h('span', {}, cell(c.field, c.now)))))));
	}
}
