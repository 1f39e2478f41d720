/*
 * The PHP script that a preview shows beside the request: most receivers are
 * written in PHP, and where a request's values are to be found there depends on
 * method and content type.  Pure.
 */
#include "config.h"

#include <string.h>

#include "hook/mapping.h"
#include "hook/nest.h"
#include "hook/snippet.h"
#include "hook/webhook.h"

/* 'text' for PHP. */
static void
quote(struct span text, struct buf *out)
{
	size_t i;

	buf_chr(out, '\'');
	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '\'' || text.p[i] == '\\')
			buf_chr(out, '\\');
		buf_chr(out, text.p[i]);
	}
	buf_chr(out, '\'');
}

/* What PHP makes of the part of a name before its brackets. */
static bool
quote_mangled(struct span name, struct buf *out)
{
	struct buf word = BUF_INIT(WEBHOOK_NAME_MAX + 1);
	bool changed = false;
	size_t i;

	for (i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (c == ' ' && word.len == 0) {
			changed = true;		/* leading blanks go */
		} else if (c == ' ' || c == '.' || c == '[') {
			changed = true;
			buf_chr(&word, '_');
		} else {
			buf_chr(&word, c);
		}
	}
	quote(buf_as_span(&word), out);
	buf_free(&word);
	return changed;
}

/* PHP keeps nothing of a query or form whose name begins with a bracket. */
static bool
is_lost(const char *name)
{
	return name[strspn(name, " ")] == '[';
}

/* ['a']['b'] for a[b], as PHP reads a query or a form. */
static bool
index_form(struct span name, struct buf *out)
{
	const char *end = name.p + name.len;
	const char *open = memchr(name.p, '[', name.len), *close;
	bool changed;

	/* A bracket that is never closed is a letter like others. */
	if (open != NULL && memchr(open, ']', (size_t)(end - open)) == NULL)
		open = NULL;
	buf_chr(out, '[');
	changed = quote_mangled((struct span){ name.p,
	    open ? (size_t)(open - name.p) : name.len }, out);
	buf_chr(out, ']');
	while (open != NULL && open < end && *open == '[' &&
	    (close = memchr(open, ']', (size_t)(end - open))) != NULL) {
		buf_chr(out, '[');
		if (close - open > 1)
			quote((struct span){ open + 1,
			    (size_t)(close - open - 1) }, out);
		else
			buf_chr(out, '0');
		buf_chr(out, ']');
		open = close + 1;
	}
	return changed;
}

/* The same in JSON, where names keep their dots and blanks. */
static void
index_json(struct span name, struct buf *out)
{
	struct nest_part part = { .rest = name };

	while (nest_part(&part)) {
		buf_chr(out, '[');
		if (part.key.len > 0)
			quote(part.key, out);
		else
			buf_chr(out, '0');
		buf_chr(out, ']');
	}
}

/* Where $data comes from; the line ends with a comment. */
static void
source(const struct webhook *w, bool russian, struct buf *out)
{
	bool form = w->content_type == WEBHOOK_FORM;

	if (w->method == WEBHOOK_GET) {
		buf_str(out, "$data = $_GET;\n");
	} else if (form && w->method == WEBHOOK_POST) {
		buf_str(out, "$data = $_POST;\n");
	} else if (form) {
		buf_str(out, russian ?
		    "// При методах PUT и DELETE массив $_POST пуст\n" :
		    "// With PUT and DELETE $_POST is empty\n");
		buf_str(out,
		    "parse_str(file_get_contents('php://input'), $data);\n");
	} else {
		buf_str(out, russian ?
		    "// Тело в JSON: массив $_POST пуст\n" :
		    "// The body is JSON: $_POST is empty\n");
		buf_str(out, "$data = json_decode("
		    "file_get_contents('php://input'), true);\n");
	}
}

static void
item(const struct webhook *w, size_t i, bool russian, struct buf *out)
{
	bool json = w->method != WEBHOOK_GET &&
	    w->content_type == WEBHOOK_JSON;
	struct span name = mapping_name(&w->items[i]);
	bool changed = false;

	if (!json && is_lost(w->items[i].name)) {
		buf_fmt(out, "$value%zu = null; // %s\n", i + 1, russian ?
		    "PHP отбрасывает имена, которые начинаются с [" :
		    "PHP drops names that begin with [");
		return;
	}
	buf_fmt(out, "$value%zu = $data", i + 1);
	if (json && nest_is_nested(name)) {
		index_json(name, out);
	} else if (json) {
		buf_chr(out, '[');
		quote(name, out);
		buf_chr(out, ']');
	} else {
		changed = index_form(name, out);
	}
	buf_str(out, " ?? null;");
	if (changed)
		buf_str(out, russian ?
		    " // PHP заменяет точки и пробелы в имени на _" :
		    " // PHP turns dots and blanks of a name into _");
	buf_chr(out, '\n');
}

void
snippet_php(const struct webhook *w, bool russian, struct buf *out)
{
	size_t i;

	buf_str(out, "<?php\n");
	source(w, russian, out);
	for (i = 0; i < w->items_n; i++)
		item(w, i, russian, out);
	if (w->items_n == 0)
		buf_str(out, "error_log(print_r($data, true));\n");
	buf_str(out, "http_response_code(200);\n");
}
