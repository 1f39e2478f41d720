import assert from 'node:assert/strict';
import test from 'node:test';

import { Api } from '../../../web/api.js';
import { defaultForm } from '../../../web/model.js';
import { previewOrder } from '../../../web/preview.js';
import { liveSecrets } from '../../../web/signature.js';

const PLAIN = {
	filters: { status: 'all', min_duration: 0, campaigns: [], widgets: [],
		offices: [], tags: [], kind: 'all', last_attempt_only: false },
	headers: [], auth: null, timeout: null, retry_schedule: null,
};

test('nothing is previewed without an address', () => {
	const form = defaultForm('calltracking');
	assert.equal(previewOrder(form, 'calltracking', 'call_end'), null);
	assert.equal(previewOrder({ ...form, origin: 'ftp://a.ru' },
		'calltracking', 'call_end'), null);
});

test('the event of the preview is the form\'s, or chosen among both', () => {
	const form = { ...defaultForm('callkeeper'), origin: ' https://a.ru ' };
	const order = (event, chosen) => previewOrder({ ...form, event },
		'callkeeper', chosen);
	assert.equal(order('call_start+call_end', 'call_start').event, 'call_start');
	assert.equal(order('call_start+call_end', 'call_end').event, 'call_end');
	assert.equal(order('call_start', 'call_end').event, 'call_start');
	assert.deepEqual(order('call_start+call_end', 'call_end').webhook, {
		...PLAIN,
		service: 'callkeeper', origin: 'https://a.ru', path: '', params: [],
		method: 'POST', events: ['call_start', 'call_end'],
		content_type: 'application/json', enabled: true,
	});
});

test('the request of a preview', async () => {
	let asked = '';
	const api = new Api({
		base: 'https://x.test/api/v1',
		fetch: async (url, init) => {
			asked = `${init.method} ${url} ${init.body}`;
			return new Response('{"line":"GET / HTTP/1.1"}');
		},
	});
	assert.deepEqual(await api.previewWebhook({ event: 'call_end' }),
		{ line: 'GET / HTTP/1.1' });
	assert.equal(asked, 'POST https://x.test/api/v1/webhooks/preview ' +
		'{"event":"call_end"}');
});

test('secrets that have ended are not shown', () => {
	const secrets = [{ id: 1, expires_at: null },
		{ id: 2, expires_at: '2026-11-22T11:00:00.000Z' },
		{ id: 3, expires_at: '2026-11-22T10:00:00.000Z' }];
	assert.deepEqual(liveSecrets(secrets,
		Date.parse('2026-11-22T10:30:00Z')).map((s) => s.id), [1, 2]);
});

test('a version of our own is taken, one of others is not', async () => {
	const api = new Api({
		base: 'https://x.test/api/v1',
		fetch: async () => new Response('{"id":"w","path":"a"}',
			{ headers: { ETag: '"v2"' } }),
	});
	api.etags.set('w', '"v1"');
	await api.reread('w', (now) => now.path === 'b');
	assert.equal(api.etags.get('w'), '"v1"');
	await api.reread('w', (now) => now.path === 'a');
	assert.equal(api.etags.get('w'), '"v2"');
});
