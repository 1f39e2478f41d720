import assert from 'node:assert/strict';
import test from 'node:test';

import { csvCell, csvText } from '../../../web/csv.js';
import { setLanguage } from '../../../web/i18n.js';
import { keyState } from '../../../web/key-list.js';
import { apiTime } from '../../../web/log-filters.js';
import { logRows } from '../../../web/log-export.js';
import { onceKey } from '../../../web/once.js';
import { ApiError } from '../../../web/api.js';
import { recoveryText } from '../../../web/recovery.js';
import { axisOf, barHeights, pointsOf, statsQuery }
	from '../../../web/stats-data.js';
import { countOf, importFault, readExport } from '../../../web/transfer.js';

const NOW = Date.parse('2026-11-22T18:42:05.123Z');

test('the span that is asked for ends with the step under way', () => {
	assert.deepEqual(statsQuery('hour', 24, NOW, 180), {
		from: '2026-11-21T19:00:00.000Z', to: '2026-11-22T19:00:00.000Z',
		step: 'hour' });
	assert.deepEqual(statsQuery('day', 2, NOW, 0), {
		from: '2026-11-21T00:00:00.000Z', to: '2026-11-23T00:00:00.000Z',
		step: 'day' });
	assert.deepEqual(statsQuery('day', 1, NOW, 180), {
		from: '2026-11-21T21:00:00.000Z', to: '2026-11-22T21:00:00.000Z',
		step: 'day', tz: '180' });
});

test('steps without a row are there as zeros', () => {
	const points = pointsOf({ step: 'hour', from: '2026-11-22T10:00:00Z',
		to: '2026-11-22T13:00:00Z', data: [
			{ at: '2026-11-22T11:00:00.000Z', delivered: 2, failed: 1,
				attempts: 5, latency: { p50_ms: 3 } }] });
	assert.deepEqual(points.map((p) => [p.delivered, p.failed, p.attempts]),
		[[0, 0, 0], [2, 1, 5], [0, 0, 0]]);
	assert.deepEqual(points[1].latency, { p50_ms: 3 });
	assert.equal(points[0].latency, null);
});

test('an axis ends above what it shows, with round numbers', () => {
	assert.deepEqual(axisOf(0), { top: 1, lines: [0, 1] });
	assert.deepEqual(axisOf(7), { top: 8, lines: [0, 2, 4, 6, 8] });
	assert.deepEqual(axisOf(123), { top: 150, lines: [0, 50, 100, 150] });
	for (const max of [1, 2, 5, 11, 99, 100, 101, 12345]) {
		const { top, lines } = axisOf(max);
		assert.ok(top >= max && top <= max * 2 && lines.length <= 6, `${max}`);
		assert.ok(lines.every((n) => Number.isInteger(n)), `${max}`);
	}
	assert.ok(axisOf(0.35, false).top < 0.5);
});

test('bars: nothing is nothing, little can be seen', () => {
	assert.deepEqual(barHeights([0, 1, 100]), [0, 0.12, 1]);
	assert.deepEqual(barHeights([0, 0]), [0, 0]);
	assert.deepEqual(barHeights([]), []);
});

test('CSV: quotes, and no cell is a formula', () => {
	assert.equal(csvCell('a;b', ';'), '"a;b"');
	assert.equal(csvCell('a;b', ','), 'a;b');
	assert.equal(csvCell('say "hi"', ';'), '"say ""hi"""');
	assert.equal(csvCell('=1+1', ';'), '\'=1+1');
	assert.equal(csvCell('@x\n', ';'), '"\'@x\n"');
	assert.equal(csvCell(-5, ';'), '-5');
	assert.equal(csvCell(null, ';'), '');
	assert.equal(csvText([['a', 1], ['b', null]], ';'),
		'\ufeffa;1\r\nb;\r\n');
});

