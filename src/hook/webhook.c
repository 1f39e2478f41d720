/*
 * The settings of a webhook: read and checked from JSON, written back as
 * JSON.  The API reads what is posted (with the address policy), everybody
 * reads what is stored (without).  A struct webhook is built once and then
 * only read.
 */
#include <stdlib.h>
#include <string.h>

#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/item.h"
#include "hook/reader.h"
#include "hook/target.h"
#include "hook/url.h"
#include "hook/webhook.h"

#define BOTH_EVENTS (EVENT_CALL_START | EVENT_CALL_END)
#define EVENT_NAMES "call_start, call_end, call_change"
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
	"method", "events", "content_type", "enabled", "filters", "headers",
	"auth", "timeout", "retry_schedule", NULL };

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

/* A string field; p NULL when it is absent or no string. */
static struct span
get_string(struct reader *r, const char *field, const char *pointer,
    bool required)
{
	const json_t *v = json_object_get(r->json, field);

	if (v && json_is_string(v))
		return reader_string(v);
	if (v)
		reader_bad(r, FAULT_WRONG_TYPE, "string", pointer);
	else if (required)
		reader_bad(r, FAULT_REQUIRED, NULL, pointer);
	return (struct span){ NULL, 0 };
}

static void
read_service(struct reader *r)
{
	struct span s = get_string(r, "service", "/service", true);
	int service;

	if (!s.p)
		return;
	service = service_parse(s);
	if (service < 0) {
		reader_bad(r, FAULT_NOT_IN_LIST, SERVICE_NAMES, "/service");
		return;
	}
	r->w->service = (enum service)service;
	r->service_known = true;
}

