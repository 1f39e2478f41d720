// @ts-check
/**
 * The figures of a webhook in a wide drawer: sums, two charts, and the same
 * as a table.
 */
import { countChart, latencyChart } from './chart.js';
import { fill, h, setText } from './dom.js';
import { selectOf } from './fields.js';
import { faultText } from './fault-text.js';
import { language, t } from './i18n.js';
import { icon } from './icons.js';
import { addressOf } from './model.js';
import { Poller } from './poll.js';
import { Side } from './side.js';
import { RANGES, pointsOf, statsQuery } from './stats-data.js';

/** @typedef {import('./stats-data.js').Point} Point */

/** The columns of the table. */
const COLUMNS = /** @type {[string, (p: any) => any][]} */ ([
	['delivered', (p) => p.delivered], ['failed', (p) => p.failed],
	['attempts', (p) => p.attempts], ['p50', (p) => p.latency?.p50_ms],
	['p95', (p) => p.latency?.p95_ms],
]);

/** Figures need not be fresher than that, ms. */
const INTERVAL = 30000;

export class StatsView {
	/**
	 * @param {Element} host
	 * @param {{ api: import('./api.js').Api, webhook: any,
	 *     onClose: () => void }} options
	 */
	constructor(host, options) {
		this.options = options;
		this.asked = 0;
		this.drawn = '';
		this.side = new Side(host, {
			title: t('stats'), subtitle: addressOf(options.webhook),
			onClose: () => {
				this.poller.stop();
				options.onClose();
			},
		});
		this.poller = new Poller(() => this.refresh(), { interval: INTERVAL });
		this.range = selectOf(t('stats_range'), Object.keys(RANGES),
			(name) => t(`range_${name}`), () => {
				this.read().catch(() => undefined);
			});
		this.range.input.value = 'month';
		this.note = h('p', { class: 'ch-log-note', role: 'status' });
		this.error = h('p', { class: 'ch-error ch-error-box', role: 'alert' });
		this.result = h('div', { class: 'ch-stats' });
		fill(this.side.body, h('div', { class: 'ch-delivery' },
			h('div', { class: 'ch-log-filter' }, this.range.element),
			this.error, this.note, this.result));
	}

	open() {
		this.side.open();
		this.range.input.focus();
		this.read().catch(() => undefined);
		this.poller.start();
	}

	close() {
		this.side.close();
	}

	/** Another range, or the first time. */
	read() {
		setText(this.note, t('loading_stats'));
		return this.refresh();
	}

	async refresh() {
		const mine = this.asked += 1;
		const { step, count } = RANGES[
			/** @type {keyof RANGES} */ (this.range.input.value)];
		try {
			const stats = await this.options.api.getStats(
				this.options.webhook.id, statsQuery(step, count, Date.now(),
					-new Date().getTimezoneOffset()));
			if (mine !== this.asked)
				return;
			setText(this.note, '');
			setText(this.error, '');
			this.draw(stats);
		} catch (e) {
			if (mine !== this.asked)
				return;
			setText(this.note, '');
			setText(this.error, faultText(e));
			throw e;
		}
	}

	/** @param {any} stats */
	draw(stats) {
		const key = JSON.stringify(stats);
		if (key === this.drawn)
			return;
		this.drawn = key;
		const points = pointsOf(stats);
		const open = this.result.querySelector('details')?.open === true;
		fill(this.result, this.sums(stats.total),
			stats.total.attempts === 0 ?
				h('p', { class: 'ch-log-note' }, t('stats_none')) :
				this.pictures(points, stats.step),
			stats.total.attempts > 0 && this.table(points, stats.step, open));
	}

