/*
 * States of the page: loading, failures, who is asking, refreshing, tabs,
 * languages, widths, themes.  Answers that a healthy stack does not give are
 * put in by the browser.
 */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	CABINET, accessible, clear, create, fits, launch, parts, quit, until,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const LIST = /\/api\/v1\/webhooks\?/;

/** @param {number} status */
function problem(status, more = {}) {
	return {
		status, contentType: 'application/problem+json',
		body: JSON.stringify({ type: 'about:blank', title: 'x', status,
			instance: 'req-77', ...more }),
	};
}

test('loading is shown, then the list', async () => {
	await create();
	await withPage({ open: false }, async (page) => {
		let answer = null;
		const asked = new Promise((resolve) => {
			page.route(LIST, (route) => {
				answer = () => route.continue();
				resolve();
			});
		});
		await page.goto(CABINET);
		await asked;
		await page.locator('.ch-loading').waitFor();
		await accessible(page, 'loading');
		answer();
		await page.unroute(LIST);
		await parts(page).rows.waitFor();
	});
});

test('a failing service says so and is asked again', async () => {
	await create();
	const options = { open: false, allow: [/status of 503/] };
	await withPage(options, async (page) => {
		await page.route(LIST, (route) => route.fulfill(problem(503)));
		await page.goto(CABINET);
		await page.getByText('Сервис временно недоступен').waitFor();
		await page.getByText('req-77').waitFor();
		await accessible(page, 'error');
		await page.unroute(LIST);
		await page.getByRole('button', { name: 'Повторить' }).click();
		await parts(page).rows.waitFor();
	});
});

test('offline: the list stays and tells how old it is', async () => {
	await create();
	await withPage({ allow: [/ERR_INTERNET_DISCONNECTED/] }, async (page) => {
		await parts(page).rows.waitFor();
		await page.context().setOffline(true);
		await page.getByText(/Нет связи с сервером. Показаны данные/)
			.waitFor();
		assert.equal(await parts(page).rows.count(), 1);
		await accessible(page, 'offline');
		await page.context().setOffline(false);
		await page.getByText(/Показаны данные/).waitFor({ state: 'hidden' });
	});
});

test('a saving that fails keeps the form', async () => {
	await withPage({ allow: [/status of 500/] }, async (page) => {
		const p = parts(page);
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await page.route('**/api/v1/webhooks', (route) =>
			route.fulfill(problem(500)));
		await p.submit.click();
		await p.drawer.getByText('req-77').waitFor();
		await accessible(page, 'drawer-error');
		assert.equal(await p.origin.inputValue(),
			'https://crm.callhook-test.ru');
		await page.unroute('**/api/v1/webhooks');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		assert.equal(await p.rows.count(), 1);
	});
});

test('errors without a field of their own are shown', async () => {
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const p = parts(page);
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await page.route('**/api/v1/webhooks', (route) =>
			route.fulfill(problem(422, { errors: [
				{ pointer: '', code: 'limit' },
				{ pointer: '/path', code: 'url_fragment' },
			] })));
		await p.submit.click();
		await p.drawer.getByText('Достигнуто наибольшее').waitFor();
		assert.match(await p.errorOf(p.path), /после «#»/);
	});
});

test('nobody is known: a key is asked for and kept in this tab', async () => {
	const options = { open: false, allow: [/status of 401/] };
	await withPage(options, async (page) => {
		const keys = [];
		await page.route(LIST, (route) => {
			const sent = route.request().headers().authorization ?? '';
			keys.push(sent);
			route.fulfill(sent === 'Bearer right' ? { status: 200,
				contentType: 'application/json',
				body: '{"data": [], "next_cursor": null}' } : problem(401));
		});
		await page.goto(CABINET);
		const key = page.getByLabel('API ключ', { exact: true });
		await key.waitFor();
		await page.getByText('Войдите в кабинет заново').waitFor();
		assert.equal(await parts(page).add.isVisible(), false);
		await accessible(page, 'unauthorized');
		await key.fill('wrong');
		await key.press('Enter');
		await page.getByText('Ключ не подошёл').waitFor();
		await key.fill('right');
		await page.getByRole('button', { name: 'Продолжить' }).click();
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(keys[0], '');
		const kept = await page.evaluate(() => [
			Object.values(sessionStorage), Object.values(localStorage)]);
		assert.deepEqual(kept, [['right'], []]);
		await page.getByRole('link', { name: 'API ключ' }).click();
		await page.getByRole('button', { name: 'Забыть ключ' }).click();
		assert.equal(await page.evaluate(() => sessionStorage.length), 0);
	});
});