static void
read_address(struct reader *r, const struct target_policy *policy)
{
	struct span origin = get_string(r, "origin", "/origin", true);
	struct span path = get_string(r, "path", "/path", false);
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
		r->w->origin = reader_copy(r, origin);
		r->w->path = reader_copy(r, path);
		r->w->url = reader_copy(r, buf_as_span(&url));
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

	r->w->events = r->w->service == SERVICE_CALLKEEPER ? BOTH_EVENTS :
	    EVENT_CALL_END;
	if (!list)
		return;
	if (!json_is_array(list)) {
		reader_bad(r, FAULT_WRONG_TYPE, "array", "/events");
		return;
	}
	r->w->events = 0;
	n = json_array_size(list);
	if (n == 0)
		reader_bad(r, FAULT_EMPTY, NULL, "/events");
	for (i = 0; i < n; i++) {
		v = json_array_get(list, i);
		kind = json_is_string(v) ? event_parse(reader_string(v)) : 0;
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
read_rest(struct reader *r)
{
	bool ck = r->w->service == SERVICE_CALLKEEPER;
	const json_t *enabled = json_object_get(r->json, "enabled");

	r->w->method = (enum webhook_method)reader_choice(r,
	    json_object_get(r->json, "method"), METHODS, WEBHOOK_METHODS,
	    "GET, POST, PUT, DELETE", ck ? WEBHOOK_POST : WEBHOOK_GET,
	    "/method");
	r->w->content_type = (enum webhook_content_type)reader_choice(r,
	    json_object_get(r->json, "content_type"), CONTENT_TYPES,
	    WEBHOOK_CONTENT_TYPES,
	    "application/json, application/x-www-form-urlencoded",
	    WEBHOOK_JSON, "/content_type");
	r->w->enabled = !enabled || json_is_true(enabled);
	if (enabled && !json_is_boolean(enabled))
		reader_bad(r, FAULT_WRONG_TYPE, "boolean", "/enabled");
}

static void
read_timeout(struct reader *r)
{
	const json_t *v = json_object_get(r->json, "timeout");
	json_int_t s = json_integer_value(v);

	if (!v || json_is_null(v))
		return;
	if (!json_is_integer(v))
		reader_bad(r, FAULT_WRONG_TYPE, "integer", "/timeout");
	else if (s < 1 || s > 60)
		reader_bad(r, FAULT_OUT_OF_RANGE, "1..60", "/timeout");
	else
		r->w->timeout = s * 1000;
}

static void
read_retry(struct reader *r, size_t i, const json_t *v)
{
	json_int_t s = json_integer_value(v);

	if (!json_is_integer(v))
		reader_bad_at(r, FAULT_WRONG_TYPE, "integer",
		    "/retry_schedule", i, NULL);
	else if (s < 1 || s > WEBHOOK_RETRY_MAX_S)
		reader_bad_at(r, FAULT_OUT_OF_RANGE, "1..604800",
		    "/retry_schedule", i, NULL);
	else
		r->w->retries[i] = s * 1000;
}

static void
read_retries(struct reader *r)
{
	const json_t *list = json_object_get(r->json, "retry_schedule");
	size_t i, n = json_array_size(list);
	int64_t sum = 0;

	if (!list || json_is_null(list))
		return;
	if (!json_is_array(list)) {
		reader_bad(r, FAULT_WRONG_TYPE, "array", "/retry_schedule");
		return;
	}
	if (n == 0 || n > WEBHOOK_RETRIES_MAX) {
		reader_bad(r, n ? FAULT_TOO_MANY : FAULT_EMPTY,
		    n ? "20" : NULL, "/retry_schedule");
		return;
	}
	r->w->retries = calloc(n, sizeof(*r->w->retries));
	if (!r->w->retries) {
		r->nomem = true;
		return;
	}
	r->w->retries_n = n;
	for (i = 0; i < n; i++) {
		read_retry(r, i, json_array_get(list, i));
		sum += r->w->retries[i];
	}
	/* The events of a day are kept until the last of them is over. */
	if (sum / 1000 > WEBHOOK_RETRIES_SUM_S)
		reader_bad(r, FAULT_TOO_LATE, "30", "/retry_schedule");
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
	reader_fields(&r, json, FIELDS, "");
	read_service(&r);
	read_address(&r, policy);
	item_read(&r);
	read_events(&r);
	read_rest(&r);
	filter_read(&r, json_object_get(json, "filters"), &out->filters);
	header_read(&r, json_object_get(json, "headers"), &out->headers);
	login_read(&r, json_object_get(json, "auth"), &out->login);
	read_timeout(&r);
	read_retries(&r);
	if (r.nomem || faults->err)
		return ERR_NOMEM;
	return r.bad ? ERR_INVALID : 0;
}

void
webhook_free(struct webhook *w)
{
	if (!w)
		return;
	item_free(w);
	filter_free(&w->filters);
	header_free(&w->headers);
	login_free(&w->login);
	free(w->retries);
	free(w->origin);
	free(w->path);
	free(w->url);
	*w = (struct webhook){ 0 };
}

static json_t *
events_json(const struct webhook *w)
{
	json_t *list = json_array();
	int kind;

	for (kind = EVENT_CALL_START; list && kind <= EVENT_CALL_CHANGE;
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

static json_t *
retries_json(const struct webhook *w)
{
	json_t *list;
	size_t i;

	if (w->retries_n == 0)
		return json_null();
	list = json_array();
	for (i = 0; list && i < w->retries_n; i++)
		if (json_array_append_new(list,
		    json_integer(w->retries[i] / 1000)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
webhook_json(const struct webhook *w)
{
	/* json_pack owns what o gets, also when it fails. */
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:b, s:o, "
	    "s:o, s:o, s:o, s:o}",
	    "service", service_name(w->service),
	    "origin", w->origin,
	    "path", w->path,
	    "params", item_json(w),
	    "method", webhook_method_name(w->method),
	    "events", events_json(w),
	    "content_type", webhook_content_type_name(w->content_type),
	    "enabled", (int)w->enabled,
	    "filters", filter_json(&w->filters),
	    "headers", header_json(&w->headers),
	    "auth", login_json(&w->login),
	    "timeout", w->timeout > 0 ?
	    json_integer(w->timeout / 1000) : json_null(),
	    "retry_schedule", retries_json(w));
}

int
webhook_write(const struct webhook *w, struct buf *out)
{
	json_t *json = webhook_json(w);

	if (json == NULL)
		return ERR_NOMEM;
	jsonx_write(out, json);
	json_decref(json);
	return (int)buf_err(out);
}

/* Protocol, host and port, as they are called. */
static struct span
called_origin(const struct webhook *w)
{
	const char *host = strstr(w->url, "://") + 3;

	return (struct span){ w->url,
		(size_t)(host - w->url) + strcspn(host, "/?") };
}

bool
webhook_same_origin(const struct webhook *a, const struct webhook *b)
{
	return span_eq(called_origin(a), called_origin(b));
}

bool
webhook_is_default_body(const struct webhook *w)
{
	return w->service == SERVICE_CALLKEEPER && w->items_n == 0;
}
