/* Settings as a file, and back: first shown, then done. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, clear, create, fits, launch, listAll, parts, quit, settingsOf,
	withPage,
} from './harness.mjs';

before(launch);
after(quit);
beforeEach(clear);

/** A file for the dialog, made of text. */
function file(text) {
	return { name: 'settings.json', mimeType: 'application/json',
		buffer: Buffer.from(text) };
}

test('export, change, import: the plan is shown before anything is done',
	async () => {
		const kept = await create({ path: 'kept' });
		const changed = await create({ path: 'before' });
		await create({ path: 'extra' });
		let text = '';
		await withPage({}, async (page) => {
			await parts(page).rows.nth(2).waitFor();
			const wait = page.waitForEvent('download');
			await page.getByRole('button', { name: 'Скачать настройки' })
				.click();
			const download = await wait;
			assert.match(download.suggestedFilename(),
				/^callhook-webhooks-\d{4}-\d\d-\d\d\.json$/);
			text = fs.readFileSync(await download.path(), 'utf8');
			await page.getByText('Настройки всех вебхуков скачаны').waitFor();
		});
		const exported = JSON.parse(text);
		assert.equal(exported.webhooks.length, 3);
		exported.webhooks = exported.webhooks
			.filter((w) => w.path !== 'extra')
			.map((w) => w.path === 'before' ? { ...w, path: 'after' } : w);
		const { id: _, ...fresh } = exported.webhooks[0];
		exported.webhooks.push({ ...fresh, path: 'new' });

		await withPage({}, async (page) => {
			const p = parts(page);
			await page.getByRole('button', { name: 'Загрузить настройки' })
				.click();
			const go = p.dialog.getByRole('button', { name: 'Загрузить' });
			assert.equal(await go.getAttribute('aria-disabled'), 'true');
			await accessible(page, 'import');
			await p.dialog.getByLabel('Файл с настройками')
				.setInputFiles(file(JSON.stringify(exported)));
			await p.dialog.getByText('добавится: 3').waitFor();
			await p.dialog.getByLabel('Сделать как в файле').check();
			await p.dialog.getByText('удалится: 1').waitFor();
			const plan = await p.dialog.innerText();
			for (const line of ['добавится: 1', 'изменится: 1',
				'останется как есть: 1'])
				assert.match(plan, new RegExp(line));
			await accessible(page, 'import-plan');
			await fits(page);
			assert.equal((await listAll('calltracking')).length, 3);
			await go.click();
			await page.getByText('Настройки загружены').waitFor();
			await page.getByText('https://crm.callhook-test.ru/new').waitFor();
		});
		const now = await listAll('calltracking');
		assert.deepEqual(now.map((w) => w.path).sort(),
			['after', 'kept', 'new']);
		const same = now.find((w) => w.id === kept.id);
		assert.deepEqual(settingsOf(same), settingsOf(kept));
		assert.equal(same.version, kept.version);
		assert.equal(now.find((w) => w.id === changed.id).path, 'after');
	});

test('a file that does not fit changes nothing and says why', async () => {
	const webhook = await create();
	for (const width of [1440, 360]) {
		const options = { width, allow: [/status of 422/] };
		await withPage(options, async (page) => {
			const p = parts(page);
			await page.getByRole('button', { name: 'Загрузить настройки' })
				.click();
			const input = p.dialog.getByLabel('Файл с настройками');
			await input.setInputFiles(file('{"a": 1}'));
			await p.dialog.getByText('Это не файл настроек').waitFor();
			await input.setInputFiles(file(JSON.stringify({
				format: 'callhook/1', webhooks: [{ ...settingsOf(webhook),
					origin: 'http://10.0.0.1' }] })));
			await p.dialog.getByText('Файл не подходит').waitFor();
			await p.dialog.getByText(/^1\. http:\/\/10\.0\.0\.1\/.*origin/)
				.waitFor();
			assert.equal(await p.dialog.getByRole('button',
				{ name: 'Загрузить' }).getAttribute('aria-disabled'), 'true');
			await accessible(page, 'import-faults');
			await fits(page);
			await page.keyboard.press('Escape');
			await p.dialog.waitFor({ state: 'detached' });
		});
	}
	assert.equal((await listAll('calltracking')).length, 1);
});
