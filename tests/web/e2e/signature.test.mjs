/* The secrets of a saved webhook, in its drawer. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, fits, launch, parts, quit,
	settingsOf, until, withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

/** @param {import('playwright-core').Page} page */
async function opened(page) {
	const p = parts(page);
	await page.getByRole('button', { name: /^Редактировать:/ }).click();
	await p.drawer.getByText('Подпись запросов').click();
	const button = (name) => p.drawer.getByRole('button', { name });
	return {
		...p,
		fresh: p.drawer.locator('.ch-secret-new'),
		secrets: p.drawer.locator('.ch-secrets li'),
		make: button('Создать секрет'), rotate: button('Сменить секрет'),
		off: button('Не подписывать'),
		kind: p.drawer.getByLabel('Вид подписи'),
		overlap: p.drawer.getByLabel('Прежний секрет действует ещё'),
	};
}

test('a secret is created, shown once, rotated and switched off', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const s = await opened(page);
		await s.drawer.getByText('Секретов нет').waitFor();
		assert.equal(await s.off.isHidden(), true);
		await s.make.click();
		await s.secrets.first().waitFor();
		const first = (await s.fresh.locator('pre').innerText()).trim();
		assert.match(first, /^whsec_[A-Za-z0-9+/]+=*$/);
		await s.fresh.scrollIntoViewIfNeeded();
		await accessible(page, 'secret');
		await fits(page);

		await s.kind.selectOption('ed25519');
		await s.overlap.selectOption('72');
		await s.rotate.click();
		await s.secrets.nth(1).waitFor();
		const shown = await s.fresh.locator('pre').allInnerTexts();
		assert.match(shown[0], /^whsk_/);
		assert.match(shown[1], /^whpk_/);
		assert.match(await s.secrets.nth(0).innerText(),
			/Ed25519[^]*бессрочно[^]*whpk_/);
		assert.match(await s.secrets.nth(1).innerText(),
			/HMAC[^]*Действует до/);
		const { data } = await api('GET', `webhooks/${webhook.id}/secret`);
		const hours = (Date.parse(data.data[1].expires_at) -
			Date.parse(data.data[0].created_at)) / 3600000;
		assert.equal(Math.round(hours), 72);

		/* A new version by our own hand is no conflict. */
		await s.path.fill('after.php');
		await s.submit.click();
		await s.drawer.waitFor({ state: 'detached' });
		const saved = (await api('GET', `webhooks/${webhook.id}`)).data;
		assert.equal(saved.path, 'after.php');
		assert.equal(saved.signed, true);

		await opened(page);
		await s.secrets.nth(1).waitFor();
		assert.equal((await s.drawer.innerText()).includes(first), false);
		await s.off.click();
		await accessible(page, 'secret-off');
		await s.dialog.getByRole('button', { name: 'Отмена' }).click();
		assert.equal(await s.secrets.count(), 2);
		await s.off.click();
		await s.dialog.getByRole('button', { name: 'Не подписывать' })
			.click();
		await s.make.waitFor();
		assert.equal(await s.secrets.count(), 0);
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.equal(data.signed, false);
});

test('a change by somebody else is still a conflict; the limit is told',
	async () => {
		const webhook = await create();
		for (let i = 0; i < 4; i++) {
			assert.equal((await api('POST', `webhooks/${webhook.id}/secret`,
				{ overlap_hours: 1 })).status, 201);
		}
		const options = { width: 360, scheme: 'dark',
			allow: [/status of 4(12|22)/] };
		await withPage(options, async (page) => {
			const s = await opened(page);
			await s.secrets.nth(3).waitFor();
			await accessible(page, 'secrets-dark');
			await fits(page);
			await s.rotate.click();
			await s.drawer.getByText(/максимальное количество секретов/)
				.waitFor();
			assert.equal(await s.fresh.innerText(), '');

			const { id } = webhook;
			assert.equal((await api('PUT', `webhooks/${id}`,
				{ ...settingsOf(webhook), path: 'theirs.php' })).status, 200);
			await s.off.click();
			await s.dialog.getByRole('button', { name: 'Не подписывать' })
				.click();
			await s.make.waitFor();
			await s.path.fill('mine.php');
			await s.submit.click();
			await s.dialog.getByText('theirs.php').waitFor();
		});
	});

test('an own secret is taken, or refused at its field', async () => {
	const webhook = await create();
	const own = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef')
		.toString('base64')}`;
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const s = await opened(page);
		const field = s.drawer.getByLabel('Свой секрет');
		await field.fill('whsec_short');
		assert.equal(await s.kind.isDisabled(), true);
		await s.make.click();
		await until(async () => await s.errorOf(field) !== '', 'the fault');
		assert.equal(await field.evaluate((el) =>
			el === document.activeElement), true);
		await accessible(page, 'secret-refused');
		await field.fill(own);
		await s.make.click();
		await s.secrets.first().waitFor();
		assert.equal(await s.errorOf(field), '');
		assert.equal(await field.inputValue(), '');
		assert.equal((await s.fresh.locator('pre').innerText()).trim(), own);
		await accessible(page, 'secret-own');
	});
	assert.equal((await api('GET', `webhooks/${webhook.id}`)).data.signed,
		true);
});
