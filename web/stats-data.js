// @ts-check
/**
 * Figures of the API made ready for pictures.  Pure.
 */

/**
 * @typedef {object} Point
 * @property {number} at  ms since 1970, the beginning of the step
 * @property {number} delivered
 * @property {number} failed
 * @property {number} attempts
 * @property {{ avg_ms: number, p50_ms: number, p95_ms: number,
 *     p99_ms: number } | null} latency
 */

const HOUR = 3600000;
const DAY = 24 * HOUR;

/** What can be chosen, and the steps that are asked for. */
export const RANGES = /** @type {const} */ ({
	day: { step: 'hour', count: 24 },
	week: { step: 'hour', count: 168 },
	month: { step: 'day', count: 30 },
	year: { step: 'day', count: 365 },
});

/** Days of the sparkline. */
export const SPARK_DAYS = 14;

/**
 * @param {'hour' | 'day'} step
 * @param {number} now
 * @param {number} offset  of the local time, minutes east of UTC
 */
function floor(step, now, offset) {
	const size = step === 'hour' ? HOUR : DAY;
	const shift = step === 'hour' ? 0 : offset * 60000;
	return Math.floor((now + shift) / size) * size - shift;
}

/**
 * The arguments of a question for the last steps, the one that is under way
 * among them.
 * @param {'hour' | 'day'} step
 * @param {number} count
 * @param {number} now
 * @param {number} offset  minutes east of UTC
 * @returns {Record<string, string>}
 */
export function statsQuery(step, count, now, offset) {
	const size = step === 'hour' ? HOUR : DAY;
	const last = floor(step, now, offset);
	return {
		from: new Date(last - (count - 1) * size).toISOString(),
		to: new Date(last + size).toISOString(),
		step,
		...step === 'day' && offset !== 0 && { tz: String(offset) },
	};
}

/**
 * Every step of the span: hours in which nothing was sent are not told.
 * @param {{ step: string, from: string, to: string, data: any[] }} stats
 * @returns {Point[]}
 */
export function pointsOf(stats) {
	const size = stats.step === 'hour' ? HOUR : DAY;
	const known = new Map(stats.data.map((d) => [Date.parse(d.at), d]));
	const points = [];
	for (let at = Date.parse(stats.from); at < Date.parse(stats.to);
		at += size) {
		const d = known.get(at);
		points.push({
			at, delivered: d?.delivered ?? 0, failed: d?.failed ?? 0,
			attempts: d?.attempts ?? 0, latency: d?.latency ?? null,
		});
	}
	return points;
}

/**
 * The top of an axis and its lines: 1, 2 or 5 times a power of ten.
 * @param {number} max
 * @param {boolean} [whole]  counts have no halves
 */
export function axisOf(max, whole = true) {
	const wanted = Math.max(max, whole ? 1 : 0.001) / 4;
	const power = 10 ** Math.floor(Math.log10(wanted));
	let step = [1, 2, 5, 10].map((n) => n * power)
		.find((n) => n >= wanted - 1e-9) ?? wanted;
	if (whole)
		step = Math.max(step, 1);
	const lines = [];
	for (let i = 0; i * step < max - 1e-9 || i < 2; i++)
		lines.push(i * step);
	lines.push(lines.length * step);
	const top = lines.findIndex((n) => n >= max - 1e-9 && n > 0);
	return { top: lines[top], lines: lines.slice(0, top + 1) };
}

/**
 * Heights of a sparkline's bars, 0 to 1; what is not zero is visible.
 * @param {number[]} values
 */
export function barHeights(values) {
	const max = Math.max(...values, 0);
	return values.map((v) => v === 0 || max === 0 ? 0 :
		Math.max(v / max, 0.12));
}
