/*
 * A call on a whole stack: made in the page, posted as the platform does,
 * counted in the page by itself.  Wants the variables that the demo writes
 * to DIR/env; skipped without them.
 */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';

import {
	accessible, clear, launch, parts, quit, withPage,
} from './harness.mjs';

const {
	CALLHOOK_URL: url, CALLHOOK_INGEST_KEY: key,
	CALLHOOK_ACCOUNT_ID: account, CALLHOOK_RECEIVER: receiver,
} = process.env;
const skip = url && key && account && receiver ? false :
	'the stack\'s variables (CALLHOOK_INGEST_KEY …) are not set';

before(launch);
after(quit);
beforeEach(clear);

test('a call changes the counter that is on show', { skip }, async () => {
	await withPage({}, async (page) => {
		const p = parts(page);
		await p.add.click();
		await p.origin.fill(`${receiver}/ok/cabinet?token=1`);
		await p.name.fill('phone');
		await p.value.fill('client_number');
		await p.event.selectOption('call_end');
		await p.submit.click();
		await p.drawer.waitFor({ state: 'detached' });
		await page.getByRole('img', { name: 'Отправок ещё не было' }).waitFor();

		const response = await fetch(`${url}/events`, {
			method: 'POST',
			headers: { Authorization: `Bearer ${key}`,
				'Content-Type': 'application/json' },
			body: JSON.stringify({ account_id: Number(account),
				service: 'calltracking', event: 'call_end',
				call_id: `cabinet-${Date.now()}`,
				data: { client_number: '79995550188', duration: 152 } }),
		});
		assert.equal(response.status, 202, await response.text());

		await page.getByText('1 сообщение', { exact: true }).waitFor();
		await page.getByRole('img', { name: 'Последняя отправка удалась' })
			.waitFor();
		await page.getByRole('button', { name: /^Подробнее:/ }).click();
		await page.getByText('код ответа 200').waitFor();
		await accessible(page, 'delivered');
	});
});
