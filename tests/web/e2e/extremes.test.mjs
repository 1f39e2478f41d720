/* What customers rarely have: very long, very many, not theirs to keep. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, fits, launch, parts, quit, settingsOf,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

/** May a user get at what stands in an element? */
async function seen(locator) {
	const box = await locator.boundingBox();
	const { height } = locator.page().viewportSize();
	return box !== null && box.y >= 0 && box.y + box.height <= height;
}

test('long values and many of them leave room for the rest', async () => {
	await create({
		origin: `https://${'sub-domain.'.repeat(12)}callhook-test.ru`,
		path: `<script>/${'very-long-segment-'.repeat(80)}/שלום/😀`,
		method: 'POST',
		params: [
			{ name: '<img src=x onerror=alert(1)>', text: 'Ж'.repeat(900) },
			...Array.from({ length: 99 }, (_, i) => ({
				name: `parameter_number_${i}`, value: 'client_number' })),
		],
		headers: Array.from({ length: 20 }, (_, i) => ({
			name: `X-Long-Header-Name-${i}`, value: 'v'.repeat(300) })),
		filters: { tags: [`<b>${'длинный'.repeat(14)}`] },
		auth: { type: 'basic', user: 'u'.repeat(200), password: 'p' },
	});
	for (const [width, scheme] of [[360, 'dark'], [1280, 'light']]) {
		await withPage({ width, scheme, height: 740 }, async (page) => {
			const p = parts(page);
			const side = page.locator('dialog.ch-drawer-wide');
			await p.rows.waitFor();
			await fits(page);
			assert.ok((await p.rows.boundingBox()).height < 330);
			await page.getByRole('button', { name: /^Неудач|^0 сообщ/ })
				.first().click();
			await side.getByText('Отправок с такими условиями нет').waitFor();
			assert.equal(await seen(side.getByText('Отправок с такими')), true);
			await accessible(page, `extremes-log-${scheme}`);
			await fits(page);
			await page.keyboard.press('Escape');
			await page.getByRole('button', { name: /^Удалить:/ }).click();
			assert.equal(await seen(p.dialog.locator('h2')), true);
			assert.equal(await seen(p.dialog.getByRole('button',
				{ name: 'Отмена' })), true);
			await page.keyboard.press('Escape');
			await page.getByRole('button', { name: /^Подробнее:/ }).click();
			await page.getByText('v'.repeat(300)).first().waitFor();
			await fits(page);
			await page.getByRole('button', { name: /^Редактировать:/ })
				.click();
			await p.chips.nth(99).waitFor();
			await fits(page);
			await accessible(page, `extremes-form-${scheme}`);
			await p.path.fill('short.php');
			await p.submit.click();
			await p.drawer.waitFor({ state: 'detached' });
			await page.getByRole('button', { name: 'История изменений' })
				.click();
			await side.getByRole('button', { name: /^Вернуть/ }).last().click();
			await side.getByText('возвращены').waitFor();
			await fits(page);
		});
	}
});

test('enlarged four times, everything can be got at', async () => {
	await create();
	await withPage({ width: 320, height: 256 }, async (page) => {
		const p = parts(page);
		const side = page.locator('dialog.ch-drawer-wide');
		await p.rows.waitFor();
		await fits(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.chips.nth(2).waitFor();
		const trial = p.drawer.getByRole('button', { name: 'Тест' });
		await trial.scrollIntoViewIfNeeded();
		const { x, width } = await trial.boundingBox();
		assert.ok(x >= 16 && x + width <= 304, `${x} + ${width}`);
		await p.path.focus();
		assert.equal(await seen(p.path), true);
		await fits(page);
		await accessible(page, 'reflow-form');
		await page.keyboard.press('Escape');
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByRole('button', { name: /^Журнал отправок:/ }).click();
		await side.getByText('На этот адрес ещё ничего не отправляли')
			.scrollIntoViewIfNeeded();
		await fits(page);
		await accessible(page, 'reflow-log');
	});
});

test('another server needs the password again, at its field', async () => {
	const webhook = await create({ auth: {
		type: 'basic', user: 'ivan', password: 's3cret' } });
	await withPage({ allow: [/status of (412|422)/] }, async (page) => {
		const p = parts(page);
		const edit = () => page.getByRole('button',
			{ name: /^Редактировать:/ }).click();
		const password = p.drawer.getByLabel('Пароль');
		const summary = p.drawer.locator('summary',
			{ hasText: /^Дополнительно(?!е)/ });
		await edit();
		await p.path.fill('same-server.php');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });

		await edit();
		await p.origin.fill('https://other.callhook-test.ru');
		await p.submit.click();
		await password.waitFor();
		assert.match(await p.errorOf(password), /другой сервер/);
		assert.equal(await password.evaluate((el) =>
			el === document.activeElement), true);
		assert.equal(await p.drawer.getByText('Оставьте пустым').count(), 0);
		await accessible(page, 'login-again');
		await password.fill('new s3cret');

		/* Beside somebody else's change the new password is told as such. */
		assert.equal((await api('PATCH', `webhooks/${webhook.id}`,
			{ method: 'DELETE' })).status, 200);
		await p.submit.click();
		await p.dialog.getByText('Basic: ivan, секрет введён заново')
			.waitFor();
		await p.dialog.getByRole('button', { name: 'Сохранить мою' }).click();
		await p.drawer.waitFor({ state: 'detached' });

		/* The form says it before it is refused, for the user as well. */
		await edit();
		await summary.click();
		await p.drawer.getByText('Оставьте пустым').waitFor();
		await p.drawer.getByLabel('Логин').fill('olga');
		await p.drawer.getByText('Введите ещё раз').waitFor();
		await p.drawer.getByLabel('Логин').fill('ivan');
		await p.drawer.getByText('Оставьте пустым').waitFor();
		await p.cancel.click();
		await p.drawer.waitFor({ state: 'detached' });

		/* A version for the other server cannot have its password back. */
		const side = page.locator('dialog.ch-drawer-wide');
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		await page.getByRole('button', { name: 'История изменений' }).click();
		await side.getByRole('button', { name: 'Вернуть настройки версии 1' })
			.click();
		await side.getByText('сохранённый пароль действует только для')
			.waitFor();
		await accessible(page, 'history-login');
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.deepEqual(settingsOf(data), { ...settingsOf(webhook),
		origin: 'https://other.callhook-test.ru', path: 'same-server.php' });
	assert.equal(data.version, 4);
});
