/*
 * The conditions of a webhook: read and checked from its settings, written
 * back, and asked of a call.  The API reads and writes them; its ingest asks,
 * for each event and each webhook that has any, so that is done on the stored
 * text itself and allocates nothing.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsonx.h"
#include "core/num.h"
#include "hook/filter.h"
#include "hook/reader.h"
#include "hook/scan.h"
#include "hook/scan_text.h"
#include "hook/status.h"
#include "hook/tags.h"
#include "hook/text.h"
#include "hook/webhook.h"

static const char *const FIELDS[] = { "status", "min_duration", "campaigns",
	"widgets", "offices", "tags", "kind", "last_attempt_only", NULL };
static const char *const STATUSES[FILTER_STATUSES] = { "all", "successful",
	"failed" };
static const char *const KINDS[FILTER_KINDS] = { "all", "unique", "target",
	"unique_target" };
static const char *const LISTS[FILTER_LISTS] = { "campaigns", "widgets",
	"offices", "tags" };

/* ---- settings ---- */

static void
read_duration(struct reader *r, const json_t *v, struct filters *out)
{
	if (!v)
		return;
	out->min_duration = json_integer_value(v);
	if (!json_is_integer(v)) {
		reader_bad(r, FAULT_WRONG_TYPE, "integer",
		    "/filters/min_duration");
	} else if (out->min_duration < 0 ||
	    out->min_duration > FILTER_DURATION_MAX) {
		reader_bad(r, FAULT_OUT_OF_RANGE, "0..86400",
		    "/filters/min_duration");
	}
}

static bool
has(char *const *v, size_t n, struct span s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i] && span_is(s, v[i]))
			return true;
	return false;
}

/* One entry; a place that stays NULL has its fault. */
static void
read_entry(struct reader *r, const json_t *v, const char *pointer, size_t i,
    char **list)
{
	struct span s = reader_string(v);

	if (!json_is_string(v))
		reader_bad_at(r, FAULT_WRONG_TYPE, "string", pointer, i, NULL);
	else if (s.len == 0)
		reader_bad_at(r, FAULT_EMPTY, NULL, pointer, i, NULL);
	else if (s.len > FILTER_TEXT_MAX)
		reader_bad_at(r, FAULT_TOO_LONG, "255", pointer, i, NULL);
	else if (!text_is_clean(s))
		reader_bad_at(r, FAULT_BAD_CHARACTER, NULL, pointer, i, NULL);
	else if (has(list, i, s))
		reader_bad_at(r, FAULT_DUPLICATE, NULL, pointer, i, NULL);
	else
		list[i] = reader_copy(r, s);
}

/* A list that its service's calls say nothing of would never let one pass. */
static bool
is_of_service(const struct reader *r, enum filter_list which)
{
	return !r->service_known ||
	    !((which == FILTER_CAMPAIGNS &&
	    r->w->service == SERVICE_CALLKEEPER) ||
	    (which == FILTER_WIDGETS &&
	    r->w->service == SERVICE_CALLTRACKING));
}

static void
read_list(struct reader *r, const json_t *v, enum filter_list which,
    struct filters *out)
{
	char pointer[32];
	size_t n = json_array_size(v);

	if (!v)
		return;
	snprintf(pointer, sizeof(pointer), "/filters/%s", LISTS[which]);
	if (!json_is_array(v)) {
		reader_bad(r, FAULT_WRONG_TYPE, "array", pointer);
		return;
	}
	if (n == 0)
		return;
	if (!is_of_service(r, which)) {
		reader_bad(r, FAULT_NOT_OF_SERVICE,
		    service_name(r->w->service), pointer);
		return;
	}
	if (n > FILTER_LIST_MAX) {
		reader_bad(r, FAULT_TOO_MANY, "100", pointer);
		return;
	}
	out->lists[which].v = calloc(n, sizeof(char *));
	if (!out->lists[which].v) {
		r->nomem = true;
		return;
	}
	for (; out->lists[which].n < n; out->lists[which].n++)
		read_entry(r, json_array_get(v, out->lists[which].n), pointer,
		    out->lists[which].n, out->lists[which].v);
}

