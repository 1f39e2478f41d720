// @ts-check
/**
 * The list of webhooks: the table, and what stands in its place while there
 * is nothing to list.
 */
import { arrange, fill, h, setText, uid } from './dom.js';
import { t } from './i18n.js';
import { gearPicture, icon } from './icons.js';
import { EVENTS, addressOf, eventOf } from './model.js';
import { WebhookRow } from './webhook-row.js';

/** Rows shown at once; from here on there is a search field. */
export const PAGE = 20;

/**
 * @typedef {'none' | 'ascending' | 'descending'} Order
 * @type {Record<Order, Order>}
 */
const NEXT = { none: 'ascending', ascending: 'descending',
	descending: 'none' };

/**
 * The webhooks in the order of the table; without one as they were created.
 * @param {any[]} webhooks
 * @param {Order} order
 */
export function sortByEvent(webhooks, order) {
	if (order === 'none')
		return webhooks;
	const sign = order === 'ascending' ? 1 : -1;
	/** @param {any} w */
	const rank = (w) => EVENTS.indexOf(eventOf(w.events));
	return [...webhooks].sort((a, b) => sign * (rank(a) - rank(b)));
}

/**
 * @param {any[]} webhooks
 * @param {string} query
 */
export function searchAddress(webhooks, query) {
	const text = query.trim().toLowerCase();
	return text === '' ? webhooks : webhooks.filter((w) =>
		`${addressOf(w)} ${w.url ?? ''}`.toLowerCase().includes(text));
}

export class WebhookList {
	/**
	 * @param {string} service
	 * @param {import('./row-tools.js').RowHandlers & { onAdd: () => void,
	 *     onRetry: () => void, onExport: () => void,
	 *     onImport: () => void }} handlers
	 */
	constructor(service, handlers) {
		this.service = service;
		this.handlers = handlers;
		/** @type {any[]} */
		this.webhooks = [];
		/** @type {Map<string, WebhookRow>} */
		this.rows = new Map();
		/** @type {Order} */
		this.order = 'none';
		this.limit = PAGE;
		this.query = '';
		/** @type {number | undefined} as many are allowed */
		this.most = undefined;
		/** @type {Map<string, any>} */
		this.stats = new Map();
		this.build();
		this.loading();
	}

	build() {
		this.stale = h('p', { class: 'ch-stale', role: 'status' });
		this.search = h('input', {
			type: 'search', class: 'ch-search', 'aria-label': t('search'),
			placeholder: t('search'), hidden: true,
			on: {
				input: () => {
					this.query = this.search.value;
					this.limit = PAGE;
					this.draw();
				},
			},
		});
		this.place = h('div', { class: 'ch-place' });
		this.body = h('tbody', { role: 'rowgroup' });
		this.nothing = h('p', { class: 'ch-nothing', role: 'status' });
		this.more = h('button', {
			type: 'button', class: 'ch-button ch-outline ch-more',
			on: {
				click: () => {
					const first = this.body.querySelectorAll('.ch-row').length;
					this.limit += PAGE;
					this.draw();
					if (this.more.hidden)
						this.focusRow(first);
				},
			},
		});
		this.card = h('div', { class: 'ch-card' }, this.table(),
			this.nothing);
		this.foot = this.transferButtons();
		this.element = h('div', { class: 'ch-list' }, this.stale,
			this.search, this.place, this.foot);
	}

	transferButtons() {
		/** @param {string} name @param {string} text
		 *  @param {() => void} act */
		const tool = (name, text, act) => h('button', {
			type: 'button', class: 'ch-tool', on: { click: act },
		}, icon(name, 18), h('span', {}, t(text)));
		this.exportButton = tool('download', 'export',
			() => this.handlers.onExport());
		this.importButton = tool('upload', 'import',
			() => this.handlers.onImport());
		this.used = h('span', { class: 'ch-hint' });
		return h('div', { class: 'ch-foot', hidden: true }, this.used,
			this.exportButton, this.importButton);
	}

	/**
	 * @param {any} account  null when nothing is known of it
	 */
	setAccount(account) {
		this.most = account?.limits?.webhooks;
		this.importButton.hidden = this.handlers.viewer;
	}

	/** @param {any[]} rows  of the account's figures */
	setStats(rows) {
		this.stats = new Map(rows.map((row) => [row.id, row]));
		for (const [id, row] of this.rows)
			row.setStats(this.stats.get(id));
	}

