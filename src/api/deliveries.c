/*
 * /v1/webhooks/{id}/deliveries: the log of a webhook, one entry a delivery,
 * newest first.  It has two halves in the database, what was tried and what
 * waits for its first attempt, which are merged here.  A page costs a bounded
 * number of rows; so it may have fewer entries than asked for, and still a
 * next page.  Handler of the route table; the statements are in deliverydb.c.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/deliveries.h"
#include "api/deliverydb.h"
#include "api/response.h"
#include "api/value.h"
#include "core/num.h"
#include "hook/event.h"
#include "hook/fault.h"

#define ALWAYS INT64_C(253402300799000000)	/* the end of 9999 */
#define OUTCOMES \
	"pending, delivered, retry, failed, expired, superseded, cancelled"
#define CURSOR_PART (HTTP_CURSOR_LEN - 1)

/* ---- the query ---- */

struct list_args {
	struct deliverydb_query q;
	struct span call_id;		/* p NULL: of all calls */
	bool since, until;		/* given, by whichever name */
};

static bool
outcome_ok(struct span word)
{
	static const char *const words[] = { "pending", "delivered", "retry",
		"failed", "expired", "superseded", "cancelled" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_is(word, words[i]))
			return true;
	return false;
}

/* Three ids one after the other; the second one carries the due time. */
static int
read_cursor(struct span text, struct deliverydb_place *out)
{
	struct id due;
	uint64_t us = 0;
	int i;

	if (text.len != (size_t)CURSOR_PART * 3 ||
	    http_cursor_read((struct span){ text.p, CURSOR_PART },
	    &out->attempt) < 0 ||
	    http_cursor_read((struct span){ text.p + CURSOR_PART,
	    CURSOR_PART }, &due) < 0 ||
	    http_cursor_read((struct span){ text.p + 2 * CURSOR_PART,
	    CURSOR_PART }, &out->owed) < 0)
		return ERR_SYNTAX;
	for (i = 0; i < 8; i++)
		us = us << 8 | due.b[i];
	if (us > (uint64_t)ALWAYS)
		return ERR_SYNTAX;
	out->due = (int64_t)us;
	return 0;
}

static void
write_cursor(const struct deliverydb_place *place,
    char out[3 * CURSOR_PART + 1])
{
	struct id due = { .b = { 0 } };
	int i;

	for (i = 0; i < 8; i++)
		due.b[i] = (unsigned char)((uint64_t)place->due >>
		    (56 - 8 * i));
	http_cursor(&place->attempt, out);
	http_cursor(&due, out + CURSOR_PART);
	http_cursor(&place->owed, out + 2 * CURSOR_PART);
}

/* A class as 4xx, one status, or none: nobody answered. */
static void
read_status(struct span text, struct deliverydb_query *q,
    struct faults *faults)
{
	int64_t n;

	if (span_is(text, "none")) {
		q->status_min = q->status_max = 0;
	} else if (text.len == 3 && text.p[0] >= '2' && text.p[0] <= '5' &&
	    text.p[1] == 'x' && text.p[2] == 'x') {
		q->status_min = (text.p[0] - '0') * 100;
		q->status_max = q->status_min + 99;
	} else if (num_i64(text, 100, 999, &n) == 0) {
		q->status_min = q->status_max = (int)n;
	} else {
		fault_add(faults, FAULT_NOT_IN_LIST,
		    "2xx, 3xx, 4xx, 5xx, none, 100..999", "?status");
	}
}

/* A limit of time has two names; *given is of either. */
static void
read_time(const struct http_arg *a, bool *given, int64_t *out,
    struct faults *faults)
{
	if (*given)
		args_twice(a, faults);
	*given = true;
	args_time(a, out, faults);
}

static void
read_arg(const struct http_arg *a, struct list_args *out,
    struct faults *faults)
{
	struct deliverydb_query *q = &out->q;

	if (span_is(a->name, "outcome")) {
		q->outcome = a->value;
		if (!outcome_ok(a->value))
			fault_add(faults, FAULT_NOT_IN_LIST, OUTCOMES,
			    "?outcome");
	} else if (span_is(a->name, "event")) {
		q->kind = event_parse(a->value);
		if (q->kind == 0)
			fault_add(faults, FAULT_NOT_IN_LIST,
			    "call_start, call_end, call_change", "?event");
	} else if (span_is(a->name, "call_id")) {
		out->call_id = a->value;
		(void)event_call_id_check(a->value, "?call_id", faults);
	} else if (span_is(a->name, "status")) {
		read_status(a->value, q, faults);
	} else if (span_is(a->name, "since") || span_is(a->name, "from")) {
		read_time(a, &out->since, &q->since, faults);
	} else if (span_is(a->name, "until") || span_is(a->name, "to")) {
		read_time(a, &out->until, &q->until, faults);
	} else if (span_is(a->name, "limit")) {
		args_limit(a, &q->limit, faults);
	} else if (span_is(a->name, "cursor")) {
		if (read_cursor(a->value, &q->place) < 0)
			args_no_cursor(faults);
	} else {
		args_unknown(a, faults);
	}
}

static void
read_args(const struct http_request *req, struct list_args *out,
    struct faults *faults)
{
	struct deliverydb_query *q = &out->q;
	const struct http_arg *a;
	size_t i = 0;

	*out = (struct list_args){ .q = { .limit = ARGS_LIMIT_DEFAULT,
	    .status_min = -1, .status_max = 999,
	    .until = ALWAYS, .place = { .due = ALWAYS } } };
	memset(q->place.attempt.b, 0xff, sizeof(q->place.attempt.b));
	memset(q->place.owed.b, 0xff, sizeof(q->place.owed.b));
	while ((a = args_next(req, &i, faults)) != NULL)
		read_arg(a, out, faults);
	if (faults->n == 0 && q->since > q->until)
		fault_add(faults, FAULT_NOT_EARLIER, "until", "?since");
}

