/* From the empty list to the last delete, as a customer goes. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	CABINET, accessible, api, clear, create, launch, listAll, parts, quit,
	settingsOf, until, withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

const REFUSED = /status of 422/;

test('the page comes with a strict policy', async () => {
	const response = await fetch(CABINET);
	assert.equal(response.status, 200);
	const policy = response.headers.get('Content-Security-Policy') ?? '';
	assert.match(policy, /default-src 'self'/);
	assert.match(policy, /require-trusted-types-for 'script'/);
	assert.doesNotMatch(policy, /unsafe/);
});

test('empty list → errors at their fields → created', async () => {
	await withPage({ allow: [REFUSED] }, async (page) => {
		const p = parts(page);
		await page.getByText('Записей не найдено').waitFor();
		await accessible(page, 'empty');
		await page.getByRole('button', { name: 'Адрес', exact: true }).click();
		assert.equal(await p.method.inputValue(), 'GET');
		assert.equal(await p.event.inputValue(), 'call_start');
		assert.equal(await p.contentType.isDisabled(), true);
		await accessible(page, 'drawer');

		await p.submit.click();
		assert.equal(await p.errorOf(p.origin),
			'Укажите адрес, например https://mysite.ru');
		assert.equal(await p.origin.getAttribute('aria-invalid'), 'true');

		await p.origin.fill('http://10.0.0.1');
		await p.path.fill('kept/as/typed/');
		await p.submit.click();
		await until(async () => await p.errorOf(p.origin) !== '',
			'the error of the server');
		await accessible(page, 'errors');
		assert.equal(await p.path.inputValue(), 'kept/as/typed/');
		assert.equal((await listAll('calltracking')).length, 0);

		await p.origin.fill('crm.callhook-test.ru');
		await p.event.selectOption('call_end');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		assert.equal(await p.rows.count(), 1);
		assert.match(await p.toast.innerText(), /Вебхук добавлен/);
		const cells = await p.rows.locator('td').allInnerTexts();
		assert.equal(cells[0].trim(),
			'https://crm.callhook-test.ru/kept/as/typed/');
		assert.deepEqual(cells.slice(1, 4).map((s) => s.trim()),
			['0 сообщений', '0 сообщений', 'Завершение звонка']);
		await accessible(page, 'list');
	});
	const [saved] = await listAll('calltracking');
	assert.equal(saved.origin, 'https://crm.callhook-test.ru');
	assert.deepEqual(saved.events, ['call_end']);
});

test('edit: the form is filled, what is saved is seen at once', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.chips.first().waitFor();
		assert.deepEqual(await p.chips.allInnerTexts(), [
			'clientPhone=client_number', 'sec=duration', 'source="ckct"']);
		assert.equal(await p.path.inputValue(), 'hooks/call.php');
		assert.equal(await p.submit.innerText(), 'Сохранить');
		await p.method.selectOption('POST');
		await p.contentType.selectOption('application/x-www-form-urlencoded');
		await p.event.selectOption('call_start+call_end');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByText('Начало и завершение звонка').waitFor();
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		const details = await page.locator('.ch-details').innerText();
		assert.match(details, /POST/);
		assert.match(details, /x-www-form-urlencoded/);
		assert.match(details, /clientPhone=client_number/);
		assert.match(details, /Ещё не было/);
		await accessible(page, 'details');
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.equal(data.version, 2);
	assert.deepEqual(data.events, ['call_start', 'call_end']);
});

/** Opens the editor, and changes the webhook behind its back. */
async function conflict(page, webhook) {
	const p = parts(page);
	await page.getByRole('button', { name: /^Редактировать:/ }).click();
	await p.path.fill('mine.php');
	const { status } = await api('PUT', `webhooks/${webhook.id}`,
		{ ...settingsOf(webhook), path: 'theirs.php' });
	assert.equal(status, 200);
	await p.submit.click();
	await p.dialog.waitFor();
	return p;
}

const CONFLICT = { allow: [/status of 412/] };

