/* The drawer: mapping, chips, cloud, addresses, CallKeeper, keyboard. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, api, clear, create, launch, listAll, parts, quit, until,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

async function openDrawer(page) {
	const p = parts(page);
	await p.add.click();
	await p.drawer.waitFor();
	return p;
}

test('a pasted address is split into host, path and constants', async () => {
	await withPage({}, async (page) => {
		const p = await openDrawer(page);
		await p.origin.fill('https://пример.рф:8443/A//b.php?token=a%26b&x=');
		await p.path.focus();
		assert.equal(await p.origin.inputValue(), 'https://пример.рф:8443');
		assert.equal(await p.path.inputValue(), 'A//b.php');
		assert.deepEqual(await p.chips.allInnerTexts(),
			['token="a&b"', 'x=""']);
		await p.method.selectOption('POST');
		assert.equal(await p.path.inputValue(), 'A//b.php?token=a%26b&x=');
		assert.equal(await p.chips.count(), 0);
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.equal(saved.path, 'A//b.php?token=a%26b&x=');
	assert.deepEqual(saved.params, []);
});

test('the cloud: all of it, search, warnings, the name is filled', async () => {
	await withPage({}, async (page) => {
		const p = await openDrawer(page);
		await p.value.click();
		const options = p.cloud.getByRole('option');
		await options.nth(24).waitFor();
		const { data } = await api('GET', 'parameters?service=calltracking');
		assert.deepEqual(await options.allInnerTexts(),
			data.data.map((parameter) => parameter.id));
		assert.equal(await options.first().innerText(), 'record_url');
		assert.equal(await p.cloud.locator('.ch-warn-dot').count() > 0, true);
		await accessible(page, 'cloud');
		await p.value.fill('номер клиента');
		assert.deepEqual(await options.allInnerTexts(), ['client_number']);
		await options.first().click();
		assert.equal(await p.value.inputValue(), 'client_number');
		assert.equal(await p.name.inputValue(), 'client_number');
		await p.pairAdd.click();
		assert.deepEqual(await p.chips.allInnerTexts(),
			['client_number=client_number']);
		await p.value.fill('nothing like this');
		await p.drawer.getByText('Такого параметра нет').waitFor();
		assert.equal(await options.count(), 0);
	});
});

test('half a pair is an error, a whole one is taken', async () => {
	await withPage({}, async (page) => {
		const p = await openDrawer(page);
		await p.origin.fill('https://crm.callhook-test.ru');
		await p.name.fill('phone');
		await p.submit.click();
		assert.equal(await p.errorOf(p.value), 'Выберите значение из списка');
		await accessible(page, 'pair-error');
		await p.value.fill('client_number');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.params, [{ name: 'phone', value: 'client_number' }]);
});

test('chips: duplicate, edit, reorder, remove, constant', async () => {
	await create();
	await withPage({}, async (page) => {
		const p = parts(page);
		const texts = () => p.chips.allInnerTexts();
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		await p.chips.nth(2).waitFor();
		await p.name.fill('sec');
		await p.value.fill('ip');
		await p.value.press('Enter');
		assert.equal(await p.errorOf(p.name), 'Имя уже используется');
		await p.name.fill('fields[IP][0]');
		await p.pairAdd.click();
		assert.equal((await texts())[3], 'fields[IP][0]=ip');

		await p.chips.nth(3).press('Alt+ArrowLeft');
		assert.deepEqual((await texts()).slice(2),
			['fields[IP][0]=ip', 'source="ckct"']);
		await p.chips.nth(0).dragTo(p.chips.nth(3));
		assert.equal((await texts())[3], 'clientPhone=client_number');

		await p.chips.nth(2).click();
		assert.equal(await p.constant.isChecked(), true);
		assert.equal(await p.name.inputValue(), 'source');
		await p.value.fill('<img src=x onerror=alert(1)>');
		await accessible(page, 'chip-editing');
		await p.drawer.getByRole('button', { name: 'Раньше' }).click();
		await p.pairAdd.click();
		assert.equal((await texts())[1],
			'source="<img src=x onerror=alert(1)>"');
		await p.drawer.getByRole('button', { name: 'Убрать sec=duration' })
			.click();
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		assert.equal(await page.locator('img[src="x"]').count(), 0);
	});
	const [saved] = await listAll('calltracking');
	assert.deepEqual(saved.params, [
		{ name: 'source', text: '<img src=x onerror=alert(1)>' },
		{ name: 'fields[IP][0]', value: 'ip' },
		{ name: 'clientPhone', value: 'client_number' },
	]);
});

test('a chip that is empty at the start says so', async () => {
	await create({ events: ['call_start'] });
	await withPage({}, async (page) => {
		const p = parts(page);
		await page.getByRole('button', { name: /^Редактировать:/ }).click();
		const chip = p.drawer.getByRole('button',
			{ name: /Изменить sec=duration\. Не известен в начале звонка/ });
		await chip.waitFor();
		await p.event.selectOption('call_end');
		await chip.waitFor({ state: 'detached' });
	});
});

test('CallKeeper: an address is enough', async () => {
	await withPage({ hash: '#callkeeper' }, async (page) => {
		const p = await openDrawer(page);
		assert.match(await p.drawer.innerText(), /Добавить Webhook/);
		assert.equal(await p.method.isVisible(), false);
		await accessible(page, 'keeper');
		await p.drawer.getByText('Настроить вручную').click();
		assert.equal(await p.method.inputValue(), 'POST');
		assert.equal(await p.event.inputValue(), 'call_start+call_end');
		await accessible(page, 'keeper-manual');
		await p.origin.fill('https://crm.callhook-test.ru/x?token=1');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByText('Начало и завершение звонка').waitFor();
		await page.reload();
		await p.rows.waitFor();
		assert.match(page.url(), /#callkeeper$/);
	});
	const [saved] = await listAll('callkeeper');
	assert.deepEqual(saved.params, []);
	assert.equal(saved.method, 'POST');
	assert.equal(saved.path, 'x?token=1');
	assert.deepEqual(saved.events, ['call_start', 'call_end']);
	assert.equal((await listAll('calltracking')).length, 0);
});

test('what was typed is not lost by Esc, veil or Отмена', async () => {
	await withPage({}, async (page) => {
		const p = await openDrawer(page);
		await p.origin.press('Escape');
		await p.drawer.waitFor({ state: 'detached' });
		assert.equal(await p.add.evaluate((el) =>
			el === document.activeElement), true);
		await p.add.click();
		await p.path.fill('typed');
		const ways = [
			() => p.path.press('Escape'),
			() => page.mouse.click(200, 400),
			() => p.cancel.click(),
		];
		for (const way of ways) {
			await way();
			await p.dialog.getByText('Закрыть без сохранения?').waitFor();
			await p.dialog.getByRole('button', { name: 'Продолжить' })
				.click();
			assert.equal(await p.path.inputValue(), 'typed');
		}
		await accessible(page, 'drawer-dirty');
		await p.cancel.click();
		await p.dialog.getByRole('button', { name: 'Закрыть' }).click();
		await p.drawer.waitFor({ state: 'detached' });
	});
});

test('leaving the page with unsaved input is asked about', async () => {
	await withPage({}, async (page) => {
		const p = await openDrawer(page);
		await p.path.fill('typed');
		const asked = page.waitForEvent('dialog');
		await page.evaluate(() => setTimeout(() => location.reload()));
		const question = await asked;
		assert.equal(question.type(), 'beforeunload');
		await question.dismiss();
		assert.equal(await p.path.inputValue(), 'typed');
	});
});

test('keyboard only: from the address bar to a saved webhook', async () => {
	await withPage({}, async (page) => {
		const p = parts(page);
		const press = async (...keys) => {
			for (const key of keys)
				await page.keyboard.press(key);
		};
		const active = () => page.evaluate(() =>
			document.activeElement.getAttribute('aria-label') ??
			document.activeElement.textContent);
		await p.add.waitFor();
		for (let i = 0; i < 20 && await active() !== 'Добавить WebHook'; i++)
			await press('Tab');
		await press('Enter');
		await p.drawer.waitFor();
		await page.keyboard.type('crm.callhook-test.ru');
		await press('Tab');
		await page.keyboard.type('kbd');
		await press('Tab');
		await page.keyboard.type('phone');
		await press('Tab');
		await p.cloud.getByRole('option').first().waitFor();
		await page.keyboard.type('client');
		await press('ArrowDown');
		const id = await p.value.getAttribute('aria-activedescendant');
		assert.equal(await page.locator(`#${id}`).innerText(),
			'client_number');
		await press('Enter', 'Enter');
		assert.deepEqual(await p.chips.allInnerTexts(),
			['phone=client_number']);
		assert.equal(await active(), 'Имя');
		await press('Tab');
		await press('Escape');	/* closes the cloud, not the drawer */
		assert.equal(await p.cloud.isVisible(), false);
		await press('Tab', 'Tab', 'Tab');
		assert.equal(await p.method.evaluate((el) =>
			el === document.activeElement), true);
		await press('Tab', 'Tab');
		assert.equal(await page.evaluate(() =>
			document.activeElement.getAttribute('role')), 'switch');
		for (const fold of [/^Дополнительные условия/, /^Дополнительно/,
			/^Предпросмотр запроса/]) {
			await press('Tab');
			assert.match(await active(), fold);
		}
		await press('Tab');
		assert.equal(await active(), 'Добавить');
		await press('Enter');
		await p.drawer.waitFor({ state: 'detached' });
		await until(async () => await active() === 'Добавить WebHook',
			'the focus on the opener');
	});
	const [saved] = await listAll('calltracking');
	assert.equal(saved.path, 'kbd');
	assert.deepEqual(saved.params, [{ name: 'phone', value: 'client_number' }]);
});