test('a session that ends: nothing typed is lost, and all goes on', async () => {
	await create();
	const options = { allow: [/status of 401/] };
	await withPage(options, async (page) => {
		const p = parts(page);
		const every = /\/api\/v1\//;
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.path.fill('later.php');
		await page.route(every, (route) => route.fulfill(problem(401)));
		await p.submit.click();
		await p.drawer.getByText('Вход истёк').waitFor();
		await page.locator('.ch-key-form').waitFor();
		await page.unroute(every);
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByText('later.php').waitFor();

		await page.route(every, (route) => route.fulfill(problem(401)));
		const key = page.getByLabel('API ключ', { exact: true });
		await key.fill('half a k');
		await accessible(page, 'expired');
		let asked = 0;
		page.on('request', (request) => {
			asked += LIST.test(request.url()) ? 1 : 0;
		});
		await page.waitForTimeout(6000);
		assert.equal(asked, 0);
		assert.equal(await key.inputValue(), 'half a k');
		await page.unroute(every);
		await page.evaluate(() =>
			document.dispatchEvent(new Event('visibilitychange')));
		await p.rows.waitFor();
		assert.equal(await p.add.isVisible(), true);

		await page.route(every, (route) => route.fulfill(problem(401)));
		await key.waitFor();
		await page.unroute(every);
		await page.getByRole('button', { name: 'Уже вошли? Обновить' }).click();
		await p.rows.waitFor();
		await until(async () => asked > 3, 'refreshing goes on');
	});
});

test('counters change by themselves, and not while hidden', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await p.rows.waitFor();
		let asked = 0;
		let sent = 21;
		await page.route(LIST, (route) => {
			asked += 1;
			route.fulfill({ status: 200, contentType: 'application/json',
				body: JSON.stringify({ next_cursor: null, data: [{
					...webhook, sent_ok: sent, sent_failed: 113,
					last_delivery: { at: '2026-11-22T10:00:00.000Z',
						outcome: 'failed', status: 500 } }] }) });
		});
		const expander = page.getByRole('button', { name: /^Подробнее:/ });
		await expander.click();
		await page.getByText('21 сообщение', { exact: true }).waitFor();
		await page.getByText('113 сообщений').waitFor();
		await page.getByRole('img', { name: 'не удалась' }).waitFor();
		await page.getByText('код ответа 500').waitFor();
		assert.equal(await expander.evaluate((el) =>
			el === document.activeElement), true);
		await page.evaluate(() => {
			Object.defineProperty(document, 'hidden',
				{ value: true, configurable: true });
			document.dispatchEvent(new Event('visibilitychange'));
		});
		const before = asked;
		sent = 22;
		await page.waitForTimeout(6000);
		assert.equal(asked, before);
		await page.evaluate(() => {
			delete document.hidden;
			document.dispatchEvent(new Event('visibilitychange'));
		});
		await page.getByText('22 сообщения').waitFor();
	});
});

