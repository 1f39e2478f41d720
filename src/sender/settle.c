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

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/openmetrics.h"
#include "core/sql_statements.h"
#include "sender/batch.h"
#include "sender/delivery.h"

enum {
	TRIES = 6, RETRY_US = 50000,
	/* Of answers in one batch: a statement takes DBPARAM_BYTES_MAX. */
	ANSWERS_MAX = 8 * 1024 * 1024,
};

STAILQ_HEAD(result_queue, settle_result);

struct settle_shard {
	struct settle *home;
	struct result_queue queue;
	int queued;
	struct settle_result **batch;	/* NULL: none under way */
	int batch_n;
	bool counted;		/* its last statement is settle_counts */
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
	uint64_t batches[OPENMETRICS_SIZE_CELLS];
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

const uint64_t *
settle_batches(const struct settle *s)
{
	return s->batches;
}

bool
settle_is_full(const struct settle *s)
{
	return s->pending >= s->o.limit;
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

/* Webhooks that have known nothing but failures for too long. */
static void
tell_failing(const struct settle_shard *v, const struct pg_result *counts)
{
	struct settle *s = v->home;
	const struct delivery *d;
	struct id webhook;
	int i, k, rows = dbresult_rows(counts);

	for (i = 0; i < rows; i++) {
		if (dbresult_null(counts, i, 1) || s->o.failing == NULL ||
		    dbresult_time(counts, i, 1) > clock_real_us() -
		    s->o.disable_after * 1000)
			continue;
		webhook = dbresult_id(counts, i, 0);
		for (k = v->batch_n - 1; k >= 0; k--) {
			d = v->batch[k]->delivery;
			if (!id_eq(&d->webhook_id, &webhook))
				continue;
			s->o.failing(s->o.cookie, d);
			break;
		}
	}
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
	if (v->counted && !v->dropped)
		tell_failing(v, results[n - 1]);
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
	int shard = (int)(v - s->shards);
	struct batch batch = { .v = v->batch, .n = v->batch_n,
		.shard = shard, .epoch = s->o.epoch(s->o.cookie, shard),
		.plain = v->plain };
	struct dbasync_unit *u;
	int rc;

	v->tries++;
	u = dbasync_unit_new();
	if (u == NULL) {
		try_again(v, ERR_NOMEM);
		return;
	}
	rc = batch_build(&batch, u, &v->counted);
	rc = dbasync_submit_built(s->o.db, u, rc, on_settled, v);
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
	size_t bytes = 0;

	if (v->batch != NULL || n == 0)
		return;
	v->batch = calloc((size_t)n, sizeof(struct settle_result *));
	if (v->batch == NULL) {
		loop_timer_arm(s->timer, RETRY_US);
		return;
	}
	while (v->batch_n < n) {
		r = STAILQ_FIRST(&v->queue);
		bytes += r->response_len;
		if (v->batch_n > 0 && bytes > ANSWERS_MAX)
			break;
		STAILQ_REMOVE_HEAD(&v->queue, link);
		v->queued--;
		v->batch[v->batch_n++] = r;
	}
	openmetrics_observe(&openmetrics_size, s->batches, v->batch_n);
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
		if (v->batch == NULL)
			continue;
		v->dropped = true;
		if (loop_timer_armed(v->again)) {
			loop_timer_disarm(v->again);
			batch_free(v);
		}
	}
}
