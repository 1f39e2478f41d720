// @ts-check
/**
 * The tab of one service: loads and refreshes its webhooks, and carries out
 * what the list and the drawer ask for.
 */
import { askConflict } from './conflict.js';
import { askDelete } from './dialog.js';
import { faultText } from './fault-text.js';
import { formatClock, t } from './i18n.js';
import { keyForm } from './key-tab.js';
import { addressOf, defaultForm, formOf, sameForm } from './model.js';
import { onceKey } from './once.js';
import { readParameters } from './parameters.js';
import { Poller } from './poll.js';
import { Signature } from './signature.js';
import { SPARK_DAYS, statsQuery } from './stats-data.js';
import { WebhookActions } from './webhook-actions.js';
import { WebhookDrawer } from './webhook-drawer.js';
import { WebhookList } from './webhook-list.js';

/** The sparklines need not be fresher than that, ms. */
const STATS_INTERVAL = 60000;

export class WebhookPage {
	/**
	 * @param {string} service
	 * @param {{ api: import('./api.js').Api, host: HTMLElement,
	 *     toast: import('./toast.js').Toast, interval?: number,
	 *     account: any, onAccount: (account: any) => void,
	 *     onKey: (key: string) => void,
	 *     onAuthorized: (ok: boolean) => void }} context
	 */
	constructor(service, context) {
		this.service = service;
		this.context = context;
		this.api = context.api;
		/** @type {any[]} */
		this.webhooks = [];
		/** @type {Map<string, number | undefined>} of unfolded rows */
		this.pending = new Map();
		this.loaded = false;
		/** @type {Date | undefined} when the list was last read */
		this.seen = undefined;
		this.stopped = false;
		/** Nobody is known at present: the session or the key has ended. */
		this.refused = false;
		this.generation = 0;
		/** @type {any} the webhook whose DELETE waits for the toast */
		this.doomed = null;
		/** @type {WebhookDrawer | null} */
		this.drawer = null;
		this.actions = new WebhookActions(this);
		/** @type {import('./model.js').Parameter[] | undefined} */
		this.parameters = undefined;
		this.handlers = this.rowHandlers();
		this.list = new WebhookList(service, this.handlers);
		this.poller = new Poller(() => this.refresh(),
			{ interval: context.interval ?? 5000 });
		this.statsPoller = new Poller(() => this.readStats(),
			{ interval: STATS_INTERVAL });
	}

	rowHandlers() {
		const { actions } = this;
		return {
			viewer: false,
			onAdd: () => this.add(),
			onEdit: (/** @type {any} */ w) => this.edit(w),
			onDelete: (/** @type {any} */ w) => this.remove(w),
			onOpen: (/** @type {any} */ w) => this.readOne(w.id),
			onRetry: () => this.load(),
			onToggle: actions.toggle.bind(actions),
			onLog: actions.log.bind(actions),
			onHistory: actions.history.bind(actions),
			onTest: actions.test.bind(actions),
			onStats: actions.stats.bind(actions),
			onPause: actions.pause.bind(actions),
			onCopy: actions.copy.bind(actions),
			onExport: () => actions.exportAll(),
			onImport: () => actions.importAll(),
		};
	}

	/** Who looks on must not be shown what he may not do. */
	get viewer() {
		return this.handlers.viewer;
	}

	async load() {
		this.refused = false;
		this.list.loading();
		await this.readAccount();
		if (this.stopped)
			return;
		try {
			await this.refresh();
		} catch {
			/* refresh has shown it */
		}
		if (this.stopped)
			return;
		this.poller.start();
		if (this.refused)
			this.poller.rest();
		this.statsPoller.start();
		this.statsPoller.now();
	}

	stop() {
		this.stopped = true;
		this.poller.stop();
		this.statsPoller.stop();
		this.actions.close();
		this.context.toast.finish();
	}

	/** What cannot be read now is as it was; the server decides anyway. */
	async readAccount() {
		try {
			this.context.account = await this.api.getAccount();
		} catch {
			/* the list says what is wrong */
		}
		this.handlers.viewer = this.context.account?.role === 'viewer';
		this.list.setAccount(this.context.account);
		this.context.onAccount(this.context.account);
	}

	async readStats() {
		const stats = await this.api.getStats(null, { service: this.service,
			...statsQuery('day', SPARK_DAYS, Date.now(),
				-new Date().getTimezoneOffset()) });
		if (!this.stopped)
			this.list.setStats(stats.webhooks ?? []);
	}

	/**
	 * The list leaves out what is dear to count: how much waits.
	 * @param {string} id
	 */
	async readOne(id) {
		try {
			/* Not what may be replaced: a form may be open on an older one. */
			const now = await this.api.reread(id, () => false);
			this.pending.set(id, now.pending);
			this.draw();
		} catch {
			/* the next refresh says it */
		}
	}

