/* Conditions, headers, authentication, time-outs, retries, templates. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, fits, launch, listAll, parts, quit,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const NONE = { status: 'all', min_duration: 0, campaigns: [], widgets: [],
	offices: [], tags: [], kind: 'all', last_attempt_only: false };

/** The folds of the form, opened by their names. */
function folds(page) {
	const drawer = page.locator('dialog.ch-drawer');
	const fold = (name) => drawer.locator('details', {
		has: page.locator('summary', { hasText: name }) }).last();
	return { filters: fold('Дополнительные условия'),
		advanced: fold(/^Дополнительно(?!е)/) };
}

test('conditions: set, told in the fold and the row, taken away', async () => {
	for (const [width, scheme] of [[1440, 'light'], [360, 'dark']]) {
		await clear();
		await withPage({ width, scheme }, async (page) => {
			const p = parts(page);
			const f = folds(page);
			await p.add.click();
			await p.origin.fill('https://crm.callhook-test.ru');
			await f.filters.locator('summary').click();
			await f.filters.getByText('В начале звонка статус').waitFor();
			await p.event.selectOption('call_end+call_change');
			await f.filters.getByText('В начале звонка статус')
				.waitFor({ state: 'hidden' });
			await f.filters.getByLabel('Статус').selectOption('successful');
			await f.filters.getByLabel('Длительность').fill('30');
			await f.filters.getByLabel('Уникальность')
				.selectOption('unique_target');
			await f.filters.getByLabel('Кампании')
				.fill('Распродажа «Лето», 50%\n\nTrade-in');
			await f.filters.getByLabel('Теги').fill('важный');
			await f.filters.getByLabel('только последняя попытка').check();
			assert.match(await f.filters.locator('summary').innerText(),
				/успешные; от 30 с; уникально-целевые; Кампании: /);
			await accessible(page, `filters-${scheme}`);
			await fits(page);
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
			await page.getByText('Завершение и изменение звонка').waitFor();
			await page.getByRole('button', { name: /^Подробнее:/ }).click();
			const row = await page.locator('.ch-details').innerText();
			assert.match(row, /Кампании: Распродажа «Лето», 50%, Trade-in/);
			await accessible(page, `details-filters-${scheme}`);
			await fits(page);
		});
		const [saved] = await listAll('calltracking');
		assert.deepEqual(saved.events, ['call_end', 'call_change']);
		assert.deepEqual(saved.filters, { ...NONE, status: 'successful',
			min_duration: 30, kind: 'unique_target', tags: ['важный'],
			campaigns: ['Распродажа «Лето», 50%', 'Trade-in'],
			last_attempt_only: true });
	}
	await withPage({}, async (page) => {
		const p = parts(page);
		const f = folds(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await f.filters.locator('summary').click();
		assert.equal(await f.filters.getByLabel('Кампании').inputValue(),
			'Распродажа «Лето», 50%\nTrade-in');
		await f.filters.getByLabel('Кампании').fill('');
		await f.filters.getByLabel('Статус').selectOption('all');
		await f.filters.getByLabel('Длительность').fill('');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.filters, { ...NONE, kind: 'unique_target',
		tags: ['важный'], last_attempt_only: true });
});

test('a condition that the server refuses is shown at its field', async () => {
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const p = parts(page);
		const f = folds(page);
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await f.filters.locator('summary').click();
		const duration = f.filters.getByLabel('Длительность');
		await duration.fill('99999');
		await f.filters.locator('summary').click();
		await p.submit.click();
		await f.filters.locator('.ch-bad').waitFor();
		assert.notEqual(await p.errorOf(duration), '');
		assert.equal(await duration.evaluate((el) =>
			el === document.activeElement), true);
		await accessible(page, 'filters-error');
	});
	assert.equal((await listAll('calltracking')).length, 0);
});

