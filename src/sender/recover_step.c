/*
 * The steps of a recovery in callhook-sender, a walk over the attempts of a
 * webhook in the order of their ids: once to count, so that there is a measure
 * of progress (recover_count), then to put back.  A step of the latter reads how
 * much its lane owes and the next attempts (recover_state, recover_find), then
 * puts back what failed for good and moves on, in one transaction
 * (recover_again, recover_step); so it goes on after a crash where it was.
 */
#include "sender/recovery.h"

#include <assert.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sql_statements.h"
#include "hook/event.h"
#include "sender/lanes.h"

enum {
	/* Others use the session too: a step takes 10 ms of it. */
	LOOK = 200,		/* attempts looked at in a step */
	COUNT = 1000,		/* and in one that counts */
	BATCH = 100,		/* deliveries put back in a step */
	GOES_ON_US = 20000,	/* between steps that did something */
	WAITS_US = 250000,	/* and when the lane has no room */
	FAILED_US = 2000000,
};

/* The columns of recover_find. */
enum { COL_ATTEMPT, COL_DELIVERY, COL_EVENT, COL_KIND, COL_ACCOUNT,
	COL_SERVICE, COL_CALL_ID, COL_GOOD, COL_LAST };

/* The step is over: the next one in so long, or never. */
static void
rest(struct recovery *x, int64_t us)
{
	struct recoveries *r = x->home;

	x->busy = false;
	if (x->doomed) {
		recovery_free(x);
		return;
	}
	x->next = loop_now(r->o.loop) + us;
	if (!loop_timer_armed(r->timer))
		loop_timer_arm(r->timer, us);
}

static void
failed(struct recovery *x, enum err err)
{
	if (err != ERR_DB_DOWN && err != ERR_CLOSED)
		log_warn("sender.recovery_failed", LS("error", err_text(err)),
		    LS("message", dbasync_error(x->home->o.db)));
	rest(x, FAILED_US);
}

/* ---- the second half of a step ---- */

struct again {
	struct dbparam p;		/* of recover_again */
	int n;				/* deliveries put back */
	struct id looked;		/* up to here they are */
	bool done;
};

static void
on_stepped(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct recovery *x = cookie;

	if (err != 0) {
		failed(x, err);
		return;
	}
	/* The last one says whether it still runs. */
	if (dbresult_rows(results[n - 1]) == 0 ||
	    !dbresult_bool(results[n - 1], 0, 0)) {
		x->doomed = true;
	} else if (n > 1) {
		x->home->o.owes(x->home->o.cookie, x->shard);
	}
	rest(x, GOES_ON_US);
}

/* Writes where it is, and what it puts back (a may be NULL: nothing). */
static int
submit_step(struct recovery *x, struct again *a, const char *state)
{
	struct dbasync_unit *u = dbasync_unit_new();
	struct dbparam p;
	int rc = u == NULL ? ERR_NOMEM : 0;

	if (rc == 0 && a->n > 0)
		rc = dbasync_unit_add(u, &sql_recover_again, &a->p);
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)x->shard);
	dbparam_i64(&p, x->home->o.epoch(x->home->o.cookie, x->shard));
	dbparam_id(&p, &x->id);
	dbparam_id(&p, &a->looked);
	dbparam_i64(&p, a->n);
	dbparam_text(&p, span_of(state));
	dbparam_time(&p, clock_real_us());
	if (rc == 0)
		rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_recover_step, &p);
	dbparam_free(&p);
	return dbasync_submit_built(x->home->o.db, u, rc, on_stepped, x);
}

/* ---- what a step has read ---- */

#define EACH(add) \
	for (i = 0; i < n; i++) { \
		if (dbresult_bool(r, i, COL_GOOD)) { \
			add; \
		} \
	}

static int64_t
call_of(const struct pg_result *r, int i)
{
	struct event e = {
		.account_id = dbresult_i64(r, i, COL_ACCOUNT),
		.service = (enum service)dbresult_i16(r, i, COL_SERVICE),
		.kind = (enum event_kind)dbresult_i16(r, i, COL_KIND),
		.call_id = dbresult_span(r, i, COL_CALL_ID),
	};

	return event_call_hash(&e);
}

/* The first n rows, as far as they are good, are put back. */
static void
param_again(struct recovery *x, const struct pg_result *r, int n,
    struct dbparam *p)
{
	struct id id;
	int i;

	dbparam_i16(p, (int16_t)x->shard);
	dbparam_i64(p, x->home->o.epoch(x->home->o.cookie, x->shard));
	dbparam_id(p, &x->id);
	dbparam_time(p, clock_real_us());
	dbparam_array(p, DBPARAM_I16);
	EACH(dbparam_el_i16(p, dbresult_i16(r, i, COL_KIND)));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I64);
	EACH(dbparam_el_i64(p, call_of(r, i)));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	EACH(id = dbresult_id(r, i, COL_DELIVERY); dbparam_el_id(p, &id));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	EACH(id = dbresult_id(r, i, COL_EVENT); dbparam_el_id(p, &id));
	dbparam_array_end(p);
}

