/*
 * What was sent by the hour and by the day: of a webhook, or of an account with
 * a line for each webhook.  Read from webhook_hour, which the sender writes with
 * the results, so that its cost does not depend on the size of the log.  Handlers
 * of the route table.
 */
#include "config.h"

#include <stdlib.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/stats.h"
#include "core/clock.h"
#include "core/num.h"
#include "core/sql_statements.h"
#include "hook/event.h"
#include "hook/fault.h"
#include "hook/latency.h"

#define MINUTE_US INT64_C(60000000)

enum {
	HOUR = 60,			/* minutes */
	DAY = 24 * HOUR,
	HOURS_MAX = 31 * 24,		/* steps */
	DAYS_MAX = 400,
	HOURS = 24,			/* by default */
	DAYS = 30,
	TZ_MIN = -12 * HOUR,
	TZ_MAX = 14 * HOUR,
};

/* The columns of stats_steps. */
enum { COL_STEP, COL_DELIVERED, COL_FAILED, COL_ATTEMPTS, COL_FAILED_ATTEMPTS,
	COL_ANSWER_US, COL_BUCKETS };

struct figures {
	int64_t delivered, failed, attempts, failed_attempts, answer_us;
	int64_t buckets[LATENCY_BUCKETS];
};

/* The question: steps first to last, the latter not among them. */
struct asked {
	int step;			/* minutes */
	int64_t tz;			/* minutes east of UTC */
	int64_t from, to;		/* real us, 0: not given */
	int64_t first, last;
	int service;			/* -1: both */
};

/* ---- the question ---- */

static void
read_arg(const struct http_arg *a, bool account, struct asked *q,
    struct faults *faults)
{
	if (span_is(a->name, "step")) {
		q->step = span_is(a->value, "hour") ? HOUR :
		    span_is(a->value, "day") ? DAY : 0;
		if (q->step == 0)
			fault_add(faults, FAULT_NOT_IN_LIST, "hour, day",
			    "?step");
	} else if (span_is(a->name, "tz")) {
		if (num_i64(a->value, TZ_MIN, TZ_MAX, &q->tz) < 0)
			fault_add(faults, FAULT_OUT_OF_RANGE, "-720..840",
			    "?tz");
	} else if (span_is(a->name, "from")) {
		args_time(a, &q->from, faults);
	} else if (span_is(a->name, "to")) {
		args_time(a, &q->to, faults);
	} else if (account && span_is(a->name, "service")) {
		args_service(a, &q->service, faults);
	} else {
		args_unknown(a, faults);
	}
}

/* Whole steps that hold the span. */
static void
find_steps(struct asked *q, struct faults *faults)
{
	int64_t now = clock_real_us();
	int64_t step = q->step * MINUTE_US, tz = q->tz * MINUTE_US;

	if (q->to == 0)
		q->to = now;
	q->last = (q->to + tz + step - 1) / step;
	q->first = q->from != 0 ? (q->from + tz) / step :
	    q->last - (q->step == HOUR ? HOURS : DAYS);
	if (q->first >= q->last)
		fault_add(faults, FAULT_NOT_EARLIER, "to", "?from");
	else if (q->step == HOUR && q->last - q->first > HOURS_MAX)
		fault_add(faults, FAULT_SPAN_TOO_LONG, "31", "?from");
	else if (q->step == DAY && q->last - q->first > DAYS_MAX)
		fault_add(faults, FAULT_SPAN_TOO_LONG, "400", "?from");
}

/* False: res has the answer. */
static bool
read_args(const struct api *api, const struct http_request *req, bool account,
    struct asked *q, struct response *res)
{
	struct faults faults = { .v = NULL };
	const struct http_arg *a;
	size_t i = 0;
	bool good;

	*q = (struct asked){ .step = HOUR, .service = -1 };
	while ((a = args_next(req, &i, &faults)) != NULL)
		read_arg(a, account, q, &faults);
	if (q->step == HOUR)
		q->tz = 0;	/* hours are hours everywhere */
	if (faults.n == 0)
		find_steps(q, &faults);
	good = faults.n == 0 && faults.err == ERR_OK;
	if (!good)
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
	fault_free(&faults);
	return good;
}

