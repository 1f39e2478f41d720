/*
 * The log of deliveries on a whole stack: counters lead to it, it fills by
 * itself, a delivery opens with its attempts and is sent again.  Wants the
 * variables that the demo writes to DIR/env.
 */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	RECEIVER, accessible, api, calls, clear, create, fits, launch,
	noDeliveries as skip, parts, quit, until, withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const run = Date.now();

/** @param {string} id @param {string} field @param {number} n */
async function counted(id, field, n) {
	await until(async () => (await api('GET', `webhooks/${id}`))
		.data[field] === n, `${field} ${n}`);
}

/** @param {import('playwright-core').Page} page */
function log(page) {
	const drawer = page.locator('dialog.ch-drawer-wide');
	return {
		drawer,
		rows: drawer.locator('.ch-log tbody tr'),
		filter: drawer.getByLabel('Итог отправки'),
		more: drawer.getByRole('button', { name: 'Показать ещё' }),
		back: drawer.getByRole('button', { name: 'К журналу' }),
		resend: drawer.getByRole('button', { name: 'Повторить отправку' }),
		attempts: drawer.locator('.ch-attempt'),
		note: drawer.locator('.ch-log-note').first(),
	};
}

test('a counter opens the log, pages follow, a delivery is sent again',
	{ skip }, async () => {
		const webhook = await create({ origin: RECEIVER, path: 'ok/log',
			method: 'POST' });
		await calls(...Array.from({ length: 55 }, (_, i) =>
			`log-${run}-${i}`));
		await counted(webhook.id, 'sent_ok', 55);
		await withPage({}, async (page) => {
			const l = log(page);
			await page.getByRole('button', { name: /^55 сообщений/ }).click();
			await l.rows.first().waitFor();
			assert.equal(await l.rows.count(), 50);
			assert.equal(await l.filter.inputValue(), 'delivered');
			await accessible(page, 'log');
			await fits(page);
			await l.more.focus();
			await page.keyboard.press('Enter');
			await l.more.waitFor({ state: 'hidden' });
			assert.equal(await l.rows.count(), 55);
			assert.equal(new Set(await l.rows.locator('.ch-log-call')
				.allInnerTexts()).size, 55);

			const call = await l.rows.nth(2).locator('.ch-log-call')
				.innerText();
			await l.rows.nth(2).click();
			await l.attempts.waitFor();
			const texts = await l.drawer.locator('.ch-message pre')
				.allInnerTexts();
			assert.match(texts[0], /^POST \/ok\/log HTTP\/1.1\n/);
			assert.match(texts[0], /"clientPhone": "79995550188"/);
			assert.match(texts[1], /^HTTP\/1.1 200 OK\n[^]*\n\nok/);
			await l.drawer.getByRole('img', { name: /^Время запроса: .* мс: / })
				.waitFor();
			assert.equal(await l.drawer.getByText(call, { exact: true })
				.count(), 1);
			await accessible(page, 'delivery');
			await fits(page);

			await l.resend.click();
			await l.attempts.nth(1).waitFor();
			assert.match(await l.note.innerText(), /поставлена в очередь/);
			await l.back.click();
			await l.rows.first().waitFor();
			assert.match(await page.evaluate(() =>
				document.activeElement.className), /ch-log-open/);
			await page.keyboard.press('Escape');
			await l.drawer.waitFor({ state: 'detached' });
			assert.match(await page.evaluate(() =>
				document.activeElement.className), /ch-counter/);
		});
	});

test('failures: what happened is explained; the filter is changed',
	{ skip }, async () => {
		const webhook = await create({ origin: RECEIVER, path: 'status/410' });
		await calls(`gone-${run}`);
		await counted(webhook.id, 'sent_failed', 1);
		for (const [width, scheme] of [[1440, 'dark'], [360, 'light']]) {
			const options = { width, scheme, allow: [/status of 409/] };
			await withPage(options, async (page) => {
				const l = log(page);
				await page.getByRole('button',
					{ name: /^1 сообщение: неудачные/ }).click();
				await l.rows.first().waitFor();
				assert.equal(await l.filter.inputValue(), 'failed');
				assert.match(await l.rows.innerText(), /неудачно[^]*410/);
				await accessible(page, `log-${scheme}`);
				await fits(page);
				await l.filter.selectOption('delivered');
				await l.drawer.getByText('Отправок с такими условиями нет')
					.waitFor();
				assert.equal(await l.rows.count(), 0);
				await l.filter.selectOption('');
				await l.rows.first().click();
				await l.drawer.locator('.ch-explained').waitFor();
				assert.match(await l.drawer.locator('.ch-explained')
					.innerText(), /410/);
				await accessible(page, `delivery-${scheme}`);
				await fits(page);
				await api('DELETE', `webhooks/${webhook.id}`);
				await l.resend.click();
				await l.drawer.locator('.ch-error-box', { hasText: /./ })
					.waitFor();
				assert.equal(await l.attempts.count(), 1);
				await accessible(page, `delivery-refused-${scheme}`);
			});
			if (width !== 360) {
				const again = await create({ origin: RECEIVER,
					path: 'status/410' });
				await calls(`gone-again-${run}`);
				await counted(again.id, 'sent_failed', 1);
				webhook.id = again.id;
			}
		}
	});

