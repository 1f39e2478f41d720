/*
 * Ownership of shards in callhook-sender, on the one asynchronous session
 * whose advisory locks they are.  States of a shard:
 *
 *	FREE → LOCKING → CLAIMING → OWNED → DRAINING → UNLOCKING → FREE
 *
 * LOCKING and UNLOCKING wait for the lock's answer, CLAIMING for the epoch.
 * DRAINING is owned but not read any more; it is unlocked when nothing of it
 * is in hand.  A tick every 500 ms asks which locks are free, a heartbeat
 * every second how many senders there are.
 */
#include "sender/shards.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sql_statements.h"

enum {
	TICK_US = 500000,
	FIGURES_BEATS = 5, FIGURES_MAX = 16 * 1024,
	HOLD_US = 5000000,	/* a revoked shard is left alone so long */
	/* A dead sender counts as live for 3 s: the surplus is kept as long. */
	GREED_US = 4000000,
	/*
	 * Less than idle_session_timeout in sql/statements/sender_session.sql,
	 * after which the database frees what a frozen sender holds.
	 */
	CERTAIN_US = 4000000,
};

enum shard_state { SHARD_FREE, SHARD_LOCKING, SHARD_CLAIMING, SHARD_OWNED,
	SHARD_DRAINING, SHARD_UNLOCKING };

struct shard {
	struct shards *home;
	enum shard_state state;
	int64_t epoch;
	int64_t hold;		/* mono us: not before */
	bool seen_free;		/* nobody took it since the last tick */
};

struct shards {
	struct shards_options o;
	struct shard v[SHARDS];
	struct loop_timer *timer;
	int live;		/* senders */
	int ticks, beats;
	int reported;		/* owned, as it was last logged */
	bool beating, asking;
	bool stopped;
	int64_t greedy_until;
	int64_t beat_at;	/* mono us: the present heartbeat was sent */
	int64_t heard_at;	/* the last one that was answered; 0: none */
	void (*left)(void *cookie);
};

static void on_tick(void *cookie);

struct shards *
shards_new(const struct shards_options *options)
{
	struct shards *s = calloc(1, sizeof(*s));
	int i;

	if (s == NULL)
		return NULL;
	s->o = *options;
	s->live = 1;
	for (i = 0; i < SHARDS; i++)
		s->v[i].home = s;
	s->timer = loop_timer_new(s->o.loop, on_tick, s);
	if (s->timer == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
shards_free(struct shards *s)
{
	if (s == NULL)
		return;
	loop_timer_free(s->timer);
	free(s);
}

static bool
is_owned(const struct shard *shard)
{
	return shard->state == SHARD_OWNED || shard->state == SHARD_DRAINING;
}

int
shards_owned(const struct shards *s)
{
	int i, n = 0;

	for (i = 0; i < SHARDS; i++)
		n += is_owned(&s->v[i]);
	return n;
}

int64_t
shards_epoch(const struct shards *s, int shard)
{
	return is_owned(&s->v[shard]) ? s->v[shard].epoch : 0;
}

static int
share(const struct shards *s)
{
	return (SHARDS + s->live - 1) / s->live;
}

static int
count(const struct shards *s, enum shard_state from, enum shard_state to)
{
	int i, n = 0;

	for (i = 0; i < SHARDS; i++)
		n += s->v[i].state >= from && s->v[i].state <= to;
	return n;
}

/* One statement with the shard as its first parameter. */
static int
submit(struct shard *shard, const struct sql_statement *statement,
    bool with_owner, dbasync_fn *fn)
{
	struct shards *s = shard->home;
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)(shard - s->v));
	if (with_owner)
		dbparam_id(&p, &s->o.sender);
	return dbasync_ask(s->o.db, statement, &p, fn, shard);
}

static void
report(struct shards *s)
{
	int owned = shards_owned(s);

	if (owned == s->reported || count(s, SHARD_LOCKING,
	    SHARD_CLAIMING) > 0)
		return;
	log_info("sender.shards", LI("owned", owned), LI("before", s->reported),
	    LI("share", share(s)), LI("senders", s->live));
	s->reported = owned;
}

static void
on_unlocked(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct shard *shard = cookie;

	(void)results;
	(void)n;
	if (shard->state != SHARD_UNLOCKING)
		return;		/* the session went meanwhile */
	shard->state = SHARD_FREE;
	shard->seen_free = false;
	if (err != 0 && err != ERR_DB_DOWN)
		log_warn("sender.unlock_failed",
		    LI("shard", shard - shard->home->v),
		    LS("error", err_text(err)));
	report(shard->home);
}

