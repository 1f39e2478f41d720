// @ts-check
/**
 * The drawer «Добавить адрес» / «Редактировать адрес»: the form of one
 * webhook.  It asks its owner to save and to preview, and shows what the owner
 * answers; it knows no network.
 */
import { AdvancedFold } from './advanced-fold.js';
import { askDiscard } from './dialog.js';
import { h, setText, uid } from './dom.js';
import { fieldOf, selectOf, switchOf } from './fields.js';
import { codeText, faultText } from './fault-text.js';
import { FiltersFold } from './filters-fold.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { MappingEditor } from './mapping-editor.js';
import {
	CONTENT_TYPES, EVENTS, METHODS, emptyMapping, formFaults,
	isDefaultKeeper, sameForm, settingsOf, withAddress, withMethod, withPath,
} from './model.js';
import { Preview } from './preview.js';
import { bindErrors } from './problem.js';
import { originFault } from './url-split.js';

/**
 * @typedef {import('./model.js').Form} Form
 * @typedef {import('./model.js').Parameter} Parameter
 */

export class WebhookDrawer {
	/**
	 * @param {Element} host
	 * @param {{ service: string, form: Form, edit: boolean,
	 *     save: (settings: object, form: Form) =>
	 *     Promise<{ take?: Form } | undefined>,
	 *     preview: (order: object) => Promise<any>,
	 *     test: (settings: any, changed: boolean, back: (e: any) => void) =>
	 *     void, signature?: Element,
	 *     onClose: () => void }} options
	 */
	constructor(host, options) {
		this.host = host;
		this.options = options;
		this.form = options.form;
		this.initial = options.form;
		/** @type {Parameter[]} */
		this.parameters = [];
		this.saving = false;
		this.asking = false;
		this.build();
		this.draw();
	}

	get keeper() {
		return this.options.service === 'callkeeper';
	}

	build() {
		const title = uid('drawer');
		this.buildFields();
		this.general = h('p', { class: 'ch-error ch-error-box',
			role: 'alert' });
		this.submitText = h('span', {});
		this.submitButton = h('button', {
			type: 'submit', class: 'ch-button ch-primary',
		}, h('span', { class: 'ch-spinner' }), this.submitText);
		this.formElement = h('form', {
			class: 'ch-form', novalidate: true, autocomplete: 'off',
			on: {
				submit: (/** @type {Event} */ e) => {
					e.preventDefault();
					this.submit();
				},
			},
		},
		h('h2', { id: title, class: 'ch-drawer-title' },
			t(this.options.edit ? 'edit_title' :
				`add_title_${this.options.service}`)),
		this.origin.element, this.path.element, this.detailFields(),
		this.enabled.element, h('div', { class: 'ch-folds' },
			this.filters.element, this.advanced.element,
			this.preview.element, this.options.signature), this.general,
		h('div', { class: 'ch-drawer-buttons' }, this.submitButton,
			h('button', {
				type: 'button', class: 'ch-button ch-plain',
				on: { click: () => this.cancel() },
			}, t('cancel')),
			h('button', {
				type: 'button', class: 'ch-button ch-outline ch-test-button',
				title: t('test_unsaved'), on: { click: () => this.test() },
			}, icon('send', 18), t('test_short'))));
		this.dialog = h('dialog', {
			class: 'ch-drawer', 'aria-labelledby': title,
			on: {
				keydown: (/** @type {KeyboardEvent} */ e) => this.key(e),
				cancel: (/** @type {Event} */ e) => {
					e.preventDefault();
					this.cancel();
				},
				pointerdown: (/** @type {PointerEvent} */ e) => {
					if (e.target === this.dialog && this.onVeil(e))
						this.cancel();
				},
				close: () => this.closed(),
			},
		}, this.formElement);
	}

	buildFields() {
		this.preview = new Preview(this.options.service,
			this.options.preview);
		this.origin = fieldOf(t('origin'), h('input', {
			type: 'text', placeholder: 'https://mysite.ru',
			inputmode: 'url', autocapitalize: 'off', spellcheck: 'false',
			autofocus: true,
			on: {
				input: (/** @type {InputEvent} */ e) => this.originTyped(e),
				change: () => this.originLeft(),
			},
		}));
		this.path = fieldOf(t('path'), h('input', {
			type: 'text', placeholder: 'path/to/file.php',
			autocapitalize: 'off', spellcheck: 'false',
			on: {
				input: () => this.pathTyped(),
				change: () => this.pathLeft(),
			},
		}));
		this.mapping = new MappingEditor({
			onChange: (items) => this.change({ ...this.form, items }),
		});
		this.params = fieldOf(t('params'), this.mapping.element, true);
		this.method = selectOf(t('method'), METHODS, (m) => m,
			(method) => this.methodChosen(method));
		this.event = selectOf(t('event'), EVENTS, (e) => t(`event_${e}`),
			(event) => this.change({ ...this.form, event }));
		this.contentType = selectOf(t('contentType'), CONTENT_TYPES,
			(c) => c,
			(contentType) => this.change({ ...this.form, contentType }));
		this.enabled = switchOf(t('enabled'), (enabled) =>
			this.change({ ...this.form, enabled }));
		this.filters = new FiltersFold((filters) =>
			this.change({ ...this.form, filters }));
		this.advanced = new AdvancedFold((part) =>
			this.change({ ...this.form, ...part }));
	}

