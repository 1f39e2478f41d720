// @ts-check
/**
 * The frame of index.html around <callhook-webhooks>: its words, the
 * buttons for language and theme, data-frame.  A cabinet that brings its
 * own frame has no [data-callhook-frame] and nothing of this happens.
 */
import { setText } from './dom.js';
import { language, languages, t } from './i18n.js';

const STORED = 'callhook.theme';
const SYSTEM = 'system';
const THEMES = [SYSTEM, 'light', 'dark'];

/** @param {string | null | undefined} name */
function knownTheme(name) {
	return name && THEMES.includes(name) ? name : SYSTEM;
}

/** @param {string} name */
function showTheme(name) {
	const root = document.documentElement;
	if (name === SYSTEM)
		delete root.dataset.theme;
	else
		root.dataset.theme = name;
	for (const button of document.querySelectorAll('[data-theme-button]')) {
		button.setAttribute('aria-pressed', String(
			button.getAttribute('data-theme-button') === name));
	}
}

/** @param {string} name */
function storeTheme(name) {
	try {
		if (name === SYSTEM)
			localStorage.removeItem(STORED);
		else
			localStorage.setItem(STORED, name);
	} catch {
		/* the choice lasts as long as the page then */
	}
}

/** @param {Element} frame  theme.js has set the theme already */
function startThemes(frame) {
	showTheme(knownTheme(document.documentElement.dataset.theme));
	for (const button of frame.querySelectorAll('[data-theme-button]')) {
		button.addEventListener('click', () => {
			const name = knownTheme(
				button.getAttribute('data-theme-button'));
			storeTheme(name);
			showTheme(name);
		});
	}
	/* The page in other tabs follows. */
	window.addEventListener('storage', (e) => {
		if (e.key === STORED)
			showTheme(knownTheme(e.newValue));
	});
}

function drawWords() {
	document.documentElement.lang = language();
	document.title = t('title');
	for (const el of document.querySelectorAll('[data-text]'))
		setText(el, t(el.getAttribute('data-text') ?? ''));
	for (const el of document.querySelectorAll('[data-label]')) {
		const words = t(el.getAttribute('data-label') ?? '');
		el.setAttribute('aria-label', words);
		if (el.hasAttribute('title'))
			el.setAttribute('title', words);
	}
	for (const button of document.querySelectorAll('[data-language]')) {
		button.setAttribute('aria-pressed', String(
			button.getAttribute('data-language') === language()));
	}
}

/** @param {{ speak: (language: string) => void }} element */
export function startFrame(element) {
	const frame = document.querySelector('[data-callhook-frame]');
	if (!frame)
		return;
	if (new URLSearchParams(location.search).get('frame') === 'off')
		document.documentElement.dataset.frame = 'off';
	else
		startThemes(frame);
	for (const button of frame.querySelectorAll('[data-language]')) {
		button.addEventListener('click', () => {
			const name = button.getAttribute('data-language') ?? '';
			if (!Object.hasOwn(languages, name) || name === language())
				return;
			element.speak(name);
			drawWords();
		});
	}
	drawWords();
}