test('conflict: both versions are shown, mine is saved', async () => {
	const webhook = await create();
	await withPage(CONFLICT, async (page) => {
		const p = await conflict(page, webhook);
		const row = p.dialog.locator('tr.ch-differs');
		assert.equal(await row.count(), 1);
		assert.deepEqual((await row.locator('td').allInnerTexts()),
			['mine.php', 'theirs.php']);
		await accessible(page, 'conflict');
		await p.dialog.getByRole('button', { name: 'Сохранить мою' }).click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.equal(data.path, 'mine.php');
	assert.equal(data.version, 3);
});

test('conflict: theirs is taken into the form, or nothing', async () => {
	const webhook = await create();
	await withPage(CONFLICT, async (page) => {
		const p = await conflict(page, webhook);
		await p.dialog.getByRole('button', { name: 'Вернуться' }).click();
		assert.equal(await p.path.inputValue(), 'mine.php');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	assert.equal((await api('GET', `webhooks/${webhook.id}`)).data.path,
		'mine.php');
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	await withPage(CONFLICT, async (page) => {
		const p = await conflict(page, data);
		await p.dialog.getByRole('button', { name: 'Взять' }).click();
		await until(async () => await p.path.inputValue() === 'theirs.php',
			'their path in the form');
		await p.cancel.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	assert.equal((await api('GET', `webhooks/${webhook.id}`)).data.path,
		'theirs.php');
});

test('the switch of a row keeps everything else', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		const toggle = page.getByRole('switch');
		await toggle.click();
		await page.locator('.ch-row-off').waitFor();
		assert.equal(await toggle.getAttribute('aria-checked'), 'false');
		assert.match(await p.rows.innerText(), /выключен/);
		await accessible(page, 'switched-off');
	});
	const { data } = await api('GET', `webhooks/${webhook.id}`);
	assert.equal(data.enabled, false);
	assert.deepEqual(data.params, webhook.params);
});

test('delete: asked first, undone, then carried out', async () => {
	const webhook = await create();
	const remove = (page) =>
		page.getByRole('button', { name: /^Удалить:/ }).click();
	await withPage({ allow: [/status of 404/] }, async (page) => {
		const p = parts(page);
		await remove(page);
		assert.match(await p.dialog.innerText(),
			/https:\/\/crm\.callhook-test\.ru\/hooks\/call\.php/);
		await accessible(page, 'delete');
		await p.dialog.getByRole('button', { name: 'Отмена' }).click();
		assert.equal(await p.rows.count(), 1);

		await remove(page);
		await p.dialog.getByRole('button', { name: 'Удалить' }).click();
		await page.getByText('Записей не найдено').waitFor();
		await accessible(page, 'deleted');
		await p.toast.getByRole('button', { name: 'Отменить' }).click();
		await p.rows.waitFor();
		assert.equal((await api('GET', `webhooks/${webhook.id}`)).status, 200);

		await remove(page);
		await p.dialog.getByRole('button', { name: 'Удалить' }).click();
		assert.equal((await api('GET', `webhooks/${webhook.id}`)).status, 200);
		await until(async () => (await api('GET',
			`webhooks/${webhook.id}`)).status === 404, 'the DELETE');
		assert.equal(await p.rows.count(), 0);
	});
});

test('leaving the page carries a waiting delete out', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Удалить:/ }).click();
		await p.dialog.getByRole('button', { name: 'Удалить' }).click();
		await p.toast.waitFor();
		await page.goto('about:blank');
		await until(async () => (await api('GET',
			`webhooks/${webhook.id}`)).status === 404, 'the DELETE');
	});
});

test('who comes back to the page is offered no undoing', async () => {
	const webhook = await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Удалить:/ }).click();
		await p.dialog.getByRole('button', { name: 'Удалить' }).click();
		await p.toast.getByRole('button', { name: 'Отменить' }).waitFor();
		await page.evaluate(() =>
			window.dispatchEvent(new PageTransitionEvent('pagehide')));
		await p.toast.waitFor({ state: 'detached' });
		await until(async () => (await api('GET', `webhooks/${webhook.id}`))
			.status === 404, 'deleted');
		await page.getByText('Записей не найдено').waitFor();
	});
});

test('a webhook that changed meanwhile is not deleted', async () => {
	const webhook = await create();
	await withPage(CONFLICT, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Удалить:/ }).click();
		await p.dialog.getByRole('button', { name: 'Удалить' }).click();
		await p.toast.waitFor();
		const { id } = webhook;
		assert.equal((await api('PUT', `webhooks/${id}`,
			{ ...settingsOf(webhook), path: 'other' })).status, 200);
		await page.getByText('Вебхук изменили').waitFor();
		assert.equal(await p.rows.count(), 1);
		assert.equal((await api('GET', `webhooks/${id}`)).status, 200);
	});
});

test('conflict: a row that is unfolded does not hide it', async () => {
	const webhook = await create();
	await withPage(CONFLICT, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.path.fill('mine.php');
		assert.equal((await api('PUT', `webhooks/${webhook.id}`,
			{ ...settingsOf(webhook), path: 'theirs.php' })).status, 200);
		await page.locator('.ch-details', { hasText: 'theirs.php' }).waitFor();
		await page.waitForTimeout(5500);
		await p.submit.click();
		await p.dialog.getByText('Вебхук уже изменили').waitFor();
		await accessible(page, 'conflict-unfolded');
		await p.dialog.getByRole('button', { name: 'Сохранить мою' }).click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	assert.equal((await api('GET', `webhooks/${webhook.id}`)).data.path,
		'mine.php');
});