	/** For CallKeeper all but the address is folded away. */
	detailFields() {
		const fields = [this.params.element, this.method.element,
			this.event.element, this.contentType.element];
		if (!this.keeper)
			return fields;
		this.manualState = h('span', { class: 'ch-hint' });
		this.manual = h('details', {
			class: 'ch-manual', open: !isDefaultKeeper(this.form),
		},
		h('summary', {}, icon('chevron', 18), h('span', {},
			t('manual'), this.manualState)), fields);
		return [this.manual];
	}

	/** @param {Parameter[]} parameters */
	setParameters(parameters) {
		this.parameters = parameters;
		this.draw();
	}

	parametersFailed() {
		this.params.error(t('parameters_failed'));
	}

	open() {
		this.host.append(this.dialog);
		this.dialog.showModal();
		this.origin.input.focus();
	}

	get dirty() {
		return !sameForm(this.form, this.initial) || this.mapping.pending;
	}

	/** @param {Form} form */
	change(form) {
		this.form = form;
		this.draw();
	}

	draw() {
		const form = this.form;
		setValue(this.origin.input, form.origin);
		setValue(this.path.input, form.path);
		this.method.input.value = form.method;
		this.event.input.value = form.event;
		this.contentType.input.value = form.contentType;
		this.contentType.input.disabled = form.method === 'GET';
		this.contentType.hint(form.method === 'GET' ?
			t('content_type_off') : '');
		this.enabled.set(form.enabled);
		this.filters.set(form);
		this.advanced.set(form, this.initial);
		this.preview.set(form);
		this.mapping.set({
			items: form.items, event: form.event,
			parameters: this.parameters, errors: this.mapping.errors,
		});
		this.params.hint(form.items.length === 0 && !this.mapping.pending ?
			this.emptyHint() : '');
		if (this.manualState) {
			setText(this.manualState, t(isDefaultKeeper(form) ?
				'manual_default' : 'manual_changed'));
		}
		setText(this.submitText, t(this.saving ? 'saving' :
			this.options.edit ? 'save' : 'add'));
		/* The focus stays on the button, so it is not disabled for real. */
		this.submitButton.setAttribute('aria-disabled', String(this.saving));
		this.dialog.toggleAttribute('data-saving', this.saving);
	}

	emptyHint() {
		const { method, contentType } = this.form;
		return t(`empty_${emptyMapping(this.options.service, method,
			contentType)}`);
	}

	/** @param {InputEvent} e */
	originTyped(e) {
		this.form = { ...this.form, origin: this.origin.input.value };
		this.preview.set(this.form);
		this.origin.error('');
		if (e.inputType === 'insertFromPaste')
			this.splitOrigin(false);
	}

	originLeft() {
		this.splitOrigin(true);
	}

