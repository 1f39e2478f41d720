// @ts-check
/**
 * The tab of one service: loads and refreshes its webhooks, and carries out
 * what the list and the drawer ask for.
 */
import { askConflict } from './conflict.js';
import { DeliveryLog } from './delivery-log.js';
import { askDelete } from './dialog.js';
import { faultText } from './fault-text.js';
import { History } from './history.js';
import { formatClock, t } from './i18n.js';
import { keyForm } from './key-tab.js';
import {
	addressOf, defaultForm, formOf, sameForm, settingsOfWebhook,
} from './model.js';
import { readParameters } from './parameters.js';
import { Poller } from './poll.js';
import { Signature } from './signature.js';
import { WebhookDrawer } from './webhook-drawer.js';
import { WebhookList } from './webhook-list.js';

export class WebhookPage {
	/**
	 * @param {string} service
	 * @param {{ api: import('./api.js').Api, host: HTMLElement,
	 *     toast: import('./toast.js').Toast, interval?: number,
	 *     onKey: (key: string) => void,
	 *     onAuthorized: (ok: boolean) => void }} context
	 */
	constructor(service, context) {
		this.service = service;
		this.context = context;
		this.api = context.api;
		/** @type {any[]} */
		this.webhooks = [];
		this.loaded = false;
		/** @type {Date | undefined} when the list was last read */
		this.seen = undefined;
		this.stopped = false;
		this.generation = 0;
		/** @type {any} the webhook whose DELETE waits for the toast */
		this.doomed = null;
		/** @type {WebhookDrawer | null} */
		this.drawer = null;
		/** @type {DeliveryLog | History | null} what a wide drawer shows */
		this.side = null;
		/** @type {import('./model.js').Parameter[] | undefined} */
		this.parameters = undefined;
		this.list = new WebhookList(service, {
			onAdd: () => this.add(),
			onEdit: (w) => this.edit(w),
			onDelete: (w) => this.remove(w),
			onToggle: (w) => this.toggle(w),
			onRetry: () => this.load(),
			onLog: (w, outcome) => this.openLog(w, outcome),
			onHistory: (w) => this.openHistory(w),
		});
		this.poller = new Poller(() => this.refresh(),
			{ interval: context.interval ?? 5000 });
	}

	async load() {
		this.list.loading();
		try {
			await this.refresh();
		} catch {
			/* refresh has shown it */
		}
		if (!this.stopped)
			this.poller.start();
	}

	stop() {
		this.stopped = true;
		this.poller.stop();
		this.side?.close();
		this.context.toast.finish();
	}

	/** What was read before a change must not overwrite the change. */
	async refresh() {
		const generation = this.generation;
		try {
			const webhooks = await this.api.listWebhooks(this.service);
			if (this.stopped || generation !== this.generation)
				return;
			this.webhooks = webhooks;
			this.loaded = true;
			this.seen = new Date();
			this.list.setStale('');
			this.draw();
			this.context.onAuthorized(true);
		} catch (e) {
			if (!this.stopped)
				this.refreshFailed(e);
			throw e;
		}
	}

	/** @param {any} error */
	refreshFailed(error) {
		if (error?.status === 401) {
			this.loaded = false;
			this.poller.stop();
			this.context.onAuthorized(false);
			this.list.setStale('');
			this.list.failed(t('unauthorized'), keyForm(this.api.key !== '',
				(key) => this.context.onKey(key)));
		} else if (this.loaded) {
			this.list.setStale(t('stale', formatClock(this.seen ??
				new Date())));
		} else {
			this.list.failed(faultText(error));
		}
	}

	draw() {
		this.list.show(this.webhooks.filter((w) =>
			w.id !== this.doomed?.id));
	}

	/** @param {any} webhook */
	put(webhook) {
		this.generation += 1;
		const known = this.webhooks.some((w) => w.id === webhook.id);
		this.webhooks = known ?
			this.webhooks.map((w) => w.id === webhook.id ? webhook : w) :
			[...this.webhooks, webhook];
		this.draw();
	}

	/** @param {string} id */
	drop(id) {
		this.generation += 1;
		this.webhooks = this.webhooks.filter((w) => w.id !== id);
		this.draw();
	}

	add() {
		this.openDrawer(defaultForm(this.service), false,
			async (settings) => {
				this.put(await this.api.createWebhook(settings));
				this.context.toast.show(t('created'));
				return undefined;
			});
	}

	/** @param {any} shown */
	async edit(shown) {
		let webhook;
		try {
			webhook = await this.api.getWebhook(shown.id);
		} catch (e) {
			this.actionFailed(shown, e);
			return;
		}
		this.put(webhook);
		this.openDrawer(formOf(webhook), true, (settings, form) =>
			this.save(webhook, settings, form), this.signature(webhook));
	}

	/**
	 * A change of the secrets makes a new version, which is still the one
	 * that is being edited.
	 * @param {any} webhook
	 */
	signature(webhook) {
		const { id } = webhook;
		const form = formOf(webhook);
		const after = async () => this.put(await this.api.reread(id,
			(now) => sameForm(formOf(now), form)));
		return new Signature(this.context.host, webhook.signed === true, {
			list: () => this.api.listSecrets(id),
			create: async (order) => {
				const secret = await this.api.createSecret(id, order);
				await after().catch(() => undefined);
				return secret;
			},
			off: async () => {
				await this.api.deleteSecrets(id);
				await after();
			},
		}).element;
	}

