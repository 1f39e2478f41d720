/*
 * Batches of results into PostgreSQL, in callhook-sender.  Each shard has a
 * queue and at most one batch under way, so its results are written in
 * order.  A batch is sent, then settled, or tried again with a growing delay;
 * after TRIES its shard is given up and read again later.
 */
#include "sender/settle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sql_statements.h"
#include "sender/delivery.h"

enum { TRIES = 6, RETRY_US = 50000 };

STAILQ_HEAD(result_queue, settle_result);

struct settle_shard {
	struct settle *home;
	struct result_queue queue;
	int queued;
	struct settle_result **batch;	/* NULL: none under way */
	int batch_n;
	int retries_n, done_n;		/* of the batch, by statement */
	bool dropped;			/* its results are void */
	bool plain;			/* without what strangers said */
	int tries;
	struct loop_timer *again;
};

struct settle {
	struct settle_options o;
	struct settle_shard shards[SHARDS];
	struct loop_timer *timer;
	int pending;
};

static void on_timer(void *cookie);
static void on_again(void *cookie);

struct settle *
settle_new(const struct settle_options *options)
{
	struct settle *s = calloc(1, sizeof(*s));
	bool whole = true;
	int i;

	if (s == NULL)
		return NULL;
	s->o = *options;
	s->timer = loop_timer_new(s->o.loop, on_timer, s);
	for (i = 0; i < SHARDS; i++) {
		STAILQ_INIT(&s->shards[i].queue);
		s->shards[i].home = s;
		s->shards[i].again = loop_timer_new(s->o.loop, on_again,
		    &s->shards[i]);
		whole = whole && s->shards[i].again != NULL;
	}
	if (s->timer == NULL || !whole) {
		settle_free(s);
		return NULL;
	}
	return s;
}

struct settle_result *
settle_result_new(void)
{
	return calloc(1, sizeof(struct settle_result));
}

void
settle_discard(struct settle_result *r)
{
	if (r == NULL)
		return;
	free(r->detail);
	free(r->address);
	free(r->response);
	free(r);
}

/* The batch is over, one way or the other. */
static void
batch_free(struct settle_shard *v)
{
	int i;

	for (i = 0; i < v->batch_n; i++)
		settle_discard(v->batch[i]);
	v->home->pending -= v->batch_n;
	free(v->batch);
	v->batch = NULL;
	v->batch_n = v->tries = 0;
	v->dropped = v->plain = false;
}

static void
queue_free(struct settle_shard *v)
{
	struct settle_result *r;

	while ((r = STAILQ_FIRST(&v->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&v->queue, link);
		settle_discard(r);
		v->queued--;
		v->home->pending--;
	}
}

void
settle_free(struct settle *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < SHARDS; i++) {
		queue_free(&s->shards[i]);
		batch_free(&s->shards[i]);
		loop_timer_free(s->shards[i].again);
	}
	loop_timer_free(s->timer);
	free(s);
}

int
settle_pending(const struct settle *s)
{
	return s->pending;
}

bool
settle_is_full(const struct settle *s)
{
	return s->pending >= s->o.limit;
}

#define EACH(add) \
	for (i = 0; i < v->batch_n; i++) { \
		const struct settle_result *r = v->batch[i]; \
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
add_attempts(const struct settle_shard *v, struct dbparam *p)
{
	bool plain = v->plain;
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
add_done(const struct settle_shard *v, struct dbparam *p)
{
	int i;

	COLUMN(DBPARAM_ID, if (r->outcome != OUTCOME_RETRY)
		dbparam_el_id(p, &r->delivery->id));
}

static void
add_retries(const struct settle_shard *v, struct dbparam *p)
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
		if (v[i].last->at >= v[last].last->at)
			v[last].last = v[i].last;
	}
	return last + 1;
}

static int
sums_of(const struct settle_shard *v, struct sum *sums)
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
}

static int
add_counts(const struct settle_shard *v, struct dbparam *p, int *n)
{
	struct sum *sums = calloc((size_t)v->batch_n, sizeof(*sums));

	if (sums == NULL)
		return ERR_NOMEM;
	*n = sums_of(v, sums);
	add_sums(sums, *n, p);
	free(sums);
	return dbparam_err(p);
}

/* A statement with shard and epoch; p keeps nothing. */
static void
begin(struct settle_shard *v, struct dbparam *p, int64_t epoch)
{
	dbparam_reset(p);
	dbparam_i16(p, (int16_t)(v - v->home->shards));
	dbparam_i64(p, epoch);
}

static int
build(struct settle_shard *v, int64_t epoch, struct dbasync_unit *u)
{
	struct dbparam p;
	int counts = 0, rc;

	dbparam_init(&p);
	begin(v, &p, epoch);
	add_attempts(v, &p);
	rc = dbasync_unit_add(u, &sql_settle_attempts, &p);
	if (rc == 0 && v->done_n > 0) {
		begin(v, &p, epoch);
		add_done(v, &p);
		rc = dbasync_unit_add(u, &sql_settle_done, &p);
	}
	if (rc == 0 && v->retries_n > 0) {
		begin(v, &p, epoch);
		add_retries(v, &p);
		rc = dbasync_unit_add(u, &sql_settle_retry, &p);
	}
	if (rc == 0) {
		begin(v, &p, epoch);
		rc = add_counts(v, &p, &counts);
	}
	if (rc == 0 && counts > 0)
		rc = dbasync_unit_add(u, &sql_settle_counts, &p);
	dbparam_free(&p);
	return rc;
}

