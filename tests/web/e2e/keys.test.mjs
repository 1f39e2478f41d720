/* The tab «API ключ»: made, shown once, used, named, revoked. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	CABINET, accessible, api, fits, launch, quit, withPage,
} from './harness.mjs';

/** Every key that these tests made is revoked again. */
async function clearKeys() {
	const { data } = await api('GET', 'keys');
	for (const key of data.data) {
		if (key.label.startsWith('Тест') && key.revoked_at === null)
			await api('DELETE', `keys/${key.prefix}`);
	}
}

before(launch);
after(async () => {
	await clearKeys();
	await quit();
});
beforeEach(clearKeys);

test('a key is made, shown once, works, is named anew and revoked',
	async () => {
		const label = `Тест ${Date.now()}`;
		const options = { hash: '#key' };
		await withPage(options, async (page) => {
			await page.getByRole('button', { name: 'Создать ключ' }).click();
			await page.getByText('Назовите ключ').waitFor();
			await page.getByLabel('Название').fill(label);
			await page.getByLabel('отправлять события').uncheck();
			await page.getByLabel('читать и менять').uncheck();
			await page.getByRole('button', { name: 'Создать ключ' }).click();
			await page.getByText('Выберите хотя бы одно право').waitFor();
			await accessible(page, 'key-faults');
			await page.getByLabel('читать и менять').check();
			await page.getByLabel('Действует').selectOption('30');
			await page.getByRole('button', { name: 'Создать ключ' }).click();
			const fresh = page.locator('.ch-secret-new');
			await fresh.getByText('Сохраните ключ сейчас').waitFor();
			await accessible(page, 'key-new');
			await fits(page);
			const key = (await fresh.locator('pre').innerText()).trim();
			assert.match(key, /^callhook_[a-z0-9]+_[a-z0-9]+$/);
			const asked = await fetch(
				new URL('api/v1/webhooks?service=callkeeper', CABINET),
				{ headers: { Authorization: `Bearer ${key}` } });
			assert.equal(asked.status, 200);

			const line = page.locator('.ch-keys li', { hasText: label });
			assert.match(await line.innerText(), /вебхуки · создан .* · действует до/);
			await line.getByRole('button', { name: /^Переименовать/ }).click();
			const dialog = page.locator('dialog.ch-dialog');
			await dialog.getByLabel('Название').fill(`${label} CRM`);
			await accessible(page, 'key-rename');
			await dialog.getByRole('button', { name: 'Сохранить' }).click();
			await page.locator('.ch-keys').getByText(`${label} CRM`).waitFor();

			await page.reload();
			await line.waitFor();
			assert.equal(await page.getByText(key).count(), 0);
			await line.getByRole('button', { name: /^Отозвать/ }).click();
			await accessible(page, 'key-revoke');
			await dialog.getByRole('button', { name: 'Отозвать' }).click();
			await line.getByText('отозван').waitFor();
			await accessible(page, 'key-revoked');
		});
		const { data } = await api('GET', 'keys');
		const mine = data.data.find((key) => key.label === `${label} CRM`);
		assert.deepEqual(mine.scopes, ['webhooks']);
		assert.notEqual(mine.revoked_at, null);
	});

test('the keys cannot be read: said, and asked again', async () => {
	const options = { hash: '#key', open: false, allow: [/status of 503/] };
	await withPage(options, async (page) => {
		await page.route(/\/api\/v1\/keys$/, (route) => route.fulfill({
			status: 503, body: '{}' }));
		await page.goto(`${CABINET}#key`);
		await page.getByText('Сервис временно недоступен').waitFor();
		await accessible(page, 'keys-error');
		await page.unroute(/\/api\/v1\/keys$/);
		await page.getByRole('button', { name: 'Повторить' }).click();
		await page.getByText('Сервис временно недоступен')
			.waitFor({ state: 'hidden' });
	});
});

for (const [width, scheme] of [[360, 'light'], [768, 'dark']]) {
	test(`the tab at ${width} pixels, ${scheme}`, async () => {
		await withPage({ hash: '#key', width, scheme }, async (page) => {
			await page.locator('.ch-keys li').first().waitFor();
			await accessible(page, `keys-${scheme}`);
			await fits(page);
		});
	});
}