test('a webhook that is gone says why it is off, until it is on again',
	{ skip }, async () => {
		const webhook = await create({ origin: RECEIVER, path: 'status/410' });
		await calls(`off-${run}`);
		const state = async () => (await api('GET', `webhooks/${webhook.id}`))
			.data;
		await until(async () => (await state()).disabled_reason === 'gone',
			'switched off by the sender');
		for (const [width, scheme] of [[360, 'dark'], [1440, 'light']]) {
			await withPage({ width, scheme }, async (page) => {
				await page.getByText(/^Отключён: сервер ответил 410 Gone/)
					.waitFor();
				await accessible(page, `disabled-${scheme}`);
				await fits(page);
				if (width === 360)
					return;
				await page.getByRole('switch').click();
				await page.getByText(/^Отключён:/).waitFor({
					state: 'hidden' });
			});
		}
		assert.equal((await state()).disabled_reason, null);
		assert.equal((await state()).enabled, true);
	});

test('the log fills by itself, and says when it cannot be read', { skip },
	async () => {
		await create({ origin: RECEIVER, path: 'ok/live' });
		await withPage({ allow: [/status of 503/] }, async (page) => {
			const l = log(page);
			await page.getByRole('button', { name: /^Журнал отправок:/ })
				.click();
			await l.drawer.getByText('ещё ничего не отправляли').waitFor();
			await accessible(page, 'log-empty');
			await page.route(/\/deliveries\?/, (route) =>
				route.fulfill({ status: 503, body: '{}' }));
			await l.drawer.getByText('Сервис временно недоступен').waitFor();
			await calls(`live-${run}`);
			await page.unroute(/\/deliveries\?/);
			await l.rows.first().waitFor({ timeout: 25000 });
			await l.drawer.getByText('Сервис временно недоступен')
				.waitFor({ state: 'hidden' });
			assert.match(await l.rows.innerText(), new RegExp(`live-${run}`));
			await l.drawer.getByRole('button', { name: 'Закрыть' }).click();
			await l.drawer.waitFor({ state: 'detached' });
			assert.equal(await parts(page).rows.count(), 1);
		});
	});

test('a filter that is refused says so at its field; no file of two filters',
	async () => {
		await create();
		await withPage({ allow: [/status of 422/] }, async (page) => {
			const p = parts(page);
			const side = page.locator('dialog.ch-drawer-wide');
			const call = side.getByLabel('Звонок');
			await page.getByRole('button', { name: /^Журнал отправок:/ })
				.click();
			await side.getByText('Ещё фильтры').click();
			await call.fill('x'.repeat(300));
			await until(async () => /не более/.test(await p.errorOf(call)),
				'the fault at its field');
			assert.equal(await side.locator('.ch-error-box').isVisible(),
				false);
			await accessible(page, 'log-filter-fault');
			await call.fill('1');
			await side.getByText('Отправок с такими условиями нет').waitFor();
			assert.equal(await p.errorOf(call), '');

			let asked = 0;
			await page.route(/\/deliveries\?.*limit=100/, async (route) => {
				asked += 1;
				await new Promise((resolve) => setTimeout(resolve, 300));
				await route.fulfill({ status: 200,
					contentType: 'application/json', body: JSON.stringify(
						{ data: [], next_cursor: 'AQ' }) }).catch(() => {});
			});
			const csv = side.getByRole('button', { name: 'Скачать CSV' });
			await csv.click();
			await until(() => asked > 1, 'two pages');
			await side.getByRole('button', { name: 'Остановить' }).waitFor();
			await side.getByLabel('Ответ сервера').selectOption('5xx');
			await csv.waitFor();
			await page.waitForTimeout(500);
			const sofar = asked;
			await page.waitForTimeout(1000);
			assert.equal(asked, sofar);
			assert.equal(await side.getByText(/Прочитано|Готово/).count(), 0);
		});
	});
