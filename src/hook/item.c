/*
 * The lines of a mapping: read and checked from a webhook's settings, and
 * written back.  Called by webhook.c; what they are filled in with is
 * mapping.c's.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "hook/item.h"
#include "hook/mapping.h"
#include "hook/nest.h"
#include "hook/parameter.h"
#include "hook/reader.h"
#include "hook/template.h"
#include "hook/text.h"
#include "hook/webhook.h"

enum { NAME_SHOWN = 64 };	/* bytes of a name in a sentence */

static const char *const FIELDS[] = { "name", "value", "text", "template",
	NULL };

/* field NULL: the line as a whole. */
static void
bad(struct reader *r, enum fault_code code, const char *arg, size_t i,
    const char *field)
{
	reader_bad_at(r, code, arg, "/params", i, field);
}

/* There is no parameter of that name, which is cut to fit into a sentence. */
static void
bad_parameter(struct reader *r, struct span name, size_t i, const char *field)
{
	char text[NAME_SHOWN + sizeof("…")];
	size_t len = name.len > NAME_SHOWN ? NAME_SHOWN : name.len;

	/* Not in the middle of a character. */
	while (len > 0 && len < name.len &&
	    ((unsigned char)name.p[len] & 0xc0) == 0x80)
		len--;
	snprintf(text, sizeof(text), "%.*s%s", (int)len, name.p,
	    len < name.len ? "…" : "");
	bad(r, FAULT_UNKNOWN_PARAMETER, text, i, field);
}

/* Can the name stand beside those before it, when they nest? */
static void
place_name(struct reader *r, size_t i, struct nest *nest)
{
	size_t other;

	switch (nest_add(nest, mapping_name(&r->w->items[i]), i, &other)) {
	case 0:
		break;
	case ERR_CONFLICT:
		bad(r, FAULT_CONFLICT, r->w->items[other].name, i, "name");
		break;
	default:
		r->nomem = true;
	}
}

static void
read_name(struct reader *r, size_t i, const json_t *v)
{
	struct span s;
	size_t k;

	if (!json_is_string(v)) {
		bad(r, v ? FAULT_WRONG_TYPE : FAULT_REQUIRED,
		    v ? "string" : NULL, i, "name");
		return;
	}
	s = reader_string(v);
	if (s.len == 0) {
		bad(r, FAULT_REQUIRED, NULL, i, "name");
	} else if (s.len > WEBHOOK_NAME_MAX) {
		bad(r, FAULT_TOO_LONG, "255", i, "name");
	} else if (!text_is_clean(s)) {
		bad(r, FAULT_BAD_CHARACTER, NULL, i, "name");
	} else {
		for (k = 0; k < i; k++)
			if (r->w->items[k].name &&
			    span_is(s, r->w->items[k].name))
				break;
		if (k < i)
			bad(r, FAULT_DUPLICATE_NAME, NULL, i, "name");
		else
			r->w->items[i].name = reader_copy(r, s);
	}
}

static void
read_value(struct reader *r, size_t i, const json_t *v)
{
	struct mapping_item *item = &r->w->items[i];
	struct span rest;

	if (!json_is_string(v)) {
		bad(r, FAULT_WRONG_TYPE, "string", i, "value");
		return;
	}
	/* Whose parameters, nobody knows: the service has its own fault. */
	if (!r->service_known)
		return;
	item->parameter = parameter_resolve(r->w->service, reader_string(v),
	    &rest);
	if (item->parameter && rest.len > 0)
		item->path = reader_copy(r, rest);
	if (!item->parameter)
		bad_parameter(r, reader_string(v), i, "value");
}

static void
read_text(struct reader *r, size_t i, const json_t *v)
{
	struct span s;

	if (!json_is_string(v)) {
		bad(r, FAULT_WRONG_TYPE, "string", i, "text");
		return;
	}
	s = reader_string(v);
	if (s.len > WEBHOOK_TEXT_MAX)
		bad(r, FAULT_TOO_LONG, "4096", i, "text");
	else if (!text_is_clean(s))
		bad(r, FAULT_BAD_CHARACTER, NULL, i, "text");
	else
		r->w->items[i].text = reader_copy(r, s);
}

