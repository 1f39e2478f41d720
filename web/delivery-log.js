// @ts-check
/**
 * The log of a webhook in a wide drawer: what was sent and how it ended,
 * refreshed while it is on show.  A line opens one delivery in the same
 * place.
 */
import { DeliveryView, outcomeOf } from './delivery-view.js';
import { arrange, fill, h, setText, uid } from './dom.js';
import { faultText } from './fault-text.js';
import { formatTime, t } from './i18n.js';
import { LogExport } from './log-export.js';
import { LogFilters } from './log-filters.js';
import { addressOf } from './model.js';
import { Poller } from './poll.js';
import { Recovery } from './recovery.js';
import { Side } from './side.js';

/** Pages without a match that are skipped by one press of the button. */
const EMPTY_PAGES = 10;

/**
 * @typedef {{ data: any[], next_cursor: string | null }} Page
 */

/**
 * What is on show, renewed by the newest page.  Older lines stay as long as
 * nothing can be missing between them and the page.
 * @param {Page} old
 * @param {Page} page
 * @returns {Page}
 */
export function renewed(old, page) {
	const last = page.data.at(-1);
	if (page.next_cursor === null)
		return page;
	if (!last)
		return old.data.length > 0 ? old : page;
	const ids = new Set(page.data.map((d) => d.id));
	if (!old.data.some((d) => ids.has(d.id)))
		return page;
	const tail = old.data.filter((d) => !ids.has(d.id) && d.at < last.at);
	return tail.length > 0 ?
		{ data: [...page.data, ...tail], next_cursor: old.next_cursor } :
		page;
}

export class DeliveryLog {
	/**
	 * @param {Element} host
	 * @param {{ api: import('./api.js').Api, webhook: any, outcome: string,
	 *     viewer: boolean, interval: number, onClose: () => void }} options
	 */
	constructor(host, options) {
		this.options = options;
		this.host = host;
		/** @type {Page} */
		this.page = { data: [], next_cursor: null };
		this.asked = 0;
		this.busy = false;
		/** @type {Map<string, { key: string, row: Element }>} */
		this.drawn = new Map();
		/** @type {DeliveryView | null} */
		this.view = null;
		this.side = new Side(host, {
			title: t('log'), subtitle: addressOf(options.webhook),
			onClose: () => {
				this.poller.stop();
				this.recovery.close();
				this.csv.stop();
				options.onClose();
			},
		});
		this.poller = new Poller(() => this.view ? this.view.refresh() :
			this.refresh(), { interval: options.interval });
		this.build();
	}

