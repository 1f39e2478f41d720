/*
 * The settings of a webhook: read and checked from JSON, written back as
 * JSON.  The API reads what is posted (with the address policy), everybody
 * reads what is stored (without).  A struct webhook is built once and then
 * only read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook/fault.h"
#include "hook/parameter.h"
#include "hook/target.h"
#include "hook/text.h"
#include "hook/url.h"
#include "hook/webhook.h"

#define ALL_EVENTS (EVENT_CALL_START | EVENT_CALL_END)
#define PARAMS_MAX_TEXT "200"
#define NAME_MAX_TEXT "255"
#define TEXT_MAX_TEXT "4096"
#define EVENT_NAMES "call_start, call_end"
#define SERVICE_NAMES "calltracking, callkeeper"

static const char *const METHODS[WEBHOOK_METHODS] = {
	[WEBHOOK_GET] = "GET",
	[WEBHOOK_POST] = "POST",
	[WEBHOOK_PUT] = "PUT",
	[WEBHOOK_DELETE] = "DELETE",
};

static const char *const CONTENT_TYPES[WEBHOOK_CONTENT_TYPES] = {
	[WEBHOOK_JSON] = "application/json",
	[WEBHOOK_FORM] = "application/x-www-form-urlencoded",
};

static const char *const FIELDS[] = { "service", "origin", "path", "params",
	"method", "events", "content_type", "enabled", NULL };
static const char *const PARAM_FIELDS[] = { "name", "value", "text", NULL };

/* What one webhook_read works with. */
struct reader {
	const json_t *json;
	struct webhook *w;
	struct faults *faults;
	bool service_known;
	bool bad;		/* a fault was found, if collected or not */
	bool nomem;
};

const char *
webhook_method_name(enum webhook_method m)
{
	return METHODS[m];
}

const char *
webhook_content_type_name(enum webhook_content_type t)
{
	return CONTENT_TYPES[t];
}

static void
bad_field(struct reader *r, enum fault_code code, const char *arg,
    const char *field)
{
	r->bad = true;
	fault_add(r->faults, code, arg, "/%s", field);
}

/* field NULL: the parameter as a whole. */
static void
bad_param(struct reader *r, enum fault_code code, const char *arg, size_t i,
    const char *field)
{
	r->bad = true;
	fault_add(r->faults, code, arg, "/params/%zu%s%s", i,
	    field ? "/" : "", field ? field : "");
}

static struct span
string_of(const json_t *value)
{
	return (struct span){ json_string_value(value),
		json_string_length(value) };
}

static char *
copy(struct reader *r, struct span s)
{
	char *p = strndup(s.p, s.len);

	if (!p)
		r->nomem = true;
	return p;
}

