// @ts-check
/**
 * The account's API keys: made (the key is shown this once), named, revoked;
 * when each was used.
 */
import { ask } from './dialog.js';
import { fill, h, setText } from './dom.js';
import { fieldOf, selectOf } from './fields.js';
import { detailsText, faultText } from './fault-text.js';
import { formatTime, t } from './i18n.js';
import { icon } from './icons.js';
import { sample } from './key-tab.js';

export const SCOPES = ['webhooks', 'events'];
/** Days until a new key expires; "" never. */
const LIVES = ['', '30', '90', '365'];

/**
 * @param {any} key
 * @param {number} now
 * @returns {'live' | 'expired' | 'revoked'}
 */
export function keyState(key, now) {
	if (key.revoked_at)
		return 'revoked';
	return key.expires_at && Date.parse(key.expires_at) <= now ? 'expired' :
		'live';
}

export class KeyList {
	/**
	 * @param {Element} host
	 * @param {{ viewer: boolean, list: () => Promise<any[]>,
	 *     create: (order: object) => Promise<any>,
	 *     rename: (prefix: string, label: string) => Promise<any>,
	 *     revoke: (prefix: string) => Promise<void> }} calls
	 */
	constructor(host, calls) {
		this.host = host;
		this.calls = calls;
		this.busy = false;
		this.note = h('p', { class: 'ch-hint', role: 'status' },
			t('loading_keys'));
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.again = h('button', {
			type: 'button', class: 'ch-button ch-outline', hidden: true,
			on: { click: () => this.act(async () => undefined) },
		}, t('retry'));
		this.fresh = h('div', { class: 'ch-secret-new', role: 'status' });
		this.list = h('ul', { class: 'ch-keys' });
		this.element = h('div', { class: 'ch-key-list' }, this.error,
			this.again, this.note, this.fresh, this.list,
			!calls.viewer && this.form());
	}

	form() {
		this.label = fieldOf(t('key_name'), h('input', {
			type: 'text', autocomplete: 'off', maxlength: 100,
			placeholder: t('key_name_example'),
		}));
		this.scopes = SCOPES.map((scope) => h('input', { type: 'checkbox',
			value: scope, checked: true }));
		this.scopeField = fieldOf(t('key_scopes_field'), h('div',
			{ class: 'ch-scopes' }, this.scopes.map((input, i) =>
				h('label', { class: 'ch-check' }, input,
					h('span', {}, t(`scope_${SCOPES[i]}`))))), true);
		this.life = selectOf(t('key_life'), LIVES,
			(days) => t(`life_${days}`), () => undefined);
		this.createButton = h('button', {
			type: 'submit', class: 'ch-button ch-primary',
		}, t('key_create'));
		return h('form', {
			class: 'ch-key-new', novalidate: true, on: {
				submit: (/** @type {Event} */ e) => {
					e.preventDefault();
					this.create();
				},
			},
		}, h('h3', {}, t('key_new')), this.label.element,
		this.scopeField.element, this.life.element, this.createButton);
	}

	open() {
		if (this.calls.viewer) {
			setText(this.note, t('keys_owner'));
			return undefined;
		}
		return this.act(async () => undefined);
	}

	/**
	 * Does something and shows what then is; one at a time.
	 * @param {() => Promise<unknown>} task
	 * @param {import('./fields.js').Field} [label]  where its faults belong
	 */
	async act(task, label) {
		if (this.busy)
			return;
		this.setBusy(true);
		setText(this.error, '');
		this.again.hidden = true;
		try {
			await task();
			this.draw(await this.calls.list());
		} catch (/** @type {any} */ e) {
			setText(this.note, '');
			this.failed(e, label);
		} finally {
			this.setBusy(false);
		}
	}

	/** @param {boolean} busy */
	setBusy(busy) {
		this.busy = busy;
		this.createButton?.setAttribute('aria-disabled', String(busy));
	}

	/**
	 * @param {any} e
	 * @param {import('./fields.js').Field} [label]
	 */
	failed(e, label) {
		const faults = e?.errors ?? [];
		const mine = faults.filter((/** @type {any} */ fault) =>
			label && fault.pointer === '/label');
		label?.error(detailsText(mine));
		if (mine.length > 0)
			label?.input.focus();
		setText(this.error, mine.length === 0 ? faultText(e) : detailsText(
			faults.filter((/** @type {any} */ f) => !mine.includes(f))));
		this.again.hidden = faults.length > 0 || e?.status === 403;
	}

