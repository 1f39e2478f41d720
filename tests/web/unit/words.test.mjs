import assert from 'node:assert/strict';
import test from 'node:test';

import en from '../../../web/en.js';
import { formatTime, maybe, setLanguage, t } from '../../../web/i18n.js';
import { plural } from '../../../web/plural.js';
import ru from '../../../web/ru.js';

test('Russian counters agree with their noun', () => {
	const expected = {
		0: '0 сообщений', 1: '1 сообщение', 2: '2 сообщения',
		4: '4 сообщения', 5: '5 сообщений', 11: '11 сообщений',
		21: '21 сообщение', 32: '32 сообщения', 111: '111 сообщений',
		113: '113 сообщений', 347: '347 сообщений', 376: '376 сообщений',
		1001: '1\u00a0001 сообщение',
	};
	for (const [n, text] of Object.entries(expected))
		assert.equal(ru.messages(Number(n)), text);
});

test('English counters', () => {
	assert.equal(en.messages(1), '1 message');
	assert.equal(en.messages(0), '0 messages');
	assert.equal(en.messages(21), '21 messages');
});

test('a language without a form of its own falls back to other', () => {
	assert.equal(plural('ru', 5, { one: 'a', other: 'b' }), '5 b');
});

test('both dictionaries have the same keys and kinds', () => {
	assert.deepEqual(Object.keys(en).sort(), Object.keys(ru).sort());
	for (const key of Object.keys(ru)) {
		assert.equal(typeof en[key], typeof ru[key], key);
		assert.equal(en[key].length === 0, false, key);
	}
});

test('a missing text is an error, an unknown code is not', () => {
	setLanguage('ru');
	assert.equal(t('save'), 'Сохранить');
	assert.throws(() => t('no_such_text'), /no_such_text/);
	assert.equal(maybe('error_no_such_code'), undefined);
	assert.equal(maybe('error_url_private'),
		'Адрес внутренней сети недоступен');
});

test('an unknown language is not taken', () => {
	setLanguage('en');
	setLanguage('constructor');
	assert.equal(t('save'), 'Save');
	setLanguage('ru');
});

test('a time that cannot be read is shown as it came', () => {
	assert.equal(formatTime('soon'), 'soon');
	assert.match(formatTime('2026-11-22T11:02:41.000Z'), /2026/);
});
