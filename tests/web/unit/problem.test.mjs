import assert from 'node:assert/strict';
import test from 'node:test';

import { ApiError } from '../../../web/api.js';
import { faultText } from '../../../web/fault-text.js';
import { bindErrors, tokens } from '../../../web/problem.js';

const none = () => undefined;

test('JSON Pointers are unescaped', () => {
	assert.deepEqual(tokens('/a~1b/m~0n/0'), ['a/b', 'm~n', '0']);
	assert.deepEqual(tokens(''), []);
});

test('errors go to their fields and lines', () => {
	const bound = bindErrors([
		{ pointer: '/origin', code: 'url_private', detail: 'внутренняя' },
		{ pointer: '/params/2/value', code: 'unknown_parameter', detail: 'нет' },
		{ pointer: '/params/2/name', code: 'empty', detail: 'второе' },
		{ pointer: '/params', code: 'too_many', detail: 'много' },
		{ pointer: '/events/0', code: 'not_in_list', detail: 'событие' },
		{ pointer: '/content_type', code: 'not_in_list', detail: 'тип' },
	], none, '?');
	assert.deepEqual(bound.fields, { origin: 'внутренняя', params: 'много',
		event: 'событие', contentType: 'тип' });
	assert.deepEqual([...bound.items], [[2, 'нет']]);
	assert.deepEqual(bound.general, []);
});

test('groups, lines of headers, and the settings of a test', () => {
	const bound = bindErrors([
		{ pointer: '/filters/min_duration', code: 'a', detail: 'много' },
		{ pointer: '/headers/1/name', code: 'reserved', detail: 'наш' },
		{ pointer: '/auth', code: 'a', detail: 'авторизация' },
		{ pointer: '/auth/password', code: 'required', detail: 'пароль' },
		{ pointer: '/webhook/origin', code: 'a', detail: 'адрес' },
		{ pointer: '/retry_schedule/0', code: 'a', detail: 'повтор' },
		{ pointer: '/call_id', code: 'a', detail: 'звонок' },
	], none, '?');
	assert.deepEqual(bound.fields, {
		'filters.min_duration': 'много', auth: 'авторизация',
		'auth.password': 'пароль', origin: 'адрес', retry: 'повтор',
	});
	assert.deepEqual([...bound.headers], [[1, 'наш']]);
	assert.deepEqual(bound.general, ['звонок']);
});

test('the first error of a field stays', () => {
	const bound = bindErrors([
		{ pointer: '/path', code: 'a', detail: 'первая' },
		{ pointer: '/path', code: 'b', detail: 'вторая' },
	], none, '?');
	assert.equal(bound.fields.path, 'первая');
});

test('without a sentence the code is translated', () => {
	const bound = bindErrors([
		{ pointer: '/origin', code: 'url_port' },
		{ pointer: '/path', code: 'brand_new' },
	], (code) => code === 'url_port' ? 'порт' : undefined, 'неверно');
	assert.deepEqual(bound.fields, { origin: 'порт', path: 'неверно' });
});

test('what belongs to no field is not lost', () => {
	const bound = bindErrors([
		{ pointer: '', code: 'limit', detail: 'предел' },
		{ pointer: '/constructor', code: 'x', detail: 'чужое' },
		{ pointer: '?service', code: 'required', detail: 'сервис' },
		{ code: 'y', detail: 'без места' },
	], none, '?');
	assert.deepEqual(bound.general,
		['предел', 'чужое', 'сервис', 'без места']);
	assert.deepEqual(bound.fields, {});
});

test('without a form the reasons are said, not that there are some', () => {
	const text = (status, problem) =>
		faultText(new ApiError('problem', status, problem));
	const general = 'Некоторые поля заполнены неверно.';
	assert.equal(text(422, { detail: general, errors: [
		{ pointer: '/origin', code: 'a', detail: 'Адрес внутренний' },
		{ pointer: '/path', code: 'b', detail: 'Уберите «#».' },
		{ pointer: '/method', code: 'c' }] }),
	'Адрес внутренний. Уберите «#».');
	assert.equal(text(422, { detail: general, errors: [] }), general);
	assert.equal(text(429, null), 'Запрос не удался (код 429).');
	assert.match(text(503, { detail: 'x', instance: 'r-1' }),
		/временно недоступен.*r-1/);
});
