/*
 * The process callhook-sender: owns the loop and everything on it (made by
 * parts.c).  States: RUNNING → DRAINING (a signal: nothing new, what
 * is in flight ends and is settled) → LEAVING (unlocking, good-bye) → the
 * loop stops.  A second signal stops it at once.
 *
 * Every event pokes; sender_run_work alone starts attempts and reads.
 */
#include "config.h"

#include "sender/sender.h"

#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/dbasync.h"
#include "core/id.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/settings.h"
#include "core/sql.h"
#include "core/wake.h"
#include "sender/attempt.h"
#include "sender/delivery.h"
#include "sender/disable.h"
#include "sender/feed.h"
#include "sender/figures.h"
#include "sender/journal.h"
#include "sender/lanes.h"
#include "sender/parts.h"
#include "sender/recover.h"
#include "sender/resolve.h"
#include "sender/settle.h"
#include "sender/shards.h"
#include "sender/transfer.h"
#include "sender/trial.h"

enum {
	SECOND_US = 1000000,
	STATS_S = 60,			/* between two lines of figures */
	FRESH_US = 2 * SECOND_US,	/* what waits longer is read again */
	LANE_IDLE_US = 60 * SECOND_US,
	OPENING_US = 5000,	/* at most so often closed lanes are looked at */
	LEAVE_US = 5 * SECOND_US,	/* for the last results and good-bye */
};

void
sender_poke(void *cookie)
{
	struct sender *s = cookie;

	if (!loop_timer_armed(s->poke))
		loop_timer_arm(s->poke, 0);
}

static void
on_left(void *cookie)
{
	struct sender *s = cookie;

	loop_stop(s->loop);
}

/* Draining: is there anything left to wait for? */
static void
try_to_leave(struct sender *s)
{
	if (s->phase != PHASE_DRAINING || lanes_in_flight(s->lanes) > 0 ||
	    trial_running(s->trials) > 0)
		return;
	if (!s->up) {
		loop_stop(s->loop);
		return;
	}
	if (settle_pending(s->settle) > 0) {
		settle_flush(s->settle);
		return;
	}
	s->phase = PHASE_LEAVING;
	loop_timer_arm(s->deadline, LEAVE_US);
	shards_leave(s->shards, on_left);
}

/* One timer for all lanes that wait for their time, not too often. */
static void
await_opening(struct sender *s)
{
	int64_t at = lanes_opens_at(s->lanes);

	if (at == 0)
		loop_timer_disarm(s->opening);
	else if (!loop_timer_armed(s->opening) || at < s->opens_at)
		loop_timer_arm(s->opening, at - loop_now(s->loop) > OPENING_US ?
		    at - loop_now(s->loop) : OPENING_US);
	s->opens_at = at;
}

void
sender_on_open(void *cookie)
{
	struct sender *s = cookie;

	lanes_open(s->lanes, loop_now(s->loop));
	sender_poke(s);
}

/* The one place where work is started, and the reasons why it is not. */
void
sender_run_work(void *cookie)
{
	struct sender *s = cookie;
	struct delivery *d;

	if (s->up && shards_certain(s->shards))
		attempt_go_on(s->attempts);
	while (s->up && s->phase == PHASE_RUNNING &&
	    shards_certain(s->shards) && !settle_is_full(s->settle) &&
	    (d = lanes_next(s->lanes, loop_now(s->loop))) != NULL)
		attempt_start(s->attempts, d);
	await_opening(s);
	if (s->up && s->phase == PHASE_RUNNING && !settle_is_full(s->settle))
		feed_run(s->feed);
	try_to_leave(s);
}

void
sender_on_hungry(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_wake(s->feed, shard);
	sender_poke(s);
}

void
sender_on_gained(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_open(s->feed, shard);
	sender_poke(s);
}

void
sender_on_closed(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_close(s->feed, shard);
	recover_drop(s->recoveries, shard);
	lanes_drop_waiting(s->lanes, shard);
	sender_poke(s);
}

/* What is in the air of a lost shard could not be settled: it is broken off. */
void
sender_on_lost(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_close(s->feed, shard);
	attempt_abort(s->attempts, shard);
	trial_drop(s->trials, shard);
	recover_drop(s->recoveries, shard);
	settle_drop(s->settle, shard);
	lanes_drop(s->lanes, shard);
	sender_poke(s);
}

