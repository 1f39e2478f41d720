/*
 * An event as it is posted: one call at one moment.  API workers read it out
 * of a proven request body, and compute the two fingerprints by which the
 * database recognises a repeated post and by which the sender finds the start
 * and the end of one call.  Pure; nothing is copied.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/num.h"
#include "hook/event.h"
#include "hook/fault.h"
#include "hook/scan.h"

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number

/* The longest unknown field that is named in a fault. */
#define FIELD_NAME_MAX 128
#define PREFIX_MAX 16		/* of pointers, "/999" */

static const char *const SERVICE_NAMES[SERVICES] = {
	[SERVICE_CALLTRACKING] = "calltracking",
	[SERVICE_CALLKEEPER] = "callkeeper",
};

static const enum event_kind KINDS[] = { EVENT_CALL_START, EVENT_CALL_END,
	EVENT_CALL_CHANGE };

enum { KEY_CALL = 8 };		/* bytes of a change's key that are its call's */

/* What reading one event needs to know all the time. */
struct reader {
	const char *prefix;
	struct event *out;
	struct faults *faults;
	bool bad;
};

struct field {
	const char *name;
	bool optional;
	enum scan_type type;
	const char *type_name;
	void (*read)(struct reader *r, struct span value);
};

/* faults may be full already: that something was wrong is kept apart. */
static void
refuse(struct reader *r, enum fault_code code, const char *arg,
    const char *field)
{
	r->bad = true;
	fault_add(r->faults, code, arg, "%s/%s", r->prefix, field);
}

const char *
service_name(enum service s)
{
	return SERVICE_NAMES[s];
}

int
service_parse(struct span s)
{
	int i;

	for (i = 0; i < SERVICES; i++)
		if (span_is(s, SERVICE_NAMES[i]))
			return i;
	return -1;
}

const char *
event_name(enum event_kind k)
{
	return k == EVENT_CALL_START ? "call_start" :
	    k == EVENT_CALL_END ? "call_end" : "call_change";
}

int
event_parse(struct span s)
{
	size_t i;

	for (i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (span_is(s, event_name(KINDS[i])))
			return (int)KINDS[i];
	return 0;
}

const char *
event_api_name(enum event_kind k)
{
	return k == EVENT_CALL_START ? "BEFORE_CALL_START" :
	    k == EVENT_CALL_END ? "AFTER_CALL_FINISH" : "CALL_CHANGED";
}

bool
event_call_id_ok(struct span s)
{
	size_t i;
	char c;

	if (s.len == 0 || s.len > EVENT_CALL_ID_MAX)
		return false;
	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		    c == ':' || c == '-'))
			return false;
	}
	return true;
}

bool
event_call_id_check(struct span s, const char *pointer, struct faults *faults)
{
	if (event_call_id_ok(s))
		return true;
	if (s.len == 0)
		fault_add(faults, FAULT_EMPTY, NULL, "%s", pointer);
	else if (s.len > EVENT_CALL_ID_MAX)
		fault_add(faults, FAULT_TOO_LONG, TEXT_OF(EVENT_CALL_ID_MAX),
		    "%s", pointer);
	else
		fault_add(faults, FAULT_ALLOWED_CHARACTERS,
		    "A–Z a–z 0–9 . _ : -", "%s", pointer);
	return false;
}

/* What is between the quotes, escapes and all. */
static struct span
raw(struct span string)
{
	return (struct span){ string.p + 1, string.len - 2 };
}

static void
read_account_id(struct reader *r, struct span value)
{
	switch (num_i64(value, 1, INT64_MAX, &r->out->account_id)) {
	case 0:
		break;
	case ERR_RANGE:
		refuse(r, FAULT_OUT_OF_RANGE, "1..9223372036854775807",
		    "account_id");
		break;
	default:
		refuse(r, FAULT_WRONG_TYPE, "integer", "account_id");
	}
}

static void
read_service(struct reader *r, struct span value)
{
	int i;

	for (i = 0; i < SERVICES; i++) {
		if (scan_string_is(value, SERVICE_NAMES[i])) {
			r->out->service = (enum service)i;
			return;
		}
	}
	refuse(r, FAULT_NOT_IN_LIST, "calltracking, callkeeper", "service");
}

static void
read_event(struct reader *r, struct span value)
{
	size_t i;

	for (i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
		if (scan_string_is(value, event_name(KINDS[i]))) {
			r->out->kind = KINDS[i];
			return;
		}
	}
	refuse(r, FAULT_NOT_IN_LIST, "call_start, call_end, call_change",
	    "event");
}

/*
 * The span has to point into the text, so escapes are bad characters here;
 * none of the allowed characters needs one.
 */
static void
read_call_id(struct reader *r, struct span value)
{
	struct span id = raw(value);
	char pointer[PREFIX_MAX + sizeof("/call_id")];

	snprintf(pointer, sizeof(pointer), "%s/call_id", r->prefix);
	if (event_call_id_check(id, pointer, r->faults))
		r->out->call_id = id;
	else
		r->bad = true;
}

static void
read_occurred_at(struct reader *r, struct span value)
{
	if (clock_parse(raw(value), &r->out->occurred_at) != 0)
		refuse(r, FAULT_BAD_TIME, NULL, "occurred_at");
}

