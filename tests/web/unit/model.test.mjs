import assert from 'node:assert/strict';
import test from 'node:test';

import {
	addressOf, compare, defaultForm, emptyMapping, eventOf, formOf, isBlank,
	isDefaultKeeper, itemOf, movedItem, pairFault, sameForm, settingsOf,
	formFaults, isParameter, keepsSecret, startWarning, templateNames, withAddress,
	withItem, withMethod, withPath, withoutItem,
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

const PLAIN = {
	filters: { status: 'all', min_duration: 0, campaigns: [], widgets: [],
		offices: [], tags: [], kind: 'all', last_attempt_only: false },
	headers: [], auth: null, timeout: null, retry_schedule: null,
};

test('an answer goes through the form unchanged', () => {
	const { service, origin, path, params, method, events, enabled } = WEBHOOK;
	const plain = { service, origin, path, params, method, events,
		content_type: WEBHOOK.content_type, enabled };
	assert.deepEqual(settingsOf(formOf(WEBHOOK), service),
		{ ...plain, ...PLAIN });
	const more = {
		filters: { ...PLAIN.filters, status: 'failed', tags: ['a', 'b, c'] },
		headers: [{ name: 'X-A', value: 'b' }], timeout: 7,
		retry_schedule: [10, 90, 7200, 86400],
		params: [{ name: 'who', template: '{city} {{ok}}' }],
	};
	assert.deepEqual(settingsOf(formOf({ ...WEBHOOK, ...more }), service),
		{ ...plain, auth: null, ...more });
});

test('a stored secret is not sent again unless it was typed', () => {
	const sent = (auth, typed) => {
		const form = formOf({ ...WEBHOOK, auth });
		return settingsOf({ ...form, auth: { ...form.auth, ...typed } }, '').auth;
	};
	const basic = { type: 'basic', user: 'ivan' };
	assert.deepEqual(sent(basic, {}), basic);
	assert.deepEqual(sent(basic, { secret: 'x' }),
		{ ...basic, password: 'x' });
	assert.deepEqual(sent(basic, { type: 'bearer', stored: false }),
		{ type: 'bearer', token: '' });
	assert.deepEqual(sent({ type: 'bearer' }, {}), { type: 'bearer' });
	assert.equal(sent(basic, { type: '' }), null);
	assert.equal(sent(null, {}), null);
});

test('a stored secret is for its server and user only', () => {
	const basic = { type: 'basic', user: 'ivan' };
	const initial = formOf({ ...WEBHOOK, auth: basic });
	const keeps = (part, auth) => keepsSecret({ ...initial, ...part,
		auth: { ...initial.auth, ...auth } }, initial);
	assert.equal(keeps({}), true);
	assert.equal(keeps({ path: 'other', method: 'GET' }), true);
	assert.equal(keeps({ origin: ' HTTPS://MySite.ru:8443/ ' }), true);
	assert.equal(keeps({ origin: 'https://mysite.ru' }), false);
	assert.equal(keeps({ origin: 'http://mysite.ru:8443' }), false);
	assert.equal(keeps({}, { user: 'olga' }), false);
	assert.equal(keeps({}, { stored: false }), false);
	const usual = formOf({ ...WEBHOOK, auth: basic,
		origin: 'https://mysite.ru' });
	assert.equal(keepsSecret({ ...usual, origin: 'https://mysite.ru:443' },
		usual), true);
});

test('what was typed as text is looked at before it is sent', () => {
	const faults = (part) => formFaults({ ...formOf(WEBHOOK), ...part });
	assert.deepEqual(faults({}), {});
	assert.deepEqual(faults({ timeout: ' 60 ', retry: '10 с, 1 ч' }), {});
	assert.deepEqual(faults({ timeout: '0', retry: 'скоро' }),
		{ timeout: 'timeout_range', retry: 'retry_syntax' });
	assert.deepEqual(faults({ timeout: '61' }), { timeout: 'timeout_range' });
});

test('the defaults of both services', () => {
	assert.deepEqual(settingsOf(defaultForm('calltracking'), 'calltracking'), {
		service: 'calltracking', origin: '', path: '', params: [],
		method: 'GET', events: ['call_start'],
		content_type: 'application/json', enabled: true, ...PLAIN,
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
	assert.equal(eventOf(['call_end', 'call_start']), 'call_start+call_end');
	assert.equal(eventOf(['call_start']), 'call_start');
	assert.equal(eventOf(['call_change', 'call_end', 'call_start']),
		'call_start+call_end+call_change');
});

test('half a pair, a used name and a foreign value are refused', () => {
	const items = [{ name: 'a', value: 'duration' }];
	const pair = (name, value, kind = 'value') => ({ name, value, kind });
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
	assert.equal(fault(pair('fields[PHONE][0][VALUE]', 'x y', 'text')), null);
	assert.deepEqual(fault(pair('я'.repeat(128), 'duration')),
		{ field: 'name', code: 'name_too_long' });
	assert.equal(fault(pair('a'.repeat(255), 'duration')), null);
});

test('a pair becomes an item', () => {
	assert.deepEqual(itemOf({ name: ' a ', value: ' ip ', kind: 'value' }),
		{ name: 'a', value: 'ip' });
	assert.deepEqual(itemOf({ name: 'a', value: ' x ', kind: 'text' }),
		{ name: 'a', text: ' x ' });
	assert.deepEqual(itemOf({ name: 'a', value: '{ip} ', kind: 'template' }),
		{ name: 'a', template: '{ip} ' });
	assert.equal(isBlank({ name: ' ', value: '', kind: 'text' }), true);
	assert.equal(isBlank({ name: '', value: 'x', kind: 'value' }), false);
});

const VISIT = [{ id: 'visit_info', paths: ['visit_info.current.src'] },
	{ id: 'ip', paths: [] }];

test('a path leads into an object only', () => {
	assert.equal(isParameter('visit_info.current.src', VISIT), true);
	assert.equal(isParameter('visit_info.own', VISIT), true);
	for (const text of ['ip.x', 'visit_info.', 'visit_info..x', 'x',
		'visit_info.a b', 'visit_infos.a'])
		assert.equal(isParameter(text, VISIT), false, text);
});

test('templates', () => {
	assert.deepEqual(templateNames('{ip}: {{not}} { visit_info.x }'),
		['ip', 'visit_info.x']);
	assert.deepEqual(templateNames('text'), []);
	for (const text of ['{', 'a}', '{a{b}}', '{{a}'])
		assert.equal(templateNames(text), null, text);
	const fault = (value) => pairFault({ name: 'a', value, kind: 'template' },
		[], -1, VISIT)?.code;
	assert.equal(fault('{ip} и {visit_info.a}'), undefined);
	assert.equal(fault('{ip'), 'template_braces');
	assert.equal(fault('{no}'), 'template_parameter');
	assert.equal(fault('{}'), 'template_parameter');
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
	assert.equal(mark('duration', 'call_start+call_end'), 'empty');
	assert.equal(mark('duration', 'call_end+call_change'), '');
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
