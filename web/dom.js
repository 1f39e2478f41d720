// @ts-check
/**
 * Small helpers over the DOM.  Everything is made of elements and text nodes,
 * never of markup in strings: the page runs under Trusted Types.
 */

/**
 * @typedef {Node | string | null | undefined | false} Child
 * @typedef {Record<string, unknown> & { on?: Record<string, (e: any) => void> }} Props
 */

/**
 * Makes an element.  Boolean true sets an empty attribute, false, null and
 * undefined leave it out, "on" takes listeners, "value", "checked" and
 * "disabled" are set as properties.
 * @param {string} tag
 * @param {Props} [props]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
	const el = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) {
		if (name === 'on') {
			const listeners = /** @type {Record<string, any>} */ (value);
			for (const [type, fn] of Object.entries(listeners))
				el.addEventListener(type, fn);
		} else if (name === 'value' || name === 'checked' ||
		    name === 'disabled') {
			/** @type {any} */ (el)[name] = value;
		} else if (value === true) {
			el.setAttribute(name, '');
		} else if (value !== false && value !== null &&
		    value !== undefined) {
			el.setAttribute(name, String(value));
		}
	}
	append(el, children);
	return el;
}

/**
 * @param {Element} el
 * @param {(Child | Child[])[]} children
 */
function append(el, children) {
	for (const child of children.flat()) {
		if (child !== null && child !== undefined && child !== false)
			el.append(child);
	}
}

/**
 * Replaces all children.
 * @param {Element} el
 * @param {...(Child | Child[])} children
 */
export function fill(el, ...children) {
	el.replaceChildren();
	append(el, children);
}

/**
 * Makes these the children.  Moves only what is not in its place: a moved
 * element loses the focus.
 * @param {Element} parent
 * @param {Element[]} wanted
 */
export function arrange(parent, wanted) {
	const keep = new Set(wanted);
	for (const el of [...parent.children]) {
		if (!keep.has(el))
			el.remove();
	}
	let at = parent.firstElementChild;
	for (const el of wanted) {
		if (el === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(el, at);
	}
}

/**
 * Writes text only when it differs, so that live regions and selections of
 * the user are left alone.
 * @param {Element} el
 * @param {string} text
 */
export function setText(el, text) {
	if (el.textContent !== text)
		el.textContent = text;
}

let ids = 0;

/**
 * An id for label, aria-controls and the like; unique in the document.
 * @param {string} stem
 */
export function uid(stem) {
	ids += 1;
	return `ch-${stem}-${ids}`;
}