test('sorting, search and more rows', async () => {
	await withPage({ open: false }, async (page) => {
		const data = Array.from({ length: 45 }, (_, i) => ({
			id: `id-${i}`, version: 1, service: 'calltracking',
			origin: 'https://crm.callhook-test.ru', path: `hook-${i}.php`,
			params: [], method: 'GET',
			events: [i % 2 ? 'call_start' : 'call_end'],
			content_type: 'application/json', enabled: true,
			url: `https://crm.callhook-test.ru/hook-${i}.php`, sent_ok: i,
			sent_failed: 0, last_delivery: null,
			created_at: '2026-11-22T10:00:00.000Z',
			updated_at: '2026-11-22T10:00:00.000Z',
		}));
		await page.route(LIST, (route) => route.fulfill({ status: 200,
			contentType: 'application/json',
			body: JSON.stringify({ data, next_cursor: null }) }));
		await page.goto(CABINET);
		const p = parts(page);
		await p.rows.nth(19).waitFor();
		assert.equal(await p.rows.count(), 20);
		const sort = page.getByRole('button', { name: 'Событие' });
		const first = () => p.rows.first().innerText();
		const order = () => page.locator('th.ch-col-event')
			.getAttribute('aria-sort');
		assert.equal(await order(), 'none');
		await sort.click();
		assert.equal(await order(), 'ascending');
		assert.match(await first(), /hook-1\.php[\s\S]*Начало звонка/);
		await accessible(page, 'sorted');
		await sort.click();
		assert.match(await first(), /hook-0\.php[\s\S]*Завершение звонка/);
		await page.getByRole('button', { name: 'Показать ещё 20' }).click();
		assert.equal(await p.rows.count(), 40);
		await page.getByLabel('Поиск по адресу').fill('HOOK-44');
		assert.equal(await p.rows.count(), 1);
		await page.getByLabel('Поиск по адресу').fill('zzz');
		await page.getByText('По этому запросу адресов нет').waitFor();
	});
});

test('what was just made is on show, however long the list', async () => {
	for (let i = 0; i < 21; i++)
		await create({ path: `hook-${i}.php` });
	await withPage({ height: 600 }, async (page) => {
		const p = parts(page);
		await p.rows.nth(19).waitFor();
		await page.getByLabel('Поиск по адресу').fill('hook-1');
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		await p.path.fill('newest.php');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		const row = p.rows.filter({ hasText: 'newest.php' });
		assert.equal(await p.rows.count(), 22);
		assert.equal(await row.evaluate((el) => {
			const { top, bottom } = el.getBoundingClientRect();
			return top >= 0 && bottom <= window.innerHeight;
		}), true);

		await page.reload();
		await p.rows.nth(19).waitFor();
		await page.getByRole('button', { name: 'Показать ещё 2' }).focus();
		await page.keyboard.press('Enter');
		assert.equal(await page.evaluate(() =>
			document.activeElement.getAttribute('aria-label')),
		'Подробнее: https://crm.callhook-test.ru/hook-20.php');
	});
});

test('tabs live in the address, languages in the browser', async () => {
	await withPage({}, async (page) => {
		await page.getByRole('link', { name: 'API ключ' }).click();
		await page.getByRole('heading', { name: 'Новый ключ' }).waitFor();
		assert.match(page.url(), /#key$/);
		assert.equal(await parts(page).add.isVisible(), false);
		await accessible(page, 'key');
		await page.goBack();
		await page.getByText('Записей не найдено').waitFor();
		await page.getByRole('button', { name: 'EN' }).click();
		await page.getByText('Nothing here yet').waitFor();
		assert.equal(await page.evaluate(() =>
			document.documentElement.lang), 'en');
		await page.reload();
		await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
		await page.getByRole('button', { name: 'Add WebHook' }).click();
		await page.getByLabel('Host, port and protocol').waitFor();
		await accessible(page, 'english');
	});
});

/** What was painted: the body's background. */
const painted = (page) => page.evaluate(() =>
	getComputedStyle(document.body).backgroundColor);
const LIGHT = 'rgb(238, 245, 247)';
const DARK = 'rgb(20, 25, 29)';

test('the theme is chosen in the frame and remembered', async () => {
	await withPage({ scheme: 'dark' }, async (page) => {
		const button = (name) => page.getByRole('button', { name });
		const pressed = (name) => button(name).getAttribute('aria-pressed');
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await pressed('Тема как в системе'), 'true');
		assert.equal(await painted(page), DARK);
		await button('Светлая тема').click();
		assert.equal(await painted(page), LIGHT);
		assert.equal(await pressed('Светлая тема'), 'true');
		assert.equal(await pressed('Тема как в системе'), 'false');
		await accessible(page, 'theme-light');

		/* Known before the modules have come, so nothing flashes. */
		await page.route('**/app.js', () => undefined);	/* never comes */
		await page.goto(CABINET, { waitUntil: 'commit' });
		await page.locator('.frame-header').waitFor();
		assert.equal(await painted(page), LIGHT);
		await page.unroute('**/app.js');
		await page.goto(CABINET);
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await pressed('Светлая тема'), 'true');

		/* Other tabs follow, and the keyboard does it as well. */
		const other = await page.context().newPage();
		await other.goto(CABINET);
		await other.getByText('Записей не найдено').waitFor();
		await button('Тёмная тема').focus();
		await page.keyboard.press('Enter');
		await until(async () => await painted(other) === DARK, 'the other tab');
		await button('EN').click();
		await button('Same theme as the system').click();
		assert.equal(await page.evaluate(() =>
			document.documentElement.dataset.theme), undefined);
		assert.equal(await page.evaluate(() =>
			localStorage.getItem('callhook.theme')), null);
		await page.emulateMedia({ colorScheme: 'light' });
		assert.equal(await painted(page), LIGHT);
	});
});