static void send_batch(struct settle_shard *v);
static void start_batch(struct settle_shard *v);

static void
give_up(struct settle_shard *v)
{
	struct settle *s = v->home;

	batch_free(v);
	queue_free(v);
	s->o.revoked(s->o.cookie, (int)(v - s->shards));
}

/* Later, with the same results: nothing was written. */
static void
try_again(struct settle_shard *v, int err)
{
	struct settle *s = v->home;

	log_warn("sender.settle_failed", LI("shard", v - s->shards),
	    LI("rows", v->batch_n), LI("tries", v->tries),
	    LS("error", err_text((enum err)err)),
	    LS("message", err == ERR_NOMEM ? "" : dbasync_error(s->o.db)));
	if (err == ERR_DB)
		v->plain = true;
	if (v->tries >= TRIES) {
		give_up(v);
		return;
	}
	loop_timer_arm(v->again, (int64_t)RETRY_US << v->tries);
}

static void
on_again(void *cookie)
{
	struct settle_shard *v = cookie;

	if (v->batch != NULL && v->dropped)
		batch_free(v);
	else if (v->batch != NULL)
		send_batch(v);
}

static void
on_settled(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct settle_shard *v = cookie;
	struct settle *s = v->home;
	int i;

	if (v->dropped || err == ERR_DB_DOWN || err == ERR_CLOSED) {
		/* Void; the end of the session tells the others. */
		batch_free(v);
		start_batch(v);
		return;
	}
	if (err != 0) {
		try_again(v, err);
		return;
	}
	assert(n >= 1);
	if (dbresult_touched(results[0]) != v->batch_n) {
		give_up(v);	/* the epoch is another one's */
		return;
	}
	for (i = 0; i < v->batch_n; i++) {
		s->o.settled(s->o.cookie, v->batch[i]->delivery);
		v->batch[i]->delivery = NULL;
	}
	batch_free(v);
	if (v->queued >= s->o.rows)
		start_batch(v);
	else if (v->queued > 0 && !loop_timer_armed(s->timer))
		loop_timer_arm(s->timer, s->o.delay * 1000);
}

static void
send_batch(struct settle_shard *v)
{
	struct settle *s = v->home;
	int64_t epoch = s->o.epoch(s->o.cookie, (int)(v - s->shards));
	struct dbasync_unit *u;
	int rc;

	v->tries++;
	u = dbasync_unit_new();
	if (u == NULL) {
		try_again(v, ERR_NOMEM);
		return;
	}
	rc = build(v, epoch, u);
	if (rc != 0)
		dbasync_unit_free(u);
	else
		rc = dbasync_submit(s->o.db, u, on_settled, v);
	if (rc == ERR_DB_DOWN)
		batch_free(v);	/* so is everything else */
	else if (rc != 0)
		try_again(v, ERR_NOMEM);
}

static void
start_batch(struct settle_shard *v)
{
	struct settle *s = v->home;
	struct settle_result *r;
	int n = v->queued < s->o.rows ? v->queued : s->o.rows;

	if (v->batch != NULL || n == 0)
		return;
	v->batch = calloc((size_t)n, sizeof(r));
	if (v->batch == NULL) {
		loop_timer_arm(s->timer, RETRY_US);
		return;
	}
	v->retries_n = v->done_n = 0;
	while (v->batch_n < n) {
		r = STAILQ_FIRST(&v->queue);
		STAILQ_REMOVE_HEAD(&v->queue, link);
		v->queued--;
		v->batch[v->batch_n++] = r;
		if (r->outcome == OUTCOME_RETRY)
			v->retries_n++;
		else
			v->done_n++;
	}
	send_batch(v);
}

void
settle_add(struct settle *s, struct settle_result *r)
{
	struct settle_shard *v = &s->shards[r->delivery->shard];

	STAILQ_INSERT_TAIL(&v->queue, r, link);
	v->queued++;
	s->pending++;
	if (v->queued >= s->o.rows || s->o.delay == 0)
		start_batch(v);
	else if (!loop_timer_armed(s->timer))
		loop_timer_arm(s->timer, s->o.delay * 1000);
}

void
settle_flush(struct settle *s)
{
	int i;

	for (i = 0; i < SHARDS; i++)
		start_batch(&s->shards[i]);
}

static void
on_timer(void *cookie)
{
	settle_flush(cookie);
}

void
settle_drop(struct settle *s, int shard)
{
	int i;

	for (i = 0; i < SHARDS; i++) {
		struct settle_shard *v = &s->shards[i];

		if (shard >= 0 && i != shard)
			continue;
		queue_free(v);
		if (v->batch != NULL)
			v->dropped = true;
		if (loop_timer_armed(v->again)) {
			loop_timer_disarm(v->again);
			batch_free(v);
		}
	}
}
