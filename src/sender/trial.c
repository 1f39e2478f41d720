/*
 * Tests of webhooks in callhook-sender.  A trial is asked for (trial_take),
 * made (an attempt with a delivery of its own), written (trial_done), and
 * forgotten; nothing is claimed, what is in hand is known here.  Looked for
 * when the API sends a datagram and by feed.c's polling.  attempt.c hands
 * the results back through sender.c.
 */
#include "sender/trial.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/sql_statements.h"
#include "sender/attempt.h"
#include "sender/delivery.h"
#include "sender/due.h"
#include "sender/hooks.h"
#include "sender/settle.h"

/* The columns of sql/statements/trial_take.sql. */
enum { COL_ACCOUNT, COL_ID, COL_WEBHOOK, COL_KIND, COL_SERVICE, COL_CALL_ID,
	COL_SETTINGS, COL_AUTH, COL_DATA };

struct trial {
	struct trials *home;
	struct delivery *delivery;
	struct settle_result *result;	/* NULL: under way */
	bool plain;			/* without what strangers said */
	LIST_ENTRY(trial) link;
};

struct look {
	struct trials *home;
	int shard;
};

struct trials {
	struct trial_options o;
	LIST_HEAD(, trial) all;
	int n;
	bool missed[SHARDS];	/* there was no room: look again */
};

struct trials *
trial_new(const struct trial_options *options)
{
	struct trials *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->o = *options;
	LIST_INIT(&t->all);
	return t;
}

static void
destroy(struct trial *x)
{
	LIST_REMOVE(x, link);
	x->home->n--;
	settle_discard(x->result);
	due_release(x->delivery);
	free(x);
}

void
trial_free(struct trials *t)
{
	struct trial *x, *next;

	if (t == NULL)
		return;
	for (x = LIST_FIRST(&t->all); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		destroy(x);
	}
	free(t);
}

int
trial_running(const struct trials *t)
{
	return t->n;
}

static struct trial *
find(struct trials *t, const struct id *id)
{
	struct trial *x;

	LIST_FOREACH(x, &t->all, link)
		if (id_eq(&x->delivery->id, id))
			return x;
	return NULL;
}

/* There is room again. */
static void
look_again(struct trials *t)
{
	int i;

	for (i = 0; i < SHARDS; i++)
		if (t->missed[i]) {
			t->missed[i] = false;
			trial_look(t, i);
		}
}

static void
forget(struct trial *x)
{
	struct trials *t = x->home;

	destroy(x);
	look_again(t);
}

/* ---- writing ---- */

static void
param_us(struct dbparam *p, int32_t us)
{
	if (us < 0)
		dbparam_null(p);
	else
		dbparam_i32(p, us);
}

static void
param_result(struct dbparam *p, const struct trial *x)
{
	const struct settle_result *r = x->result;

	dbparam_i16(p, (int16_t)x->delivery->shard);
	dbparam_i64(p, x->delivery->account_id);
	dbparam_id(p, &x->delivery->id);
	dbparam_time(p, clock_real_us());
	dbparam_time(p, r->at);
	dbparam_text(p, span_of(outcome_name(r->outcome)));
	dbparam_i16(p, (int16_t)r->status);
	dbparam_text(p, span_of(outcome_error_name(r->error)));
	dbparam_text(p, span_of(x->plain ? NULL : r->detail));
	dbparam_text(p, span_of(r->address));
	param_us(p, r->dns_us);
	param_us(p, r->connect_us);
	param_us(p, r->tls_us);
	param_us(p, r->first_byte_us);
	param_us(p, r->total_us);
	dbparam_bytes(p, (struct span){ x->plain ? NULL : r->response,
	    x->plain ? 0 : r->response_len });
}

static void on_written(void *cookie, enum err err,
    const struct pg_result *const *results, int n);

static int
submit(struct trial *x)
{
	struct dbparam p;

	dbparam_init(&p);
	param_result(&p, x);
	return dbasync_ask(x->home->o.db, &sql_trial_done, &p, on_written, x);
}

/* What cannot be written is a test without an answer; it runs out of time. */
static void
write_result(struct trial *x)
{
	int rc = submit(x);

	if (rc == 0)
		return;
	log_warn("sender.trial_not_written",
	    LS("error", err_text((enum err)rc)));
	forget(x);
}

static void
on_written(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct trial *x = cookie;

	(void)results;
	(void)n;
	if (err == ERR_DB && !x->plain) {
		x->plain = true;
		write_result(x);
		return;
	}
	if (err != 0 && err != ERR_DB_DOWN && err != ERR_CLOSED)
		log_warn("sender.trial_not_written", LS("error", err_text(err)),
		    LS("message", dbasync_error(x->home->o.db)));
	forget(x);
}