int
sender_in_hand(void *cookie, int shard)
{
	struct sender *s = cookie;

	return lanes_in_shard(s->lanes, shard);
}

int
sender_in_flight(void *cookie)
{
	struct sender *s = cookie;

	return lanes_in_flight(s->lanes);
}

void
sender_figures(void *cookie, struct buf *out)
{
	figures_write(cookie, out);
}

void
sender_on_alive(void *cookie)
{
	struct sender *s = cookie;
	char text[128];

	snprintf(text, sizeof(text), "STATUS=%d shards, %d in flight, "
	    "%d in hand\nWATCHDOG=1", shards_owned(s->shards),
	    lanes_in_flight(s->lanes), lanes_held(s->lanes));
	notify_send(text);
}

/* What was started in time may have waited for a connection since. */
bool
sender_may_send(void *cookie)
{
	struct sender *s = cookie;

	return shards_certain(s->shards);
}

int64_t
sender_epoch(void *cookie, int shard)
{
	struct sender *s = cookie;

	return shards_epoch(s->shards, shard);
}

void
sender_on_settled(void *cookie, struct delivery *d)
{
	struct sender *s = cookie;

	journal_prove(d->journal);
	if (d->ended == OUTCOME_RETRY)
		feed_expect(s->feed, d->shard, d->due);
	lanes_forget(s->lanes, d);
	sender_poke(s);
}

void
sender_on_failing(void *cookie, const struct delivery *d)
{
	struct sender *s = cookie;

	disable_webhook(s->disable, d, DISABLE_FAILING);
}

void
sender_on_revoked(void *cookie, int shard)
{
	struct sender *s = cookie;

	shards_revoked(s->shards, shard);
}

void
sender_on_up(void *cookie)
{
	struct sender *s = cookie;

	log_info("sender.session_up", LS("host", s->host));
	s->up = true;
	if (s->phase == PHASE_RUNNING)
		shards_up(s->shards);
}

void
sender_on_down(void *cookie, enum err err, const char *message)
{
	struct sender *s = cookie;

	if (err == ERR_SCHEMA) {
		log_error("sender.schema", LS("message", message),
		    LI("known_from", SQL_SCHEMA_MIN),
		    LI("known_to", SQL_SCHEMA_MAX),
		    LS("command", "callhookctl migrate"));
		s->status = EX_CONFIG;
		loop_stop(s->loop);
	}
	if (!s->up)
		return;
	s->up = false;
	log_warn("sender.session_down", LS("error", err_text(err)),
	    LS("message", message),
	    LI("in_flight", lanes_in_flight(s->lanes)),
	    LI("unsettled", settle_pending(s->settle)));
	shards_down(s->shards);
	if (s->phase != PHASE_RUNNING)
		loop_stop(s->loop);
}

void
sender_on_errand(void *cookie, int shard, unsigned what)
{
	struct sender *s = cookie;

	if (s->phase == PHASE_RUNNING && (what & FEED_TRIALS))
		trial_look(s->trials, shard);
	if (s->phase == PHASE_RUNNING && (what & FEED_RECOVERIES))
		recover_look(s->recoveries, shard, (what & FEED_TRIALS) != 0);
}

void
sender_on_tried(void *cookie, struct delivery *d, struct settle_result *r)
{
	struct sender *s = cookie;

	if (r != NULL)
		journal_prove(d->journal);
	trial_ended(s->trials, d, r);
	sender_poke(s);
}

static void
woken(struct sender *s, int shard, int kind)
{
	if (kind == WAKE_ERRANDS) {
		sender_on_errand(s, shard, FEED_TRIALS | FEED_RECOVERIES);
		return;
	}
	if (kind == WAKE_ANEW)	/* nothing was claimed: it is read again */
		lanes_drop_waiting(s->lanes, shard);
	feed_wake(s->feed, shard);
}

void
sender_on_wake(void *cookie, unsigned events)
{
	struct sender *s = cookie;
	unsigned char shards[256];
	size_t i, n;

	(void)events;
	while ((n = wake_receive(s->wake, shards, sizeof(shards))) > 0)
		for (i = 0; i < n; i++)
			woken(s, shards[i] % SHARDS, shards[i] / SHARDS *
			    SHARDS);
	feed_run(s->feed);
}

