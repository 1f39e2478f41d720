// @ts-check
/**
 * Charts as inline SVG: what was delivered and what failed as columns, the
 * time of answers as lines.  The numbers stand in a table beside them.
 */
import { svg } from './icons.js';
import { axisOf } from './stats-data.js';

/** @typedef {import('./stats-data.js').Point} Point */

const HEIGHT = 200;
const LEFT = 48;
const BOTTOM = 24;
const TOP = 10;
const DEPTH = HEIGHT - TOP - BOTTOM;
/** What a moment below the chart takes. */
const TIME_WIDTH = 74;

/**
 * @typedef {{ label: string, width: number, number: (n: number) => string,
 *     time: (at: number) => string }} Options  width: pixels there are
 */

/**
 * @param {Options} o
 * @param {string} name
 */
function frame(o, name) {
	return svg('svg', {
		viewBox: `0 0 ${o.width} ${HEIGHT}`,
		class: `ch-chart ch-chart-${name}`,
		role: 'img', focusable: 'false', 'aria-label': o.label,
	});
}

/**
 * @param {Element} picture
 * @param {{ top: number, lines: number[] }} axis
 * @param {Options} o
 */
function drawAxis(picture, axis, o) {
	for (const n of axis.lines) {
		const y = TOP + DEPTH - n / axis.top * DEPTH;
		picture.append(svg('line', { x1: LEFT, x2: o.width, y1: y, y2: y,
			class: 'ch-chart-line' }));
		const words = svg('text', { x: LEFT - 8, y: y + 4,
			'text-anchor': 'end', class: 'ch-chart-text' });
		words.textContent = o.number(n);
		picture.append(words);
	}
}

/**
 * A few moments below, as many as have room.
 * @param {Element} picture
 * @param {Point[]} points
 * @param {Options} o
 */
function drawTimes(picture, points, o) {
	const inner = o.width - LEFT;
	const every = Math.ceil(points.length * TIME_WIDTH / inner);
	points.forEach((point, i) => {
		if (i % every !== 0)
			return;
		const words = svg('text', {
			x: LEFT + (i + 0.5) * inner / points.length, y: HEIGHT - 6,
			'text-anchor': i === 0 ? 'start' : 'middle',
			class: 'ch-chart-text',
		});
		words.textContent = o.time(point.at);
		picture.append(words);
	});
}

/**
 * @param {Element} parent
 * @param {string} name
 * @param {Record<string, string | number>} box
 * @param {string} title
 */
function bar(parent, name, box, title) {
	const rect = svg('rect', { ...box, class: name });
	const words = svg('title', {});
	words.textContent = title;
	rect.append(words);
	parent.append(rect);
}

/**
 * @param {Point[]} points
 * @param {Options & { title: (p: Point) => string }} o
 */
export function countChart(points, o) {
	const picture = frame(o, 'counts');
	const axis = axisOf(Math.max(...points.map((p) =>
		p.delivered + p.failed), 0));
	drawAxis(picture, axis, o);
	const step = (o.width - LEFT) / points.length;
	const width = Math.max(step * 0.74, 1);
	points.forEach((point, i) => {
		const x = LEFT + i * step + (step - width) / 2;
		const ok = point.delivered / axis.top * DEPTH;
		const bad = point.failed / axis.top * DEPTH;
		const y = TOP + DEPTH - ok;
		if (ok > 0) {
			bar(picture, 'ch-chart-ok', { x, y, width, height: ok },
				o.title(point));
		}
		if (bad > 0) {
			bar(picture, 'ch-chart-failed', { x, y: y - bad, width,
				height: bad }, o.title(point));
		}
	});
	drawTimes(picture, points, o);
	return picture;
}

/**
 * No line leads there, and a dot of a line's width is not seen.
 * @param {Point[]} points
 * @param {number} i
 */
function alone(points, i) {
	return !points[i - 1]?.latency && !points[i + 1]?.latency;
}

/**
 * @param {Point[]} points
 * @param {Options} o
 */
export function latencyChart(points, o) {
	const picture = frame(o, 'latency');
	const axis = axisOf(Math.max(...points.map((p) =>
		p.latency?.p95_ms ?? 0), 0), false);
	drawAxis(picture, axis, o);
	const step = (o.width - LEFT) / points.length;
	for (const name of /** @type {const} */ (['p95_ms', 'p50_ms'])) {
		let pen = '';
		const path = points.map((point, i) => {
			if (point.latency === null) {
				pen = '';
				return '';
			}
			const x = LEFT + (i + 0.5) * step;
			const y = TOP + DEPTH -
				point.latency[name] / axis.top * DEPTH;
			const text = `${pen || 'M'}${x.toFixed(1)} ${y.toFixed(1)}h0`;
			if (alone(points, i)) {
				picture.append(svg('circle', { cx: x, cy: y, r: 1.5,
					fill: 'none', class: `ch-chart-${name}` }));
			}
			pen = 'L';
			return text;
		}).join('');
		picture.append(svg('path', { d: path, fill: 'none',
			class: `ch-chart-${name}` }));
	}
	drawTimes(picture, points, o);
	return picture;
}