static bool
in_list(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

/* Reports the members of object that known does not name. */
static void
check_fields(struct reader *r, const json_t *object, const char *const *known,
    const char *prefix)
{
	/* jansson iterates with a pointer to non-const. */
	json_t *o = (json_t *)(uintptr_t)object, *value;
	const char *key;

	json_object_foreach(o, key, value) {
		if (in_list(known, key))
			continue;
		r->bad = true;
		fault_add_field(r->faults, FAULT_UNKNOWN_FIELD, prefix, key);
	}
}

/* A string field; p NULL when it is absent or no string. */
static struct span
get_string(struct reader *r, const char *field, bool required)
{
	const json_t *v = json_object_get(r->json, field);

	if (v && json_is_string(v))
		return string_of(v);
	if (v)
		bad_field(r, FAULT_WRONG_TYPE, "string", field);
	else if (required)
		bad_field(r, FAULT_REQUIRED, NULL, field);
	return (struct span){ NULL, 0 };
}

/* The index of the field's value in names, def when it is absent or wrong. */
static int
get_choice(struct reader *r, const char *field, const char *const *names,
    int n, const char *all, int def)
{
	struct span s = get_string(r, field, false);
	int i;

	if (!s.p)
		return def;
	for (i = 0; i < n; i++)
		if (span_is(s, names[i]))
			return i;
	bad_field(r, FAULT_NOT_IN_LIST, all, field);
	return def;
}

static void
read_service(struct reader *r)
{
	struct span s = get_string(r, "service", true);
	int service;

	if (!s.p)
		return;
	service = service_parse(s);
	if (service < 0) {
		bad_field(r, FAULT_NOT_IN_LIST, SERVICE_NAMES, "service");
		return;
	}
	r->w->service = (enum service)service;
	r->service_known = true;
}

static void
read_address(struct reader *r, const struct target_policy *policy)
{
	struct span origin = get_string(r, "origin", true);
	struct span path = get_string(r, "path", false);
	struct buf url = BUF_INIT(URL_MAX);
	struct url parts;
	int err;

	if (!path.p)
		path = SPAN("");
	if (!origin.p)
		return;
	err = url_join(origin, path, &url, &parts, r->faults);
	if (!err && policy)
		err = target_check(policy, &parts, r->faults);
	if (err == ERR_NOMEM)
		r->nomem = true;
	else if (err)
		r->bad = true;
	if (!err) {
		r->w->origin = copy(r, origin);
		r->w->path = copy(r, path);
		r->w->url = copy(r, buf_as_span(&url));
	}
	buf_free(&url);
}

static void
read_events(struct reader *r)
{
	const json_t *list = json_object_get(r->json, "events");
	const json_t *v;
	size_t i, n;
	enum fault_code code;
	int kind;

	r->w->events = r->w->service == SERVICE_CALLKEEPER ? ALL_EVENTS :
	    EVENT_CALL_END;
	if (!list)
		return;
	if (!json_is_array(list)) {
		bad_field(r, FAULT_WRONG_TYPE, "array", "events");
		return;
	}
	r->w->events = 0;
	n = json_array_size(list);
	if (n == 0)
		bad_field(r, FAULT_EMPTY, NULL, "events");
	for (i = 0; i < n; i++) {
		v = json_array_get(list, i);
		kind = json_is_string(v) ? event_parse(string_of(v)) : 0;
		if (!json_is_string(v))
			code = FAULT_WRONG_TYPE;
		else if (!kind)
			code = FAULT_NOT_IN_LIST;
		else if (r->w->events & (unsigned)kind)
			code = FAULT_DUPLICATE;
		else
			code = FAULT_CODES;
		r->w->events |= (unsigned)kind;
		if (code == FAULT_CODES)
			continue;
		r->bad = true;
		fault_add(r->faults, code, code == FAULT_WRONG_TYPE ? "string" :
		    code == FAULT_NOT_IN_LIST ? EVENT_NAMES : NULL,
		    "/events/%zu", i);
	}
}

static void
read_name(struct reader *r, size_t i, const json_t *v)
{
	struct span s;
	size_t k;

	if (!json_is_string(v)) {
		bad_param(r, v ? FAULT_WRONG_TYPE : FAULT_REQUIRED,
		    v ? "string" : NULL, i, "name");
		return;
	}
	s = string_of(v);
	if (s.len == 0) {
		bad_param(r, FAULT_REQUIRED, NULL, i, "name");
	} else if (s.len > WEBHOOK_NAME_MAX) {
		bad_param(r, FAULT_TOO_LONG, NAME_MAX_TEXT, i, "name");
	} else if (!text_is_clean(s)) {
		bad_param(r, FAULT_BAD_CHARACTER, NULL, i, "name");
	} else {
		for (k = 0; k < i; k++)
			if (r->w->items[k].name &&
			    span_is(s, r->w->items[k].name))
				break;
		if (k < i)
			bad_param(r, FAULT_DUPLICATE_NAME, NULL, i, "name");
		else
			r->w->items[i].name = copy(r, s);
	}
}

static void
read_value(struct reader *r, size_t i, const json_t *v)
{
	struct mapping_item *item = &r->w->items[i];

	if (!json_is_string(v)) {
		bad_param(r, FAULT_WRONG_TYPE, "string", i, "value");
		return;
	}
	/* Whose parameters, nobody knows: the service has its own fault. */
	if (!r->service_known)
		return;
	item->parameter = parameter_find(r->w->service, string_of(v));
	if (!item->parameter)
		bad_param(r, FAULT_UNKNOWN_PARAMETER,
		    service_name(r->w->service), i, "value");
}

static void
read_text(struct reader *r, size_t i, const json_t *v)
{
	struct span s;

	if (!json_is_string(v)) {
		bad_param(r, FAULT_WRONG_TYPE, "string", i, "text");
		return;
	}
	s = string_of(v);
	if (s.len > WEBHOOK_TEXT_MAX)
		bad_param(r, FAULT_TOO_LONG, TEXT_MAX_TEXT, i, "text");
	else if (!text_is_clean(s))
		bad_param(r, FAULT_BAD_CHARACTER, NULL, i, "text");
	else
		r->w->items[i].text = copy(r, s);
}

static void
read_param(struct reader *r, size_t i, const json_t *param)
{
	const json_t *value, *text;
	char prefix[32];

	if (!json_is_object(param)) {
		bad_param(r, FAULT_WRONG_TYPE, "object", i, NULL);
		return;
	}
	snprintf(prefix, sizeof(prefix), "/params/%zu", i);
	check_fields(r, param, PARAM_FIELDS, prefix);
	read_name(r, i, json_object_get(param, "name"));
	value = json_object_get(param, "value");
	text = json_object_get(param, "text");
	if (!value == !text)
		bad_param(r, FAULT_VALUE_OR_TEXT, NULL, i, "value");
	else if (value)
		read_value(r, i, value);
	else
		read_text(r, i, text);
}

static void
read_params(struct reader *r)
{
	const json_t *list = json_object_get(r->json, "params");
	size_t n;

	if (!list)
		return;
	if (!json_is_array(list)) {
		bad_field(r, FAULT_WRONG_TYPE, "array", "params");
		return;
	}
	n = json_array_size(list);
	if (n > WEBHOOK_PARAMS_MAX) {
		bad_field(r, FAULT_TOO_MANY, PARAMS_MAX_TEXT, "params");
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
		    json_array_get(list, r->w->items_n));
}

static void
read_rest(struct reader *r)
{
	bool ck = r->w->service == SERVICE_CALLKEEPER;
	const json_t *enabled = json_object_get(r->json, "enabled");

	r->w->method = (enum webhook_method)get_choice(r, "method", METHODS,
	    WEBHOOK_METHODS, "GET, POST, PUT, DELETE",
	    ck ? WEBHOOK_POST : WEBHOOK_GET);
	r->w->content_type = (enum webhook_content_type)get_choice(r,
	    "content_type", CONTENT_TYPES, WEBHOOK_CONTENT_TYPES,
	    "application/json, application/x-www-form-urlencoded",
	    WEBHOOK_JSON);
	r->w->enabled = !enabled || json_is_true(enabled);
	if (enabled && !json_is_boolean(enabled))
		bad_field(r, FAULT_WRONG_TYPE, "boolean", "enabled");
}

int
webhook_read(const json_t *json, const struct target_policy *policy,
    struct webhook *out, struct faults *faults)
{
	struct reader r = { .json = json, .w = out, .faults = faults };

	*out = (struct webhook){ 0 };
	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return faults->err ? (int)faults->err : ERR_INVALID;
	}
	check_fields(&r, json, FIELDS, "");
	read_service(&r);
	read_address(&r, policy);
	read_params(&r);
	read_events(&r);
	read_rest(&r);
	if (r.nomem || faults->err)
		return ERR_NOMEM;
	return r.bad ? ERR_INVALID : 0;
}

