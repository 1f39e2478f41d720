// @ts-check
/**
 * The last days of a webhook as a row of bars beside its counter.
 */
import { t } from './i18n.js';
import { svg } from './icons.js';
import { barHeights } from './stats-data.js';

const WIDTH = 3;
const GAP = 1;
const HEIGHT = 20;

/**
 * @param {{ delivered: number, failed: number, data: any[] }} row  of the
 *     API's summary: data has a number or a point for each day
 */
export function sparkline(row) {
	const totals = row.data.map((d) => typeof d === 'number' ? d :
		d.delivered + d.failed);
	const heights = barHeights(totals);
	const width = heights.length * (WIDTH + GAP) - GAP;
	const picture = svg('svg', {
		viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT,
		class: 'ch-spark', role: 'img', focusable: 'false',
		'aria-label': t('spark', heights.length, row.delivered, row.failed),
	});
	heights.forEach((height, i) => {
		const size = Math.max(height * HEIGHT, 1);
		picture.append(svg('rect', {
			x: i * (WIDTH + GAP), y: (HEIGHT - size).toFixed(1),
			width: WIDTH, height: size.toFixed(1),
			class: height === 0 ? 'ch-spark-none' : 'ch-spark-bar',
		}));
	});
	return picture;
}
