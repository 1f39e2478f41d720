// @ts-check
/**
 * The signature of a saved webhook's requests, as a fold of the drawer: the
 * secrets in use, a new one (shown this once), an end of signing.  Changes
 * are made at once, not with the form.
 */
import { ask } from './dialog.js';
import { fill, h, setText } from './dom.js';
import { fieldOf, selectOf } from './fields.js';
import { detailsText, faultText } from './fault-text.js';
import { formatTime, t } from './i18n.js';
import { icon } from './icons.js';
import { sample } from './key-tab.js';
import { onceKey } from './once.js';

const KINDS = ['hmac', 'ed25519'];
const OVERLAPS = ['24', '72', '168', '0'];

/**
 * Those that still sign, the newest first, as the API lists them.
 * @param {any[]} secrets
 * @param {number} now
 */
export function liveSecrets(secrets, now) {
	return secrets.filter((s) => s.expires_at === null ||
		Date.parse(s.expires_at) > now);
}

export class Signature {
	/**
	 * @param {Element} host
	 * @param {boolean} signed
	 * @param {{ list: () => Promise<any[]>,
	 *     create: (order: object, once: string) => Promise<any>,
	 *     off: () => Promise<void> }} calls
	 */
	constructor(host, signed, calls) {
		this.host = host;
		this.calls = calls;
		this.once = onceKey();
		/** @type {any[] | null} */
		this.secrets = null;
		this.busy = false;
		this.state = h('span', { class: 'ch-hint' },
			t(signed ? 'signed' : 'unsigned'));
		this.note = h('p', { class: 'ch-hint', role: 'status' });
		this.error = h('p', { class: 'ch-error', role: 'alert' });
		this.list = h('ul', { class: 'ch-secrets' });
		this.fresh = h('div', { class: 'ch-secret-new', role: 'status' });
		this.copied = h('p', { class: 'ch-hint', role: 'status' });
		this.kind = selectOf(t('secret_kind'), KINDS,
			(k) => t(`secret_${k}`), () => undefined);
		this.overlap = selectOf(t('secret_overlap'), OVERLAPS,
			(hours) => t(`overlap_${hours}`), () => undefined);
		this.own = fieldOf(t('secret_own'), h('input', {
			type: 'text', autocomplete: 'off', autocapitalize: 'off',
			spellcheck: 'false', placeholder: 'whsec_…',
			on: {
				input: () => {
					this.own.error('');
					this.kind.input.disabled = this.own.input.value !== '';
				},
			},
		}));
		this.own.hint(t('secret_own_hint'));
		this.createButton = h('button', {
			type: 'button', class: 'ch-button ch-outline',
			on: { click: () => this.create() },
		});
		this.offButton = h('button', {
			type: 'button', class: 'ch-button ch-plain',
			on: { click: () => this.off() },
		}, t('secret_off'));
		this.controls = h('div', { class: 'ch-fold-body', hidden: true },
			this.kind.element, this.own.element, this.overlap.element,
			h('div', { class: 'ch-secret-buttons' }, this.createButton,
				this.offButton));
		this.element = h('details', {
			class: 'ch-manual ch-fold',
			on: { toggle: () => this.toggled() },
		}, h('summary', {}, icon('chevron', 18), h('span', {},
			t('signature'), this.state)),
		h('div', { class: 'ch-fold-body' },
			h('p', { class: 'ch-hint' }, t('signature_about')),
			this.fresh, this.copied, this.note, this.list, this.error,
			this.controls));
	}

	toggled() {
		if (this.element.open && this.secrets === null)
			this.act(async () => undefined);
	}

	/**
	 * Does something and shows what then is; one at a time.
	 * @param {() => Promise<unknown>} task
	 */
	async act(task) {
		if (this.busy)
			return;
		this.setBusy(true);
		setText(this.error, '');
		this.own.error('');
		try {
			await task();
			this.secrets = liveSecrets(await this.calls.list(), Date.now());
			this.draw();
		} catch (/** @type {any} */ e) {
			this.failed(e);
		} finally {
			this.setBusy(false);
		}
	}

	/** @param {any} e */
	failed(e) {
		const faults = e?.errors ?? [];
		/** @param {boolean} own */
		const text = (own) => detailsText(faults.filter(
			(/** @type {any} */ fault) =>
				(fault.pointer === '/secret') === own));
		if (text(true) !== '') {
			this.own.error(text(true));
			this.own.input.focus();
		}
		setText(this.error, text(false) ||
			(faults.length === 0 ? faultText(e) : ''));
	}

	/** @param {boolean} busy */
	setBusy(busy) {
		this.busy = busy;
		this.createButton.setAttribute('aria-disabled', String(busy));
		this.offButton.setAttribute('aria-disabled', String(busy));
	}

	create() {
		return this.act(async () => {
			const had = (this.secrets ?? []).length > 0;
			const own = this.own.input.value.trim();
			const order = {
				...own !== '' ? { secret: own } :
					{ kind: this.kind.input.value },
				...had && { overlap_hours: Number(this.overlap.input.value) },
			};
			const secret = await this.once(order, (key) =>
				this.calls.create(order, key));
			this.own.input.value = '';
			this.kind.input.disabled = false;
			this.show(secret);
		});
	}

	async off() {
		if (this.busy || await ask(this.host, {
			title: t('secret_off_title'),
			body: [h('p', {}, t('secret_off_text'))],
			buttons: [
				{ value: 'off', text: t('secret_off'), look: 'ch-danger' },
				{ value: '', text: t('cancel'), focus: true },
			],
		}) !== 'off')
			return;
		await this.act(async () => {
			await this.calls.off();
			fill(this.fresh);
			setText(this.copied, '');
		});
		this.createButton.focus();
	}

	/** @param {any} secret  with the secret itself, this once */
	show(secret) {
		const say = (/** @type {string} */ text) =>
			setText(this.copied, text);
		setText(this.copied, '');
		fill(this.fresh,
			h('p', { class: 'ch-message-title' }, t('secret_once')),
			sample(secret.secret, t('secret_new'), say),
			secret.public_key && h('p', { class: 'ch-message-title' },
				t('secret_public')),
			secret.public_key && sample(secret.public_key,
				t('secret_public'), say));
		this.fresh.scrollIntoView({ block: 'nearest' });
	}

	draw() {
		const secrets = this.secrets ?? [];
		setText(this.state, t(secrets.length > 0 ? 'signed' : 'unsigned'));
		setText(this.note, secrets.length > 0 ? '' : t('secret_none'));
		fill(this.list, secrets.map((s) => h('li', {},
			h('strong', {}, t(`secret_${s.kind}`)),
			h('span', { class: 'ch-hint' },
				t('secret_since', formatTime(s.created_at))),
			h('span', { class: 'ch-hint' }, s.expires_at === null ?
				t('secret_current') :
				t('secret_until', formatTime(s.expires_at))),
			s.public_key && h('code', { class: 'ch-url' }, s.public_key))));
		this.list.hidden = secrets.length === 0;
		this.overlap.element.hidden = secrets.length === 0;
		this.offButton.hidden = secrets.length === 0;
		setText(this.createButton, t(secrets.length > 0 ? 'secret_rotate' :
			'secret_create'));
		this.controls.hidden = false;
	}
}
