// @ts-check
/**
 * One webhook in the list: its line, and the details that unfold under it.
 * A line is made once and updated in place, so that the counters can change
 * while the user is in the middle of it.
 */
import { readOnlyChips } from './chips.js';
import { fill, h, setText, uid } from './dom.js';
import { switchButton } from './fields.js';
import { authText, filterText } from './filter-text.js';
import { setFilters } from './filters.js';
import { formatTime, maybe, t } from './i18n.js';
import { icon } from './icons.js';
import { addressOf, emptyMapping, eventOf, formOf } from './model.js';
import { drawPaused, rowTools } from './row-tools.js';
import { sparkline } from './sparkline.js';

/**
 * @param {any} webhook
 * @returns {'ok' | 'failed' | 'none'} how the last delivery ended
 */
export function lastResult(webhook) {
	const last = webhook.last_delivery;
	if (!last)
		return 'none';
	return isOk(last) ? 'ok' : 'failed';
}

/** @param {{ outcome: string }} last */
function isOk(last) {
	return last.outcome === 'delivered';
}

/**
 * Why the sender itself has switched a webhook off, and what helps.
 * @param {any} webhook
 */
export function disabledReason(webhook) {
	return webhook.enabled || !webhook.disabled_reason ? '' :
		maybe(`disabled_${webhook.disabled_reason}`) ?? t('disabled_other');
}

export class WebhookRow {
	/**
	 * @param {any} webhook
	 * @param {import('./row-tools.js').RowHandlers} handlers
	 */
	constructor(webhook, handlers) {
		this.webhook = webhook;
		this.handlers = handlers;
		this.expanded = false;
		this.shown = '';
		this.build();
		this.update(webhook);
	}

	build() {
		const details = uid('details');
		this.expander = h('button', {
			type: 'button', class: 'ch-expander', 'aria-expanded': 'false',
			'aria-controls': details, on: { click: () => this.toggle() },
		}, icon('chevron', 18));
		this.dot = h('span', { class: 'ch-dot-last', role: 'img' });
		this.address = h('span', { class: 'ch-address' });
		this.offMark = h('span', { class: 'ch-off-mark' }, t('off'));
		this.pausedMark = h('span', { class: 'ch-off-mark ch-paused-mark',
			hidden: true });
		this.spark = h('button', {
			type: 'button', class: 'ch-spark-button', hidden: true,
			on: { click: () => this.handlers.onStats(this.webhook) },
		});
		this.sparkShown = '';
		this.reason = h('p', { class: 'ch-reason', hidden: true });
		this.failed = this.counter('failed');
		this.ok = this.counter('delivered');
		this.event = h('span', {});
		this.switch = switchButton(
			() => this.handlers.onToggle(this.webhook),
			{ title: t('switch_title') });
		this.logButton = this.action('log', 'log',
			() => this.handlers.onLog(this.webhook, ''));
		this.testButton = this.action('send', 'test',
			() => this.handlers.onTest(this.webhook));
		this.editButton = this.action('pencil', 'edit',
			() => this.handlers.onEdit(this.webhook));
		this.deleteButton = this.action('trash', 'remove',
			() => this.handlers.onDelete(this.webhook));
		/** @param {string} label @param {string} name @param {any[]} c */
		const cell = (label, name, ...c) => h('td', {
			role: 'cell', class: `ch-col-${name}`, 'data-label': label,
		}, ...c);
		this.main = h('tr', { role: 'row', class: 'ch-row' },
			cell(t('col_address'), 'address', h('div', {
				class: 'ch-address-cell',
			}, this.expander, this.dot, this.address, this.offMark,
			this.pausedMark),
			this.reason),
			cell(t('col_failed'), 'failed', this.failed),
			cell(t('col_ok'), 'ok', h('div', { class: 'ch-ok-cell' }, this.ok,
				this.spark)),
			cell(t('col_event'), 'event', this.event),
			cell(t('col_actions'), 'actions', h('div', {
				class: 'ch-actions',
			}, this.logButton, !this.handlers.viewer && [this.testButton,
				this.editButton, this.deleteButton, this.switch])));
		this.tools = rowTools(this.handlers, () => this.webhook);
		this.detailsList = h('dl', { class: 'ch-detail-list' });
		this.detailsCell = h('td', { role: 'cell', colspan: '5' },
			this.tools.element, this.detailsList);
		this.details = h('tr', {
			role: 'row', id: details, class: 'ch-details', hidden: true,
		}, this.detailsCell);
	}

	/** @param {string} outcome  what the log then shows */
	counter(outcome) {
		return h('button', {
			type: 'button', class: 'ch-counter', title: t('log'),
			on: { click: () => this.handlers.onLog(this.webhook, outcome) },
		});
	}

	/**
	 * @param {string} name
	 * @param {string} title
	 * @param {() => void} onClick
	 */
	action(name, title, onClick) {
		return h('button', {
			type: 'button', class: 'ch-icon-button', title: t(title),
			on: { click: onClick },
		}, icon(name, 22));
	}

