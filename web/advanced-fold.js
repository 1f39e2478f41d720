// @ts-check
/**
 * «Дополнительно» of the form: headers, authentication, time-out and the
 * waits between attempts.
 */
import { h } from './dom.js';
import { fieldOf, selectOf } from './fields.js';
import { authText } from './filter-text.js';
import { foldOf } from './fold.js';
import { HeadersEditor } from './headers-editor.js';
import { language, t } from './i18n.js';
import { AUTHS, isPlain, keepsSecret } from './model.js';
import { aboutText, parseSchedule } from './schedule.js';

/** @typedef {import('./model.js').Form} Form */

export class AdvancedFold {
	/** @param {(part: Partial<Form>) => void} onChange */
	constructor(onChange) {
		this.onChange = onChange;
		/** @type {any} */
		this.auth = null;
		this.headersEditor = new HeadersEditor((headers) =>
			onChange({ headers }));
		this.headers = fieldOf(t('headers'), this.headersEditor.element, true);
		this.type = selectOf(t('auth'), AUTHS, (type) => t(`auth_${type}`),
			(type) => this.changeAuth({ type,
				stored: this.storedType === type }));
		this.user = fieldOf(t('auth_user'), this.input('user', 'text'));
		this.secret = fieldOf(t('auth_password'),
			this.input('secret', 'password'));
		this.timeout = fieldOf(t('timeout_field'), h('input', {
			type: 'text', inputmode: 'numeric', autocomplete: 'off', on: {
				input: () => onChange({ timeout: this.timeout.input.value }),
			},
		}));
		this.timeout.hint(t('timeout_hint'));
		this.retry = fieldOf(t('retry_field'), h('input', {
			type: 'text', autocomplete: 'off', placeholder: t('retry_example'),
			on: { input: () => onChange({ retry: this.retry.input.value }) },
		}));
		this.fold = foldOf(t('advanced'), [this.headers.element,
			this.type.element, this.user.element, this.secret.element,
			this.timeout.element, this.retry.element]);
		this.element = this.fold.element;
		/** What the server has a secret for. */
		this.storedType = '';
	}

	/**
	 * @param {'user' | 'secret'} name
	 * @param {string} type
	 */
	input(name, type) {
		const input = h('input', {
			type, autocomplete: name === 'secret' ? 'new-password' : 'off',
			autocapitalize: 'off', spellcheck: 'false',
			on: { input: () => this.changeAuth({ [name]: input.value }) },
		});
		return input;
	}

	/** @param {object} part */
	changeAuth(part) {
		this.auth = { ...this.auth, ...part };
		this.onChange({ auth: this.auth });
	}

	/**
	 * @param {Form} form
	 * @param {Form} initial  as it is stored
	 */
	set(form, initial) {
		this.storedType = initial.auth.stored ? initial.auth.type : '';
		this.headersEditor.set(form.headers);
		const { auth } = form;
		this.auth = auth;
		this.type.input.value = auth.type;
		this.user.element.hidden = auth.type !== 'basic';
		this.secret.element.hidden = auth.type === '';
		setValue(this.user.input, auth.user);
		setValue(this.secret.input, auth.secret);
		this.secret.element.querySelector('.ch-label').textContent =
			t(auth.type === 'bearer' ? 'auth_token' : 'auth_password');
		this.secret.hint(keepsSecret(form, initial) ? t('auth_stored') :
			auth.stored && !this.secret.faulty ? t('auth_again') : '');
		setValue(this.timeout.input, form.timeout);
		setValue(this.retry.input, form.retry);
		this.retry.hint(retryText(form.retry));
		this.fold.say(isPlain(form) ? t('advanced_none') : [
			form.headers.length > 0 && t('headers_n', form.headers.length),
			auth.type !== '' && authText(auth),
			form.timeout.trim() !== '' && t('timeout_is', form.timeout.trim()),
			form.retry.trim() !== '' && t('retry_own'),
		].filter(Boolean).join('; '));
	}

	/** @returns {[string, import('./fields.js').Field][]} */
	fields() {
		return [
			['headers', this.headers], ['auth.type', this.type],
			['auth.user', this.user], ['auth.password', this.secret],
			['auth.token', this.secret], ['auth', this.type],
			['timeout', this.timeout], ['retry', this.retry],
		];
	}

	open() {
		this.element.open = true;
	}
}

/**
 * What a schedule amounts to.
 * @param {string} text
 */
function retryText(text) {
	if (text.trim() === '')
		return t('retry_hint');
	const waits = parseSchedule(text);
	return waits === null ? t('error_retry_syntax') :
		t('retry_sum', waits.length + 1,
			aboutText(waits.reduce((a, b) => a + b, 0), language()));
}

/**
 * Leaves the caret alone when nothing changed.
 * @param {HTMLInputElement} input
 * @param {string} value
 */
function setValue(input, value) {
	if (input.value !== value)
		input.value = value;
}