static void
unlock(struct shard *shard)
{
	shard->state = SHARD_UNLOCKING;
	shard->epoch = 0;
	if (submit(shard, &sql_shard_unlock, false, on_unlocked) != 0)
		log_warn("sender.unlock_failed",
		    LI("shard", shard - shard->home->v));
}

static void
on_claimed(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct shard *shard = cookie;
	struct shards *s = shard->home;

	if (shard->state != SHARD_CLAIMING)
		return;
	if (err != 0 || n != 1 || dbresult_rows(results[0]) != 1) {
		log_warn("sender.claim_failed", LI("shard", shard - s->v),
		    LS("error", err_text(err)));
		shard->hold = loop_now(s->o.loop) + HOLD_US;
		unlock(shard);
		return;
	}
	shard->epoch = dbresult_i64(results[0], 0, 0);
	if (s->stopped) {
		unlock(shard);
		return;
	}
	shard->state = SHARD_OWNED;
	report(s);
	s->o.gained(s->o.cookie, (int)(shard - s->v));
}

static void
on_locked(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct shard *shard = cookie;

	if (shard->state != SHARD_LOCKING)
		return;
	if (err != 0 || n != 1 || !dbresult_bool(results[0], 0, 0)) {
		shard->state = SHARD_FREE;
		shard->seen_free = false;
		report(shard->home);
		return;
	}
	shard->state = SHARD_CLAIMING;
	if (submit(shard, &sql_shard_claim, true, on_claimed) != 0)
		unlock(shard);
}

static void
lock(struct shard *shard)
{
	shard->state = SHARD_LOCKING;
	if (submit(shard, &sql_shard_lock, false, on_locked) != 0)
		shard->state = SHARD_FREE;
}

/*
 * Free locks: up to the share at once, more only when they were free at the
 * last tick too, so that a sender below its share comes first.
 */
static void
on_free(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct shards *s = cookie;
	int64_t now = loop_now(s->o.loop);
	bool is_free[SHARDS] = { false };
	int i, at, have, first;

	s->asking = false;
	if (err != 0 || n != 1 || s->stopped)
		return;
	for (i = 0; i < dbresult_rows(results[0]); i++) {
		at = dbresult_i16(results[0], i, 0);
		if (at >= 0 && at < SHARDS)
			is_free[at] = true;
	}
	have = count(s, SHARD_LOCKING, SHARD_OWNED);
	first = s->o.sender.b[15] % SHARDS;	/* senders begin apart */
	for (i = 0; i < SHARDS; i++) {
		struct shard *shard = &s->v[(first + i) % SHARDS];

		if (shard->state != SHARD_FREE)
			continue;
		if (!is_free[shard - s->v]) {
			shard->seen_free = false;
			continue;
		}
		if (shard->hold > now)
			continue;
		if (have >= share(s)) {
			if (!shard->seen_free) {
				shard->seen_free = true;
				continue;
			}
			s->greedy_until = now + GREED_US;
		}
		lock(shard);
		have += shard->state == SHARD_LOCKING;
	}
}

static void
ask_free(struct shards *s)
{
	struct dbparam p;

	if (s->asking || s->stopped || count(s, SHARD_FREE, SHARD_FREE) == 0)
		return;
	dbparam_init(&p);
	s->asking = dbasync_ask(s->o.db, &sql_shard_free, &p, on_free, s) == 0;
}

/* Another sender came: close the surplus; unlock what is drained. */
static void
give_back(struct shards *s)
{
	int i, over = count(s, SHARD_LOCKING, SHARD_OWNED) - share(s);

	if (loop_now(s->o.loop) < s->greedy_until)
		over = 0;
	for (i = SHARDS - 1; i >= 0; i--) {
		struct shard *shard = &s->v[i];

		if (shard->state == SHARD_OWNED && over > 0) {
			over--;
			shard->state = SHARD_DRAINING;
			s->o.closed(s->o.cookie, i);
		}
		if (shard->state == SHARD_DRAINING && !s->stopped &&
		    s->o.in_hand(s->o.cookie, i) == 0) {
			shard->hold = loop_now(s->o.loop) + GREED_US;
			unlock(shard);
		}
	}
}

