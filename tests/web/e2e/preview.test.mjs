/* The preview of the request while the form is filled. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, clear, create, fits, launch, listAll, parts, quit, withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

test('the preview follows the form; nothing is saved', async () => {
	await withPage({ allow: [/status of 422/] }, async (page) => {
		const p = parts(page);
		const orders = [];
		page.on('request', (request) => {
			if (request.url().endsWith('/preview'))
				orders.push(request.postDataJSON());
		});
		await p.add.click();
		await p.origin.fill('https://crm.callhook-test.ru');
		assert.equal(orders.length, 0);
		await p.drawer.getByText('Предпросмотр запроса').click();
		const request = p.drawer.locator('.ch-message pre');
		await request.getByText(/^GET \/ HTTP/).waitFor();
		await p.path.pressSequentially('call.php');
		await request.getByText(/^GET \/call.php HTTP/).waitFor();
		assert.ok(orders.length < 7, `${orders.length} requests`);
		await p.name.fill('phone');
		await p.value.fill('client_number');
		await p.pairAdd.click();
		await request.getByText(/\?phone=\d+ HTTP/).waitFor();
		const php = p.drawer.locator('.ch-preview-result .ch-sample pre');
		assert.match(await php.innerText(), /^<\?php[^]*\$_GET[^]*'phone'/);
		await request.scrollIntoViewIfNeeded();
		await accessible(page, 'preview');
		await fits(page);

		await p.method.selectOption('POST');
		await p.event.selectOption('call_start+call_end');
		await p.drawer.getByLabel('Событие для примера')
			.selectOption('call_start');
		await request.getByText(/^POST [^]*"phone": /).waitFor();
		assert.equal(orders.at(-1).event, 'call_start');
		await p.origin.fill('http://10.0.0.1');
		await p.drawer.locator('.ch-fold .ch-hint[role="status"]',
			{ hasText: /внутренн/ }).waitFor();
		assert.equal(await request.count(), 0);
		await p.origin.fill('');
		await p.drawer.getByText('Укажите адрес, чтобы увидеть запрос')
			.waitFor();
	});
	assert.equal((await listAll('calltracking')).length, 0);
});

test('the preview fits a phone, in the dark', async () => {
	await create({ service: 'callkeeper', params: [], method: 'POST' });
	const options = { width: 360, scheme: 'dark', hash: '#callkeeper' };
	await withPage(options, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.drawer.getByText('Предпросмотр запроса').click();
		const request = p.drawer.locator('.ch-message pre');
		await request.getByText(/visit_info/).waitFor();
		await request.scrollIntoViewIfNeeded();
		await accessible(page, 'preview-dark');
		await fits(page);
	});
});