static void
read_template(struct reader *r, size_t i, const json_t *v)
{
	struct template_flaw flaw;
	struct span s;

	if (!json_is_string(v)) {
		bad(r, FAULT_WRONG_TYPE, "string", i, "template");
		return;
	}
	s = reader_string(v);
	if (s.len > WEBHOOK_TEXT_MAX) {
		bad(r, FAULT_TOO_LONG, "4096", i, "template");
	} else if (!text_is_clean(s)) {
		bad(r, FAULT_BAD_CHARACTER, NULL, i, "template");
	} else if (r->service_known && template_parse(r->w->service, s,
	    &r->w->items[i].template, &flaw) < 0) {
		if (flaw.fault == TEMPLATE_UNKNOWN)
			bad_parameter(r, flaw.name, i, "template");
		else if (flaw.fault == TEMPLATE_SYNTAX)
			bad(r, FAULT_TEMPLATE_SYNTAX, NULL, i, "template");
		else
			r->nomem = true;
	}
}

static void
read_param(struct reader *r, size_t i, const json_t *param, struct nest *nest)
{
	const json_t *value, *text, *template;

	if (!json_is_object(param)) {
		bad(r, FAULT_WRONG_TYPE, "object", i, NULL);
		return;
	}
	reader_fields_at(r, param, FIELDS, "/params", i);
	read_name(r, i, json_object_get(param, "name"));
	value = json_object_get(param, "value");
	text = json_object_get(param, "text");
	template = json_object_get(param, "template");
	if (!!value + !!text + !!template != 1)
		bad(r, FAULT_VALUE_OR_TEXT, NULL, i, "value");
	else if (value)
		read_value(r, i, value);
	else if (text)
		read_text(r, i, text);
	else
		read_template(r, i, template);
	if (r->w->items[i].name)
		place_name(r, i, nest);
}

void
item_read(struct reader *r)
{
	const json_t *list = json_object_get(r->json, "params");
	struct nest nest = NEST_INIT;
	size_t n;

	if (!list)
		return;
	if (!json_is_array(list)) {
		reader_bad(r, FAULT_WRONG_TYPE, "array", "/params");
		return;
	}
	n = json_array_size(list);
	if (n > WEBHOOK_PARAMS_MAX) {
		reader_bad(r, FAULT_TOO_MANY, "200", "/params");
		return;
	}
	if (n == 0)
		return;
	r->w->items = calloc(n, sizeof(*r->w->items));
	if (!r->w->items) {
		r->nomem = true;
		return;
	}
	for (; r->w->items_n < n; r->w->items_n++)
		read_param(r, r->w->items_n,
		    json_array_get(list, r->w->items_n), &nest);
	nest_free(&nest);
}

void
item_free(struct webhook *w)
{
	size_t i;

	for (i = 0; i < w->items_n; i++) {
		free(w->items[i].name);
		free(w->items[i].path);
		free(w->items[i].text);
		template_free(w->items[i].template);
	}
	free(w->items);
	w->items = NULL;
	w->items_n = 0;
}

/* A NULL of json_pack, or of what it is given, makes the append fail. */
static json_t *
one_json(const struct mapping_item *item)
{
	if (item->parameter && item->path)
		return json_pack("{s:s, s:s++}", "name", item->name, "value",
		    item->parameter->id, ".", item->path);
	if (item->parameter)
		return json_pack("{s:s, s:s}", "name", item->name, "value",
		    item->parameter->id);
	return json_pack("{s:s, s:s}", "name", item->name,
	    item->template ? "template" : "text",
	    item->template ? template_text(item->template) : item->text);
}

json_t *
item_json(const struct webhook *w)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < w->items_n; i++)
		if (json_array_append_new(list, one_json(&w->items[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}
