/*
 * A mapping filled in with a call: as one JSON object, or as
 * name=value pairs of a query or form, nested values the way PHP's
 * http_build_query writes them.  Unlike that function a name is never left
 * out: null, {} and [] are sent as "name=".  request.c calls this.
 */
#include "config.h"

#include <string.h>

#include "hook/mapping.h"
#include "hook/nest.h"
#include "hook/parameter.h"
#include "hook/scan.h"
#include "hook/template.h"
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

struct span
mapping_name(const struct mapping_item *item)
{
	struct span name = span_of(item->name);

	if (item->parameter != NULL && item->path == NULL &&
	    strcmp(item->parameter->type, "array") == 0 && name.len > 2 &&
	    memcmp(name.p + name.len - 2, "[]", 2) == 0)
		name.len -= 2;
	return name;
}

/* Takes the value of a parameter; it lives in scratch or in the call. */
static struct span
item_value(const struct mapping_item *item, const struct parameter_call *call,
    struct buf *scratch)
{
	return parameter_value(item->parameter, span_of(item->path), call,
	    scratch);
}

/* The text of what is no parameter: a constant, or a template filled in. */
static struct span
item_text(const struct mapping_item *item, const struct parameter_call *call,
    struct buf *scratch)
{
	if (!item->template)
		return span_of(item->text);
	buf_reset(scratch);
	template_render(item->template, call, scratch);
	return buf_as_span(scratch);
}

/* What filling in went wrong with becomes an error of what is written. */
static void
pass_error(const struct buf *scratch, struct buf *out)
{
	if (out->err == ERR_OK)
		out->err = buf_err(scratch);
}

static void
json_value(const struct mapping_item *item, const struct parameter_call *call,
    struct buf *scratch, struct buf *out)
{
	if (item->parameter != NULL)
		scan_compact(item_value(item, call, scratch), out);
	else
		buf_json_str(out, item_text(item, call, scratch));
	pass_error(scratch, out);
}

/* What a tree of names is written with. */
struct tree {
	const struct mapping_item *items;
	const struct parameter_call *call;
	const struct nest *nest;
	struct buf *scratch, *out;
};

/* A name has at most WEBHOOK_NAME_MAX bytes, and so is the recursion bounded. */
static void
json_node(const struct tree *t, const struct nest_node *node)
{
	const struct nest_node *v = t->nest->v, *child;
	bool list = node != v && nest_is_list(t->nest, node);
	size_t i;

	if (node->leaf) {
		json_value(&t->items[node->item], t->call, t->scratch, t->out);
		return;
	}
	buf_chr(t->out, list ? '[' : '{');
	for (i = node->child; i != 0; i = v[i].next) {
		child = &v[i];
		if (i != node->child)
			buf_chr(t->out, ',');
		if (!list && child->key.p != NULL)
			buf_json_str(t->out, child->key);
		else if (!list)
			buf_fmt(t->out, "\"%lld\"", (long long)child->number);
		if (!list)
			buf_chr(t->out, ':');
		json_node(t, child);
	}
	buf_chr(t->out, list ? ']' : '}');
}

static void
json_nested(const struct mapping_item *items, size_t n,
    const struct parameter_call *call, struct buf *scratch, struct buf *out)
{
	struct nest nest = NEST_INIT;
	struct tree t = { items, call, &nest, scratch, out };
	size_t i, other;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = nest_add(&nest, mapping_name(&items[i]), i, &other);
	if (rc == 0)
		json_node(&t, &nest.v[0]);
	else if (out->err == ERR_OK)
		out->err = (enum err)rc;
	nest_free(&nest);
}

void
mapping_json(const struct mapping_item *items, size_t n,
    const struct parameter_call *call, struct buf *out)
{
	struct buf scratch;
	bool nested = false;
	size_t i;

	buf_init(&scratch, out->max);
	for (i = 0; i < n && !nested; i++)
		nested = nest_is_nested(mapping_name(&items[i]));
	if (nested) {
		json_nested(items, n, call, &scratch, out);
	} else {
		buf_chr(out, '{');
		for (i = 0; i < n; i++) {
			if (i > 0)
				buf_chr(out, ',');
			buf_json_str(out, mapping_name(&items[i]));
			buf_chr(out, ':');
			json_value(&items[i], call, &scratch, out);
		}
		buf_chr(out, '}');
	}
	buf_free(&scratch);
}

void
mapping_pairs(const struct mapping_item *items, size_t n,
    const struct parameter_call *call, bool plus, struct buf *out)
{
	struct buf scratch;
	struct pairs w;
	size_t i;

	pairs_init(&w, plus, out);
	buf_init(&scratch, out->max);
	for (i = 0; i < n; i++) {
		buf_reset(&w.name);
		url_encode(mapping_name(&items[i]), plus, &w.name);
		if (!pairs_ok(&w))
			break;
		if (items[i].parameter != NULL) {
			add_value(&w, item_value(&items[i], call, &scratch));
		} else {
			if (w.any)
				buf_chr(out, '&');
			w.any = true;
			buf_span(out, buf_as_span(&w.name));
			buf_chr(out, '=');
			url_encode(item_text(&items[i], call, &scratch), plus,
			    out);
		}
		pass_error(&scratch, out);
	}
	buf_free(&scratch);
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
