// @ts-check
/**
 * Tables as CSV for spreadsheets.  Pure.
 */

/**
 * A cell that no spreadsheet takes for a formula: call ids and codes come
 * from outside.
 * @param {unknown} value
 * @param {string} separator
 */
export function csvCell(value, separator) {
	let text = value === null || value === undefined ? '' : String(value);
	if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text))
		text = `'${text}`;
	return text.includes(separator) || /["\r\n]/.test(text) ?
		`"${text.replaceAll('"', '""')}"` : text;
}

/**
 * RFC 4180 with the separator that the language's spreadsheets expect, and a
 * byte order mark so that they read it as UTF-8.
 * @param {unknown[][]} rows
 * @param {string} separator
 */
export function csvText(rows, separator) {
	return `\ufeff${rows.map((row) => row.map((value) =>
		csvCell(value, separator)).join(separator)).join('\r\n')}\r\n`;
}
