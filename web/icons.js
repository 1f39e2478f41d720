// @ts-check
/**
 * The icons, drawn for this page on a grid of 24, and the picture of the
 * empty list.  All are decoration: the words stand beside them.
 */

const NS = 'http://www.w3.org/2000/svg';

/** @type {Record<string, string[]>} strokes of each icon */
const STROKES = {
	chevron: ['M6 9.5l6 6 6-6'],
	pencil: [
		'M12.5 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20h13' +
		'a1.5 1.5 0 0 0 1.5-1.5v-7',
		'M19.6 3.4l1.4 1.4-9.2 9.2-2.6 1.2 1.2-2.6z',
	],
	trash: [
		'M4 6.5h16',
		'M9 6.5V4.2c0-.4.3-.7.7-.7h4.6c.4 0 .7.3.7.7v2.3',
		'M6 6.5l.8 12.6c.1.8.7 1.4 1.5 1.4h7.4c.8 0 1.4-.6 1.5-1.4L18 6.5',
	],
	log: ['M8.5 6h12', 'M8.5 12h12', 'M8.5 18h12', 'M4 6h.1', 'M4 12h.1',
		'M4 18h.1'],
	plus: ['M12 5v14', 'M5 12h14'],
	close: ['M6 6l12 12', 'M18 6L6 18'],
	left: ['M14.5 6l-6 6 6 6'],
	right: ['M9.5 6l6 6-6 6'],
	hook: [
		'M12 3.5a3 3 0 0 1 1.6 5.6l3.2 5.5',
		'M18.2 20.2a3 3 0 1 1 1.2-5.2',
		'M16 17H9.5',
		'M6.4 20a3 3 0 1 1-.2-6',
		'M7.6 14.6l3-5.2A3 3 0 0 1 12 3.5',
	],
	cloud: [
		'M7 18.5a4 4 0 0 1-.6-7.9 5.5 5.5 0 0 1 10.7-1.2A4.6 4.6 0 0 1 ' +
		'17 18.5z',
		'M16.5 4.2a5 5 0 0 1 4 4.6',
	],
	sort: ['M8.5 5v14', 'M5.5 16l3 3 3-3', 'M15.5 19V5', 'M12.5 8l3-3 3 3'],
	up: ['M12 19V5', 'M6.5 10.5L12 5l5.5 5.5'],
	down: ['M12 5v14', 'M6.5 13.5L12 19l5.5-5.5'],
	warning: ['M12 4L2.8 19.5h18.4z', 'M12 10v4.5', 'M12 17.2v.1'],
	send: ['M20.5 3.5L10 14', 'M20.5 3.5l-6.6 17-3.9-6.5-6.5-3.9z'],
	pause: ['M9 5.5v13', 'M15 5.5v13'],
	play: ['M8 5l11 7-11 7z'],
	chart: ['M4 20h16', 'M7 16.5v-5', 'M12 16.5v-10', 'M17 16.5v-7'],
	history: ['M4.5 12a7.5 7.5 0 1 0 2.4-5.5L4.5 8.8', 'M4.5 4.3v4.5H9',
		'M12 8v4.3l3 1.8'],
	download: ['M12 4v11', 'M7.5 10.8L12 15l4.5-4.2', 'M4.5 19.5h15'],
	upload: ['M12 15.5V4.5', 'M7.5 8.7L12 4.5l4.5 4.2', 'M4.5 19.5h15'],
	eye: ['M2.8 12s3.4-6 9.2-6 9.2 6 9.2 6-3.4 6-9.2 6-9.2-6-9.2-6z',
		'M12 9.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z'],
	copy: [
		'M9 8.5h9.5v12H9z',
		'M15 8.5V4H5.5v12H9',
	],
};

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
export function svg(tag, attributes) {
	const el = document.createElementNS(NS, tag);
	for (const [name, value] of Object.entries(attributes))
		el.setAttribute(name, String(value));
	return el;
}

/**
 * @param {keyof typeof STROKES | string} name
 * @param {number} [size]
 */
export function icon(name, size = 20) {
	const el = svg('svg', {
		viewBox: '0 0 24 24', width: size, height: size,
		fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6,
		'stroke-linecap': 'round', 'stroke-linejoin': 'round',
		'aria-hidden': 'true', focusable: 'false',
		class: `ch-icon ch-icon-${name}`,
	});
	for (const d of STROKES[name] ?? [])
		el.append(svg('path', { d }));
	return el;
}

/**
 * The outline of a gear: teeth, each with two flanks.
 * @param {number} cx
 * @param {number} cy
 * @param {number} outer
 * @param {number} inner
 * @param {number} teeth
 */
function gearPath(cx, cy, outer, inner, teeth) {
	const step = Math.PI * 2 / teeth;
	const points = [];
	for (let i = 0; i < teeth; i++) {
		for (const [turn, radius] of [[-0.34, inner], [-0.2, outer],
			[0.2, outer], [0.34, inner]]) {
			const a = (i + turn) * step;
			const x = cx + radius * Math.sin(a);
			const y = cy - radius * Math.cos(a);
			points.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
		}
	}
	return `M${points.join('L')}Z`;
}

/** The gear with confetti of the empty list. */
export function gearPicture() {
	const el = svg('svg', {
		viewBox: '0 0 120 96', width: 120, height: 96,
		'aria-hidden': 'true', focusable: 'false', class: 'ch-gear',
	});
	el.append(
		svg('path', {
			d: gearPath(60, 46, 38, 29, 9), class: 'ch-gear-body',
			'stroke-width': 3, 'stroke-linejoin': 'round',
		}),
		svg('circle', { cx: 60, cy: 46, r: 12.5, class: 'ch-gear-hole' }),
		svg('path', {
			d: 'M41 48a19 19 0 0 1 9-16', class: 'ch-gear-shine',
			fill: 'none', 'stroke-width': 2.5, 'stroke-linecap': 'round',
		}),
	);
	const rings = [
		[18, 24, 4.5, 'c'], [104, 66, 4.5, 'b'], [42, 90, 4.5, 'a'],
	];
	for (const [cx, cy, r, tone] of rings) {
		el.append(svg('circle', {
			cx, cy, r, fill: 'none', 'stroke-width': 2.5,
			class: `ch-confetti-${tone}`,
		}));
	}
	for (const [cx, cy, tone] of [[8, 31, 'c'], [98, 10, 'a'], [60, 93, 'b'],
		[101, 80, 'c']]) {
		el.append(svg('circle', {
			cx, cy, r: 2.2, class: `ch-confetti-${tone} ch-dot`,
		}));
	}
	for (const d of ['M3 52l4-3 2 4 4-3 2 4 4-3 2 4',
		'M103 26l2-5 4 1 1-5 4 1 1-5 3 1']) {
		el.append(svg('path', {
			d, fill: 'none', 'stroke-width': 2.2, class: 'ch-confetti-a',
			'stroke-linecap': 'round', 'stroke-linejoin': 'round',
		}));
	}
	return el;
}