	/** What was read before a change must not overwrite the change. */
	async refresh() {
		const generation = this.generation;
		try {
			const webhooks = await this.api.listWebhooks(this.service);
			if (this.stopped || generation !== this.generation)
				return;
			if (this.refused)
				await this.readAccount();
			this.refused = false;
			this.webhooks = webhooks;
			await this.readPending();
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

	/** Of the rows that are unfolded: there it is shown. */
	async readPending() {
		for (const [id, row] of this.list.rows) {
			if (row.expanded)
				await this.readOne(id);
		}
	}

	/** @param {any} error */
	refreshFailed(error) {
		if (error?.status === 401) {
			this.loaded = false;
			this.poller.rest();
			if (!this.refused)	/* a key may be half typed already */
				this.askKey();
			this.refused = true;
		} else if (this.loaded) {
			this.list.setStale(t('stale', error?.kind === 'problem' ?
				faultText(error) : t('no_link'), formatClock(this.seen ??
				new Date())));
		} else {
			this.list.failed(faultText(error));
		}
	}

	/** Who comes back from logging in elsewhere finds the list again. */
	askKey() {
		const { key } = this.api;
		this.context.onAuthorized(false);
		this.list.setStale('');
		this.list.failed(t('unauthorized'), keyForm(key !== '', {
			onKey: (typed) => this.context.onKey(typed),
			onRetry: key === '' ? () => this.load() : undefined,
		}));
	}

	draw() {
		this.list.show(this.webhooks.filter((w) =>
			w.id !== this.doomed?.id).map((w) => ({
			pending: this.pending.get(w.id), ...w })));
	}

	/** @param {any} webhook */
	put(webhook) {
		this.generation += 1;
		const known = this.webhooks.some((w) => w.id === webhook.id);
		this.webhooks = known ?
			this.webhooks.map((w) => w.id === webhook.id ? webhook : w) :
			[...this.webhooks, webhook];
		this.draw();
		if (this.refused)	/* no longer, it seems */
			this.poller.now();
	}

	/** @param {string} id */
	drop(id) {
		this.generation += 1;
		this.webhooks = this.webhooks.filter((w) => w.id !== id);
		this.draw();
	}

	add() {
		const once = onceKey();
		this.openDrawer(null, defaultForm(this.service), async (settings) => {
			const made = await once(settings, (key) =>
				this.api.createWebhook(settings, key));
			this.put(made);
			this.list.reveal(made.id);
			this.context.toast.show(t('created'));
			return undefined;
		});
	}

	/** @param {any} shown */
	edit(shown) {
		return this.actions.fresh(shown, (webhook) =>
			this.openDrawer(webhook.id, formOf(webhook), (settings, form) =>
				this.save(webhook, settings, form), this.signature(webhook)));
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
			create: async (order, once) => {
				const secret = await this.api.createSecret(id, order, once);
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
	 * @param {string | null} id  null: a new one
	 * @param {import('./model.js').Form} form
	 * @param {(settings: object, form: any) => Promise<any>} save
	 * @param {Element} [signature]
	 */
	openDrawer(id, form, save, signature) {
		if (this.drawer)
			return;
		const drawer = new WebhookDrawer(this.context.host, {
			service: this.service, form, edit: id !== null, save, signature,
			preview: (order) => this.api.previewWebhook(order),
			test: (settings, changed, back) =>
				this.actions.testForm(id, settings, changed, back),
			onClose: () => {
				this.drawer = null;
			},
		});
		this.drawer = drawer;
		drawer.open();
		this.loadParameters(drawer);
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
				break;
			} catch (/** @type {any} */ e) {
				if (e?.status !== 412)
					throw e;
			}
			const theirs = await this.api.getWebhook(webhook.id);
			this.put(theirs);
			if (sameForm(form, formOf(theirs)))
				break;	/* it is ours: the answer was lost */
			const choice = await askConflict(this.context.host, form,
				formOf(theirs));
			if (choice === 'theirs')
				return { take: formOf(theirs) };
			if (choice === '')
				throw Object.assign(new Error('kept'), { kept: true });
		}
		this.context.toast.show(t('saved'));
		return undefined;
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
	remove(shown) {
		return this.actions.fresh(shown, (webhook) => {
			this.removeFresh(webhook);
		});
	}

	/** @param {any} webhook */
	async removeFresh(webhook) {
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

	/**
	 * Closes the form if nothing is lost by it, and asks otherwise.
	 * @returns {boolean} it is still there
	 */
	closeForm() {
		this.drawer?.cancel();
		return this.drawer !== null;
	}

	get dirty() {
		return this.drawer?.dirty === true;
	}
}