/* ---- asking ---- */

/* The first hour that counts to this step: whose beginning it holds. */
static int32_t
hour_of(const struct asked *q, int64_t step)
{
	return (int32_t)((step * q->step - q->tz + HOUR - 1) / HOUR);
}

static void
param_span(struct dbparam *p, const struct asked *q)
{
	if (q->service < 0)
		dbparam_null(p);
	else
		dbparam_i16(p, (int16_t)q->service);
	dbparam_i32(p, hour_of(q, q->first));
	dbparam_i32(p, hour_of(q, q->last));
	dbparam_i32(p, (int32_t)q->tz);
	dbparam_i32(p, q->step);
}

/* webhook NULL: of the account, with stats_webhooks in the second result. */
static int
ask(struct db *db, const struct identity *who, const struct id *webhook,
    const struct asked *q)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, webhook);	/* NULL: all */
	param_span(&p, q);
	rc = accountdb_send(db, rc, &sql_stats_steps, &p);
	accountdb_param(&p, who);
	if (webhook != NULL)
		dbparam_id(&p, webhook);
	else
		param_span(&p, q);
	rc = accountdb_send(db, rc, webhook != NULL ? &sql_webhook_known :
	    &sql_stats_webhooks, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && webhook != NULL &&
	    !dbresult_bool(db_result(db, 1), 0, 0))
		rc = ERR_NOT_FOUND;
	return rc;
}

/* ---- the answer ---- */

static json_t *
step_time(const struct asked *q, int64_t step)
{
	char text[CLOCK_TEXT_LEN];

	return json_string(clock_text((step * q->step - q->tz) * MINUTE_US,
	    text));
}

static void
add_up(struct figures *sum, const struct figures *f)
{
	int i;

	sum->delivered += f->delivered;
	sum->failed += f->failed;
	sum->attempts += f->attempts;
	sum->failed_attempts += f->failed_attempts;
	sum->answer_us += f->answer_us;
	for (i = 0; i < LATENCY_BUCKETS; i++)
		sum->buckets[i] += f->buckets[i];
}

static void
read_row(const struct pg_result *r, int i, struct figures *out)
{
	int k;

	out->delivered = dbresult_i64(r, i, COL_DELIVERED);
	out->failed = dbresult_i64(r, i, COL_FAILED);
	out->attempts = dbresult_i64(r, i, COL_ATTEMPTS);
	out->failed_attempts = dbresult_i64(r, i, COL_FAILED_ATTEMPTS);
	out->answer_us = dbresult_i64(r, i, COL_ANSWER_US);
	for (k = 0; k < LATENCY_BUCKETS; k++)
		out->buckets[k] = dbresult_i64(r, i, COL_BUCKETS + k);
}

static json_t *
latency_json(const struct figures *f)
{
	int64_t n = 0, avg_us;
	int i;

	for (i = 0; i < LATENCY_BUCKETS; i++)
		n += f->buckets[i];
	if (n == 0)
		return json_null();
	avg_us = f->answer_us / n;
	return json_pack("{s:f, s:f, s:f, s:f}",
	    "avg_ms", (double)avg_us / 1000,
	    "p50_ms", (double)latency_percentile(f->buckets, 500) / 1000,
	    "p95_ms", (double)latency_percentile(f->buckets, 950) / 1000,
	    "p99_ms", (double)latency_percentile(f->buckets, 990) / 1000);
}

static json_t *
figures_json(const struct figures *f)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o}",
	    "delivered", (json_int_t)f->delivered,
	    "failed", (json_int_t)f->failed,
	    "attempts", (json_int_t)f->attempts,
	    "failed_attempts", (json_int_t)f->failed_attempts,
	    "latency", latency_json(f));
}

