/* Who changed a webhook, and its settings put back. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, fits, launch, quit, settingsOf, until,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

test('history: what was changed, put back unless it changed again',
	async () => {
		const webhook = await create();
		const put = async (settings) => assert.equal((await api('PUT',
			`webhooks/${webhook.id}`,
			{ ...settingsOf(webhook), ...settings })).status, 200);
		await put({ path: 'second.php', enabled: false });
		await withPage({ allow: [/status of 412/] }, async (page) => {
			const side = page.locator('dialog.ch-drawer-wide');
			const versions = side.locator('.ch-version');
			await page.getByRole('button', { name: /^Подробнее:/ }).click();
			await page.getByRole('button', { name: 'История изменений' })
				.click();
			await versions.nth(1).waitFor();
			assert.match(await versions.nth(0).innerText(),
				/Версия 2: изменён[^]*сейчас[^]*hooks\/call.php[^]*second.php/);
			assert.match(await versions.nth(1).innerText(),
				/Версия 1: создан[^]*Вернуть[^]*Хост, порт[^]*client_number/);
			await accessible(page, 'history');
			await fits(page);

			const back = side.getByRole('button',
				{ name: 'Вернуть настройки версии 1' });
			await put({ path: 'third.php' });
			await back.click();
			await side.getByText('Вебхук только что изменили').waitFor();
			assert.equal(await versions.count(), 3);
			await back.click();
			await side.getByText('Настройки версии 1 возвращены').waitFor();
			assert.equal(await versions.count(), 4);
			await page.keyboard.press('Escape');
			await side.waitFor({ state: 'detached' });
			await until(async () => await page.evaluate(() =>
				document.activeElement.textContent) === 'История изменений',
			'the focus on the opener');
		});
		const { data } = await api('GET', `webhooks/${webhook.id}`);
		assert.deepEqual(settingsOf(data), settingsOf(webhook));
		await withPage({ width: 360, scheme: 'dark' }, async (page) => {
			await page.getByRole('button', { name: /^Подробнее:/ }).click();
			await page.getByRole('button', { name: 'История изменений' })
				.click();
			await page.locator('.ch-version').nth(3).waitFor();
			await accessible(page, 'history-dark');
			await fits(page);
		});
	});
