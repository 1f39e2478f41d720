/*
 * A mapping filled in with the data of an event: as one JSON object, or as
 * name=value pairs of a query or form, nested values the way PHP's
 * http_build_query writes them.  Unlike that function a name is never left
 * out: null, {} and [] are sent as "name=".  request.c calls this.
 */
#include "config.h"

#include "hook/mapping.h"
#include "hook/parameter.h"
#include "hook/scan.h"
#include "hook/url.h"
#include "hook/webhook.h"

/* A piece of a query or form on its way out. */
struct pairs {
	struct buf *out;
	struct buf name;	/* of the value at hand, encoded */
	struct buf text;	/* scratch: unescaped string */
	bool plus;
	bool any;		/* something was written: '&' comes next */
};

static void add_value(struct pairs *w, struct span value);

static void
pairs_init(struct pairs *w, bool plus, struct buf *out)
{
	*w = (struct pairs){ .out = out, .plus = plus };
	buf_init(&w->name, out->max);
	buf_init(&w->text, out->max);
}

/* An error of the name becomes one of what was to be written. */
static bool
pairs_ok(struct pairs *w)
{
	if (w->out->err == ERR_OK)
		w->out->err = buf_err(&w->name);
	return w->out->err == ERR_OK;
}

static void
pairs_done(struct pairs *w)
{
	buf_free(&w->name);
	buf_free(&w->text);
}

/* Appends a raw JSON string, unescaped and percent-encoded. */
static void
encode_string(struct pairs *w, struct span string, struct buf *out)
{
	buf_reset(&w->text);
	scan_unescape(string, &w->text);
	if (buf_err(&w->text) != ERR_OK)
		out->err = buf_err(&w->text);
	else
		url_encode(buf_as_span(&w->text), w->plus, out);
}

/* Nesting is at most SCAN_DEPTH, and so is the recursion. */
static void
add_children(struct pairs *w, struct span value)
{
	struct scan_iter it = { 0 };
	struct span key, child;
	size_t i = 0, len = w->name.len;

	while (scan_next(&it, value, &key, &child)) {
		buf_str(&w->name, "%5B");
		if (key.p != NULL)
			encode_string(w, key, &w->name);
		else
			buf_fmt(&w->name, "%zu", i++);
		buf_str(&w->name, "%5D");
		/* Full is full: a megabyte of children is not walked then. */
		if (!pairs_ok(w))
			return;
		add_value(w, child);
		w->name.len = len;
		w->name.p[len] = '\0';
	}
}

static bool
has_children(struct span value)
{
	struct scan_iter it = { 0 };
	struct span key, child;

	return scan_next(&it, value, &key, &child);
}

/* Writes the value under w->name. */
static void
add_value(struct pairs *w, struct span value)
{
	enum scan_type type = scan_type(value);

	if (has_children(value)) {
		add_children(w, value);
		return;
	}
	if (w->any)
		buf_chr(w->out, '&');
	w->any = true;
	buf_span(w->out, buf_as_span(&w->name));
	buf_chr(w->out, '=');
	switch (type) {
	case SCAN_STRING:
		encode_string(w, value, w->out);
		break;
	case SCAN_NUMBER:
		/* The '+' of 1e+5 would be read as a blank. */
		url_encode(value, w->plus, w->out);
		break;
	case SCAN_TRUE:
		buf_chr(w->out, '1');
		break;
	case SCAN_FALSE:
		buf_chr(w->out, '0');
		break;
	case SCAN_NULL:
	case SCAN_OBJECT:
	case SCAN_ARRAY:
	case SCAN_NONE:
		break;
	}
}

void
mapping_json(const struct mapping_item *items, size_t n, struct span data,
    struct buf *out)
{
	size_t i;

	buf_chr(out, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_chr(out, ',');
		buf_json_str(out, span_of(items[i].name));
		buf_chr(out, ':');
		if (items[i].parameter != NULL)
			scan_compact(parameter_value(items[i].parameter, data),
			    out);
		else
			buf_json_str(out, span_of(items[i].text));
	}
	buf_chr(out, '}');
}

void
mapping_pairs(const struct mapping_item *items, size_t n, struct span data,
    bool plus, struct buf *out)
{
	struct pairs w;
	size_t i;

	pairs_init(&w, plus, out);
	for (i = 0; i < n; i++) {
		buf_reset(&w.name);
		url_encode(span_of(items[i].name), plus, &w.name);
		if (!pairs_ok(&w))
			break;
		if (items[i].parameter != NULL) {
			add_value(&w,
			    parameter_value(items[i].parameter, data));
			continue;
		}
		if (w.any)
			buf_chr(out, '&');
		w.any = true;
		buf_span(out, buf_as_span(&w.name));
		buf_chr(out, '=');
		url_encode(span_of(items[i].text), plus, out);
	}
	pairs_done(&w);
}

void
mapping_all_pairs(struct span data, bool plus, struct buf *out)
{
	struct scan_iter it = { 0 };
	struct span key, value;
	struct pairs w;

	pairs_init(&w, plus, out);
	while (scan_next(&it, data, &key, &value)) {
		buf_reset(&w.name);
		encode_string(&w, key, &w.name);
		if (!pairs_ok(&w))
			break;
		add_value(&w, value);
	}
	pairs_done(&w);
}
