import assert from 'node:assert/strict';
import test from 'node:test';

import { filterText } from '../../../web/filter-text.js';
import { defaultFilters, filtersOf, linesOf, secondsOf, setFilters }
	from '../../../web/filters.js';
import { setLanguage } from '../../../web/i18n.js';
import { aboutText, parseSchedule, scheduleText }
	from '../../../web/schedule.js';

test('what an answer leaves out is as usual', () => {
	assert.deepEqual(filtersOf(undefined), defaultFilters());
	assert.deepEqual(filtersOf({ tags: ['a'], unknown: 1 }),
		{ ...defaultFilters(), tags: ['a'] });
});

test('only conditions that are set are told', () => {
	setLanguage('ru');
	assert.deepEqual(setFilters(defaultFilters()), []);
	assert.deepEqual(setFilters({ ...defaultFilters(), min_duration: 30,
		status: 'successful', kind: 'unique_target', tags: ['а', 'б'],
		last_attempt_only: true }).map(filterText), ['успешные', 'от 30 с',
		'уникально-целевые', 'Теги, хотя бы один из: а, б',
		'только последняя попытка']);
});

test('lists are typed one name a line', () => {
	assert.deepEqual(linesOf(' Лето, 50%\n\nЗима\r\n Лето, 50%'),
		['Лето, 50%', 'Зима']);
	assert.deepEqual(linesOf('\n '), []);
});

test('seconds; what is no number is for the server to refuse', () => {
	assert.equal(secondsOf(' 30 '), 30);
	assert.equal(secondsOf(''), 0);
	assert.equal(secondsOf('-1'), '-1');
	assert.equal(secondsOf('1e3'), '1e3');
});

test('waits as people write them', () => {
	assert.deepEqual(parseSchedule('10 с, 5 мин; 2ч 1 д'),
		[10, 300, 7200, 86400]);
	assert.deepEqual(parseSchedule('30s, 1 min., 1h 90'), [30, 60, 3600, 90]);
	for (const text of ['', 'скоро', '5 лет', '0 с', '8 д', '-5 с', '1,5 ч!',
		'1 '.repeat(21)])
		assert.equal(parseSchedule(text), null, text);
	assert.equal(parseSchedule('1 '.repeat(20)).length, 20);
});

test('waits are written so that they can be read again', () => {
	const waits = [1, 59, 60, 90, 3600, 5400, 86400, 604800];
	for (const language of ['ru', 'en'])
		assert.deepEqual(parseSchedule(scheduleText(waits, language)), waits);
	assert.equal(scheduleText([90, 7200]), '90 с, 2 ч');
	assert.equal(aboutText(160000), '44 ч');
	assert.equal(aboutText(400000, 'en'), '5 d');
	assert.equal(aboutText(70), '70 с');
});
