/*
 * Answers that never come, come twice or from something else than the API:
 * nothing is done twice, nothing typed is lost, nothing is said that is not so.
 */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, launch, listAll, parts, quit, until,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const LOST = [/ERR_FAILED/, /ERR_CONNECTION/];

/**
 * The work of the first request is done, its answer lost.
 * answer: what comes instead, undefined: nothing at all
 */
async function loseAnswer(page, method, pattern, answer) {
	const seen = [];
	await page.route(pattern, async (route) => {
		const request = route.request();
		if (request.method() !== method) {
			await route.fallback();
			return;
		}
		seen.push(await request.headerValue('idempotency-key'));
		if (seen.length > 1) {
			await route.continue();
			return;
		}
		const done = await route.fetch();
		assert.equal(done.ok(), true);
		await (answer ? route.fulfill(answer) : route.abort());
	});
	return seen;
}

const GATEWAY = { status: 504, contentType: 'text/html',
	body: '<html><h1>504 Gateway Time-out</h1></html>' };

test('a webhook whose creation was not answered is made once', async () => {
	for (const answer of [undefined, GATEWAY]) {
		await clear();
		const allow = [...LOST, /status of 504/];
		await withPage({ allow }, async (page) => {
			const p = parts(page);
			const keys = await loseAnswer(page, 'POST', '**/api/v1/webhooks',
				answer);
			await p.add.click();
			await p.origin.fill('https://crm.callhook-test.ru');
			await p.path.fill('once.php');
			await p.submit.click();
			await p.drawer.getByText(answer ? 'временно недоступен' :
				'Нет связи с сервером').waitFor();
			assert.equal(await p.path.inputValue(), 'once.php');
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
			assert.match(keys[0], /^[0-9a-f]{32}$/);
			assert.deepEqual(keys, [keys[0], keys[0]]);
			assert.equal(await p.rows.count(), 1);

			/* The next one is another, however alike. */
			await p.add.click();
			await p.origin.fill('https://crm.callhook-test.ru');
			await p.path.fill('once.php');
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
			assert.equal(keys.length, 3);
			assert.notEqual(keys[2], keys[0]);
		});
		assert.equal((await listAll('calltracking')).length, 2);
	}
});

test('what was changed after a lost answer is an order of its own',
	async () => {
		await withPage({ allow: LOST }, async (page) => {
			const p = parts(page);
			const keys = await loseAnswer(page, 'POST', '**/api/v1/webhooks');
			await p.add.click();
			await p.origin.fill('https://crm.callhook-test.ru');
			await p.submit.click();
			await p.drawer.getByText('Нет связи с сервером').waitFor();
			await p.path.fill('changed.php');
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
			assert.notEqual(keys[0], keys[1]);
		});
	});

test('a copy whose answer was lost is made once', async () => {
	await create();
	await withPage({ allow: LOST }, async (page) => {
		const p = parts(page);
		const keys = await loseAnswer(page, 'POST', '**/webhooks/*/copy');
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		const copy = page.getByRole('button', { name: 'Копировать' });
		await copy.click();
		await p.toast.getByText('Нет связи').waitFor();
		await copy.click();
		await p.toast.getByText('Копия добавлена').waitFor();
		assert.equal(keys[0], keys[1]);
	});
	assert.equal((await listAll('calltracking')).length, 2);
});