void
filter_read(struct reader *r, const json_t *json, struct filters *out)
{
	const json_t *last;
	int i;

	*out = (struct filters){ FILTER_STATUS_ALL, FILTER_KIND_ALL, 0, false,
		{ { NULL, 0 } } };
	if (!json)
		return;
	if (!json_is_object(json)) {
		reader_bad(r, FAULT_WRONG_TYPE, "object", "/filters");
		return;
	}
	reader_fields(r, json, FIELDS, "/filters");
	out->status = (enum filter_status)reader_choice(r,
	    json_object_get(json, "status"), STATUSES, FILTER_STATUSES,
	    "all, successful, failed", FILTER_STATUS_ALL, "/filters/status");
	read_duration(r, json_object_get(json, "min_duration"), out);
	for (i = 0; i < FILTER_LISTS; i++)
		read_list(r, json_object_get(json, LISTS[i]),
		    (enum filter_list)i, out);
	out->kind = (enum filter_kind)reader_choice(r,
	    json_object_get(json, "kind"), KINDS, FILTER_KINDS,
	    "all, unique, target, unique_target", FILTER_KIND_ALL,
	    "/filters/kind");
	last = json_object_get(json, "last_attempt_only");
	out->last_attempt_only = json_is_true(last);
	if (last && !json_is_boolean(last))
		reader_bad(r, FAULT_WRONG_TYPE, "boolean",
		    "/filters/last_attempt_only");
}

void
filter_free(struct filters *f)
{
	size_t i, k;

	for (k = 0; k < FILTER_LISTS; k++) {
		for (i = 0; i < f->lists[k].n; i++)
			free(f->lists[k].v[i]);
		free(f->lists[k].v);
		f->lists[k].v = NULL;
		f->lists[k].n = 0;
	}
}

