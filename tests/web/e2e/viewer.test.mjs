/* Somebody who may look and not touch: no button promises what is refused. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	RECEIVER, accessible, api, calls, clear, create, fits, launch,
	noDeliveries as skip, parts, quit, until, withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const VIEWER = { hash: '?role=viewer' };

test('a viewer sees the list without actions, secrets masked', async () => {
	const { id } = await create({ path: 'rest/1/s3cr3tk3y0123456/crm?token=abc',
		headers: [{ name: 'X-Token', value: 'hidden-value' }],
		auth: { type: 'basic', user: 'ivan', password: 'p' } });
	for (const [width, scheme] of [[1440, 'light'], [360, 'dark']]) {
		await withPage({ ...VIEWER, width, scheme }, async (page) => {
			const p = parts(page);
			await p.rows.waitFor();
			await page.getByText('Только просмотр').waitFor();
			assert.equal(await p.add.isVisible(), false);
			for (const name of [/^Редактировать:/, /^Удалить:/,
				/^Отправить тест/, 'Загрузить настройки'])
				assert.equal(await page.getByRole('button', { name })
					.count(), 0, String(name));
			assert.equal(await page.getByRole('switch').count(), 0);
			await page.getByRole('button', { name: /^Подробнее:/ }).click();
			const tools = page.locator('.ch-tools');
			assert.deepEqual(await tools.getByRole('button').allInnerTexts(),
				['Статистика', 'История изменений']);
			await accessible(page, `viewer-${scheme}`);
			await fits(page);
			const text = await page.locator('.ch-panel').innerText();
			assert.match(text, /\*\*\*/);
			assert.doesNotMatch(text, /s3cr3tk3y|token=abc|hidden-value/);
			await tools.getByRole('button', { name: 'История' }).click();
			const side = page.locator('dialog.ch-drawer-wide');
			await side.locator('.ch-version').waitFor();
			assert.equal(await side.getByRole('button',
				{ name: 'Вернуть' }).count(), 0);
			assert.doesNotMatch(await side.innerText(), /s3cr3tk3y|hidden-/);
			await accessible(page, `viewer-history-${scheme}`);
		});
	}
	assert.equal((await api('GET', `webhooks/${id}`)).data.headers[0].value,
		'hidden-value');
});

test('a viewer reads the log and sends nothing again', { skip }, async () => {
	const { id } = await create({ origin: RECEIVER, path: 'ok/viewer' });
	await calls(`viewer-${Date.now()}`);
	await until(async () => (await api('GET', `webhooks/${id}`))
		.data.sent_ok === 1, 'sent');
	await withPage(VIEWER, async (page) => {
		const side = page.locator('dialog.ch-drawer-wide');
		await page.getByRole('button', { name: /^Журнал отправок:/ }).click();
		await side.locator('.ch-log tbody tr').click();
		await side.locator('.ch-attempt').waitFor();
		assert.equal(await side.getByRole('button',
			{ name: 'Повторить отправку' }).isVisible(), false);
		await accessible(page, 'viewer-delivery');
		await side.getByRole('button', { name: 'К журналу' }).click();
		assert.equal(await side.getByRole('button',
			{ name: 'Повторить все неудачные' }).count(), 0);
		await side.getByRole('button', { name: 'Скачать CSV' }).waitFor();
	});
});

test('a viewer with nothing to look at, and no keys', async () => {
	await withPage(VIEWER, async (page) => {
		await page.getByText('Записей не найдено').waitFor();
		assert.equal(await page.getByRole('button',
			{ name: 'Адрес', exact: true }).count(), 0);
		await accessible(page, 'viewer-empty');
		await page.getByRole('link', { name: 'API ключ' }).click();
		await page.getByText('только владелец').waitFor();
		assert.equal(await page.getByRole('button',
			{ name: 'Создать ключ' }).count(), 0);
		await accessible(page, 'viewer-keys');
	});
});