test('one\'s own saving, answered or not, is no conflict', async () => {
	const webhook = await create();
	await withPage({ allow: [...LOST, /status of 412/] }, async (page) => {
		const p = parts(page);
		await loseAnswer(page, 'PUT', '**/api/v1/webhooks/*');
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.path.fill('mine.php');
		await p.submit.click();
		await p.drawer.getByText('Нет связи с сервером').waitFor();
		await p.submit.click();
		await p.toast.getByText('Изменения сохранены').waitFor();
		assert.equal(await p.drawer.count(), 0);
		await page.getByText('mine.php').waitFor();
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.equal(data.path, 'mine.php');
	assert.equal(data.version, 2);
});

test('an import that was not answered can be repeated', async () => {
	await create();
	const { data: file } = await api('GET', 'export');
	await withPage({ allow: LOST }, async (page) => {
		const p = parts(page);
		await p.rows.waitFor();
		await page.getByRole('button', { name: 'Загрузить настройки' }).click();
		await p.dialog.getByLabel('Файл с настройками').setInputFiles({
			name: 'a.json', mimeType: 'application/json',
			buffer: Buffer.from(JSON.stringify(file)) });
		await p.dialog.getByText('добавится: 1').waitFor();
		await loseAnswer(page, 'POST', '**/api/v1/import');
		const go = p.dialog.getByRole('button', { name: 'Загрузить' });
		await go.click();
		await p.dialog.getByText('Нет связи с сервером').waitFor();
		await p.dialog.getByText('добавится: 1').waitFor();
		await go.click();
		await p.dialog.waitFor({ state: 'detached' });
		await p.toast.getByText('Настройки загружены').waitFor();
	});
	assert.equal((await listAll('calltracking')).length, 2);
});

test('a page of something else instead of an answer', async () => {
	await create();
	await withPage({ allow: [/status of 50/] }, async (page) => {
		const p = parts(page);
		await p.rows.waitFor();
		const every = /\/api\/v1\//;
		await page.route(every, (route) => route.fulfill({ status: 502,
			contentType: 'text/html', body: '<h1>502 Bad Gateway</h1>' }));
		/* It is the service that fails, not the connection. */
		await page.getByText(/^Сервис временно недоступен.*Показаны данные на/)
			.waitFor();
		assert.equal(await p.rows.count(), 1);
		await page.getByRole('switch', { name: /^Отправка включена/ }).click();
		await p.toast.getByText('Переключить не удалось. Сервис временно')
			.waitFor();
		await page.unroute(every);
		await page.evaluate(() => window.dispatchEvent(new Event('online')));
		await page.getByText(/Показаны данные/).waitFor({ state: 'hidden' });
		await page.route(every, (route) => route.fulfill({ status: 200,
			contentType: 'text/html', body: '<title>Вход</title>' }));
		await page.getByText(/Показаны данные на/).waitFor();
		assert.equal(await p.rows.count(), 1);
	});
});

test('a slow server: it is seen that it is asked, and it is asked once',
	async () => {
		await create();
		await withPage({}, async (page) => {
			const p = parts(page);
			const edit = page.getByRole('button', { name: /^Редактировать:/ });
			let asked = 0;
			await p.rows.waitFor();
			await page.route(/\/webhooks\/[0-9a-f-]{36}$/, async (route) => {
				asked += 1;
				await new Promise((resolve) => setTimeout(resolve, 1000));
				await route.continue();
			});
			await edit.click();
			await edit.click();
			await page.locator('.ch-row[data-busy]').waitFor();
			await p.drawer.waitFor();
			assert.equal(await p.drawer.count(), 1);
			assert.equal(asked, 1);
			await page.keyboard.press('Escape');
			await p.drawer.waitFor({ state: 'detached' });
			assert.equal(await page.locator('[data-busy]').count(), 0);

			/* Who went elsewhere meanwhile is not called back. */
			await edit.click();
			await page.getByRole('link', { name: 'API ключ' }).click();
			await page.getByText('Ключ для доступа к API').waitFor();
			await until(() => asked === 2, 'the second question');
			await page.waitForTimeout(1500);
			assert.equal(await p.drawer.count(), 0);
		});
	});

test('a row\'s refused change says the reason', async () => {
	await create();
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const p = parts(page);
		await p.rows.waitFor();
		await page.route('**/webhooks/*', (route) =>
			route.request().method() !== 'PATCH' ? route.fallback() :
				route.fulfill({ status: 422,
					contentType: 'application/problem+json',
					body: JSON.stringify({ title: 'Ошибка в данных',
						status: 422, detail: 'Сказано в errors.', errors: [
							{ pointer: '/origin', code: 'url_private',
								detail: 'Адрес внутренней сети' }] }) }));
		await page.getByRole('switch', { name: /^Отправка включена/ }).click();
		await p.toast.getByText(
			'Переключить не удалось. Адрес внутренней сети.').waitFor();
	});
});

test('Back of the browser closes the form, and asks first', async () => {
	await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await p.rows.waitFor();
		await page.getByRole('link', { name: 'Webhook Callkeeper' }).click();
		await page.getByText('Записей не найдено').waitFor();
		await page.getByRole('link', { name: 'Webhook Calltracking' }).click();
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.path.fill('typed.php');
		await page.evaluate(() => history.back());
		await p.dialog.getByText('Закрыть без сохранения?').waitFor();
		await accessible(page, 'back-asked');
		await p.dialog.getByRole('button', { name: 'Продолжить ввод' }).click();
		assert.equal(await p.path.inputValue(), 'typed.php');
		assert.equal(await page.evaluate(() => location.hash),
			'#calltracking');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByText('typed.php').waitFor();

		await page.getByRole('link', { name: 'API ключ' }).click();
		await page.getByRole('link', { name: 'Webhook Calltracking' }).click();
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.drawer.waitFor();
		await page.evaluate(() => history.back());
		await p.drawer.waitFor({ state: 'detached' });
		assert.equal(await p.rows.count(), 1);
	});
});

test('what is typed into the pair survives a press on a chip', async () => {
	await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.chips.nth(2).waitFor();
		await p.name.fill('town');
		await p.chips.nth(0).click();
		await p.drawer.getByText('Выберите значение из списка').waitFor();
		assert.equal(await p.name.inputValue(), 'town');
		await p.value.fill('city');
		await p.chips.nth(0).click();
		assert.deepEqual(await p.chips.allInnerTexts(),
			['clientPhone=client_number', 'sec=duration', 'source="ckct"',
				'town=city']);
		assert.equal(await p.name.inputValue(), 'clientPhone');

		/* Another chip goes: the one at hand stays at hand. */
		await p.chips.nth(1).click();
		await p.name.fill('seconds');
		await p.drawer.getByRole('button', { name: /^Убрать clientPhone/ })
			.click();
		assert.equal(await p.name.inputValue(), 'seconds');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.params.map((o) => o.name),
		['seconds', 'source', 'town']);
});