static void
on_beat(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct shards *s = cookie;
	int live;

	s->beating = false;
	if (err != 0) {
		if (err != ERR_DB_DOWN && err != ERR_CLOSED)
			log_warn("sender.beat_failed",
			    LS("error", err_text(err)),
			    LS("message", dbasync_error(s->o.db)));
		return;
	}
	assert(n == 2);
	live = dbresult_i32(results[1], 0, 0);
	s->live = live < 1 ? 1 : live > SHARDS ? SHARDS : live;
	s->heard_at = s->beat_at;
	s->o.alive(s->o.cookie);
	give_back(s);
	ask_free(s);
}

static void
beat(struct shards *s)
{
	struct buf figures = BUF_INIT(FIGURES_MAX);
	struct dbasync_unit *u;
	struct dbparam p;
	int rc;

	if (s->beating)
		return;
	s->beat_at = loop_now(s->o.loop);
	u = dbasync_unit_new();
	if (u == NULL)
		return;
	dbparam_init(&p);
	dbparam_id(&p, &s->o.sender);
	dbparam_text(&p, span_of(s->o.host));
	dbparam_i32(&p, (int32_t)getpid());
	dbparam_time(&p, s->o.started);
	dbparam_i32(&p, (int32_t)shards_owned(s));
	dbparam_i32(&p, (int32_t)s->o.in_flight(s->o.cookie));
	if (s->beats++ % FIGURES_BEATS == 0)
		s->o.figures(s->o.cookie, &figures);
	dbparam_text(&p, buf_as_span(&figures));	/* NULL: as before */
	buf_free(&figures);
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_sender_beat, &p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_sender_live, NULL);
	dbparam_free(&p);
	s->beating = dbasync_submit_built(s->o.db, u, rc, on_beat, s) == 0;
}

static void
on_tick(void *cookie)
{
	struct shards *s = cookie;

	loop_timer_arm(s->timer, TICK_US);
	if (!dbasync_is_up(s->o.db) || s->left != NULL)
		return;
	if (s->ticks++ % 2 == 0) {
		beat(s);
	} else {
		give_back(s);
		ask_free(s);
	}
}

void
shards_up(struct shards *s)
{
	s->ticks = 0;
	s->beating = s->asking = false;
	s->heard_at = 0;
	loop_timer_arm(s->timer, 0);
}

void
shards_down(struct shards *s)
{
	int i;

	loop_timer_disarm(s->timer);
	for (i = 0; i < SHARDS; i++) {
		bool was = is_owned(&s->v[i]);

		s->v[i].state = SHARD_FREE;
		s->v[i].epoch = 0;
		s->v[i].seen_free = false;
		if (was)
			s->o.lost(s->o.cookie, i);
	}
	s->reported = 0;
	s->greedy_until = 0;
}

void
shards_revoked(struct shards *s, int shard)
{
	struct shard *v = &s->v[shard];

	if (!is_owned(v))
		return;
	log_warn("sender.shard_lost", LI("shard", shard),
	    LI("epoch", v->epoch));
	v->hold = loop_now(s->o.loop) + HOLD_US;
	unlock(v);
	s->o.lost(s->o.cookie, shard);
}

void
shards_stop(struct shards *s)
{
	int i;

	s->stopped = true;
	for (i = 0; i < SHARDS; i++)
		if (s->v[i].state == SHARD_OWNED) {
			s->v[i].state = SHARD_DRAINING;
			s->o.closed(s->o.cookie, i);
		}
}

/* Not loop_now: the process may have been frozen since the loop woke up. */
bool
shards_certain(const struct shards *s)
{
	return clock_mono_us() - s->heard_at < CERTAIN_US;
}

static void
on_gone(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct shards *s = cookie;

	/* The session's end frees the locks in any case. */
	(void)err, (void)results, (void)n;
	s->left(s->o.cookie);
}

void
shards_leave(struct shards *s, void (*done)(void *cookie))
{
	struct dbparam p;
	int i;

	s->left = done;
	for (i = 0; i < SHARDS; i++)
		if (is_owned(&s->v[i]))
			unlock(&s->v[i]);
	dbparam_init(&p);
	dbparam_id(&p, &s->o.sender);
	if (dbasync_ask(s->o.db, &sql_sender_gone, &p, on_gone, s) != 0)
		done(s->o.cookie);
}