	/** @param {any} total */
	sums(total) {
		/** @param {string} name @param {string} text @param {string} look */
		const sum = (name, text, look = '') => h('div', { class: 'ch-sum' },
			h('dt', {}, t(`stats_${name}`)),
			h('dd', { class: look }, text));
		const all = total.delivered + total.failed;
		return h('dl', { class: 'ch-sums' },
			sum('delivered', number(total.delivered), 'ch-ok'),
			sum('failed', number(total.failed),
				total.failed > 0 ? 'ch-failed' : ''),
			sum('share', all === 0 ? '—' : new Intl.NumberFormat(language(),
				{ style: 'percent', maximumFractionDigits: 1 })
				.format(total.delivered / all)),
			sum('attempts', number(total.attempts)),
			sum('p50', milliseconds(total.latency?.p50_ms)),
			sum('p95', milliseconds(total.latency?.p95_ms)));
	}

	/**
	 * @param {Point[]} points
	 * @param {string} step
	 */
	pictures(points, step) {
		const width = Math.max(this.result.clientWidth, 280);
		const time = (/** @type {number} */ at) => shortTime(at, step,
			points.length);
		return [
			figure('stats_counts', countChart(points, {
				label: t('stats_counts_label'), width, number, time,
				title: (p) => `${longTime(p.at, step)}: ${
					t('stats_delivered')} ${number(p.delivered)}, ${
					t('stats_failed')} ${number(p.failed)}`,
			}), [['ch-chart-ok', 'stats_delivered'],
				['ch-chart-failed', 'stats_failed']]),
			figure('stats_latency', latencyChart(points, {
				label: t('stats_latency_label'), width, number, time,
			}), [['ch-chart-p50_ms', 'stats_p50'],
				['ch-chart-p95_ms', 'stats_p95']]),
		];
	}

	/**
	 * The steps in which something was sent, the newest first.
	 * @param {Point[]} points
	 * @param {string} step
	 * @param {boolean} open
	 */
	table(points, step, open) {
		const rows = points.filter((p) => p.attempts > 0 || p.delivered > 0 ||
			p.failed > 0).reverse();
		return h('details', { class: 'ch-attempt', open },
			h('summary', {}, icon('chevron', 18), t('stats_table')),
			h('div', { class: 'ch-scroll', tabindex: '0', role: 'region',
				'aria-label': t('stats_table') },
			h('table', { class: 'ch-compare' },
				h('thead', {}, h('tr', {},
					h('th', { scope: 'col' }, t('log_at')),
					COLUMNS.map(([name]) => h('th', { scope: 'col' },
						t(`stats_${name}`))))),
				h('tbody', {}, rows.map((p) => h('tr', {},
					h('th', { scope: 'row' }, longTime(p.at, step)),
					COLUMNS.map(([, value]) => h('td', {},
						typeof value(p) === 'number' ? number(value(p)) :
							'—'))))))));
	}
}

/**
 * @param {string} title
 * @param {Element} picture
 * @param {string[][]} legend
 */
function figure(title, picture, legend) {
	return h('figure', { class: 'ch-figure' },
		h('figcaption', {}, h('span', { class: 'ch-message-title' }, t(title)),
			legend.map(([look, text]) => h('span', { class: 'ch-legend' },
				h('span', { class: `ch-legend-mark ${look}` }), t(text)))),
		picture);
}

/** @param {number} n */
function number(n) {
	return new Intl.NumberFormat(language(),
		{ maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}

/** @param {number | undefined} ms */
function milliseconds(ms) {
	return typeof ms === 'number' ? t('ms', number(ms)) : '—';
}

const LOCALES = /** @type {Record<string, string>} */ (
	{ ru: 'ru-RU', en: 'en-GB' });

/**
 * @param {number} at
 * @param {string} step
 * @param {number} count
 */
function shortTime(at, step, count) {
	return new Intl.DateTimeFormat(LOCALES[language()],
		step === 'hour' && count <= 48 ? { hour: '2-digit', minute: '2-digit' } :
			count > 90 ? { month: 'short', year: '2-digit' } :
				{ day: 'numeric', month: 'short' }).format(at);
}

/**
 * @param {number} at
 * @param {string} step
 */
function longTime(at, step) {
	return new Intl.DateTimeFormat(LOCALES[language()], step === 'hour' ?
		{ dateStyle: 'medium', timeStyle: 'short' } :
		{ dateStyle: 'medium' }).format(at);
}
