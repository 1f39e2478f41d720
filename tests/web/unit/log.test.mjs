import assert from 'node:assert/strict';
import test from 'node:test';

import { Api, ApiError } from '../../../web/api.js';
import { renewed } from '../../../web/delivery-log.js';
import { toneOf } from '../../../web/delivery-view.js';
import { answerParts, laidOut } from '../../../web/http-message.js';
import { languages } from '../../../web/i18n.js';
import { OUTCOMES } from '../../../web/log-filters.js';
import { phasesOf } from '../../../web/timings.js';

/** Lines of a log from "e5 d4": id and time. */
function page(text, cursor) {
	return { next_cursor: cursor, data: text.split(' ').filter(Boolean)
		.map((s) => ({ id: s[0], at: s.slice(1) })) };
}

/** @param {{ data: any[], next_cursor: string | null }} p */
function seen(p) {
	return `${p.data.map((d) => d.id + d.at).join(' ')} ${p.next_cursor}`;
}

test('a refreshed log keeps the older lines that were loaded', () => {
	const old = page('d4 c3 b2 a1', 'deep');
	assert.equal(seen(renewed(old, page('e5 d4', 'near'))),
		'e5 d4 c3 b2 a1 deep');
});

test('a line that moved up is not shown twice', () => {
	const old = page('d4 c3 b2 a1', 'deep');
	assert.equal(seen(renewed(old, page('a5 d4', 'near'))),
		'a5 d4 c3 b2 deep');
});

test('a line that left the filter goes', () => {
	const old = page('d4 c3 b2', 'deep');
	assert.equal(seen(renewed(old, page('d4 b2', null))), 'd4 b2 null');
	assert.equal(seen(renewed(old, page('d4 b2', 'near'))), 'd4 b2 near');
});

test('what may lie between two pages is not skipped', () => {
	assert.equal(seen(renewed(page('b2 a1', 'deep'), page('f6 e5', 'near'))),
		'f6 e5 near');
});

test('a page of a filter without a match does not empty the log', () => {
	assert.equal(seen(renewed(page('b2', 'deep'), page('', 'near'))),
		'b2 deep');
	assert.equal(seen(renewed(page('', null), page('', 'near'))), ' near');
	assert.equal(seen(renewed(page('b2', 'deep'), page('', null))), ' null');
});

test('every outcome has its word and failures have their colour', () => {
	for (const words of Object.values(languages)) {
		for (const outcome of OUTCOMES)
			assert.equal(typeof words[`outcome_${outcome}`], 'string');
	}
	assert.equal(toneOf('delivered'), 'ch-ok');
	assert.equal(toneOf('retry'), 'ch-failed');
	assert.equal(toneOf('cancelled'), '');
});

test('moments since the start become lengths', () => {
	const text = (timings) => phasesOf(timings)
		.map((p) => `${p.phase} ${p.ms}`).join(', ');
	assert.equal(text({ dns_ms: 2, connect_ms: 14, tls_ms: 31,
		first_byte_ms: 61, total_ms: 62 }),
	'dns 2, connect 12, tls 17, wait 30, receive 1');
	assert.equal(text({ dns_ms: 2, connect_ms: 14, tls_ms: null,
		first_byte_ms: 61, total_ms: 62 }),
	'dns 2, connect 12, wait 47, receive 1');
	assert.equal(text({ dns_ms: 2, connect_ms: 3, tls_ms: null,
		first_byte_ms: null, total_ms: 10000 }),
	'dns 2, connect 1, unanswered 9997');
	assert.equal(text({ dns_ms: null, connect_ms: null, tls_ms: null,
		first_byte_ms: null, total_ms: null }), '');
});

test('an answer is head and body', () => {
	assert.deepEqual(answerParts('HTTP/1.1 404 x\nA: b\n\nno\n\nmore'),
		{ head: 'HTTP/1.1 404 x\nA: b', body: 'no\n\nmore' });
	assert.deepEqual(answerParts('HTTP/1.1 204 x\nA: b\n'),
		{ head: 'HTTP/1.1 204 x\nA: b', body: '' });
});

test('only JSON that stays itself is laid out', () => {
	assert.equal(laidOut('{"a":1}'), '{\n  "a": 1\n}');
	for (const text of ['{"a":1.0}', '{"a": 1}', '{"a":12345678901234567890}',
		'{"b":1,"1":2}', 'a=1&b=2', '']) {
		assert.equal(laidOut(text), text);
	}
});

test('the requests of the log', async () => {
	const asked = [];
	const api = new Api({
		base: 'https://x.test/api/v1',
		fetch: async (url, init) => {
			asked.push(`${init.method} ${url}`);
			return asked.length === 4 ?
				new Response('{"detail":"Уже ждёт"}', { status: 409 }) :
				new Response('{"data":[],"next_cursor":null}');
		},
	});
	await api.listDeliveries('a/b', { outcome: 'failed', cursor: 'c+d' });
	await api.listDeliveries('w');
	await api.getDelivery('d?');
	await assert.rejects(api.resendDelivery('d'), (e) =>
		e instanceof ApiError && e.status === 409);
	assert.deepEqual(asked, [
		'GET https://x.test/api/v1/webhooks/a%2Fb/deliveries' +
		'?outcome=failed&cursor=c%2Bd',
		'GET https://x.test/api/v1/webhooks/w/deliveries?',
		'GET https://x.test/api/v1/deliveries/d%3F',
		'POST https://x.test/api/v1/deliveries/d/resend',
	]);
});
