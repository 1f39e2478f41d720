// @ts-check
/**
 * Settings of all webhooks as a file, and back: what an import would do is
 * shown before anything is done.
 */
import { download, today } from './download.js';
import { fill, h, setText, uid } from './dom.js';
import { faultText } from './fault-text.js';
import { t } from './i18n.js';
import { addressOf } from './model.js';
import { onceKey } from './once.js';

const MODES = ['add', 'replace'];
/** Faults that are listed; more of them say nothing new. */
const FAULTS_SHOWN = 20;
const SIZE_MAX = 4 * 1024 * 1024;

/** @param {any} answer */
export function exportFile(answer) {
	download(`callhook-webhooks-${today()}.json`, 'application/json',
		`${JSON.stringify(answer, null, '\t')}\n`);
}

/**
 * @param {string} text
 * @returns {any} null when it is not an export
 */
export function readExport(text) {
	try {
		const value = JSON.parse(text);
		return typeof value?.format === 'string' &&
			Array.isArray(value.webhooks) ? value : null;
	} catch {
		return null;
	}
}

/**
 * The API gives numbers or lists of what it would do.
 * @param {unknown} value
 */
export function countOf(value) {
	return Array.isArray(value) ? value.length : Number(value ?? 0);
}

/**
 * A fault with the address of the webhook that it belongs to.
 * @param {{ pointer: string, detail?: string, code: string }} fault
 * @param {any[]} webhooks
 */
export function importFault(fault, webhooks) {
	const [, list, index, ...rest] = fault.pointer.split('/');
	const webhook = list === 'webhooks' ? webhooks[Number(index)] : undefined;
	const place = webhook && typeof webhook.origin === 'string' ?
		`${Number(index) + 1}. ${addressOf(webhook)}` : fault.pointer;
	return [place, rest.join('/'), fault.detail ?? fault.code]
		.filter(Boolean).join(': ');
}

export class ImportDialog {
	/**
	 * @param {Element} host
	 * @param {{ send: (order: object, once?: string) => Promise<any>,
	 *     onDone: () => void }} options
	 */
	constructor(host, options) {
		this.host = host;
		this.once = onceKey();
		this.options = options;
		/** @type {any} */
		this.file = null;
		this.mode = 'add';
		this.asked = 0;
		const title = uid('import');
		this.input = h('input', {
			type: 'file', id: uid('file'), accept: '.json,application/json',
			on: { change: () => this.chosen() },
		});
		this.modes = h('fieldset', { class: 'ch-modes' },
			h('legend', { class: 'ch-hidden' }, t('import_mode')),
			MODES.map((mode) => h('label', { class: 'ch-check' },
				h('input', {
					type: 'radio', name: title, value: mode,
					checked: mode === this.mode, on: {
						change: () => {
							this.mode = mode;
							this.dry();
						},
					},
				}), h('span', {}, t(`import_${mode}`)))));
		this.note = h('p', { class: 'ch-hint', role: 'status' });
		this.error = h('p', { class: 'ch-error', role: 'alert' });
		this.plan = h('div', { class: 'ch-plan' });
		this.go = h('button', {
			type: 'button', class: 'ch-button ch-primary',
			'aria-disabled': 'true', on: { click: () => this.apply() },
		}, t('import_go'));
		this.dialog = h('dialog', {
			class: 'ch-dialog', 'aria-labelledby': title,
			on: { close: () => this.dialog.remove() },
		}, h('h2', { id: title, class: 'ch-dialog-title' }, t('import')),
		h('div', { class: 'ch-dialog-body' },
			h('p', {}, t('import_about')),
			h('label', { class: 'ch-label', for: this.input.id },
				t('import_file')), this.input, this.modes, this.note,
			this.error, this.plan),
		h('div', { class: 'ch-dialog-buttons' }, this.go, h('button', {
			type: 'button', class: 'ch-button ch-plain',
			on: { click: () => this.dialog.close() },
		}, t('cancel'))));
	}

	open() {
		this.host.append(this.dialog);
		this.dialog.showModal();
		this.input.focus();
	}

	async chosen() {
		const [file] = this.input.files;
		this.file = file && file.size <= SIZE_MAX ?
			readExport(await file.text()) : null;
		fill(this.plan);
		this.ready(false);
		if (!file)
			return;
		if (this.file === null)
			setText(this.error, t('import_not_ours'));
		else
			await this.dry();
	}

	/** @param {boolean} yes */
	ready(yes) {
		this.go.setAttribute('aria-disabled', String(!yes));
	}

	/** @param {boolean} dry */
	order(dry) {
		return { format: this.file.format, webhooks: this.file.webhooks,
			mode: this.mode, dry_run: dry };
	}

	/** What would be done, without doing it. */
	async dry() {
		if (this.file === null)
			return;
		const mine = this.asked += 1;
		this.ready(false);
		setText(this.error, '');
		setText(this.note, t('import_checking'));
		try {
			const answer = await this.options.send(this.order(true));
			if (mine !== this.asked)
				return;
			setText(this.note, '');
			this.show(answer);
		} catch (e) {
			if (mine === this.asked)
				this.failed(e);
		}
	}

	/** @param {any} answer */
	show(answer) {
		const lines = ['created', 'changed', 'deleted', 'unchanged'].map(
			(name) => ({ name, n: countOf(answer[name]) }));
		fill(this.plan, h('p', {}, t('import_plan')),
			h('ul', { class: 'ch-plan-list' }, lines.map(({ name, n }) =>
				h('li', { class: name === 'deleted' && n > 0 ? 'ch-failed' :
					null }, t(`import_${name}`, n)))));
		this.ready(lines.some(({ name, n }) => name !== 'unchanged' && n > 0));
	}

	/**
	 * @param {any} e
	 * @param {boolean} [planned]  the plan still holds unless the file is
	 *     refused
	 */
	failed(e, planned = false) {
		setText(this.note, '');
		const faults = e?.errors ?? [];
		setText(this.error, faults.length > 0 ? t('import_faults') :
			faultText(e));
		if (planned && faults.length === 0) {
			this.ready(true);
			return;
		}
		fill(this.plan, faults.length > 0 && h('ul', { class: 'ch-plan-list' },
			faults.slice(0, FAULTS_SHOWN).map((/** @type {any} */ fault) =>
				h('li', {}, importFault(fault, this.file.webhooks)))));
	}

	async apply() {
		if (this.go.getAttribute('aria-disabled') === 'true')
			return;
		this.ready(false);
		setText(this.error, '');
		setText(this.note, t('saving'));
		try {
			const order = this.order(false);
			await this.once(order, (key) => this.options.send(order, key));
			this.dialog.close();
			this.options.onDone();
		} catch (e) {
			this.failed(e, true);
		}
	}
}