	/** @param {boolean} left  the field was left: also add the scheme */
	splitOrigin(left) {
		const text = this.origin.input.value.trim();
		if (originFault(text.replace(/^([^/]*:\/\/)?([^/?#]*).*$/s,
			'$1$2')) !== null)
			return;
		const { form, moved } = withAddress(this.form, text);
		if (!moved && !left)
			return;
		const assumed = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
		this.change(form);
		this.hintOrigin(moved && t('address_split'),
			assumed && t('scheme_assumed'));
	}

	/** @param {...(string | false)} notes */
	hintOrigin(...notes) {
		this.origin.hint([...notes, /^http:/i.test(this.form.origin.trim()) &&
			t('plain_http')].filter(Boolean).join('. '));
	}

	pathTyped() {
		this.form = { ...this.form, path: this.path.input.value };
		this.preview.set(this.form);
		this.path.error('');
	}

	pathLeft() {
		const { form, moved } = withPath(this.form,
			this.path.input.value.trim());
		this.path.hint(moved ? t('address_split') : '');
		this.change(form);
	}

	/** @param {string} method */
	methodChosen(method) {
		const form = withMethod(this.form, method);
		this.path.hint(form.path !== this.form.path ? t('query_back') : '');
		this.change(form);
	}

	clearErrors() {
		for (const field of this.fields().values())
			field.error('');
		setText(this.general, '');
		this.mapping.errors = new Map();
		this.advanced.headersEditor.clearBad();
	}

	fields() {
		return new Map(Object.entries({
			origin: this.origin, path: this.path, params: this.params,
			method: this.method, event: this.event,
			contentType: this.contentType, enabled: this.enabled,
			...Object.fromEntries(this.filters.fields()),
			...Object.fromEntries(this.advanced.fields()),
		}));
	}

	/** What can be told without asking; the pair that is typed is taken. */
	sound() {
		this.clearErrors();
		this.splitOrigin(true);
		const fault = originFault(this.form.origin);
		const faults = Object.entries({ ...fault && { origin: fault },
			...formFaults(this.form) });
		const fields = this.fields();
		for (const [name, code] of faults)
			fields.get(name)?.error(codeText(code) ?? t('error_any'));
		if (faults.length > 0) {
			this.focusFirstError();
			return false;
		}
		if (this.mapping.pending && this.manual)
			this.manual.open = true;
		return this.mapping.commit();
	}

	/** Sends what the form says, saved or not. */
	test() {
		if (this.saving || !this.sound())
			return;
		this.options.test(settingsOf(this.form, this.options.service),
			!this.options.edit || !sameForm(this.form, this.initial),
			(e) => this.failed(e));
	}

	async submit() {
		if (this.saving || !this.sound())
			return;
		this.setSaving(true);
		try {
			const result = await this.options.save(
				settingsOf(this.form, this.options.service), this.form);
			this.saved(result?.take);
		} catch (e) {
			this.failed(e);
		} finally {
			this.setSaving(false);
		}
	}

	/**
	 * @param {Form | undefined} take  go on with this version instead
	 */
	saved(take) {
		if (take) {
			this.initial = take;
			this.change(take);
		} else {
			this.initial = this.form;
			this.dialog.close();
		}
	}

	/** @param {boolean} saving */
	setSaving(saving) {
		this.saving = saving;
		this.draw();
	}

	/** @param {any} error */
	failed(error) {
		if (error?.kept)
			return;	/* the user went back to the form by himself */
		const errors = error?.errors ?? [];
		if (error?.kind !== 'problem' || errors.length === 0) {
			setText(this.general, faultText(error));
			this.general.scrollIntoView({ block: 'nearest' });
			return;
		}
		const bound = bindErrors(errors, codeText, t('error_any'));
		const fields = this.fields();
		for (const [name, text] of Object.entries(bound.fields)) {
			const field = fields.get(name) ??
				fields.get(name.split('.')[0]);
			if (field)
				field.error(text);
			else
				bound.general.push(text);
		}
		if (bound.headers.size > 0) {
			this.advanced.headers.error([...bound.headers].map(([i, text]) =>
				`${this.form.headers[i]?.name || i + 1}: ${text}`)
				.join(' '));
			for (const i of bound.headers.keys())
				this.advanced.headersEditor.bad(i);
		}
		if (bound.items.size > 0) {
			this.mapping.errors = bound.items;
			this.params.error([...bound.items].map(([i, text]) =>
				`${this.form.items[i]?.name ?? i + 1}: ${text}`)
				.join('. '));
		}
		setText(this.general, bound.general.join(' '));
		this.draw();
		this.focusFirstError();
	}

	focusFirstError() {
		for (const [name, field] of this.fields()) {
			if (!field.faulty)
				continue;
			field.element.closest('details')?.toggleAttribute('open', true);
			if (name === 'headers')
				this.advanced.headersEditor.focusBad();
			else if (name === 'params' && this.mapping.errors.size > 0)
				this.mapping.chips.focus([...this.mapping.errors.keys()][0]);
			else if (name === 'params')
				this.mapping.name.focus();
			else
				field.input.focus();
			return;
		}
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		if (e.key === 'Escape' && e.target instanceof Node &&
		    this.formElement.contains(e.target) && !e.defaultPrevented) {
			e.preventDefault();
			this.cancel();
		}
	}

	/** @param {PointerEvent} e */
	onVeil(e) {
		const box = this.formElement.getBoundingClientRect();
		return e.clientX < box.left;
	}

	async cancel() {
		if (this.saving || this.asking)
			return;
		this.asking = this.dirty;
		const close = !this.asking || await askDiscard(this.host);
		this.asking = false;
		if (close)
			this.dialog.close();
	}

	closed() {
		this.preview.stop();
		this.dialog.remove();
		this.options.onClose();
	}
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
