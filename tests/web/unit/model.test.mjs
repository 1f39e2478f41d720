import assert from 'node:assert/strict';
import test from 'node:test';

import {
	addressOf, compare, defaultForm, emptyMapping, eventOf, formOf, isBlank,
	isDefaultKeeper, itemOf, movedItem, pairFault, sameForm, settingsOf,
	settingsOfWebhook, startWarning, withAddress, withItem, withMethod,
	withPath, withoutItem,
} from '../../../web/model.js';

const PARAMETERS = [
	{ id: 'client_number', description: 'номер', example: '', known: 'start' },
	{ id: 'call_status', description: 'статус', example: '',
		known: 'placeholder' },
	{ id: 'duration', description: 'секунды', example: '', known: 'end' },
];

const WEBHOOK = {
	id: '1', version: 3, service: 'calltracking',
	origin: 'https://mysite.ru:8443', path: 'path/to/file.php',
	params: [
		{ name: 'clientPhone', value: 'client_number' },
		{ name: 'source', text: 'ckct' },
	],
	method: 'POST', events: ['call_end'],
	content_type: 'application/x-www-form-urlencoded', enabled: false,
	url: 'https://mysite.ru:8443/path/to/file.php', sent_ok: 1,
	sent_failed: 0, last_delivery: null,
};

test('an answer goes through the form unchanged', () => {
	const { service, origin, path, params, method, events, enabled } = WEBHOOK;
	assert.deepEqual(settingsOfWebhook(WEBHOOK), {
		service, origin, path, params, method, events,
		content_type: WEBHOOK.content_type, enabled,
	});
});

test('the defaults of both services', () => {
	assert.deepEqual(settingsOf(defaultForm('calltracking'), 'calltracking'), {
		service: 'calltracking', origin: '', path: '', params: [],
		method: 'GET', events: ['call_start'],
		content_type: 'application/json', enabled: true,
	});
	const keeper = settingsOf(defaultForm('callkeeper'), 'callkeeper');
	assert.equal(keeper.method, 'POST');
	assert.deepEqual(keeper.events, ['call_start', 'call_end']);
});

test('CallKeeper with nothing but an address is the default', () => {
	const form = { ...defaultForm('callkeeper'), origin: 'https://a.ru' };
	assert.equal(isDefaultKeeper(form), true);
	assert.equal(isDefaultKeeper({ ...form, method: 'GET' }), false);
	assert.equal(isDefaultKeeper({ ...form, event: 'call_end' }), false);
	assert.equal(isDefaultKeeper({ ...form,
		items: [{ name: 'a', text: 'b' }] }), false);
});

test('what goes out when nothing is chosen', () => {
	const [json, form] = ['application/json',
		'application/x-www-form-urlencoded'];
	assert.equal(emptyMapping('callkeeper', 'POST', json), 'full_json');
	assert.equal(emptyMapping('callkeeper', 'PUT', form), 'full_form');
	assert.equal(emptyMapping('callkeeper', 'GET', json), 'no_data');
	assert.equal(emptyMapping('calltracking', 'POST', json), 'no_data');
});

test('events', () => {
	assert.equal(eventOf(['call_end', 'call_start']), 'both');
	assert.equal(eventOf(['call_start']), 'call_start');
});

test('half a pair, a used name and a foreign value are refused', () => {
	const items = [{ name: 'a', value: 'duration' }];
	const pair = (name, value, constant = false) => ({ name, value, constant });
	const fault = (p, index = -1) => pairFault(p, items, index, PARAMETERS);
	assert.deepEqual(fault(pair(' ', 'duration')),
		{ field: 'name', code: 'name_required' });
	assert.deepEqual(fault(pair('b', '')),
		{ field: 'value', code: 'unknown_parameter' });
	assert.deepEqual(fault(pair('b', 'nope')),
		{ field: 'value', code: 'unknown_parameter' });
	assert.deepEqual(fault(pair(' a ', 'duration')),
		{ field: 'name', code: 'duplicate_name' });
	assert.equal(fault(pair('a', 'duration'), 0), null);
	assert.equal(fault(pair('b', ' duration ')), null);
	assert.equal(fault(pair('fields[PHONE][0][VALUE]', 'x y', true)), null);
	assert.deepEqual(fault(pair('я'.repeat(128), 'duration')),
		{ field: 'name', code: 'name_too_long' });
	assert.equal(fault(pair('a'.repeat(255), 'duration')), null);
});

test('a pair becomes an item', () => {
	assert.deepEqual(itemOf({ name: ' a ', value: ' ip ', constant: false }),
		{ name: 'a', value: 'ip' });
	assert.deepEqual(itemOf({ name: 'a', value: ' x ', constant: true }),
		{ name: 'a', text: ' x ' });
	assert.equal(isBlank({ name: ' ', value: '', constant: true }), true);
	assert.equal(isBlank({ name: '', value: 'x', constant: false }), false);
});