static json_t *
list_json(const struct filters *f, enum filter_list which)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < f->lists[which].n; i++)
		if (json_array_append_new(list,
		    json_string(f->lists[which].v[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

json_t *
filter_json(const struct filters *f)
{
	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:s, s:b}",
	    "status", STATUSES[f->status],
	    "min_duration", (json_int_t)f->min_duration,
	    "campaigns", list_json(f, FILTER_CAMPAIGNS),
	    "widgets", list_json(f, FILTER_WIDGETS),
	    "offices", list_json(f, FILTER_OFFICES),
	    "tags", list_json(f, FILTER_TAGS),
	    "kind", KINDS[f->kind],
	    "last_attempt_only", (int)f->last_attempt_only);
}

/* A member's name, behind a comma or the opening brace. */
static void
member(struct buf *out, size_t start, const char *name)
{
	buf_chr(out, out->len == start ? '{' : ',');
	buf_json_str(out, span_of(name));
	buf_chr(out, ':');
}

void
filter_text(const struct filters *f, struct buf *out)
{
	size_t i, k, start = out->len;

	if (f->status != FILTER_STATUS_ALL) {
		member(out, start, "status");
		buf_json_str(out, span_of(STATUSES[f->status]));
	}
	if (f->min_duration > 0) {
		member(out, start, "min_duration");
		buf_fmt(out, "%lld", (long long)f->min_duration);
	}
	for (k = 0; k < FILTER_LISTS; k++) {
		if (f->lists[k].n == 0)
			continue;
		member(out, start, LISTS[k]);
		for (i = 0; i < f->lists[k].n; i++) {
			buf_chr(out, i == 0 ? '[' : ',');
			buf_json_str(out, span_of(f->lists[k].v[i]));
		}
		buf_chr(out, ']');
	}
	if (f->kind != FILTER_KIND_ALL) {
		member(out, start, "kind");
		buf_json_str(out, span_of(KINDS[f->kind]));
	}
	if (f->last_attempt_only) {
		member(out, start, "last_attempt_only");
		buf_str(out, "true");
	}
	if (out->len > start)
		buf_chr(out, '}');
}

/* ---- a call ---- */

/* What is asked for; looked up in one walk, because a walk is what costs. */
enum fact { CALL_STATUS, STATUS_CODE, STATUS2_CODE, DURATION, COMPANY, OFFICE,
	WIDGET, WIDGET_HASH, CALL_TAGS, TAGS_LIST, UNIQUE, TARGET,
	LAST_ATTEMPT, FACTS };

static const char *const NAMES[SERVICES][FACTS] = {
	[SERVICE_CALLTRACKING] = { "call_status", NULL, NULL, "duration",
		"company_name", "office_name", NULL, NULL, "tags",
		"tags_list", "unique", "target", "last_attempt" },
	[SERVICE_CALLKEEPER] = { NULL, "status_code", "status2_code",
		"duration_sec", NULL, "office_name", "widget_name",
		"widget_hash", "tags", "tags_list", "unique", "target",
		"last_attempt" },
};

struct call {
	struct span facts[FACTS];	/* p NULL: not posted */
	enum status_kind status;
};

/* The content of a raw string. */
static struct span
content(struct span string)
{
	return (struct span){ string.p + 1, string.len - 2 };
}

/* Does the list have what is between the quotes of a raw string? */
static bool
list_has(struct span list, struct span text)
{
	struct scan_iter it = { 0 };
	struct span key, value;

	while (scan_next(&it, list, &key, &value))
		if (scan_text_order(content(value), text) == 0)
			return true;
	return false;
}

/* Has the list what the call says of it? */
static bool
belongs(struct span list, const struct call *c, enum fact fact)
{
	struct span value = c->facts[fact];

	return scan_type(value) == SCAN_STRING &&
	    list_has(list, content(value));
}

static bool
passes_campaigns(struct span want, const struct call *c)
{
	return belongs(want, c, COMPANY);
}

static bool
passes_widgets(struct span want, const struct call *c)
{
	return belongs(want, c, WIDGET) ||
	    belongs(want, c, WIDGET_HASH);
}

static bool
passes_offices(struct span want, const struct call *c)
{
	return belongs(want, c, OFFICE);
}

static bool
passes_status(struct span want, const struct call *c)
{
	return c->status == (scan_string_is(want, "successful") ?
	    STATUS_SUCCESSFUL : STATUS_FAILED);
}

/* Whole seconds; a fraction is cut off, what is no number is 0. */
static int64_t
seconds(struct span value)
{
	int64_t n;
	size_t len = 0;

	if (scan_type(value) == SCAN_STRING)
		value = content(value);
	while (len < value.len && value.p[len] >= '0' && value.p[len] <= '9')
		len++;
	if (len > 18)
		return INT64_MAX;
	return num_i64((struct span){ value.p, len }, 0, INT64_MAX, &n) == 0 ?
	    n : 0;
}

static bool
passes_duration(struct span want, const struct call *c)
{
	return seconds(c->facts[DURATION]) >= seconds(want);
}

static bool
passes_tags(struct span want, const struct call *c)
{
	struct span tags = c->facts[TAGS_LIST];
	struct scan_iter it = { 0 };
	struct span key, value;

	while (scan_next(&it, tags, &key, &value))
		if (scan_type(value) == SCAN_STRING &&
		    list_has(want, content(value)))
			return true;
	if (scan_type(tags) == SCAN_ARRAY)
		return false;
	tags = c->facts[CALL_TAGS];
	it = (struct scan_iter){ .started = false };
	while (scan_type(tags) == SCAN_STRING && tags_next(&it, tags, &value))
		if (list_has(want, value))
			return true;
	return false;
}

static bool
is_true(struct span value)
{
	return scan_type(value) == SCAN_TRUE || span_is(value, "1") ||
	    span_is(value, "\"1\"");
}

static bool
passes_kind(struct span want, const struct call *c)
{
	bool unique = !scan_string_is(want, "target");
	bool target = !scan_string_is(want, "unique");

	return (!unique || is_true(c->facts[UNIQUE])) &&
	    (!target || is_true(c->facts[TARGET]));
}

/* Only the platform knows that it will dial again; it then says so. */
static bool
passes_last(struct span want, const struct call *c)
{
	(void)want;
	return scan_type(c->facts[LAST_ATTEMPT]) != SCAN_FALSE ||
	    c->status == STATUS_SUCCESSFUL;
}

static const struct {
	const char *name;
	bool always;	/* asked of starts and test calls too */
	bool (*passes)(struct span want, const struct call *c);
} CONDITIONS[] = {
	{ "campaigns", true, passes_campaigns },
	{ "widgets", true, passes_widgets },
	{ "offices", true, passes_offices },
	{ "status", false, passes_status },
	{ "min_duration", false, passes_duration },
	{ "tags", false, passes_tags },
	{ "kind", false, passes_kind },
	{ "last_attempt_only", false, passes_last },
};

static void
read_call(enum service service, struct span data, struct call *c)
{
	struct scan_iter it = { 0 };
	struct span key, value;
	const char *name;
	int i;

	*c = (struct call){ .status = STATUS_UNKNOWN };
	while (scan_next(&it, data, &key, &value))
		for (i = 0; i < FACTS; i++) {
			name = NAMES[service][i];
			if (name && (key.p[1] == name[0] ||
			    key.p[1] == '\\') && scan_string_is(key, name))
				c->facts[i] = value;
		}
}

bool
filter_passes(struct span text, enum service service, enum event_kind kind,
    struct span data)
{
	struct call c;
	struct scan_iter it = { 0 };
	struct span key, want;
	char status[STATUS_LEN];
	bool whole = false;
	size_t i;

	read_call(service, data, &c);
	if (kind != EVENT_CALL_START) {
		c.status = status_kind(status_text_of(c.facts[CALL_STATUS],
		    c.facts[STATUS_CODE], c.facts[STATUS2_CODE], status));
		whole = c.status != STATUS_TEST;
	}
	while (scan_next(&it, text, &key, &want))
		for (i = 0; i < sizeof(CONDITIONS) / sizeof(CONDITIONS[0]);
		    i++)
			if ((whole || CONDITIONS[i].always) &&
			    scan_string_is(key, CONDITIONS[i].name) &&
			    !CONDITIONS[i].passes(want, &c))
				return false;
	return true;
}
