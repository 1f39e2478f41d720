// @ts-check
/**
 * What a failed request says to the user.
 */
import { maybe, t } from './i18n.js';

/**
 * @param {any} error  mostly an ApiError
 * @returns {string}
 */
export function faultText(error) {
	switch (error?.kind) {
	case 'offline':
		return t('offline');
	case 'timeout':
		return t('timeout');
	case 'problem':
		return problemText(error);
	default:
		throw error;	/* a bug of ours: let it be seen */
	}
}

/**
 * What is wrong with a request, where there is no field to say it at.
 * @param {import('./api.js').Fault[]} faults
 */
export function detailsText(faults) {
	return faults.map((fault) => fault.detail?.replace(/[^.!?]$/, '$&.'))
		.filter(Boolean).join(' ');
}

/** @param {import('./api.js').ApiError} error */
function problemText(error) {
	const id = error.requestId ? ` ${t('request_id', error.requestId)}` : '';
	const detail = detailsText(error.errors) || error.problem?.detail;
	if (error.status === 401)
		return t('expired');
	if (error.status === 403)
		return detail || t('forbidden');
	if (error.status === 404)
		return t('gone');
	if (error.status >= 500)
		return t('unavailable') + id;
	return detail || t('failed', error.status) + id;
}

/** @param {string} code of the API or of the form */
export function codeText(code) {
	return maybe(`error_${code}`);
}
