import assert from 'node:assert/strict';
import test from 'node:test';

import { changesOf, whoText } from '../../../web/history.js';
import { setLanguage } from '../../../web/i18n.js';

const SETTINGS = {
	service: 'calltracking', origin: 'https://a.ru', path: 'x',
	params: [{ name: 'n', value: 'ip' }], method: 'GET',
	events: ['call_end'], content_type: 'application/json', enabled: true,
};

test('who changed a webhook', () => {
	setLanguage('ru');
	assert.equal(whoText('user:ivanova'), 'ivanova');
	assert.equal(whoText('user:key:x'), 'key:x');
	assert.equal(whoText('key:callhook_ab'), 'API ключ callhook_ab');
	assert.equal(whoText('sender'), 'автоматически');
});

test('a version shows what it changed', () => {
	const before = { settings: SETTINGS };
	assert.deepEqual(changesOf({ settings: { ...SETTINGS, path: 'y',
		enabled: false } }, before), [
		{ field: 'path', now: 'y', was: 'x' },
		{ field: 'enabled', now: false, was: true },
	]);
	assert.deepEqual(changesOf({ settings: { ...SETTINGS } }, before), []);
});

test('the first version shows all its settings', () => {
	const all = changesOf({ settings: SETTINGS }, undefined);
	assert.equal(all.length, 7);
	assert.deepEqual(all[0], { field: 'origin', now: 'https://a.ru',
		was: undefined });
});
