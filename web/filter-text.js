// @ts-check
/**
 * Conditions and other optional settings in words: for the folds of the
 * form, the details of a row, the history and the conflict.
 */
import { t } from './i18n.js';

/**
 * @param {{ name: string, value: any }} filter  one that is set
 * @returns {string}
 */
export function filterText({ name, value }) {
	switch (name) {
	case 'status':
		return t(`status_${value}`);
	case 'kind':
		return t(`call_kind_${value}`);
	case 'min_duration':
		return t('from_seconds', value);
	case 'last_attempt_only':
		return t('filter_last_attempt_only');
	default:
		return `${t(`filter_${name}`)}: ${value.join(', ')}`;
	}
}

/** @param {{ type: string, user?: string }} auth */
export function authText(auth) {
	return auth.type === '' ? t('auth_') : auth.type === 'basic' ?
		`Basic: ${auth.user}` : 'Bearer';
}
