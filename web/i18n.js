// @ts-check
/**
 * The words of the page: which language is spoken, plural forms, times.
 * Russian is the default; a choice is kept in localStorage.
 */
import ru from './ru.js';
import en from './en.js';

/** @type {Record<string, Record<string, any>>} */
export const languages = { ru, en };

const STORED = 'callhook.lang';
let current = 'ru';

export function language() {
	return current;
}

/** @param {string | null | undefined} name */
export function setLanguage(name) {
	if (name && Object.hasOwn(languages, name))
		current = name;
}

/** What the user chose earlier in this browser, or null. */
export function storedLanguage() {
	try {
		return localStorage.getItem(STORED);
	} catch {
		return null;	/* storage is switched off */
	}
}

/** @param {string} name */
export function storeLanguage(name) {
	try {
		localStorage.setItem(STORED, name);
	} catch {
		/* the choice lasts as long as the page then */
	}
}

/**
 * The text of a key; texts with arguments are functions in the dictionary.
 * @param {string} key
 * @param {...any} args
 * @returns {string}
 */
export function t(key, ...args) {
	const text = languages[current][key];
	if (text === undefined)
		throw new Error(`no text "${key}" in ${current}`);
	return typeof text === 'function' ? text(...args) : text;
}

/**
 * The text of a key, or undefined: for codes that a server may add later.
 * @param {string} key
 * @returns {string | undefined}
 */
export function maybe(key) {
	const text = languages[current][key];
	return typeof text === 'string' ? text : undefined;
}

/** @type {Map<string, Intl.DateTimeFormat>} making one is dear */
const formats = new Map();

/**
 * @param {string} name
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(name, options) {
	const key = `${current} ${name}`;
	let made = formats.get(key);
	if (!made) {
		made = new Intl.DateTimeFormat(current === 'ru' ? 'ru-RU' : 'en-GB',
			options);
		formats.set(key, made);
	}
	return made;
}

/**
 * A moment of the API (RFC 3339) in the user's zone.
 * @param {string} iso
 */
export function formatTime(iso) {
	const date = new Date(iso);
	if (Number.isNaN(date.getTime()))
		return iso;
	return format('time', { dateStyle: 'medium', timeStyle: 'medium' })
		.format(date);
}

/** @param {Date} date */
export function formatClock(date) {
	return format('clock', { timeStyle: 'medium' }).format(date);
}
