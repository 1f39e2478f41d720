/*
 * Strict JSON documents by way of jansson, and writing them into a buf.  The
 * message of the last error is kept here, so it is for one thread; used for
 * settings and request bodies, not for event payloads.
 */
#include "config.h"

#include "core/jsonx.h"

#include <stdbool.h>
#include <string.h>

enum { REAL_DIGITS = 15 };	/* as many as a double keeps of any number */

static json_error_t last;

/*
 * What is too much of text, or NULL: nested deeper than JSONX_DEPTH, more
 * values than JSONX_VALUES.  Looked at before parsing: a megabyte of "{},"
 * would be seventy of the parser's, and its own limit of depth is far above
 * what recursion over the result may cost.
 */
static const char *
too_much(struct span text, size_t *offset)
{
	size_t i;
	int depth = 0, values = 0;
	bool string = false;

	for (i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				string = false;
		} else if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			depth++;
			values++;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (c == ',') {
			values++;
		}
		if (depth > JSONX_DEPTH || values > JSONX_VALUES) {
			*offset = i;
			return depth > JSONX_DEPTH ? "nested too deeply" :
			    "too many values";
		}
	}
	return NULL;
}

int
jsonx_parse(struct span text, json_t **out, const char **why, size_t *offset)
{
	json_t *value;

	*offset = 0;
	if (text.len == 0) {
		*why = "the document is empty";
		return ERR_SYNTAX;
	}
	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		*why = "a byte order mark is not allowed";
		return ERR_SYNTAX;
	}
	*why = too_much(text, offset);
	if (*why != NULL)
		return ERR_TOO_BIG;
	value = json_loadb(text.p, text.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &last);
	if (value == NULL) {
		*why = last.text;
		*offset = last.position > 0 ? (size_t)last.position : 0;
		switch (json_error_code(&last)) {
		case json_error_out_of_memory: return ERR_NOMEM;
		case json_error_numeric_overflow: return ERR_RANGE;
		default: return ERR_SYNTAX;
		}
	}
	*out = value;
	return 0;
}

static int
add(const char *p, size_t len, void *cookie)
{
	struct buf *b = cookie;

	buf_add(b, p, len);
	return buf_err(b) == ERR_OK ? 0 : -1;
}

int
jsonx_merge(json_t *target, json_t *patch)
{
	json_t *value, *inner;
	const char *key;
	int rc = 0;

	json_object_foreach(patch, key, value) {
		if (json_is_null(value)) {
			json_object_del(target, key);
			continue;
		}
		if (!json_is_object(value)) {
			rc = json_object_set(target, key, value);
		} else {
			inner = json_object_get(target, key);
			if (!json_is_object(inner)) {
				rc = json_object_set_new(target, key,
				    json_object());
				inner = json_object_get(target, key);
			}
			if (rc == 0)
				rc = jsonx_merge(inner, value);
		}
		if (rc < 0)
			return ERR_NOMEM;
	}
	return 0;
}

void
jsonx_write(struct buf *b, const json_t *value)
{
	if (json_dump_callback(value, add, b,
	    JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS)) !=
	    0 && b->err == ERR_OK)
		b->err = ERR_NOMEM;
}