test('headers, authentication, time-out and retries', async () => {
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const p = parts(page);
		const f = folds(page);
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await f.advanced.locator('summary').click();
		await f.advanced.getByRole('button', { name: 'Добавить заголовок' })
			.click();
		await f.advanced.getByLabel('Имя заголовка 1').fill('Host');
		await f.advanced.getByLabel('Значение заголовка 1').fill('a');
		await f.advanced.getByRole('button', { name: 'Добавить заголовок' })
			.click();
		await f.advanced.getByLabel('Имя заголовка 2').fill('X-Branch');
		await f.advanced.getByLabel('Значение заголовка 2').fill('Невский, 1');
		await f.advanced.getByLabel('Авторизация').selectOption('basic');
		await f.advanced.getByLabel('Логин').fill('ivan');
		await f.advanced.getByLabel('Пароль').fill('s3cret');
		await f.advanced.getByLabel('Ждать ответа').fill('90');
		await f.advanced.getByLabel('Повторы через').fill('10 с, потом');
		await p.submit.click();
		assert.equal(await p.errorOf(f.advanced.getByLabel('Ждать ответа')),
			'Укажите от 1 до 60 секунд');
		assert.match(await p.errorOf(f.advanced.getByLabel('Повторы через')),
			/через запятую/);
		await accessible(page, 'advanced-error');
		await f.advanced.getByLabel('Ждать ответа').fill('7');
		await f.advanced.getByLabel('Повторы через').fill('10 с, 5 мин, 2 ч');
		await f.advanced.getByText('Всего 4 попытки примерно за 2 ч').waitFor();
		await p.submit.click();
		await f.advanced.getByText(/^Host: /).waitFor();
		await accessible(page, 'advanced-refused');
		await f.advanced.getByRole('button', { name: 'Убрать заголовок 1' })
			.click();
		await f.advanced.getByLabel('Значение заголовка 1').fill('Nevsky 1');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.headers, [{ name: 'X-Branch', value: 'Nevsky 1' }]);
	assert.equal(saved.auth.type, 'basic');
	assert.equal(saved.auth.user, 'ivan');
	assert.equal(JSON.stringify(saved).includes('s3cret'), false);
	assert.equal(saved.timeout, 7);
	assert.deepEqual(saved.retry_schedule, [10, 300, 7200]);
	for (const [width, scheme] of [[1440, 'dark'], [360, 'light']]) {
		await withPage({ width, scheme }, async (page) => {
			const p = parts(page);
			const f = folds(page);
			await page.getByRole('button', { name: /^Редактировать:/ })
				.click();
			assert.match(await f.advanced.locator('summary').innerText(),
				/1 заголовок; Basic: ivan; ждать 7 с; свои повторы/);
			await f.advanced.locator('summary').click();
			await f.advanced.getByText('Сохранён и не показывается').waitFor();
			assert.equal(await f.advanced.getByLabel('Пароль').inputValue(),
				'');
			assert.equal(await f.advanced.getByLabel('Повторы через')
				.inputValue(), '10 с, 5 мин, 2 ч');
			await accessible(page, `advanced-${scheme}`);
			await fits(page);
			if (width === 360)
				await f.advanced.getByLabel('Ждать ответа').fill('');
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
		});
	}
	const [now] = await listAll('calltracking');
	assert.equal(now.timeout, null);
	assert.equal(now.auth.user, 'ivan');
});

test('a template: written with the cloud, refused when it is broken',
	async () => {
		await withPage({}, async (page) => {
			const p = parts(page);
			await p.add.click();
			await p.origin.fill('https://crm.callhook-test.ru');
			await p.template.check();
			await p.name.fill('who');
			await p.value.pressSequentially('город ');
			await p.cloud.getByRole('option', { name: /^city,/ }).click();
			assert.equal(await p.value.inputValue(), 'город {city}');
			await p.value.pressSequentially(', {nope}');
			await accessible(page, 'template');
			await p.pairAdd.click();
			assert.match(await p.errorOf(p.value), /только параметр/);
			await p.value.fill('город {city');
			await p.pairAdd.click();
			assert.match(await p.errorOf(p.value), /не парные/);
			await p.value.fill('город {city} {{1}}');
			await p.pairAdd.click();
			assert.deepEqual(await p.chips.allInnerTexts(),
				['who=«город {city} {{1}}»']);
			await p.chips.first().click();
			assert.equal(await p.template.isChecked(), true);
			assert.equal(await p.value.inputValue(), 'город {city} {{1}}');
			await p.drawer.getByRole('button', { name: 'Не менять' }).click();
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
		});
		const [saved] = await listAll('calltracking');
		assert.deepEqual(saved.params,
			[{ name: 'who', template: 'город {city} {{1}}' }]);
	});

test('a part of an object is found in the cloud by its path', async () => {
	await withPage({ hash: '#callkeeper' }, async (page) => {
		const p = parts(page);
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await p.drawer.getByText('Настроить вручную').click();
		await p.name.fill('source');
		await p.value.fill('visit_info.cur');
		await p.cloud.getByRole('option', { name: /^visit_info\.current\.src/ })
			.click();
		assert.equal(await p.value.inputValue(), 'visit_info.current.src');
		await p.pairAdd.click();
		await p.value.fill('ip.nothing');
		await p.name.fill('x');
		await p.pairAdd.click();
		assert.match(await p.errorOf(p.value), /из списка/);
		await p.value.fill('');
		await p.name.fill('');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('callkeeper');
	assert.deepEqual(saved.params,
		[{ name: 'source', value: 'visit_info.current.src' }]);
});

test('keyboard only: conditions and a header', async () => {
	await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		const f = folds(page);
		const press = async (...keys) => {
			for (const key of keys)
				await page.keyboard.press(key);
		};
		await page.getByRole('button', { name: /^Редактировать:/ }).focus();
		await press('Enter');
		await p.chips.nth(2).waitFor();
		await f.filters.locator('summary').focus();
		await press('Enter', 'Tab', 'ArrowDown', 'Tab');
		await page.keyboard.type('45');
		for (let i = 0; i < 6; i++)
			await press('Tab');
		await press('Space', 'Tab', 'Enter', 'Tab', 'Enter');
		await page.keyboard.type('X-Key');
		await press('Tab');
		await page.keyboard.type('1');
		await press('Enter');
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.filters, { ...NONE, status: 'successful',
		min_duration: 45, last_attempt_only: true });
	assert.deepEqual(saved.headers, [{ name: 'X-Key', value: '1' }]);
	assert.equal((await api('GET', `webhooks/${saved.id}`)).status, 200);
});
