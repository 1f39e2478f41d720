// @ts-check
/**
 * What one attempt was: why it failed, where the time went, request and
 * answer side by side.
 */
import { h } from './dom.js';
import { answerParts, message } from './http-message.js';
import { t } from './i18n.js';
import { timingsPicture } from './timings.js';

/**
 * @param {any} a  an attempt of a delivery, or the answer to a test
 */
export function attemptBody(a) {
	const why = a.error_text ?? a.explanation;
	return h('div', { class: 'ch-attempt-body' },
		why && h('p', { class: 'ch-explained' }, why),
		a.address && h('p', { class: 'ch-hint' },
			t('attempt_address', a.address)),
		a.timings && timingsPicture(a.timings),
		h('div', { class: 'ch-messages' }, request(a), response(a)));
}

/** @param {any} a */
function request(a) {
	const r = a.request;
	if (!r)
		return message(t('request'), t('no_request'));
	return message(t('request'), [r.line, ...r.headers].join('\n'),
		r.body, r.truncated ? t('truncated') : '');
}

/** @param {any} a */
function response(a) {
	if (a.response === null || a.response === undefined)
		return message(t('response'), t('no_response'));
	const { head, body } = answerParts(a.response);
	return message(t('response'), head, body);
}