test('items are added, replaced, removed and moved', () => {
	const items = ['a', 'b', 'c'].map((name) => ({ name, text: '' }));
	const names = (list) => list.map((item) => item.name).join('');
	assert.equal(names(withItem(items, { name: 'd', text: '' }, -1)), 'abcd');
	assert.equal(names(withItem(items, { name: 'd', text: '' }, 1)), 'adc');
	assert.equal(names(withoutItem(items, 0)), 'bc');
	assert.equal(names(movedItem(items, 0, 2)), 'bca');
	assert.equal(names(movedItem(items, 2, 0)), 'cab');
	assert.equal(movedItem(items, 0, -1), items);
	assert.equal(movedItem(items, 2, 3), items);
	assert.equal(names(items), 'abc');
});

test('what is not known at the start is marked', () => {
	const mark = (id, event) => startWarning(id, event, PARAMETERS);
	assert.equal(mark('duration', 'call_start'), 'empty');
	assert.equal(mark('duration', 'both'), 'empty');
	assert.equal(mark('duration', 'call_end'), '');
	assert.equal(mark('call_status', 'call_start'), 'placeholder');
	assert.equal(mark('client_number', 'call_start'), '');
	assert.equal(mark(undefined, 'call_start'), '');
});

test('a pasted address fills host, path and, for GET, constants', () => {
	const { form, moved } = withAddress(defaultForm('calltracking'),
		'https://a.ru/x/y.php?token=1&b=%20');
	assert.equal(moved, true);
	assert.equal(form.origin, 'https://a.ru');
	assert.equal(form.path, 'x/y.php');
	assert.deepEqual(settingsOf(form, '').params,
		[{ name: 'token', text: '1' }, { name: 'b', text: ' ' }]);
});

test('for other methods the query stays in the path', () => {
	const { form } = withAddress(defaultForm('callkeeper'),
		'https://a.ru/x?token=1');
	assert.equal(form.path, 'x?token=1');
	assert.deepEqual(form.items, []);
	assert.equal(isDefaultKeeper(form), true);
});

test('a host alone leaves the path as it was', () => {
	const before = { ...defaultForm('calltracking'), path: 'kept' };
	for (const text of ['a.ru', 'https://a.ru/']) {
		const { form, moved } = withAddress(before, text);
		assert.equal(moved, false);
		assert.equal(form.origin, 'https://a.ru');
		assert.equal(form.path, 'kept');
	}
});

test('a fragment is kept for the server to refuse', () => {
	const { form } = withAddress(defaultForm('calltracking'),
		'https://a.ru/x#y');
	assert.equal(form.path, 'x#y');
});

test('a query with a name that is taken is not split', () => {
	const before = { ...defaultForm('calltracking'),
		items: [{ name: 'a', value: 'ip' }] };
	const { form, moved } = withPath(before, 'x?a=1');
	assert.equal(moved, false);
	assert.equal(form.path, 'x?a=1');
	assert.equal(form.items.length, 1);
});

test('leaving GET, constants of the address go back to it', () => {
	const start = { ...defaultForm('calltracking'),
		items: [{ name: 'own', text: 'x' }] };
	const split = withPath(start, 'p?a=1&b=2').form;
	assert.equal(split.items.length, 3);
	const post = withMethod(split, 'POST');
	assert.equal(post.path, 'p?a=1&b=2');
	assert.deepEqual(post.items, [{ name: 'own', text: 'x' }]);
	assert.equal(withMethod(start, 'POST').path, '');
});

test('only what is sent makes a form different', () => {
	const a = formOf(WEBHOOK);
	const b = formOf(structuredClone(WEBHOOK));
	b.items[1].query = true;
	assert.equal(sameForm(a, b), true);
	b.items[1].text = 'y';
	assert.equal(sameForm(a, b), false);
});

test('two versions are compared field by field', () => {
	const mine = formOf(WEBHOOK);
	const theirs = { ...formOf(WEBHOOK), path: 'other', enabled: true };
	const differing = compare(mine, theirs).filter((row) => row.differs)
		.map((row) => row.field);
	assert.deepEqual(differing, ['path', 'enabled']);
});

test('the list shows host and path without parameters', () => {
	assert.equal(addressOf({ origin: 'https://a.ru', path: 'x?t=secret' }),
		'https://a.ru/x');
	assert.equal(addressOf({ origin: 'https://a.ru/', path: '/x' }),
		'https://a.ru/x');
	assert.equal(addressOf({ origin: 'https://a.ru', path: '' }),
		'https://a.ru/');
});