void
webhook_free(struct webhook *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->items_n; i++) {
		free(w->items[i].name);
		free(w->items[i].text);
	}
	free(w->items);
	free(w->origin);
	free(w->path);
	free(w->url);
	*w = (struct webhook){ 0 };
}

static json_t *
params_json(const struct webhook *w)
{
	json_t *list = json_array();
	const struct mapping_item *item;
	size_t i;

	for (i = 0; list && i < w->items_n; i++) {
		item = &w->items[i];
		/* A NULL of json_pack makes the append fail. */
		if (json_array_append_new(list, item->parameter ?
		    json_pack("{s:s, s:s}", "name", item->name,
		    "value", item->parameter->id) :
		    json_pack("{s:s, s:s}", "name", item->name,
		    "text", item->text)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
events_json(const struct webhook *w)
{
	json_t *list = json_array();
	int kind;

	for (kind = EVENT_CALL_START; list && kind <= EVENT_CALL_END;
	    kind <<= 1) {
		if (!(w->events & (unsigned)kind))
			continue;
		if (json_array_append_new(list,
		    json_string(event_name((enum event_kind)kind))) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
webhook_json(const struct webhook *w)
{
	/* json_pack owns what o gets, also when it fails. */
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:b}",
	    "service", service_name(w->service),
	    "origin", w->origin,
	    "path", w->path,
	    "params", params_json(w),
	    "method", webhook_method_name(w->method),
	    "events", events_json(w),
	    "content_type", webhook_content_type_name(w->content_type),
	    "enabled", (int)w->enabled);
}

bool
webhook_is_default_body(const struct webhook *w)
{
	return w->service == SERVICE_CALLKEEPER && w->items_n == 0;
}
