import assert from 'node:assert/strict';
import test from 'node:test';

import {
	itemsQuery, originFault, queryItems, splitAddress, splitPath,
} from '../../../web/url-split.js';

test('a whole address is cut, never rewritten', () => {
	assert.deepEqual(
		splitAddress('https://MySite.ru:8443/A//b%2f/?x=1&y=%D0%BF#z'), {
			origin: 'https://MySite.ru:8443', path: '/A//b%2f/',
			query: 'x=1&y=%D0%BF', hash: '#z', assumed: false,
		});
});

test('https is assumed where no scheme was typed', () => {
	assert.deepEqual(splitAddress(' пример.рф/хук '), {
		origin: 'https://пример.рф', path: '/хук', query: '', hash: '',
		assumed: true,
	});
	assert.equal(splitAddress('mysite.ru:8080').origin,
		'https://mysite.ru:8080');
});

test('hosts of all kinds', () => {
	assert.equal(splitAddress('http://203.0.113.5:8080/a').origin,
		'http://203.0.113.5:8080');
	assert.equal(splitAddress('http://[2001:db8::1]:81?q').origin,
		'http://[2001:db8::1]:81');
});

test('what has no host is no address', () => {
	for (const text of ['', '   ', '/path', '?a=b', 'https://', 'http:///x'])
		assert.equal(splitAddress(text), null, text);
});

test('splitPath cuts at the first question mark', () => {
	assert.deepEqual(splitPath('a/b?c=d?e'), { path: 'a/b', query: 'c=d?e' });
	assert.deepEqual(splitPath('a/b'), { path: 'a/b', query: '' });
});

test('a query becomes constants', () => {
	assert.deepEqual(queryItems('token=a%26b&src=my+site&empty='), [
		{ name: 'token', text: 'a&b' },
		{ name: 'src', text: 'my site' },
		{ name: 'empty', text: '' },
	]);
});

test('a query that constants cannot stand for stays a query', () => {
	for (const query of ['flag', 'a=1&a=2', 'a=%zz', '=x', 'a=1&', 'a=1#b',
		''])
		assert.equal(queryItems(query), null, query);
});

test('constants go back into a query', () => {
	const items = [{ name: 'а b', text: 'c&d' }, { name: 'e', text: '' }];
	assert.equal(itemsQuery(items), '%D0%B0%20b=c%26d&e=');
	assert.deepEqual(queryItems(itemsQuery(items)), items);
});

test('what is plainly wrong with an origin', () => {
	const cases = {
		'': 'url_required', '  ': 'url_required', 'https://': 'url_required',
		'ftp://x': 'url_scheme', 'javascript://x': 'url_scheme',
		'https://a b': 'url_host', 'https://a<b': 'url_host',
		'https://a:0': 'url_port', 'https://a:65536': 'url_port',
		'https://a:80x': 'url_port', 'https://a:': 'url_port',
		'http://[::1]:99999': 'url_port',
	};
	for (const [origin, code] of Object.entries(cases))
		assert.equal(originFault(origin), code, origin);
	for (const origin of ['https://mysite.ru', 'mysite.ru',
		'http://203.0.113.5:8080', 'https://пример.рф', 'http://[2001:db8::1]',
		'HTTPS://X.RU:65535'])
		assert.equal(originFault(origin), null, origin);
});