test('without the frame the address says the theme', async () => {
	await withPage({ hash: '?frame=off&theme=dark' }, async (page) => {
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await painted(page), DARK);
		await page.evaluate(() =>
			localStorage.setItem('callhook.theme', 'dark'));
		await page.goto(`${CABINET}?frame=off`);
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await painted(page), LIGHT);
	});
});

test('without the frame only the element is there', async () => {
	await withPage({ hash: '?frame=off' }, async (page) => {
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await page.locator('.frame-header').isVisible(), false);
		assert.equal(await page.locator('.frame-menu').isVisible(), false);
		await accessible(page, 'frameless');
	});
});

test('the element can be taken out and put in again', async () => {
	await withPage({}, async (page) => {
		await page.getByText('Записей не найдено').waitFor();
		await page.evaluate(() => {
			document.querySelector('callhook-webhooks').remove();
			const element = document.createElement('callhook-webhooks');
			element.setAttribute('api', 'api/v1/');
			element.setAttribute('no-hash', '');
			document.querySelector('main').append(element);
		});
		await page.getByText('Записей не найдено').waitFor();
		const url = page.url();
		await page.getByRole('link', { name: 'Webhook Callkeeper' }).click();
		await until(async () => await page.getByRole('link',
			{ name: 'Webhook Callkeeper' })
			.getAttribute('aria-current') === 'page', 'the other tab');
		assert.equal(page.url(), url);
	});
});

for (const [width, scheme] of [[360, 'light'], [360, 'dark'],
	[768, 'light'], [1024, 'light'], [1280, 'dark'], [1920, 'light']]) {
	test(`${width} pixels, ${scheme}`, async () => {
		await create({ path: `${'long/'.repeat(40)}end.php` });
		await create({ events: ['call_start'], enabled: false });
		const name = (state) => `${state}-${scheme}`;
		await withPage({ width, scheme }, async (page) => {
			const p = parts(page);
			await p.rows.nth(1).waitFor();
			await fits(page);
			const address = await page.locator('.ch-address').first()
				.boundingBox();
			assert.ok(address.width > 200, 'the address has room');
			await accessible(page, name('list'));
			await page.getByRole('button', { name: /^Подробнее:/ }).first()
				.click();
			await fits(page);
			await accessible(page, name('details'));
			await page.getByRole('button', { name: /^Редактировать:/ })
				.nth(1).click();
			await p.chips.nth(2).waitFor();
			await p.value.click();
			await p.cloud.getByRole('option').first().waitFor();
			await fits(page);
			await accessible(page, name('cloud'));
			await p.value.press('Escape');
			await p.cancel.click();
			await page.getByRole('link', { name: 'API ключ' }).click();
			await fits(page);
			await accessible(page, name('key'));
		});
	});
}