void
trial_ended(struct trials *t, struct delivery *d, struct settle_result *r)
{
	struct trial *x = find(t, &d->id);

	assert(x != NULL && x->delivery == d && x->result == NULL);
	if (r == NULL) {
		forget(x);	/* it is still to be made, by whom it may be */
		return;
	}
	x->result = r;
	write_result(x);
}

void
trial_drop(struct trials *t, int shard)
{
	struct trial *x, *next;

	for (x = LIST_FIRST(&t->all); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		/* One with a result belongs to the session. */
		if (x->result == NULL &&
		    (shard < 0 || x->delivery->shard == shard))
			destroy(x);
	}
}

/* ---- taking ---- */

static struct delivery *
make_delivery(int shard, const struct pg_result *r, int i)
{
	struct span call_id = dbresult_span(r, i, COL_CALL_ID);
	struct span data = dbresult_span(r, i, COL_DATA);
	struct delivery *d = calloc(1, sizeof(*d) + call_id.len + data.len);

	if (d == NULL)
		return NULL;
	d->trial = d->enabled = true;
	d->state = DELIVERY_IN_FLIGHT;
	d->shard = shard;
	d->account_id = dbresult_i64(r, i, COL_ACCOUNT);
	d->id = d->event_id = dbresult_id(r, i, COL_ID);
	d->webhook_id = dbresult_id(r, i, COL_WEBHOOK);
	d->kind = (enum event_kind)dbresult_i16(r, i, COL_KIND);
	d->service = (enum service)dbresult_i16(r, i, COL_SERVICE);
	memcpy(d->bytes, call_id.p, call_id.len);
	memcpy(d->bytes + call_id.len, data.p, data.len);
	d->call_id = (struct span){ d->bytes, call_id.len };
	d->data = (struct span){ d->bytes + call_id.len, data.len };
	return d;
}

static void
start(struct trials *t, int shard, const struct pg_result *r, int i,
    const struct pg_result *secrets)
{
	struct hook_sealed sealed[SIGN_KEYS_MAX];
	struct trial *x = calloc(1, sizeof(*x));
	struct delivery *d = x != NULL ? make_delivery(shard, r, i) : NULL;
	size_t n;

	if (d != NULL) {
		n = due_secrets(secrets, &d->webhook_id, sealed);
		d->hook = hooks_make(&d->webhook_id, 0,
		    dbresult_span(r, i, COL_SETTINGS),
		    dbresult_span(r, i, COL_AUTH), sealed, n);
	}
	if (d == NULL || d->hook == NULL) {
		due_release(d);
		free(x);
		return;
	}
	x->home = t;
	x->delivery = d;
	LIST_INSERT_HEAD(&t->all, x, link);
	t->n++;
	attempt_start(t->o.attempts, d);
}

static void
on_taken(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct look *look = cookie;
	struct trials *t = look->home;
	struct id id;
	int i;

	for (i = 0; err == 0 && i < dbresult_rows(results[0]); i++) {
		id = dbresult_id(results[0], i, COL_ID);
		if (find(t, &id) != NULL ||
		    t->o.epoch(t->o.cookie, look->shard) == 0)
			continue;
		if (t->n < TRIALS_MAX)
			start(t, look->shard, results[0], i, results[1]);
		else
			t->missed[look->shard] = true;
	}
	assert(err != 0 || n == 2);
	if (err != 0 && err != ERR_DB_DOWN && err != ERR_CLOSED)
		log_warn("sender.trial_not_read", LS("error", err_text(err)),
		    LS("message", dbasync_error(t->o.db)));
	free(look);
}

static int
ask(struct look *look)
{
	struct dbasync_unit *u = dbasync_unit_new();
	struct dbparam p;
	int rc;

	if (u == NULL)
		return ERR_NOMEM;
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)look->shard);
	dbparam_i64(&p, TRIALS_MAX);
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_trial_take, &p);
	dbparam_reset(&p);
	dbparam_i16(&p, (int16_t)look->shard);
	if (rc == 0)
		rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_trial_secrets, &p);
	dbparam_free(&p);
	return dbasync_submit_built(look->home->o.db, u, rc, on_taken, look);
}

void
trial_look(struct trials *t, int shard)
{
	struct look *look;

	if (t->o.epoch(t->o.cookie, shard) == 0 || !dbasync_is_up(t->o.db))
		return;
	look = calloc(1, sizeof(*look));
	if (look == NULL)
		return;
	look->home = t;
	look->shard = shard;
	if (ask(look) != 0)
		free(look);	/* polling comes back to it */
}