/* Every step, also those in which nothing was sent. */
static json_t *
steps_json(const struct asked *q, const struct figures *steps)
{
	json_t *list = json_array(), *one;
	int64_t i;

	for (i = q->first; i < q->last; i++) {
		one = figures_json(&steps[i - q->first]);
		if (one == NULL ||
		    json_object_set_new(one, "at", step_time(q, i)) < 0 ||
		    json_array_append(list, one) < 0) {
			json_decref(one);
			json_decref(list);
			return NULL;
		}
		json_decref(one);
	}
	return list;
}

/* The next webhook of the rows from *i on: its line, and *i behind it. */
static json_t *
line_json(const struct asked *q, const struct pg_result *r, int *i)
{
	int64_t delivered = 0, failed = 0, at, n = q->last - q->first;
	struct id webhook = dbresult_id(r, *i, 0), id;
	int64_t *sums = calloc((size_t)n, sizeof(*sums));
	json_t *data = json_array();
	char text[ID_TEXT_LEN];

	for (; sums != NULL && *i < dbresult_rows(r); ++*i) {
		id = dbresult_id(r, *i, 0);
		if (!id_eq(&id, &webhook))
			break;
		at = dbresult_i32(r, *i, 1) - q->first;
		delivered += dbresult_i64(r, *i, 2);
		failed += dbresult_i64(r, *i, 3);
		if (at >= 0 && at < n)
			sums[at] = dbresult_i64(r, *i, 2) +
			    dbresult_i64(r, *i, 3);
	}
	for (at = 0; sums != NULL && at < n; at++)
		if (json_array_append_new(data, json_integer(sums[at])) < 0)
			break;
	if (sums == NULL || at < n) {
		json_decref(data);
		data = NULL;
	}
	free(sums);
	return json_pack("{s:s, s:I, s:I, s:o}", "id",
	    id_text(&webhook, text), "delivered", (json_int_t)delivered,
	    "failed", (json_int_t)failed, "data", data);
}

static json_t *
webhooks_json(const struct asked *q, const struct pg_result *r)
{
	json_t *list = json_array();
	int i = 0;

	while (i < dbresult_rows(r))
		if (json_array_append_new(list, line_json(q, r, &i)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
stats_json(const struct db *db, const struct asked *q)
{
	const struct pg_result *r = db_result(db, 0);
	int64_t at, n = q->last - q->first;
	struct figures *steps = calloc((size_t)n, sizeof(*steps));
	struct figures total = { .delivered = 0 };
	json_t *json;
	int i;

	if (steps == NULL)
		return NULL;
	for (i = 0; i < dbresult_rows(r); i++) {
		at = dbresult_i32(r, i, COL_STEP) - q->first;
		if (at < 0 || at >= n)
			continue;
		read_row(r, i, &steps[at]);
		add_up(&total, &steps[at]);
	}
	json = json_pack("{s:s, s:o, s:o, s:o, s:o}",
	    "step", q->step == HOUR ? "hour" : "day",
	    "from", step_time(q, q->first), "to", step_time(q, q->last),
	    "data", steps_json(q, steps), "total", figures_json(&total));
	free(steps);
	return json;
}

static void
answer(const struct api *api, const struct http_request *req,
    struct response *res, json_t *json)
{
	if (response_json(res, 200, json) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

void
stats_webhook(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct asked q;
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id) ||
	    !read_args(api, req, false, &q, res))
		return;
	rc = ask(api->db, who, &id, &q);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else
		answer(api, req, res, stats_json(api->db, &q));
}

void
stats_account(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct asked q;
	json_t *json;
	int rc;

	if (!answer_has_account(api, req, who, res) ||
	    !read_args(api, req, true, &q, res))
		return;
	rc = ask(api->db, who, NULL, &q);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	json = stats_json(api->db, &q);
	if (json != NULL && json_object_set_new(json, "webhooks",
	    webhooks_json(&q, db_result(api->db, 1))) < 0) {
		json_decref(json);
		json = NULL;
	}
	answer(api, req, res, json);
}
