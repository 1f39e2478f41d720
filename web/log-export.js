// @ts-check
/**
 * The log as a CSV file: reads page after page with the filters that are
 * set, says how far it is, and can be stopped.
 */
import { csvText } from './csv.js';
import { download, today } from './download.js';
import { fill, h, setText } from './dom.js';
import { faultText } from './fault-text.js';
import { language, maybe, t } from './i18n.js';

/** More lines than that are no reading matter; the file then says so. */
export const LINES_MAX = 20000;

const COLUMNS = ['at', 'call', 'event', 'outcome', 'code', 'attempts'];

/**
 * @param {any[]} deliveries
 * @returns {unknown[][]}
 */
export function logRows(deliveries) {
	return [
		[...COLUMNS.map((name) => t(`log_${name}`)), t('delivery_id')],
		...deliveries.map((d) => [d.at, d.call_id,
			d.event ? t(`event_${d.event}`) : '',
			maybe(`outcome_${d.outcome}`) ?? d.outcome,
			d.status || '', d.attempts, d.id]),
	];
}

export class LogExport {
	/** @param {(cursor: string | null) => Promise<any>} page */
	constructor(page) {
		this.page = page;
		/** @type {object | null} the export that is under way */
		this.running = null;
		this.button = h('button', {
			type: 'button', class: 'ch-button ch-outline ch-small',
			on: { click: () => this.running ? this.stop() : this.start() },
		});
		this.note = h('span', { class: 'ch-hint', role: 'status' });
		this.element = h('div', { class: 'ch-inline' }, this.button,
			this.note);
		this.draw();
	}

	draw() {
		fill(this.button, t(this.running ? 'csv_stop' : 'csv'));
	}

	stop() {
		this.running = null;
		setText(this.note, '');
		this.draw();
	}

	async start() {
		/** @type {any[]} */
		const all = [];
		let cursor = null;
		const mine = {};
		this.running = mine;
		this.draw();
		setText(this.note, t('csv_read', 0));
		try {
			do {
				const page = await this.page(cursor);
				all.push(...page.data);
				cursor = page.next_cursor;
				if (this.running !== mine)
					return;
				setText(this.note, t('csv_read', all.length));
			} while (cursor !== null && all.length < LINES_MAX);
			download(`callhook-log-${today()}.csv`, 'text/csv;charset=utf-8',
				csvText(logRows(all), language() === 'ru' ? ';' : ','));
			setText(this.note, t(cursor === null ? 'csv_done' : 'csv_cut',
				all.length));
		} catch (e) {
			if (this.running !== mine)
				return;
			setText(this.note, faultText(e));
		}
		this.running = null;
		this.draw();
	}
}