static void
read_data(struct reader *r, struct span value)
{
	_Static_assert(EVENT_DATA_MAX == 262144, "the text below");

	if (value.len > EVENT_DATA_MAX)
		refuse(r, FAULT_TOO_LONG, "262144", "data");
	else
		r->out->data = value;
}

static const struct field FIELDS[] = {
	{ "account_id", false, SCAN_NUMBER, "integer", read_account_id },
	{ "service", false, SCAN_STRING, "string", read_service },
	{ "event", false, SCAN_STRING, "string", read_event },
	{ "call_id", false, SCAN_STRING, "string", read_call_id },
	{ "occurred_at", true, SCAN_STRING, "string", read_occurred_at },
	{ "data", false, SCAN_OBJECT, "object", read_data },
};
#define FIELDS_N (sizeof(FIELDS) / sizeof(FIELDS[0]))

/* Names the field; a giant one only by its place. */
static void
unknown_field(struct reader *r, struct span key)
{
	struct buf name = BUF_INIT(FIELD_NAME_MAX);

	r->bad = true;
	scan_unescape(key, &name);
	if (buf_err(&name) == ERR_OK)
		fault_add_field(r->faults, FAULT_UNKNOWN_FIELD, r->prefix,
		    buf_cstr(&name));
	else
		fault_add(r->faults, FAULT_UNKNOWN_FIELD, NULL, "%s",
		    r->prefix);
	buf_free(&name);
}

/* Returns the index of the field, FIELDS_N when there is none of that name. */
static size_t
read_field(struct reader *r, struct span key, struct span value)
{
	const struct field *f;
	size_t i;

	for (i = 0; i < FIELDS_N; i++)
		if (scan_string_is(key, FIELDS[i].name))
			break;
	if (i == FIELDS_N) {
		unknown_field(r, key);
		return i;
	}
	f = &FIELDS[i];
	if (scan_type(value) == f->type)
		f->read(r, value);
	else
		refuse(r, FAULT_WRONG_TYPE, f->type_name, f->name);
	return i;
}

int
event_read(struct span text, const char *prefix, struct event *out,
    struct faults *faults)
{
	struct reader r = { prefix, out, faults, false };
	struct scan_iter it = { 0 };
	struct span key, value;
	bool seen[FIELDS_N + 1] = { false };
	size_t i;

	*out = (struct event){ 0 };
	if (scan_type(text) != SCAN_OBJECT) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", prefix);
		return faults->err != ERR_OK ? faults->err : ERR_INVALID;
	}
	while (scan_next(&it, text, &key, &value))
		seen[read_field(&r, key, value)] = true;
	for (i = 0; i < FIELDS_N; i++)
		if (!seen[i] && !FIELDS[i].optional)
			refuse(&r, FAULT_REQUIRED, NULL, FIELDS[i].name);
	if (faults->err != ERR_OK)
		return faults->err;
	return r.bad ? ERR_INVALID : 0;
}

/*
 * SHA-256 of a fixed-width head and the call.  The first byte keeps the kinds
 * of fingerprints apart; never change any of it, it is stored.
 */
static void
fingerprint(unsigned char what, int64_t account_id, enum service service,
    unsigned char kind, struct span call_id, unsigned char out[32])
{
	unsigned char text[11 + EVENT_CALL_ID_MAX];
	size_t i, len = call_id.len;
	uint64_t n = (uint64_t)account_id;

	if (len > EVENT_CALL_ID_MAX)
		abort();
	text[0] = what;
	for (i = 0; i < 8; i++)
		text[1 + i] = (unsigned char)(n >> (56 - 8 * i));
	text[9] = (unsigned char)service;
	text[10] = kind;
	if (len > 0)
		memcpy(text + 11, call_id.p, len);
	id_sha256((struct span){ (char *)text, 11 + len }, out);
}

struct id
event_key_of(int64_t account_id, enum service service, enum event_kind kind,
    struct span call_id)
{
	unsigned char sum[32];
	struct id id;

	fingerprint('E', account_id, service, (unsigned char)kind, call_id,
	    sum);
	memcpy(id.b, sum, sizeof(id.b));
	return id;
}

struct id
event_key(const struct event *e)
{
	struct id key = event_key_of(e->account_id, e->service, e->kind,
	    e->call_id);
	unsigned char sum[32];

	if (e->kind == EVENT_CALL_CHANGE) {
		id_sha256(e->data, sum);
		memcpy(key.b + KEY_CALL, sum, sizeof(key.b) - KEY_CALL);
	}
	return key;
}

void
event_change_keys(int64_t account_id, enum service service,
    struct span call_id, struct id *first, struct id *last)
{
	*first = *last = event_key_of(account_id, service, EVENT_CALL_CHANGE,
	    call_id);
	memset(first->b + KEY_CALL, 0, sizeof(first->b) - KEY_CALL);
	memset(last->b + KEY_CALL, 0xff, sizeof(last->b) - KEY_CALL);
}

int64_t
event_call_hash(const struct event *e)
{
	unsigned char sum[32];
	uint64_t n = 0;
	size_t i;

	fingerprint('C', e->account_id, e->service, 0, e->call_id, sum);
	for (i = 0; i < 8; i++)
		n = n << 8 | sum[i];
	return (int64_t)n;
}
