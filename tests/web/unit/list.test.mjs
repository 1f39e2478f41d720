import assert from 'node:assert/strict';
import test from 'node:test';

import { chipText } from '../../../web/chips.js';
import { searchParameters } from '../../../web/parameter-cloud.js';
import { Poller } from '../../../web/poll.js';
import { searchAddress, sortByEvent } from '../../../web/webhook-list.js';
import { setLanguage } from '../../../web/i18n.js';
import { disabledReason, lastResult } from '../../../web/webhook-row.js';

const LIST = [
	{ id: 1, origin: 'https://a.ru', path: 'x', events: ['call_end'] },
	{ id: 2, origin: 'https://b.ru', path: '', events: ['call_start'] },
	{ id: 3, origin: 'https://c.ru', path: 'A',
		events: ['call_start', 'call_end'] },
	{ id: 4, origin: 'https://d.ru', path: 'x', events: ['call_start'] },
];
const ids = (list) => list.map((w) => w.id).join('');

test('sorting by event keeps the order of creation within an event', () => {
	assert.equal(ids(sortByEvent(LIST, 'none')), '1234');
	assert.equal(ids(sortByEvent(LIST, 'ascending')), '2413');
	assert.equal(ids(sortByEvent(LIST, 'descending')), '3124');
	assert.equal(ids(LIST), '1234');
});

test('search in addresses', () => {
	assert.equal(ids(searchAddress(LIST, ' ')), '1234');
	assert.equal(ids(searchAddress(LIST, '.RU/x')), '14');
	assert.equal(ids(searchAddress(LIST, 'none')), '');
});

test('search in the cloud looks at descriptions as well', () => {
	const list = [
		{ id: 'client_number', description: 'номер клиента' },
		{ id: 'manager_number', description: 'номер менеджера' },
		{ id: 'city', description: 'город клиента' },
	];
	const found = (q) => searchParameters(list, q).map((p) => p.id);
	assert.deepEqual(found(''), ['client_number', 'manager_number', 'city']);
	assert.deepEqual(found('клиента'), ['client_number', 'city']);
	assert.deepEqual(found('Клиента number'), ['client_number']);
	assert.deepEqual(found('zzz'), []);
});

test('a constant is written differently from a parameter', () => {
	assert.equal(chipText({ name: 'a', value: 'ip' }), 'a=ip');
	assert.equal(chipText({ name: 'a', text: 'ip' }), 'a="ip"');
});

test('the dot tells how the last delivery ended', () => {
	assert.equal(lastResult({ last_delivery: null }), 'none');
	assert.equal(lastResult({ last_delivery: { outcome: 'delivered' } }), 'ok');
	assert.equal(lastResult({ last_delivery: { outcome: 'failed',
		status: 200 } }), 'failed');
});

test('why the sender switched a webhook off', () => {
	setLanguage('ru');
	const off = (reason, enabled = false) => disabledReason(
		{ enabled, disabled_reason: reason });
	assert.match(off('gone'), /410 Gone/);
	assert.match(off('failing'), /5 дней без единой удачной/);
	assert.match(off('something_new'), /Отключён автоматически/);
	assert.equal(off(null), '');
	assert.equal(off('gone', true), '');
	assert.equal(off(undefined), '');
});

/** A window and a document that do nothing by themselves. */
function fakes() {
	const world = { timers: [], listeners: {}, hidden: false };
	const listen = (type, fn) => {
		world.listeners[type] = fn;
	};
	world.addEventListener = listen;
	world.removeEventListener = (type) => delete world.listeners[type];
	world.setTimeout = (fn, ms) => {
		world.timers.push(ms);
		world.fire = fn;
		return world.timers.length;
	};
	world.clearTimeout = () => {
		world.fire = null;
	};
	return world;
}

test('polling slows down on failures and recovers', async () => {
	const world = fakes();
	let fail = true;
	const poller = new Poller(async () => {
		if (fail)
			throw new Error('down');
	}, { interval: 100, longest: 350, doc: world, win: world });
	poller.start();
	for (let i = 0; i < 3; i++)
		await poller.now();
	fail = false;
	await poller.now();
	assert.deepEqual(world.timers, [100, 200, 350, 350, 100]);
	fail = true;
	await poller.now();
	poller.start();		/* the caller has loaded meanwhile */
	assert.deepEqual(world.timers.slice(5), [200, 100]);
	poller.stop();
	assert.deepEqual(Object.keys(world.listeners), []);
});

test('nothing is polled while the page is hidden', async () => {
	const world = fakes();
	let runs = 0;
	const poller = new Poller(async () => {
		runs += 1;
	}, { interval: 100, doc: world, win: world });
	poller.start();
	world.hidden = true;
	world.listeners.visibilitychange();
	assert.equal(world.fire, null);
	world.hidden = false;
	await world.listeners.visibilitychange();
	assert.equal(runs, 1);
	poller.stop();
	await poller.now();
	assert.equal(runs, 1);
});

test('resting: only a look at the page polls, success ends it', async () => {
	const world = fakes();
	let known = false;
	let runs = 0;
	const poller = new Poller(async () => {
		runs += 1;
		if (!known) {
			poller.rest();
			throw new Error('401');
		}
	}, { interval: 100, doc: world, win: world });
	poller.start();
	await poller.now();
	assert.equal(world.timers.length, 1);
	await world.listeners.visibilitychange();
	assert.equal(runs, 2);
	assert.equal(world.timers.length, 1);
	known = true;
	await world.listeners.visibilitychange();
	assert.equal(runs, 3);
	assert.equal(world.timers.length, 2);
	poller.stop();
});