/* ---- the answer ---- */

static json_t *
row_json(const struct deliverydb_row *row)
{
	char id[ID_TEXT_LEN];

	return json_pack("{s:s, s:o, s:s?, s:o, s:o, s:i, s:o, s:i, s:o}",
	    "id", id_text(&row->id, id), "call_id", value_text(row->call_id),
	    "event", row->kind != 0 ?
	    event_name((enum event_kind)row->kind) : NULL,
	    "at", value_time(row->at),
	    "outcome", value_text(row->outcome), "status", row->status,
	    "error", value_text(row->error),
	    "attempts", row->attempts,
	    "next_attempt_at", value_time(row->due));
}

static int
add_row(json_t *data, const struct deliverydb_row *row)
{
	return json_array_append_new(data, row_json(row));
}

/* One half of the list while it is merged with the other. */
struct half {
	const struct db *db;
	int which, i, n;
	bool cut;		/* there may be more than was looked at */
	int64_t horizon;	/* down to which time it is complete */
	struct deliverydb_row row;	/* the present one, when i < n */
};

static int64_t
time_of(const struct half *h, const struct deliverydb_row *row)
{
	return h->which == DELIVERYDB_TRIED ? id_time_ms(&row->key) :
	    row->at / 1000;
}

static void
half_at(struct half *h, int i)
{
	h->i = i;
	if (i < h->n)
		deliverydb_row(h->db, h->which, i, &h->row);
}

static void
half_start(struct half *h, const struct db *db, int which, int limit)
{
	struct deliverydb_row last;

	*h = (struct half){ .db = db, .which = which,
	    .n = deliverydb_rows(db, which), .horizon = INT64_MIN };
	if (h->n > 0) {
		deliverydb_row(db, which, h->n - 1, &last);
		h->cut = h->n > limit || last.last;
		if (h->cut)
			h->horizon = time_of(h, &last);
	}
	half_at(h, 0);
}

static void
half_pass(struct half *h, struct deliverydb_place *place)
{
	if (h->which == DELIVERYDB_TRIED) {
		place->attempt = h->row.key;
	} else {
		place->owed = h->row.key;
		place->due = h->row.at;
	}
	half_at(h, h->i + 1);
}

/* The half whose row comes next; NULL: what would come is not known yet. */
static struct half *
next_half(struct half *a, struct half *b)
{
	struct half *h, *other;

	if (a->i >= a->n && b->i >= b->n)
		return NULL;
	if (a->i >= a->n)
		h = b;
	else if (b->i >= b->n)
		h = a;
	else
		h = time_of(a, &a->row) > time_of(b, &b->row) ? a : b;
	other = h == a ? b : a;
	if (other->i >= other->n && other->cut &&
	    time_of(h, &h->row) < other->horizon)
		return NULL;
	return h;
}

static json_t *
list_answer(const struct db *db, const struct deliverydb_query *q)
{
	struct deliverydb_place place = q->place;
	char cursor[3 * CURSOR_PART + 1];
	json_t *data = json_array();
	struct half tried, owed, *h;
	int n = 0, rc = 0;
	bool more;

	half_start(&tried, db, DELIVERYDB_TRIED, q->limit);
	half_start(&owed, db, DELIVERYDB_OWED, q->limit);
	while (rc == 0 && (h = next_half(&tried, &owed)) != NULL) {
		if (h->row.shown && n++ == q->limit)
			break;
		if (h->row.shown)
			rc = add_row(data, &h->row);
		half_pass(h, &place);
	}
	if (rc < 0) {
		json_decref(data);
		return NULL;
	}
	more = tried.i < tried.n || owed.i < owed.n || tried.cut || owed.cut;
	write_cursor(&place, cursor);
	return json_pack("{s:o, s:s?}", "data", data, "next_cursor",
	    more ? cursor : NULL);
}

/* All there is of one call, as far as the other filters let it through. */
static json_t *
call_answer(const struct db *db, const struct deliverydb_query *q)
{
	int i, n = deliverydb_rows(db, DELIVERYDB_TRIED);
	json_t *data = json_array();
	struct deliverydb_row row;

	for (i = 0; i < n; i++) {
		deliverydb_row(db, DELIVERYDB_TRIED, i, &row);
		if (row.status < q->status_min ||
		    row.status > q->status_max ||
		    (q->status_min >= 0 && row.attempts == 0) ||
		    row.at < q->since || row.at >= q->until ||
		    (q->outcome.p != NULL && !span_eq(q->outcome, row.outcome)))
			continue;
		if (add_row(data, &row) < 0) {
			json_decref(data);
			return NULL;
		}
	}
	return json_pack("{s:o, s:n}", "data", data, "next_cursor");
}

static int
ask(struct api *api, const struct identity *who, const struct list_args *args)
{
	struct calldb_events events;
	int rc;

	if (args->call_id.p == NULL)
		return deliverydb_list(api->db, who, &args->q);
	rc = calldb_find(api->db, who, -1, args->q.kind, args->call_id,
	    &events);
	if (rc == 0)
		rc = deliverydb_call(api->db, who, &args->q.webhook, &events);
	return rc;
}

void
deliveries_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct list_args args;
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	read_args(req, &args, &faults);
	args.q.webhook = id;
	if (faults.n > 0 || faults.err != ERR_OK) {
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
		return;
	}
	rc = ask(api, who, &args);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200, args.call_id.p != NULL ?
	    call_answer(api->db, &args.q) : list_answer(api->db, &args.q)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