void
sender_on_deadline(void *cookie)
{
	struct sender *s = cookie;

	if (s->phase == PHASE_LEAVING || (lanes_in_flight(s->lanes) == 0 &&
	    trial_running(s->trials) == 0)) {
		log_warn("sender.left_unsettled",
		    LI("unsettled", settle_pending(s->settle)));
		loop_stop(s->loop);
		return;
	}
	log_warn("sender.drain_timeout",
	    LI("in_flight", lanes_in_flight(s->lanes)));
	attempt_abort(s->attempts, -1);
	trial_drop(s->trials, -1);
	lanes_drop_flying(s->lanes);
	loop_timer_arm(s->deadline, LEAVE_US);
	sender_poke(s);
}

void
sender_on_signal(void *cookie, int sig)
{
	struct sender *s = cookie;

	if (s->phase != PHASE_RUNNING) {
		log_warn("sender.stop_at_once", LI("signal", sig),
		    LI("in_flight", lanes_in_flight(s->lanes)));
		loop_stop(s->loop);
		return;
	}
	log_info("sender.stopping", LI("signal", sig),
	    LI("in_flight", lanes_in_flight(s->lanes)));
	notify_send("STOPPING=1");
	s->phase = PHASE_DRAINING;
	shards_stop(s->shards);
	loop_timer_arm(s->deadline, s->settings->sender_drain_timeout * 1000);
	sender_poke(s);
}

static void
log_stats(struct sender *s)
{
	const struct attempt_figures *f = attempt_figures(s->attempts);

	log_info("sender.stats",
	    LI("delivered", f->outcomes[OUTCOME_DELIVERED]),
	    LI("retried", f->outcomes[OUTCOME_RETRY]),
	    LI("failed", f->outcomes[OUTCOME_FAILED]),
	    LI("expired", f->outcomes[OUTCOME_EXPIRED]),
	    LI("superseded", f->outcomes[OUTCOME_SUPERSEDED]),
	    LI("cancelled", f->outcomes[OUTCOME_CANCELLED]),
	    LI("blocked", f->errors[OUTCOME_BLOCKED_ADDRESS]),
	    LI("disabled", disable_count(s->disable)),
	    LI("shards", shards_owned(s->shards)),
	    LI("in_flight", lanes_in_flight(s->lanes)),
	    LI("in_hand", lanes_held(s->lanes)),
	    LI("unsettled", settle_pending(s->settle)),
	    LI("reads", feed_reads(s->feed)),
	    LI("names_asked", resolve_queries(s->resolve)),
	    LI("log_dropped", log_dropped()));
}

void
sender_on_second(void *cookie)
{
	struct sender *s = cookie;
	int64_t now = loop_now(s->loop);

	loop_timer_arm(s->second, SECOND_US);
	lanes_sweep(s->lanes, now - FRESH_US, now - LANE_IDLE_US);
	if (!s->up)	/* to be killed for it would not help the database */
		notify_send("STATUS=waiting for the database\nWATCHDOG=1");
	if (++s->seconds % STATS_S == 0) {
		log_stats(s);
		if (parts_deny_own(s) != 0)
			log_warn("sender.own_addresses",
			    LS("message", "they could not be read anew"));
		malloc_trim(0);
	}
	sender_poke(s);
}

int
sender_run(const struct settings *settings)
{
	struct sender s = { .settings = settings, .wake = -1 };
	int rc;

	s.id = id_new();
	if (gethostname(s.host, sizeof(s.host) - 1) != 0)
		snprintf(s.host, sizeof(s.host), "unknown");
	s.in_flight = parts_in_flight(settings->sender_in_flight);
	rc = parts_open(&s);
	if (rc == 0) {
		log_info("sender.start", LI("pid", getpid()),
		    LS("host", s.host), LI("in_flight", s.in_flight),
		    LI("window", settings->sender_window));
		notify_send("READY=1\nSTATUS=waiting for the database");
		rc = loop_run(s.loop);
		log_stats(&s);
	}
	if (rc != 0) {
		log_error("sender.failed", LS("error", err_text((enum err)rc)));
		s.status = rc == ERR_INVALID ? EX_CONFIG : EX_SOFTWARE;
	}
	parts_close(&s);
	log_info("sender.stop", LI("status", s.status));
	return s.status;
}

int
sender_check(const struct settings *settings)
{
	struct sender s = { .settings = settings, .wake = -1 };
	int rc;

	s.in_flight = (int)settings->sender_in_flight;
	rc = parts_try(&s);
	parts_close(&s);
	return rc == 0 ? 0 : EX_CONFIG;
}