	table() {
		const caption = uid('caption');
		/** @param {string} name @param {any} [inner] */
		const th = (name, inner) => h('th', {
			scope: 'col', role: 'columnheader', class: `ch-col-${name}`,
		}, inner ?? t(`col_${name}`));
		this.sortHead = th('event', h('button', {
			type: 'button', class: 'ch-sort', title: t('sort_event'),
			on: { click: () => this.sort() },
		}, t('col_event'), this.sortIcon = h('span', {
			class: 'ch-sort-icon',
		})));
		return h('table', {
			role: 'table', class: 'ch-table', 'aria-labelledby': caption,
		},
		h('caption', { id: caption, class: 'ch-hidden' },
			t(`list_${this.service}`)),
		h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' },
			th('address'), th('failed'), th('ok'), this.sortHead,
			th('actions'))),
		this.body);
	}

	sort() {
		this.order = NEXT[this.order];
		this.draw();
	}

	loading() {
		this.instead(h('div', {
			class: 'ch-card ch-loading', role: 'status',
		}, h('span', { class: 'ch-hidden' }, t('loading')),
		[1, 2, 3].map(() => h('span', { class: 'ch-skeleton' }))));
	}

	/**
	 * @param {string} text
	 * @param {Node | null} [form]  the field for a key
	 */
	failed(text, form = null) {
		this.instead(h('div', { class: 'ch-state', role: 'alert' },
			icon('warning', 40), h('p', {}, text),
			form ?? h('button', {
				type: 'button', class: 'ch-button ch-primary',
				on: { click: () => this.handlers.onRetry() },
			}, t('retry'))));
	}

	empty() {
		this.instead(h('div', { class: 'ch-state ch-empty' }, gearPicture(),
			h('h2', {}, t('empty_title')),
			!this.handlers.viewer && [h('p', {}, t('empty_text')),
				h('button', {
					type: 'button',
					class: 'ch-button ch-primary ch-add-first',
					on: { click: () => this.handlers.onAdd() },
				}, icon('plus', 18), t('add_address'))],
			h('p', { class: 'ch-hint' },
				t(`empty_hint_${this.service}`))));
	}

	/** @param {Node} node */
	instead(node) {
		this.search.hidden = true;
		this.foot.hidden = true;
		fill(this.place, node);
		this.state = node;
	}

	/** @param {string} text  "" when the data is fresh */
	setStale(text) {
		setText(this.stale, text);
	}

	/** @param {any[]} webhooks */
	show(webhooks) {
		this.webhooks = webhooks;
		setText(this.used, typeof this.most === 'number' ?
			t('used', webhooks.length, this.most) : '');
		for (const id of [...this.rows.keys()]) {
			if (!webhooks.some((w) => w.id === id))
				this.rows.delete(id);
		}
		if (webhooks.length === 0) {
			if (!this.place.querySelector('.ch-empty'))
				this.empty();
			this.foot.hidden = this.handlers.viewer;
			this.exportButton.hidden = true;
			return;
		}
		this.foot.hidden = false;
		this.exportButton.hidden = false;
		if (!this.place.contains(this.card))
			fill(this.place, this.card, this.more);
		this.search.hidden = webhooks.length <= PAGE && this.query === '';
		this.draw();
	}

	draw() {
		const found = sortByEvent(searchAddress(this.webhooks, this.query),
			this.order);
		const wanted = found.slice(0, this.limit).flatMap((w) => {
			const row = this.row(w);
			return [row.main, row.details];
		});
		arrange(this.body, wanted);
		this.sortHead.setAttribute('aria-sort', this.order);
		fill(this.sortIcon, icon(this.order === 'none' ? 'sort' :
			this.order === 'ascending' ? 'down' : 'up', 16));
		setText(this.nothing, found.length === 0 ? t('nothing_found') : '');
		const rest = found.length - this.limit;
		this.more.hidden = rest <= 0;
		setText(this.more, t('more', Math.min(Math.max(rest, 0), PAGE)));
	}

	/**
	 * Shows a webhook that has just been made: as the newest it stands last.
	 * @param {string} id
	 */
	reveal(id) {
		const at = this.webhooks.findIndex((w) => w.id === id);
		if (!this.rows.get(id)?.main.isConnected) {
			this.query = '';
			this.search.value = '';
			this.limit = Math.max(this.limit, at + 1);
			this.order = 'none';
			this.draw();
		}
		this.rows.get(id)?.main.scrollIntoView({ block: 'nearest' });
	}

	/** @param {any} webhook */
	row(webhook) {
		let row = this.rows.get(webhook.id);
		if (row) {
			row.update(webhook);
		} else {
			row = new WebhookRow(webhook, this.handlers);
			this.rows.set(webhook.id, row);
			row.setStats(this.stats.get(webhook.id));
		}
		return row;
	}

	/**
	 * Where the focus goes when a row is gone.
	 * @param {number} index
	 */
	focusRow(index) {
		const buttons = this.body.querySelectorAll('.ch-expander');
		const button = buttons[Math.min(index, buttons.length - 1)] ??
			this.place.querySelector('button');
		button?.focus();
	}
}