	/** @param {any} webhook */
	update(webhook) {
		this.webhook = webhook;
		const key = JSON.stringify(webhook);
		if (key === this.shown)
			return;
		this.shown = key;
		const address = addressOf(webhook);
		setText(this.address, address);
		this.address.title = webhook.url ?? address;
		this.expander.setAttribute('aria-label', t('details_of', address));
		this.logButton.setAttribute('aria-label', t('log_of', address));
		this.testButton.setAttribute('aria-label', t('test_of', address));
		this.editButton.setAttribute('aria-label', t('edit_of', address));
		this.deleteButton.setAttribute('aria-label', t('delete_of', address));
		this.switch.setAttribute('aria-label', t('switch_of', address));
		this.switch.setAttribute('aria-checked', String(webhook.enabled));
		const reason = disabledReason(webhook);
		this.offMark.hidden = webhook.enabled || reason !== '';
		this.reason.hidden = reason === '';
		setText(this.reason, reason);
		this.main.classList.toggle('ch-row-off', !webhook.enabled);
		setText(this.failed, t('messages', webhook.sent_failed ?? 0));
		setText(this.ok, t('messages', webhook.sent_ok ?? 0));
		this.failed.setAttribute('aria-label',
			`${this.failed.textContent}: ${t('log_of_failed', address)}`);
		this.ok.setAttribute('aria-label',
			`${this.ok.textContent}: ${t('log_of_delivered', address)}`);
		setText(this.event, t(`event_${eventOf(webhook.events)}`));
		const last = lastResult(webhook);
		this.dot.className = `ch-dot-last ch-dot-${last}`;
		this.dot.setAttribute('aria-label', t(`last_${last}`));
		this.dot.title = t(`last_${last}`);
		drawPaused(this.pausedMark, webhook);
		this.tools.update(webhook);
		if (this.expanded)
			this.drawDetails();
	}

	/** @param {any} row  of the account's figures, undefined: none */
	setStats(row) {
		const key = JSON.stringify(row ?? null);
		if (key === this.sparkShown)
			return;
		this.sparkShown = key;
		this.spark.hidden = !row;
		if (row) {
			const picture = sparkline(row);
			this.spark.title = picture.getAttribute('aria-label') ?? '';
			fill(this.spark, picture);
		}
	}

	/** @param {boolean} busy  the server is asked for something of it */
	setBusy(busy) {
		this.switch.setAttribute('aria-busy', String(busy));
		this.main.toggleAttribute('data-busy', busy);
		this.details.toggleAttribute('data-busy', busy);
	}

	toggle() {
		this.expanded = !this.expanded;
		this.expander.setAttribute('aria-expanded', String(this.expanded));
		this.details.hidden = !this.expanded;
		if (this.expanded) {
			this.drawDetails();
			this.handlers.onOpen(this.webhook);
		}
	}

	drawDetails() {
		const w = this.webhook;
		const form = formOf(w);
		const filters = setFilters(form.filters);
		/** @param {string} label @param {any} value */
		const line = (label, value) => h('div', { class: 'ch-detail' },
			h('dt', {}, t(label)), h('dd', {}, value));
		fill(this.detailsList,
			line('detail_url', h('code', { class: 'ch-url' }, w.url ??
				addressOf(w))),
			line('detail_method', w.method),
			line('detail_type', w.method === 'GET' ?
				t('unused_for_get') : w.content_type),
			line('detail_params', this.params(form)),
			filters.length > 0 && line('filters', h('span', {},
				filters.map((f) => h('div', {}, filterText(f))))),
			form.headers.length > 0 && line('headers', h('span', {},
				form.headers.map((o) => h('div', { class: 'ch-url' },
					`${o.name}: ${o.value}`)))),
			form.auth.type !== '' && line('auth', authText(form.auth)),
			form.timeout !== '' && line('timeout_field', form.timeout),
			form.retry !== '' && line('retry_field', form.retry),
			w.paused_at && line('paused_since', time(w.paused_at)),
			typeof w.pending === 'number' && line('pending',
				t('messages', w.pending)),
			line('detail_last', this.last()),
			line('detail_created', time(w.created_at)),
			w.updated_at && w.updated_at !== w.created_at &&
				line('detail_updated', time(w.updated_at)));
	}

	/** @param {import('./model.js').Form} form */
	params(form) {
		if (form.items.length > 0)
			return readOnlyChips(form.items);
		return t(`empty_${emptyMapping(this.webhook.service, form.method,
			form.contentType)}`);
	}

	last() {
		const last = this.webhook.last_delivery;
		if (!last)
			return t('never');
		const ok = isOk(last);
		return h('span', {}, time(last.at), ', ',
			h('span', { class: ok ? 'ch-ok' : 'ch-failed' },
				maybe(`outcome_${last.outcome}`) ?? last.outcome),
			last.status ? `, ${t('http_code', last.status)}` : '');
	}
}

/** @param {string} iso */
function time(iso) {
	return h('time', { datetime: iso }, formatTime(iso));
}
