// @ts-check
/**
 * What a row's buttons do beside editing and deleting: switch, pause, copy,
 * test, and the wide drawers with log, figures and history; export and
 * import of all.  Works for a WebhookPage, which owns the webhooks.
 */
import { DeliveryLog } from './delivery-log.js';
import { faultText } from './fault-text.js';
import { History } from './history.js';
import { t } from './i18n.js';
import { KINDS, addressOf } from './model.js';
import { onceKey } from './once.js';
import { StatsView } from './stats-view.js';
import { TestSend } from './test-send.js';
import { ImportDialog, exportFile } from './transfer.js';

export class WebhookActions {
	/** @param {import('./webhook-page.js').WebhookPage} page */
	constructor(page) {
		this.page = page;
		this.api = page.api;
		this.host = page.context.host;
		/** @type {{ open: () => unknown, close: () => void } | null} */
		this.side = null;
		/** @type {TestSend | null} it may lie over the form */
		this.testing = null;
		this.once = onceKey();
		/** @type {Set<string>} webhooks with something under way */
		this.busy = new Set();
	}

	close() {
		this.testing?.close();
		this.side?.close();
	}

	/** @param {() => { open: () => unknown, close: () => void }} make */
	show(make) {
		if (this.side)
			return;
		this.side = make();
		this.side.open();
	}

	closed() {
		return () => {
			this.side = null;
		};
	}

	/**
	 * @param {any} webhook
	 * @param {string} outcome  "" shows all
	 */
	log(webhook, outcome) {
		this.show(() => new DeliveryLog(this.host, {
			api: this.api, webhook, outcome, viewer: this.page.viewer,
			interval: this.page.context.interval ?? 5000,
			onClose: this.closed(),
		}));
	}

	/** @param {any} webhook */
	history(webhook) {
		this.show(() => new History(this.host, {
			api: this.api, webhook, viewer: this.page.viewer,
			onChange: (now) => this.page.put(now), onClose: this.closed(),
		}));
	}

	/** @param {any} webhook */
	stats(webhook) {
		this.show(() => new StatsView(this.host, {
			api: this.api, webhook, onClose: this.closed(),
		}));
	}

	/**
	 * A test of a saved webhook, from its row.
	 * @param {any} webhook
	 */
	test(webhook) {
		this.openTest(addressOf(webhook), webhook.events, (order) =>
			this.api.testWebhook(webhook.id, order));
	}

	/**
	 * A test of what the form says; as it is stored when nothing was changed,
	 * because secrets are not in the form.
	 * @param {string | null} id
	 * @param {any} settings
	 * @param {boolean} changed
	 * @param {(error: any) => void} back  shows a fault at its field
	 */
	testForm(id, settings, changed, back) {
		this.openTest(addressOf(settings), settings.events, (order) =>
			changed || id === null ?
				this.api.testWebhook(null, {
					...id !== null && { id }, webhook: settings, ...order }) :
				this.api.testWebhook(id, order), (e) => {
			const mine = (e?.errors ?? []).some((/** @type {any} */ fault) =>
				fault.pointer?.startsWith('/webhook'));
			return mine ? () => back(e) : undefined;
		});
	}

	/**
	 * @param {string} address
	 * @param {string[]} events
	 * @param {(order: object) => Promise<any>} send
	 * @param {(error: any) => (() => void) | undefined} [onFault]
	 */
	openTest(address, events, send, onFault) {
		if (this.testing)
			return;
		this.testing = new TestSend(this.host, {
			address, send, onFault,
			events: KINDS.filter((kind) => events.includes(kind)),
			onClose: () => {
				this.testing = null;
			},
		});
		this.testing.open();
	}

	/**
	 * One change of a webhook at a time; what fails says why.
	 * @param {any} shown
	 * @param {string | undefined} sentence
	 * @param {() => Promise<void>} task
	 */
	async change(shown, sentence, task) {
		if (this.busy.has(shown.id))
			return;
		const row = this.page.list.rows.get(shown.id);
		this.busy.add(shown.id);
		row?.setBusy(true);
		try {
			await task();
		} catch (e) {
			this.page.actionFailed(shown, e, sentence);
		} finally {
			this.busy.delete(shown.id);
			row?.setBusy(false);
		}
	}

	/**
	 * A webhook as it is now, for what is to be done with it.
	 * @param {any} shown
	 * @param {(webhook: any) => void} then
	 */
	fresh(shown, then) {
		return this.change(shown, undefined, async () => {
			const webhook = await this.api.getWebhook(shown.id);
			if (this.page.stopped)
				return;
			this.page.put(webhook);
			then(webhook);
		});
	}

	/** @param {any} shown */
	toggle(shown) {
		return this.change(shown, 'toggle_failed', async () => {
			await this.api.getWebhook(shown.id);
			const enabled = !shown.enabled;
			this.page.put(await this.api.patchWebhook(shown.id, { enabled }));
			this.say(enabled ? 'turned_on' : 'turned_off');
		});
	}

	/** @param {any} shown */
	pause(shown) {
		return this.change(shown, undefined, async () => {
			const paused = !shown.paused_at;
			this.page.put(await this.api.pauseWebhook(shown.id, paused));
			this.say(paused ? 'paused_now' : 'resumed');
		});
	}

	/** @param {any} shown */
	copy(shown) {
		return this.change(shown, undefined, async () => {
			const made = await this.once({ copy: shown.id }, (key) =>
				this.api.copyWebhook(shown.id, key));
			this.page.put(made);
			this.page.list.reveal(made.id);
			this.say('copied_webhook');
		});
	}

	/** @param {string} key */
	say(key) {
		this.page.context.toast.show(t(key));
	}

	async exportAll() {
		try {
			exportFile(await this.api.exportWebhooks());
			this.say('exported');
		} catch (e) {
			this.page.context.toast.show(faultText(e),
				{ bad: true, seconds: 10 });
		}
	}

	importAll() {
		new ImportDialog(this.host, {
			send: (order, once) => this.api.importWebhooks(order, once),
			onDone: () => {
				this.say('imported');
				this.page.poller.now();
				this.page.readAccount();
			},
		}).open();
	}
}
