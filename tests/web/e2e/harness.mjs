/*
 * What all browser tests share: one chromium, a page that fails the test on
 * console errors and CSP violations, axe, and the API seen as a second
 * manager sees it.  CALLHOOK_CABINET_URL names a throwaway stack: its
 * account's webhooks are deleted.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const CABINET = new URL(process.env.CALLHOOK_CABINET_URL).href;
const API = new URL('api/v1/', CABINET).href;
const AXE = fs.readFileSync(
	createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARTIFACTS = process.env.CALLHOOK_ARTIFACTS ?? '';

const ARGS = [
	'--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
	'--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync',
];

let browser = null;

export async function launch() {
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ARGS,
		/* its own place for temporary profiles and crash reports */
		env: { ...process.env, HOME: fs.mkdtempSync(
			path.join(os.tmpdir(), 'callhook-web-')) },
	});
}

export async function quit() {
	await browser?.close();
}

/** What the page's server gives to whoever opens the page: a session. */
let session = null;

async function cookies() {
	const response = await fetch(CABINET);
	assert.equal(response.status, 200);
	return response.headers.getSetCookie()
		.map((line) => line.split(';')[0]).join('; ');
}

/** The API as somebody else uses it, below the same identity. */
export async function api(method, address, body) {
	session ??= await cookies();
	const headers = { ...session !== '' && { Cookie: session },
		...['PUT', 'PATCH', 'DELETE'].includes(method) &&
		{ 'If-Match': '*' } };
	if (body !== undefined)
		headers['Content-Type'] = 'application/json';
	if (method === 'PUT' || method === 'PATCH' || method === 'DELETE')
		headers['If-Match'] = '*';
	const response = await fetch(new URL(address, API), {
		method, headers,
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	const text = await response.text();
	return {
		status: response.status, etag: response.headers.get('ETag'),
		data: text === '' ? null : JSON.parse(text),
	};
}

export async function listAll(service) {
	const { status, data } = await api('GET', `webhooks?service=${service}`);
	assert.equal(status, 200);
	return data.data;
}

export async function clear() {
	for (const service of ['calltracking', 'callkeeper']) {
		for (const webhook of await listAll(service)) {
			const { status } = await api('DELETE', `webhooks/${webhook.id}`);
			assert.equal(status, 204);
		}
	}
}

export const SETTINGS = {
	service: 'calltracking', origin: 'https://crm.callhook-test.ru',
	path: 'hooks/call.php',
	params: [
		{ name: 'clientPhone', value: 'client_number' },
		{ name: 'sec', value: 'duration' },
		{ name: 'source', text: 'ckct' },
	],
	method: 'GET', events: ['call_end'],
	content_type: 'application/json', enabled: true,
};

/** What may be posted of an answer, which has more fields. */
export function settingsOf(webhook) {
	return Object.fromEntries(Object.keys(SETTINGS)
		.map((name) => [name, webhook[name]]));
}

export async function create(settings = {}) {
	const { status, data } = await api('POST', 'webhooks',
		{ ...SETTINGS, ...settings });
	assert.equal(status, 201, JSON.stringify(data));
	return data;
}

/**
 * Runs fn with a page; afterwards nothing may have been logged as an error.
 * allow: patterns of console errors that the test provokes.
 */
export async function withPage(options, fn) {
	const { width = 1440, height = 800, allow = [], hash = '',
		scheme = 'light', open = true } = options;
	const context = await browser.newContext({
		viewport: { width, height }, colorScheme: scheme,
		reducedMotion: 'reduce', locale: 'ru-RU',
	});
	const page = await context.newPage();
	const trouble = [];
	page.on('console', (message) => {
		const text = message.text();
		if (['error', 'warning'].includes(message.type()) &&
		    !allow.some((pattern) => pattern.test(text)))
			trouble.push(`console: ${text}`);
	});
	page.on('pageerror', (e) => trouble.push(`exception: ${e.stack}`));
	await page.exposeBinding('reportViolation', (_, text) =>
		trouble.push(`CSP: ${text}`));
	await page.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', (e) =>
			window.reportViolation(
				`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
	});
	page.setDefaultTimeout(10000);
	try {
		if (open)
			await page.goto(CABINET + hash);
		await fn(page);
	} finally {
		await context.close();
	}
	assert.deepEqual(trouble, []);
}

/** WCAG 2.2 AA by axe; also keeps a picture when artifacts are wanted. */
export async function accessible(page, state) {
	await page.evaluate(AXE);
	const violations = await page.evaluate(async () => {
		const result = await window.axe.run(document, {
			runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',
				'wcag22aa', 'best-practice'],
		});
		return result.violations.map((v) => `${v.id}: ` +
			v.nodes.map((n) => `${n.target} ${n.failureSummary}`)
				.join(' | '));
	});
	if (ARTIFACTS !== '') {
		fs.mkdirSync(ARTIFACTS, { recursive: true });
		const { width } = page.viewportSize();
		await page.screenshot({
			path: path.join(ARTIFACTS, `${state}-${width}.png`) });
	}
	assert.deepEqual(violations, [], `axe: ${state}`);
}

/** Nothing sticks out to the right, neither of the page nor of a dialog. */
export async function fits(page) {
	const over = await page.evaluate(() => {
		const boxes = [document.documentElement,
			...document.querySelectorAll('dialog[open], .ch-form')];
		return boxes.filter((el) => el.scrollWidth > el.clientWidth + 1)
			.map((el) => `${el.tagName}.${el.className} ` +
				`${el.scrollWidth} > ${el.clientWidth}`);
	});
	assert.deepEqual(over, []);
}

/** The parts of the page by what a user calls them. */
export function parts(page) {
	const drawer = page.locator('dialog.ch-drawer');
	return {
		drawer,
		rows: page.locator('.ch-row'),
		add: page.getByRole('button', { name: 'Добавить WebHook' }),
		origin: drawer.getByLabel('Хост, порт и протокол'),
		path: drawer.getByLabel('Путь', { exact: true }),
		name: drawer.getByLabel('Имя', { exact: true }),
		value: drawer.locator('.ch-pair input').nth(1),
		constant: drawer.getByLabel('Константа'),
		template: drawer.getByLabel('Шаблон'),
		pairAdd: drawer.locator('.ch-pair-add'),
		method: drawer.getByLabel('HTTP метод'),
		event: drawer.getByLabel('Тип события'),
		contentType: drawer.getByLabel('Content type'),
		chips: drawer.locator('button.ch-chip-text'),
		cloud: drawer.getByRole('listbox'),
		submit: drawer.locator('button[type="submit"]'),
		cancel: drawer.getByRole('button', { name: 'Отмена' }),
		dialog: page.locator('dialog.ch-dialog'),
		toast: page.locator('.ch-toast'),
		/** The error that belongs to a control of the drawer. */
		errorOf: (control) => control.evaluate((el) =>
			el.getAttribute('aria-describedby').split(' ')
				.map((id) => document.getElementById(id))
				.filter((p) => p.getAttribute('role') === 'alert')
				.map((p) => p.textContent).join('')),
	};
}

const STACK = process.env;

/** Without the variables of the demo's DIR/env there are no deliveries. */
export const noDeliveries = STACK.CALLHOOK_URL && STACK.CALLHOOK_INGEST_KEY &&
	STACK.CALLHOOK_ACCOUNT_ID && STACK.CALLHOOK_RECEIVER ? false :
	'the stack\'s variables (CALLHOOK_INGEST_KEY …) are not set';
export const RECEIVER = STACK.CALLHOOK_RECEIVER;

/** Ends of calls, as the platform posts them. */
export async function calls(...ids) {
	const response = await fetch(`${STACK.CALLHOOK_URL}/events`, {
		method: 'POST',
		headers: { Authorization: `Bearer ${STACK.CALLHOOK_INGEST_KEY}`,
			'Content-Type': 'application/json' },
		body: JSON.stringify(ids.map((id) => ({
			account_id: Number(STACK.CALLHOOK_ACCOUNT_ID),
			service: 'calltracking', event: 'call_end', call_id: id,
			data: { client_number: '79995550188', duration: 152 },
		}))),
	});
	assert.equal(response.status, 202, await response.text());
}

/** Waits until a condition of the test's own holds. */
export async function until(condition, what) {
	for (let i = 0; i < 100; i++) {
		if (await condition())
			return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	assert.fail(`waited in vain: ${what}`);
}
