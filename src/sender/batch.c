/*
 * The statements of one batch of results: attempt rows, what is no longer
 * owed, what is owed later, counters by webhook.  Called by settle.c; knows
 * the columns of sql/statements/settle_*.sql.
 */
#include "sender/batch.h"

#include <stdlib.h>
#include <string.h>

#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/sql_statements.h"
#include "sender/delivery.h"
#include "sender/settle.h"
#include "sender/tally.h"

#define EACH(add) \
	for (i = 0; i < b->n; i++) { \
		const struct settle_result *r = b->v[i]; \
		add; \
	}
#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	EACH(add) \
	dbparam_array_end(p); \
} while (0)

static void
add_us(struct dbparam *p, int32_t us)
{
	if (us < 0)
		dbparam_el_null(p);
	else
		dbparam_el_i32(p, us);
}

static void
add_attempts(const struct batch *b, struct dbparam *p)
{
	bool plain = b->plain;
	int i;

	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)r->n));
	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)r->status));
	COLUMN(DBPARAM_I32, dbparam_el_i32(p, r->version));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &r->id));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &r->delivery->webhook_id));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &r->delivery->id));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &r->delivery->event_id));
	COLUMN(DBPARAM_TIME, dbparam_el_time(p, r->at));
	COLUMN(DBPARAM_TEXT, dbparam_el_span(p,
	    span_of(outcome_name(r->outcome))));
	COLUMN(DBPARAM_TEXT, dbparam_el_span(p,
	    span_of(outcome_error_name(r->error))));
	COLUMN(DBPARAM_TEXT, dbparam_el_span(p,
	    span_of(plain ? NULL : r->detail)));
	COLUMN(DBPARAM_TEXT, dbparam_el_span(p, span_of(r->address)));
	COLUMN(DBPARAM_I32, add_us(p, r->dns_us));
	COLUMN(DBPARAM_I32, add_us(p, r->connect_us));
	COLUMN(DBPARAM_I32, add_us(p, r->tls_us));
	COLUMN(DBPARAM_I32, add_us(p, r->first_byte_us));
	COLUMN(DBPARAM_I32, add_us(p, r->total_us));
	COLUMN(DBPARAM_BYTES, dbparam_el_span(p, (struct span){
	    plain ? NULL : r->response, plain ? 0 : r->response_len }));
}

static void
add_done(const struct batch *b, struct dbparam *p)
{
	int i;

	COLUMN(DBPARAM_ID, if (r->outcome != OUTCOME_RETRY)
		dbparam_el_id(p, &r->delivery->id));
}

static void
add_retries(const struct batch *b, struct dbparam *p)
{
	int i;

	COLUMN(DBPARAM_ID, if (r->outcome == OUTCOME_RETRY)
		dbparam_el_id(p, &r->delivery->id));
	COLUMN(DBPARAM_TIME, if (r->outcome == OUTCOME_RETRY)
		dbparam_el_time(p, r->due));
	COLUMN(DBPARAM_I16, if (r->outcome == OUTCOME_RETRY)
		dbparam_el_i16(p, (int16_t)r->n));
}

/* What a batch adds to one webhook's counters. */
struct sum {
	struct id webhook;
	int64_t ok, failed;
	int64_t failing;	/* 0: no attempt failed; or when the first did */
	const struct settle_result *last;
};

static int
by_webhook(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	return memcmp(x->webhook.b, y->webhook.b, sizeof(x->webhook.b));
}

/* Sorted and merged in place; returns how many webhooks there are. */
static int
merge(struct sum *v, int n)
{
	int i, last = 0;

	qsort(v, (size_t)n, sizeof(*v), by_webhook);
	for (i = 1; i < n; i++) {
		if (!id_eq(&v[last].webhook, &v[i].webhook)) {
			v[++last] = v[i];
			continue;
		}
		v[last].ok += v[i].ok;
		v[last].failed += v[i].failed;
		if (v[last].failing == 0 || (v[i].failing != 0 &&
		    v[i].failing < v[last].failing))
			v[last].failing = v[i].failing;
		if (v[i].last->at >= v[last].last->at)
			v[last].last = v[i].last;
	}
	return last + 1;
}

