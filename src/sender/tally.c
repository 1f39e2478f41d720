/*
 * What a batch of results adds to the figures by webhook and hour, which the
 * cabinet draws.  Called by batch.c; knows the columns of
 * sql/statements/settle_hours.sql.  No state.
 */
#include "sender/tally.h"

#include <stdlib.h>
#include <string.h>

#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/sql_statements.h"
#include "hook/latency.h"
#include "sender/batch.h"
#include "sender/delivery.h"
#include "sender/settle.h"

#define HOUR_US INT64_C(3600000000)

/* One row of webhook_hour. */
struct hour {
	const struct delivery *d;	/* any one of its webhook */
	int32_t hour;
	int64_t delivered, failed, attempts, failed_attempts, answer_us;
	int32_t buckets[LATENCY_BUCKETS];
};

static int32_t
hour_of(const struct settle_result *r)
{
	return (int32_t)(r->at / HOUR_US);
}

/* The order of the table's key. */
static int
by_key(const void *a, const void *b)
{
	const struct settle_result *x = *(struct settle_result *const *)a;
	const struct settle_result *y = *(struct settle_result *const *)b;

	if (x->delivery->account_id != y->delivery->account_id)
		return x->delivery->account_id < y->delivery->account_id ?
		    -1 : 1;
	if (hour_of(x) != hour_of(y))
		return hour_of(x) < hour_of(y) ? -1 : 1;
	return memcmp(x->delivery->webhook_id.b, y->delivery->webhook_id.b,
	    sizeof(x->delivery->webhook_id.b));
}

static void
count(struct hour *h, const struct settle_result *r)
{
	h->delivered += r->outcome == OUTCOME_DELIVERED;
	h->failed += r->outcome == OUTCOME_FAILED ||
	    r->outcome == OUTCOME_EXPIRED || r->outcome == OUTCOME_SUPERSEDED;
	if (r->n > r->delivery->attempt) {
		h->attempts++;
		h->failed_attempts += r->error != OUTCOME_NO_ERROR;
	}
	if (r->status != 0 && r->total_us >= 0) {
		h->answer_us += r->total_us;
		h->buckets[latency_bucket(r->total_us)]++;
	}
}

/* Sorts what is to be counted; cancelled is neither sent nor failed. */
static int
sorted(const struct batch *b, struct settle_result **v)
{
	int i, n = 0;

	for (i = 0; i < b->n; i++)
		if (b->v[i]->outcome != OUTCOME_CANCELLED &&
		    b->v[i]->delivery->account_id != 0)
			v[n++] = b->v[i];
	qsort(v, (size_t)n, sizeof(struct settle_result *), by_key);
	return n;
}

static int
add_up(struct settle_result *const *v, int n, struct hour *hours)
{
	struct hour *h = NULL;
	int i;

	for (i = 0; i < n; i++) {
		if (i == 0 || by_key(&v[i - 1], &v[i]) != 0) {
			h = h == NULL ? hours : h + 1;
			h->d = v[i]->delivery;
			h->hour = hour_of(v[i]);
		}
		count(h, v[i]);
	}
	return (int)(h - hours) + 1;
}

static void
add_i64(struct dbparam *p, const struct hour *v, int n, size_t field)
{
	int64_t value;
	int i;

	dbparam_array(p, DBPARAM_I64);
	for (i = 0; i < n; i++) {
		memcpy(&value, (const char *)&v[i] + field, sizeof(value));
		dbparam_el_i64(p, value);
	}
	dbparam_array_end(p);
}

static void
add_hours(struct dbparam *p, const struct hour *v, int n)
{
	int i, k;

	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < n; i++)
		dbparam_el_i16(p, (int16_t)v[i].d->service);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I32);
	for (i = 0; i < n; i++)
		dbparam_el_i32(p, v[i].hour);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I64);
	for (i = 0; i < n; i++)
		dbparam_el_i64(p, v[i].d->account_id);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	for (i = 0; i < n; i++)
		dbparam_el_id(p, &v[i].d->webhook_id);
	dbparam_array_end(p);
	add_i64(p, v, n, offsetof(struct hour, delivered));
	add_i64(p, v, n, offsetof(struct hour, failed));
	add_i64(p, v, n, offsetof(struct hour, attempts));
	add_i64(p, v, n, offsetof(struct hour, failed_attempts));
	add_i64(p, v, n, offsetof(struct hour, answer_us));
	dbparam_array(p, DBPARAM_I32);
	for (i = 0; i < n; i++)
		for (k = 0; k < LATENCY_BUCKETS; k++)
			dbparam_el_i32(p, v[i].buckets[k]);
	dbparam_array_end(p);
}

static int
distinct(struct settle_result *const *v, int n)
{
	int i, hours = 1;

	for (i = 1; i < n; i++)
		hours += by_key(&v[i - 1], &v[i]) != 0;
	return hours;
}

static int
submit(const struct batch *b, struct settle_result *const *v, int n,
    struct dbasync_unit *u)
{
	struct hour *hours = calloc((size_t)distinct(v, n), sizeof(*hours));
	struct dbparam p;
	int rc;

	if (hours == NULL)
		return ERR_NOMEM;
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)b->shard);
	dbparam_i64(&p, b->epoch);
	add_hours(&p, hours, add_up(v, n, hours));
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_settle_hours, &p);
	dbparam_free(&p);
	free(hours);
	return rc;
}

int
tally_add(const struct batch *b, struct dbasync_unit *u)
{
	struct settle_result **v = calloc((size_t)b->n,
	    sizeof(struct settle_result *));
	int n, rc = 0;

	if (v == NULL)
		return ERR_NOMEM;
	n = sorted(b, v);
	if (n > 0)
		rc = submit(b, v, n, u);
	free(v);
	return rc;
}
