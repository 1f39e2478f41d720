import assert from 'node:assert/strict';
import test from 'node:test';

import { Api, ApiError } from '../../../web/api.js';
import { readParameters } from '../../../web/parameters.js';

/** An Api whose requests are answered by a list of responses. */
function apiWith(answers, options = {}) {
	const calls = [];
	const api = new Api({
		base: 'https://cabinet.example/callhook/api/v1', ...options,
		fetch: async (url, init) => {
			calls.push({ url, ...init });
			const answer = answers.shift();
			if (answer instanceof Error)
				throw answer;
			return answer;
		},
	});
	return { api, calls };
}

function json(status, body, headers = {}) {
	return new Response(JSON.stringify(body), { status, headers });
}

test('requests carry language and key, and stay below the base', async () => {
	const { api, calls } = apiWith([json(200, { data: [{ id: 'ip' }] })],
		{ key: 'k', language: () => 'en' });
	assert.deepEqual(await api.listParameters('callkeeper'), [{ id: 'ip' }]);
	assert.equal(calls[0].url, 'https://cabinet.example/callhook/api/v1/' +
		'parameters?service=callkeeper');
	assert.equal(calls[0].headers.Authorization, 'Bearer k');
	assert.equal(calls[0].headers['Accept-Language'], 'en');
	assert.equal(calls[0].credentials, 'same-origin');
});

test('without a key none is sent', async () => {
	const { api, calls } = apiWith([json(200, { data: [] })]);
	await api.listParameters('callkeeper');
	assert.equal('Authorization' in calls[0].headers, false);
});

test('a list is read over all pages', async () => {
	const { api, calls } = apiWith([
		json(200, { data: [{ id: 1 }], next_cursor: 'c/1' }),
		json(200, { data: [{ id: 2 }], next_cursor: null }),
	]);
	assert.deepEqual(await api.listWebhooks('calltracking'),
		[{ id: 1 }, { id: 2 }]);
	assert.match(calls[1].url, /service=calltracking&limit=100&cursor=c%2F1$/);
});

test('what was read is what may be replaced and deleted', async () => {
	const { api, calls } = apiWith([
		json(200, { id: 'a/b' }, { ETag: '"v3"' }),
		json(200, { id: 'a/b' }, { ETag: '"v4"' }),
		new Response(null, { status: 204 }),
	]);
	await api.getWebhook('a/b');
	await api.replaceWebhook('a/b', { enabled: false });
	await api.deleteWebhook('a/b', { keepalive: true });
	assert.match(calls[1].url, /webhooks\/a%2Fb$/);
	assert.equal(calls[1].headers['If-Match'], '"v3"');
	assert.equal(calls[1].body, '{"enabled":false}');
	assert.equal(calls[2].headers['If-Match'], '"v4"');
	assert.equal(calls[2].keepalive, true);
	assert.equal('Content-Type' in calls[2].headers, false);
});

test('a problem becomes an ApiError with its faults', async () => {
	const errors = [{ pointer: '/origin', code: 'url_private' }];
	const { api } = apiWith([json(422, { title: 'T', detail: 'D', errors,
		instance: 'req-7' })]);
	await assert.rejects(api.createWebhook({}), (e) => {
		assert.ok(e instanceof ApiError);
		assert.equal(e.kind, 'problem');
		assert.equal(e.status, 422);
		assert.equal(e.message, 'D');
		assert.equal(e.requestId, 'req-7');
		assert.deepEqual(e.errors, errors);
		return true;
	});
});

test('an error page that is not JSON is a problem too', async () => {
	const { api } = apiWith([
		new Response('<h1>Bad Gateway</h1>', { status: 502 }),
		new Response('<h1>Hello</h1>', { status: 200 }),
	]);
	await assert.rejects(api.getWebhook('x'), { kind: 'problem', status: 502 });
	await assert.rejects(api.getWebhook('x'), { kind: 'problem', status: 200 });
});

test('no network, no answer in time, a redirect to the log-in', async () => {
	const late = new Error('late');
	late.name = 'TimeoutError';
	const { api } = apiWith([new TypeError('down'), late,
		{ type: 'opaqueredirect', ok: false, text: async () => '' }]);
	await assert.rejects(api.getWebhook('x'), { kind: 'offline', status: 0 });
	await assert.rejects(api.getWebhook('x'), { kind: 'timeout', status: 0 });
	await assert.rejects(api.getWebhook('x'), { status: 401 });
});

test('parameters are read as the API lists them', () => {
	assert.deepEqual(readParameters([
		{ id: 'duration', description: 'секунды', example: 152,
			known: 'at_end' },
		{ id: 'ip', description: 'адрес', example: '203.0.113.18',
			known: 'at_start' },
		{ id: 'x', known: 'placeholder', example: null },
	]), [
		{ id: 'duration', description: 'секунды', example: '152',
			known: 'end', paths: [] },
		{ id: 'ip', description: 'адрес', example: '203.0.113.18',
			known: 'start', paths: [] },
		{ id: 'x', description: '', example: '', known: 'placeholder',
			paths: [] },
	]);
	assert.deepEqual(readParameters([{ id: 'v', known: 'at_start',
		example: { a: { b: 1, c: null }, d: [1], e: {} } }])[0].paths,
	['v.a.b', 'v.a.c', 'v.d', 'v.e']);
});
