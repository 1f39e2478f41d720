// @ts-check
/**
 * The tab «API ключ», and the question for a key when the API knows nobody.
 */
import { h, uid } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/**
 * A command or request to copy.
 * @param {string} text
 * @param {string} label
 * @param {(text: string) => void} say
 */
export function sample(text, label, say) {
	const box = h('div', { class: 'ch-sample' }, h('pre', {
		tabindex: '0', role: 'region', 'aria-label': label,
	}, h('code', {}, text)));
	/* Without a secure context browsers have no clipboard. */
	if (navigator.clipboard) {
		box.append(h('button', {
			type: 'button', class: 'ch-icon-button', title: t('copy'),
			'aria-label': `${t('copy')}: ${label}`,
			on: {
				click: async () => {
					try {
						await navigator.clipboard.writeText(text);
						say(t('copied'));
					} catch {
						say(t('copy_failed'));
					}
				},
			},
		}, icon('copy', 20)));
	}
	return box;
}

/**
 * @param {{ base: string, keyInUse: boolean, list: Node,
 *     onForget: () => void, say: (text: string) => void }} options
 */
export function keyTab(options) {
	const request = 'curl -H \'Authorization: Bearer ' +
		`${t('key_placeholder')}' \\\n  ` +
		`'${new URL('webhooks?service=calltracking', options.base)}'`;
	return h('section', { class: 'ch-card ch-key' },
		h('h2', {}, t('key_title')),
		h('p', {}, t('key_intro')),
		options.keyInUse && h('p', { class: 'ch-key-in-use' },
			t('key_in_use'), ' ',
			h('button', {
				type: 'button', class: 'ch-link',
				on: { click: options.onForget },
			}, t('key_forget'))),
		options.list,
		h('h3', {}, t('key_sample')),
		h('p', {}, t('key_sample_text')),
		sample(request, t('key_sample'), options.say));
}

/**
 * @param {boolean} refused  a key was tried before
 * @param {{ onKey: (key: string) => void, onRetry?: () => void }} handlers
 */
export function keyForm(refused, { onKey, onRetry }) {
	const id = uid('key');
	const input = h('input', {
		id, type: 'password', autocomplete: 'off', spellcheck: 'false',
		required: true, 'aria-describedby': `${id}-hint`,
		'aria-invalid': refused ? 'true' : null,
	});
	return h('form', {
		class: 'ch-key-form',
		on: {
			submit: (/** @type {Event} */ e) => {
				e.preventDefault();
				if (input.value.trim() !== '')
					onKey(input.value.trim());
			},
		},
	},
	h('label', { class: 'ch-label', for: id }, t('key_label')), input,
	h('p', { class: 'ch-hint', id: `${id}-hint` },
		`${refused ? `${t('wrong_key')} ` : ''}${t('unauthorized_hint')}`),
	h('div', { class: 'ch-key-buttons' },
		h('button', { type: 'submit', class: 'ch-button ch-primary' },
			t('key_submit')),
		onRetry && h('button', {
			type: 'button', class: 'ch-button ch-plain',
			on: { click: onRetry },
		}, t('signed_in'))));
}