	create() {
		const scopes = this.scopes.filter((input) => input.checked)
			.map((input) => input.value);
		const label = this.label.input.value.trim();
		this.label.error(label === '' ? t('key_name_required') : '');
		this.scopeField.error(scopes.length === 0 ?
			t('key_scopes_required') : '');
		if (label === '')
			this.label.input.focus();
		else if (scopes.length === 0)
			this.scopes[0].focus();
		if (label === '' || scopes.length === 0)
			return undefined;
		const days = Number(this.life.input.value);
		return this.act(async () => {
			this.show(await this.calls.create({ label, scopes,
				...days > 0 && { expires_at: new Date(Date.now() +
					days * 86400000).toISOString() } }));
			this.label.input.value = '';
		}, this.label);
	}

	/** @param {any} key  with the key itself, this once */
	show(key) {
		const copied = h('p', { class: 'ch-hint', role: 'status' });
		fill(this.fresh,
			h('p', { class: 'ch-message-title' }, t('key_once_new')),
			sample(key.key, t('key_label'), (text) => setText(copied, text)),
			copied);
		this.fresh.scrollIntoView({ block: 'nearest' });
	}

	/** @param {any} key */
	async revoke(key) {
		if (await ask(this.host, {
			title: t('key_revoke_title'),
			body: [h('p', { class: 'ch-address-line' },
				`${key.label || t('key_unnamed')} (callhook_${key.prefix}…)`),
			h('p', {}, t('key_revoke_text'))],
			buttons: [
				{ value: 'yes', text: t('key_revoke'), look: 'ch-danger' },
				{ value: '', text: t('cancel'), focus: true },
			],
		}) !== 'yes')
			return;
		await this.act(() => this.calls.revoke(key.prefix));
		(this.list.querySelector('button') ?? this.label.input).focus();
	}

	/** @param {any} key */
	async rename(key) {
		const label = fieldOf(t('key_name'), h('input', {
			type: 'text', value: key.label, maxlength: 100, autofocus: true,
			autocomplete: 'off',
		}));
		if (await ask(this.host, {
			title: t('key_rename'), body: [label.element],
			buttons: [
				{ value: 'yes', text: t('save'), look: 'ch-primary' },
				{ value: '', text: t('cancel') },
			],
		}) !== 'yes' || label.input.value.trim() === '')
			return;
		await this.act(() => this.calls.rename(key.prefix,
			label.input.value.trim()));
	}

	/** @param {any[]} keys */
	draw(keys) {
		setText(this.note, keys.length > 0 ? '' : t('keys_none'));
		this.list.hidden = keys.length === 0;
		fill(this.list, keys.map((key) => this.line(key)));
	}

	/** @param {any} key */
	line(key) {
		const state = keyState(key, Date.now());
		const name = key.label || t('key_unnamed');
		/** @param {string} glyph @param {string} text @param {() => void} act */
		const button = (glyph, text, act) => h('button', {
			type: 'button', class: 'ch-icon-button', title: t(text),
			'aria-label': `${t(text)}: ${name}`, on: { click: act },
		}, icon(glyph, 20));
		return h('li', { class: state === 'live' ? null : 'ch-key-dead' },
			h('div', { class: 'ch-key-about' },
				h('p', {}, h('strong', {}, name), ' ',
					h('code', { class: 'ch-url' },
						`callhook_${key.prefix}…`), ' ',
					state !== 'live' && h('span', { class: 'ch-off-mark' },
						t(`key_${state}`))),
				h('p', { class: 'ch-hint' }, [
					key.scopes.map((/** @type {string} */ s) =>
						SCOPES.includes(s) ? t(`scope_short_${s}`) : s)
						.join(', '),
					t('key_created', formatTime(key.created_at)),
					key.expires_at && state === 'live' &&
						t('key_until', formatTime(key.expires_at)),
				].filter(Boolean).join(' · ')),
				h('p', { class: 'ch-hint' }, key.last_used_at ?
					t('key_used', formatTime(key.last_used_at)) :
					t('key_unused'))),
			!this.calls.viewer && state !== 'revoked' && h('div',
				{ class: 'ch-key-actions' },
				button('pencil', 'key_rename', () => this.rename(key)),
				button('trash', 'key_revoke', () => this.revoke(key))));
	}
}