	build() {
		const { api, webhook, outcome, viewer } = this.options;
		this.filters = new LogFilters(outcome, () => this.load(), (live) =>
			live ? this.poller.start() : this.poller.stop());
		this.csv = new LogExport((cursor) => api.listDeliveries(webhook.id,
			{ ...this.filters.query(), cursor, limit: '100' }));
		this.recovery = new Recovery(this.host, {
			start: (order) => api.startRecovery(webhook.id, order),
			get: (id) => api.getRecovery(id),
			cancel: (id) => api.cancelRecovery(id),
			list: () => api.listRecoveries(webhook.id),
		});
		const recovery = this.recovery.parts;
		this.note = h('p', { class: 'ch-log-note', role: 'status' });
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.rows = h('tbody', { role: 'rowgroup' });
		const caption = uid('log');
		this.table = h('table', {
			role: 'table', class: 'ch-log', 'aria-labelledby': caption,
		}, h('caption', { id: caption, class: 'ch-hidden' }, t('log')),
		h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' },
			['at', 'call', 'event', 'outcome', 'code', 'attempts'].map(
				(name) => h('th', { scope: 'col', role: 'columnheader',
					class: `ch-log-${name}` }, t(`log_${name}`))))),
		this.rows);
		this.more = h('button', {
			type: 'button', class: 'ch-button ch-outline', hidden: true,
			on: { click: () => this.loadMore() },
		}, t('log_more'));
		this.list = h('div', { class: 'ch-log-list' }, this.filters.element,
			h('div', { class: 'ch-log-bar' }, !viewer && recovery.button,
				this.csv.element), !viewer && recovery.box,
			this.error, this.table, this.note, this.more);
		fill(this.side.body, this.list);
	}

	open() {
		this.side.open();
		this.filters.outcome.input.focus();
		this.load();
		this.poller.start();
		if (!this.options.viewer)
			this.recovery.open();
	}

	close() {
		this.side.close();
	}

	/** Anew, for another filter. */
	async load() {
		this.csv.stop();	/* it would go on with the other filter */
		this.page = { data: [], next_cursor: null };
		this.draw();
		setText(this.note, t('loading_log'));
		await this.reading(async () => await this.read(null));
	}

	async loadMore() {
		const { data, next_cursor: cursor } = this.page;
		const first = data.length;
		this.more.setAttribute('aria-busy', 'true');
		await this.reading(async () => {
			const page = await this.read(cursor);
			const ids = new Set(page.data.map((d) => d.id));
			return { ...page, data: [
				...this.page.data.filter((d) => !ids.has(d.id)),
				...page.data] };
		});
		this.more.removeAttribute('aria-busy');
		if (this.more.hidden)
			this.rows.querySelectorAll('.ch-log-open')[first]?.focus();
	}

	/** What was asked for before the last question is not shown. */
	async refresh() {
		if (this.busy)
			return;
		await this.reading(async () => renewed(this.page,
			await this.options.api.listDeliveries(this.options.webhook.id,
				this.filters.query())), true);
	}

	/**
	 * @param {() => Promise<Page>} task
	 * @param {boolean} [again]  by itself: a failure also slows the poller
	 */
	async reading(task, again = false) {
		const mine = this.asked += 1;
		this.busy = !again;
		try {
			const page = await task();
			if (mine !== this.asked)
				return;
			this.page = page;
			this.busy = false;
			setText(this.error, '');
			this.filters.fault(null);
			this.draw();
		} catch (e) {
			if (mine !== this.asked)
				return;
			this.busy = false;
			setText(this.note, '');
			setText(this.error, this.filters.fault(e) ? '' : faultText(e));
			if (again)
				throw e;
		}
	}

	/**
	 * A page with something in it, or the last one.
	 * @param {string | null} cursor
	 */
	async read(cursor) {
		let page;
		let n = 0;
		do {
			page = await this.options.api.listDeliveries(
				this.options.webhook.id, { ...this.filters.query(), cursor });
			cursor = page.next_cursor;
			n += 1;
		} while (page.data.length === 0 && cursor !== null &&
		    n < EMPTY_PAGES);
		return page;
	}

	draw() {
		const { data, next_cursor: cursor } = this.page;
		const focused = document.activeElement?.getAttribute('data-delivery');
		this.drawn = new Map(data.map((d) => {
			const key = JSON.stringify(d);
			const old = this.drawn.get(d.id);
			return [d.id, old?.key === key ? old : { key, row: this.row(d) }];
		}));
		arrange(this.rows, [...this.drawn.values()].map((o) => o.row));
		if (focused)
			this.focusRow(focused);
		this.table.hidden = data.length === 0;
		this.more.hidden = cursor === null;
		setText(this.note, data.length > 0 ? '' : cursor !== null ?
			t('log_none_yet') :
			t(this.filters.any ? 'log_nothing' : 'log_empty'));
	}

	/** @param {any} d */
	row(d) {
		/** @param {string} name @param {any[]} c */
		const cell = (name, ...c) => h('td', { role: 'cell',
			class: `ch-log-${name}` }, ...c);
		return h('tr', { role: 'row' },
			cell('at', h('button', {
				type: 'button', class: 'ch-log-open', 'data-delivery': d.id,
				on: { click: () => this.show(d.id) },
			}, h('time', { datetime: d.at }, formatTime(d.at)))),
			cell('call', d.call_id ?? t('log_gone')),
			cell('event', d.event ? t(`event_${d.event}`) : t('log_gone')),
			cell('outcome', outcomeOf(d.outcome),
				d.next_attempt_at && d.outcome === 'retry' && h('span',
					{ class: 'ch-hint' },
					t('log_next', formatTime(d.next_attempt_at)))),
			cell('code', h('span', { class: 'ch-log-word' },
				`${t('log_code')}: `), d.status || '—'),
			cell('attempts', h('span', { class: 'ch-log-word' },
				`${t('log_attempts')}: `), d.attempts));
	}

	/** @param {string} id */
	focusRow(id) {
		this.rows.querySelector(`[data-delivery="${CSS.escape(id)}"]`)
			?.focus();
	}

	/** @param {string} id */
	show(id) {
		const view = new DeliveryView(this.options.api, id, () => {
			this.view = null;
			fill(this.side.body, this.list);
			this.filters.outcome.input.focus();
			this.focusRow(id);
			if (this.filters.on)
				this.poller.now();
			else
				this.poller.stop();
		}, this.options.viewer);
		this.view = view;
		this.poller.start();
		fill(this.side.body, view.element);
		view.back.focus();
		view.refresh().catch(() => undefined);
	}
}