/* How many rows fit into room, counting the good ones. */
static int
that_fit(const struct pg_result *r, int room)
{
	int i, n = dbresult_rows(r);

	for (i = 0; i < n; i++)
		if (dbresult_bool(r, i, COL_GOOD) && room-- == 0)
			break;
	return i;
}

static void
go_on(struct recovery *x, const struct pg_result *r, int room)
{
	struct again a = { .looked = x->looked };
	int i, rc, rows = dbresult_rows(r), n = that_fit(r, room);

	for (i = 0; i < n; i++)
		a.n += dbresult_bool(r, i, COL_GOOD);
	if (n > 0)
		a.looked = dbresult_id(r, n - 1, COL_ATTEMPT);
	/* Nothing was cut off, and nothing is left behind. */
	a.done = n == rows && rows < BATCH + 1 &&
	    (rows == 0 || !dbresult_bool(r, rows - 1, COL_LAST));
	if (n == 0 && !a.done) {
		rest(x, WAITS_US);
		return;
	}
	dbparam_init(&a.p);
	param_again(x, r, n, &a.p);
	rc = dbparam_err(&a.p);
	if (rc == 0)
		rc = submit_step(x, &a, a.done ? "done" : "running");
	dbparam_free(&a.p);
	if (rc != 0)
		failed(x, (enum err)rc);
	else
		x->looked = a.looked;
}

static void
on_read(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct recovery *x = cookie;
	struct again none = { .looked = x->looked };
	int64_t owed;
	int rc;

	if (err != 0) {
		failed(x, err);
		return;
	}
	assert(n == 2);
	if (x->doomed || dbresult_rows(results[0]) == 0) {
		x->doomed = true;	/* cancelled, or not ours any more */
		rest(x, 0);
		return;
	}
	if (!dbresult_bool(results[0], 0, 0)) {
		/* The webhook is gone or switched off. */
		rc = submit_step(x, &none, "cancelled");
		if (rc != 0)
			failed(x, (enum err)rc);
		return;
	}
	owed = dbresult_i64(results[0], 0, 2);
	if (dbresult_bool(results[0], 0, 1) || owed >= x->room)
		rest(x, WAITS_US);
	else
		go_on(x, results[1], x->room - (int)owed);
}

/* ---- the first half of a step ---- */

static void
param_walk(struct recovery *x, const struct id *after, int64_t most,
    struct dbparam *p)
{
	struct id late = id_floor(clock_real_us() -
	    x->home->o.start_ttl * 1000);

	dbparam_i16(p, (int16_t)x->shard);
	dbparam_id(p, &x->webhook);
	dbparam_id(p, after);
	dbparam_id(p, &x->stop);
	dbparam_id(p, &late);
	dbparam_i64(p, most);
}

static int
ask(struct recovery *x)
{
	const struct recover_options *o = &x->home->o;
	struct dbasync_unit *u = dbasync_unit_new();
	struct dbparam p;
	int rc;

	if (u == NULL)
		return ERR_NOMEM;
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)x->shard);
	dbparam_id(&p, &x->id);
	dbparam_i64(&p, x->room);
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_recover_state, &p);
	dbparam_reset(&p);
	param_walk(x, &x->looked, LOOK, &p);
	dbparam_i64(&p, BATCH + 1);
	if (rc == 0)
		rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_recover_find, &p);
	dbparam_free(&p);
	return dbasync_submit_built(o->db, u, rc, on_read, x);
}

/* ---- counting ---- */

static void
on_counted(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct recovery *x = cookie;

	assert(err != 0 || n == 1);
	if (err != 0) {
		failed(x, err);
		return;
	}
	x->doomed = x->doomed || dbresult_rows(results[0]) == 0;
	rest(x, GOES_ON_US);
}

static void
on_count(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct recovery *x = cookie;
	struct dbparam p;
	int rc = (int)err;

	(void)n;
	if (rc == 0) {
		x->counted = dbresult_null(results[0], 0, 1) ? x->stop :
		    dbresult_id(results[0], 0, 1);
		dbparam_init(&p);
		dbparam_i16(&p, (int16_t)x->shard);
		dbparam_i64(&p, x->home->o.epoch(x->home->o.cookie,
		    x->shard));
		dbparam_id(&p, &x->id);
		dbparam_id(&p, &x->counted);
		dbparam_i64(&p, dbresult_i64(results[0], 0, 0));
		rc = dbasync_ask(x->home->o.db, &sql_recover_counted, &p,
		    on_counted, x);
	}
	if (rc != 0) {
		x->doomed = true;	/* its row says where to go on */
		rest(x, 0);
	}
}

static int
count(struct recovery *x)
{
	struct dbparam p;

	dbparam_init(&p);
	param_walk(x, &x->counted, COUNT, &p);
	return dbasync_ask(x->home->o.db, &sql_recover_count, &p, on_count, x);
}

/* ---- a step ---- */

void
recovery_step(struct recovery *x)
{
	int rc, room = lanes_takes(x->home->o.lanes, &x->webhook);

	x->busy = true;
	x->room = room < BATCH ? room : BATCH;
	if (room == 0) {		/* its receiver is not well */
		rest(x, WAITS_US);
		return;
	}
	rc = id_eq(&x->counted, &x->stop) ? ask(x) : count(x);
	if (rc != 0)
		failed(x, (enum err)rc);
}