static int
sums_of(const struct batch *b, struct sum *sums)
{
	int i, n = 0;

	EACH(
		if (r->outcome == OUTCOME_CANCELLED)
			continue;	/* neither sent nor failed */
		sums[n].webhook = r->delivery->webhook_id;
		sums[n].ok = r->outcome == OUTCOME_DELIVERED;
		sums[n].failed = r->outcome == OUTCOME_FAILED ||
		    r->outcome == OUTCOME_EXPIRED ||
		    r->outcome == OUTCOME_SUPERSEDED;
		sums[n].failing = (r->outcome == OUTCOME_RETRY ||
		    r->outcome == OUTCOME_FAILED) &&
		    outcome_blames(r->error) ? r->at : 0;
		sums[n++].last = r
	)
	return n == 0 ? 0 : merge(sums, n);
}

static void
add_sums(const struct sum *v, int n, struct dbparam *p)
{
	int i;

	dbparam_array(p, DBPARAM_ID);
	for (i = 0; i < n; i++)
		dbparam_el_id(p, &v[i].webhook);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I64);
	for (i = 0; i < n; i++)
		dbparam_el_i64(p, v[i].ok);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I64);
	for (i = 0; i < n; i++)
		dbparam_el_i64(p, v[i].failed);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_TIME);
	for (i = 0; i < n; i++)
		dbparam_el_time(p, v[i].last->at);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_TEXT);
	for (i = 0; i < n; i++)
		dbparam_el_span(p, span_of(outcome_name(v[i].last->outcome)));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < n; i++)
		dbparam_el_i16(p, (int16_t)v[i].last->status);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_TIME);
	for (i = 0; i < n; i++)
		if (v[i].failing == 0 || v[i].ok > 0)
			dbparam_el_null(p);
		else
			dbparam_el_time(p, v[i].failing);
	dbparam_array_end(p);
}

static int
add_counts(const struct batch *b, struct dbparam *p, int *n)
{
	struct sum *sums = calloc((size_t)b->n, sizeof(*sums));

	if (sums == NULL)
		return ERR_NOMEM;
	*n = sums_of(b, sums);
	add_sums(sums, *n, p);
	free(sums);
	return dbparam_err(p);
}

/* A statement with shard and epoch; p keeps nothing. */
static void
begin(const struct batch *b, struct dbparam *p)
{
	dbparam_reset(p);
	dbparam_i16(p, (int16_t)b->shard);
	dbparam_i64(p, b->epoch);
}

static bool
has(const struct batch *b, bool retry)
{
	int i;

	for (i = 0; i < b->n; i++)
		if ((b->v[i]->outcome == OUTCOME_RETRY) == retry)
			return true;
	return false;
}

int
batch_build(const struct batch *b, struct dbasync_unit *u, bool *counted)
{
	struct dbparam p;
	int counts = 0, rc;

	dbparam_init(&p);
	begin(b, &p);
	add_attempts(b, &p);
	rc = dbasync_unit_add(u, &sql_settle_attempts, &p);
	if (rc == 0 && has(b, false)) {
		begin(b, &p);
		add_done(b, &p);
		rc = dbasync_unit_add(u, &sql_settle_done, &p);
	}
	if (rc == 0 && has(b, true)) {
		begin(b, &p);
		add_retries(b, &p);
		rc = dbasync_unit_add(u, &sql_settle_retry, &p);
	}
	if (rc == 0)
		rc = tally_add(b, u);
	if (rc == 0) {
		begin(b, &p);
		rc = add_counts(b, &p, &counts);
	}
	*counted = counts > 0;
	if (rc == 0 && *counted)
		rc = dbasync_unit_add(u, &sql_settle_counts, &p);
	dbparam_free(&p);
	return rc;
}