	/**
	 * @param {import('./model.js').Form} form
	 * @param {boolean} edit
	 * @param {(settings: object, form: any) => Promise<any>} save
	 * @param {Element} [signature]
	 */
	openDrawer(form, edit, save, signature) {
		if (this.drawer)
			return;
		const drawer = new WebhookDrawer(this.context.host, {
			service: this.service, form, edit, save, signature,
			preview: (order) => this.api.previewWebhook(order),
			onClose: () => {
				this.drawer = null;
			},
		});
		this.drawer = drawer;
		drawer.open();
		this.loadParameters(drawer);
	}

	/**
	 * @param {any} webhook
	 * @param {string} outcome  "" shows all
	 */
	openLog(webhook, outcome) {
		if (this.side)
			return;
		this.side = new DeliveryLog(this.context.host, {
			api: this.api, webhook, outcome,
			interval: this.context.interval ?? 5000,
			onClose: () => {
				this.side = null;
			},
		});
		this.side.open();
	}

	/** @param {any} webhook */
	openHistory(webhook) {
		if (this.side)
			return;
		this.side = new History(this.context.host, {
			api: this.api, webhook,
			onChange: (now) => this.put(now),
			onClose: () => {
				this.side = null;
			},
		});
		this.side.open();
	}

	/** @param {WebhookDrawer} drawer */
	async loadParameters(drawer) {
		try {
			this.parameters ??= readParameters(
				await this.api.listParameters(this.service));
			drawer.setParameters(this.parameters);
		} catch {
			drawer.parametersFailed();
		}
	}

	/**
	 * @param {any} webhook
	 * @param {object} settings
	 * @param {import('./model.js').Form} form
	 */
	async save(webhook, settings, form) {
		for (;;) {
			try {
				this.put(await this.api.replaceWebhook(webhook.id, settings));
				this.context.toast.show(t('saved'));
				return undefined;
			} catch (/** @type {any} */ e) {
				if (e?.status !== 412)
					throw e;
			}
			const theirs = await this.api.getWebhook(webhook.id);
			this.put(theirs);
			const choice = await askConflict(this.context.host, form,
				formOf(theirs));
			if (choice === 'theirs')
				return { take: formOf(theirs) };
			if (choice === '')
				throw Object.assign(new Error('kept'), { kept: true });
		}
	}

	/** @param {any} shown */
	async toggle(shown) {
		const row = this.list.rows.get(shown.id);
		if (row?.switch.getAttribute('aria-busy') === 'true')
			return;
		row?.setBusy(true);
		try {
			const webhook = await this.api.getWebhook(shown.id);
			const enabled = !shown.enabled;
			this.put(await this.api.replaceWebhook(shown.id,
				{ ...settingsOfWebhook(webhook), enabled }));
			this.context.toast.show(t(enabled ? 'turned_on' : 'turned_off'));
		} catch (e) {
			this.actionFailed(shown, e, 'toggle_failed');
		} finally {
			row?.setBusy(false);
		}
	}

	/**
	 * @param {any} webhook
	 * @param {any} error
	 * @param {string} [sentence]
	 */
	actionFailed(webhook, error, sentence) {
		if (error?.status === 404)
			this.drop(webhook.id);
		const why = faultText(error);
		this.context.toast.show(sentence ? t(sentence, why) : why,
			{ bad: true, seconds: 10 });
		this.poller.now();
	}

	/**
	 * The DELETE is sent when the toast with «Отменить» is over, so undoing
	 * keeps the id and the counters.
	 * @param {any} shown
	 */
	async remove(shown) {
		let webhook;
		try {
			webhook = await this.api.getWebhook(shown.id);
		} catch (e) {
			this.actionFailed(shown, e);
			return;
		}
		this.put(webhook);
		if (!await askDelete(this.context.host, addressOf(webhook)))
			return;
		this.context.toast.finish();	/* sends one that still waits */
		const index = this.list.webhooks
			.findIndex((w) => w.id === webhook.id);
		this.doomed = webhook;
		this.draw();
		this.context.toast.show(t('deleted'), {
			action: t('undo'),
			onAction: () => {
				this.doomed = null;
				this.draw();
				this.list.focusRow(index);
			},
			onOver: () => {
				if (document.activeElement === document.body)
					this.list.focusRow(index);
				this.sendDelete();
			},
		});
		this.context.toast.actionButton()?.focus();
	}

	/** @param {boolean} [leaving]  the page is being closed */
	async sendDelete(leaving = false) {
		const webhook = this.doomed;
		if (!webhook)
			return;
		this.generation += 1;
		this.webhooks = this.webhooks.filter((w) => w.id !== webhook.id);
		this.doomed = null;
		try {
			await this.api.deleteWebhook(webhook.id, { keepalive: leaving });
			this.generation += 1;
		} catch (/** @type {any} */ e) {
			if (e?.status !== 404 && !this.stopped)
				this.deleteFailed(webhook, e);
		}
	}

	/**
	 * @param {any} webhook
	 * @param {any} error
	 */
	deleteFailed(webhook, error) {
		this.put(webhook);
		this.context.toast.show(error.status === 412 ? t('delete_conflict') :
			t('delete_failed', faultText(error)),
		{ bad: true, seconds: 10 });
		this.poller.now();
	}

	get dirty() {
		return this.drawer?.dirty === true;
	}
}