test('the log as rows', () => {
	setLanguage('ru');
	const rows = logRows([
		{ id: 'd1', at: 'T', call_id: '7', event: 'call_end',
			outcome: 'failed', status: 500, attempts: 3 },
		{ id: 'd2', at: 'T', call_id: null, event: null, outcome: 'new',
			status: 0, attempts: 0 }]);
	assert.equal(rows[0].length, 7);
	assert.deepEqual(rows[1],
		['T', '7', 'Завершение звонка', 'неудачно', 500, 3, 'd1']);
	assert.deepEqual(rows[2], ['T', null, '', 'new', '', 0, 'd2']);
});

test('a local time for the API', () => {
	assert.equal(apiTime(''), '');
	assert.equal(new Date(apiTime('2026-11-22T10:00')).getTime(),
		new Date(2026, 10, 22, 10).getTime());
});

test('how far a recovery is', () => {
	setLanguage('ru');
	const text = (state, found, resent, more = {}) =>
		recoveryText({ state, found, resent, ...more });
	assert.equal(text('running', 347, 120),
		'Возвращаем в очередь: 120 из 347');
	assert.equal(text('done', 21, 21),
		'Готово: в очередь возвращено 21 сообщение.');
	assert.equal(text('done', 21, 21, { delivered: 4 }),
		'Готово: в очередь возвращено 21 сообщение. Из них уже доставлено: 4.');
	assert.match(text('done', 0, 0), /Неудачных/);
	assert.match(text('cancelled', 9, 2), /Остановлено/);
});

test('keys live until they expire or are revoked', () => {
	const state = (key) => keyState(key, NOW);
	assert.equal(state({ revoked_at: null, expires_at: null }), 'live');
	assert.equal(state({ expires_at: '2026-11-22T18:00:00Z' }), 'expired');
	assert.equal(state({ expires_at: '2027-01-01T00:00:00Z' }), 'live');
	assert.equal(state({ revoked_at: '2026-01-01T00:00:00Z' }), 'revoked');
});

test('what is no export is not sent', () => {
	assert.equal(readExport('{'), null);
	assert.equal(readExport('{"format":"callhook/1"}'), null);
	assert.equal(readExport('null'), null);
	assert.equal(readExport('{"format":"callhook/1","webhooks":[]}').format,
		'callhook/1');
	assert.equal(countOf([1, 2]), 2);
	assert.equal(countOf(3), 3);
	assert.equal(countOf(undefined), 0);
});

test('a fault of an import names its webhook', () => {
	const webhooks = [{}, { origin: 'https://a.ru', path: 'x' }];
	assert.equal(importFault({ pointer: '/webhooks/1/params/0/value',
		code: 'c', detail: 'нет' }, webhooks),
	'2. https://a.ru/x: params/0/value: нет');
	assert.equal(importFault({ pointer: '/mode', code: 'required' }, webhooks),
		'/mode: required');
	assert.match(importFault({ pointer: '/webhooks/0/origin', code: 'c' },
		webhooks), /webhooks\/0/);
});

test('an order whose answer was lost keeps its key, an answered one not',
	async () => {
		const once = onceKey();
		const keys = [];
		const send = (error) => (key) => {
			keys.push(key);
			return error ? Promise.reject(error) : Promise.resolve(1);
		};
		/* A gateway's 504, its page with 200, and a first request that is
		 * still in work say nothing about what became of the order. */
		const lost = [new ApiError('timeout', 0), new ApiError('offline', 0),
			...[504, 500, 200, 409].map((n) => new ApiError('problem', n))];
		for (const error of lost)
			await assert.rejects(once({ a: 1 }, send(error)));
		assert.equal(await once({ a: 1 }, send()), 1);
		assert.equal(new Set(keys.splice(0)).size, 1);

		await assert.rejects(once({ a: 1 }, send(
			new ApiError('problem', 422))));
		await once({ a: 1 }, send());
		await once({ a: 1 }, send());
		await assert.rejects(once({ a: 2 }, send(lost[0])));
		await once({ a: 3 }, send());
		assert.equal(new Set(keys).size, 5);
		assert.match(keys[0], /^[0-9a-f]{32}$/);
	});
