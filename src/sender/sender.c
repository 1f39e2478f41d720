/*
 * The process callhook-sender: owns the loop and everything on it, and wires
 * the parts together.  States: RUNNING → DRAINING (SIGTERM: nothing new, what
 * is in flight ends and is settled) → LEAVING (unlocking, good-bye) → the
 * loop stops.  A second signal stops it at once.
 *
 * Every event pokes; run alone starts attempts and reads.
 */
#include "config.h"

#include "sender/sender.h"

#include <errno.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/id.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/notify.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/target.h"
#include "hook/url.h"
#include "sender/attempt.h"
#include "sender/delivery.h"
#include "sender/feed.h"
#include "sender/hooks.h"
#include "sender/lanes.h"
#include "sender/resolve.h"
#include "sender/secrets.h"
#include "sender/settle.h"
#include "sender/shards.h"
#include "sender/transfer.h"

enum {
	SECOND_US = 1000000,
	STATS_S = 60,			/* between two lines of figures */
	FRESH_US = 2 * SECOND_US,	/* what waits longer is read again */
	LANE_IDLE_US = 60 * SECOND_US,
	LEAVE_US = 5 * SECOND_US,	/* for the last results and good-bye */
	SILENCE_MS = 5000,	/* a database that says nothing is dead */
	HOOKS = 4096,			/* webhooks kept parsed */
	PAYLOAD = 16 * 1024 * 1024,	/* bytes of payload in hand */
	FDS = 64,			/* descriptors for all but transfers */
};

enum phase { PHASE_RUNNING, PHASE_DRAINING, PHASE_LEAVING };

struct sender {
	const struct settings *settings;
	struct id id;
	char host[256];
	int in_flight;			/* most */
	enum phase phase;
	int status;
	bool up;
	int seconds;
	int wake;			/* -1: none */
	struct loop *loop;
	struct loop_fd *wake_watch;
	struct loop_timer *poke, *second, *deadline;
	struct target_policy *policy;
	struct dbasync *db;
	struct hooks *hooks;
	struct lanes *lanes;
	struct feed *feed;
	struct shards *shards;
	struct resolve *resolve;
	struct transfers *transfers;
	struct settle *settle;
	struct attempts *attempts;
	struct secrets *secrets;
};

static void
poke(void *cookie)
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
	if (s->phase != PHASE_DRAINING || lanes_in_flight(s->lanes) > 0)
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

/* The one place where work is started, and the reasons why it is not. */
static void
run(void *cookie)
{
	struct sender *s = cookie;
	struct delivery *d;

	while (s->up && s->phase == PHASE_RUNNING &&
	    !settle_is_full(s->settle) &&
	    (d = lanes_next(s->lanes)) != NULL)
		attempt_start(s->attempts, d);
	if (s->up && s->phase == PHASE_RUNNING && !settle_is_full(s->settle))
		feed_run(s->feed);
	try_to_leave(s);
}

static void
on_hungry(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_wake(s->feed, shard);
	poke(s);
}

static void
on_gained(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_open(s->feed, shard);
	poke(s);
}

static void
on_closed(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_close(s->feed, shard);
	lanes_drop_waiting(s->lanes, shard);
	poke(s);
}

/* What is in the air of a lost shard could not be settled: it is broken off. */
static void
on_lost(void *cookie, int shard)
{
	struct sender *s = cookie;

	feed_close(s->feed, shard);
	attempt_abort(s->attempts, shard);
	settle_drop(s->settle, shard);
	lanes_drop(s->lanes, shard);
	poke(s);
}

static int
in_hand(void *cookie, int shard)
{
	struct sender *s = cookie;

	return lanes_in_shard(s->lanes, shard);
}

static int
in_flight(void *cookie)
{
	struct sender *s = cookie;

	return lanes_in_flight(s->lanes);
}

static void
on_alive(void *cookie)
{
	struct sender *s = cookie;
	char text[128];

	snprintf(text, sizeof(text), "STATUS=%d shards, %d in flight, "
	    "%d in hand\nWATCHDOG=1", shards_owned(s->shards),
	    lanes_in_flight(s->lanes), lanes_held(s->lanes));
	notify_send(text);
}

static int64_t
epoch(void *cookie, int shard)
{
	struct sender *s = cookie;

	return shards_epoch(s->shards, shard);
}

static void
on_settled(void *cookie, struct delivery *d)
{
	struct sender *s = cookie;

	lanes_forget(s->lanes, d);
	poke(s);
}

static void
on_revoked(void *cookie, int shard)
{
	struct sender *s = cookie;

	shards_revoked(s->shards, shard);
}

static void
on_up(void *cookie)
{
	struct sender *s = cookie;

	log_info("sender.session_up", LS("host", s->host));
	s->up = true;
	if (s->phase == PHASE_RUNNING)
		shards_up(s->shards);
}

static void
on_down(void *cookie, enum err err, const char *message)
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

static void
on_wake(void *cookie, unsigned events)
{
	struct sender *s = cookie;
	unsigned char shards[256];
	size_t i, n;

	(void)events;
	while ((n = wake_receive(s->wake, shards, sizeof(shards))) > 0)
		for (i = 0; i < n; i++)
			feed_wake(s->feed, shards[i]);
	feed_run(s->feed);
}

static void
on_deadline(void *cookie)
{
	struct sender *s = cookie;

	if (s->phase == PHASE_LEAVING || lanes_in_flight(s->lanes) == 0) {
		log_warn("sender.left_unsettled",
		    LI("unsettled", settle_pending(s->settle)));
		loop_stop(s->loop);
		return;
	}
	log_warn("sender.drain_timeout",
	    LI("in_flight", lanes_in_flight(s->lanes)));
	attempt_abort(s->attempts, -1);
	lanes_drop_flying(s->lanes);
	loop_timer_arm(s->deadline, LEAVE_US);
	poke(s);
}

static void
on_signal(void *cookie, int sig)
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
	poke(s);
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
	    LI("shards", shards_owned(s->shards)),
	    LI("in_flight", lanes_in_flight(s->lanes)),
	    LI("in_hand", lanes_held(s->lanes)),
	    LI("unsettled", settle_pending(s->settle)),
	    LI("reads", feed_reads(s->feed)),
	    LI("names_asked", resolve_queries(s->resolve)),
	    LI("log_dropped", log_dropped()));
}

static void
on_second(void *cookie)
{
	struct sender *s = cookie;
	int64_t now = loop_now(s->loop);

	loop_timer_arm(s->second, SECOND_US);
	lanes_sweep(s->lanes, now - FRESH_US, now - LANE_IDLE_US);
	if (!s->up)	/* to be killed for it would not help the database */
		notify_send("STATUS=waiting for the database\nWATCHDOG=1");
	if (++s->seconds % STATS_S == 0) {
		log_stats(s);
		malloc_trim(0);
	}
	poke(s);
}

/* Our own addresses are nobody's receiver. */
static int
deny_own(struct target_policy *policy)
{
	struct ifaddrs *list, *i;
	int rc = 0;

	if (getifaddrs(&list) != 0)
		return ERR_IO;
	for (i = list; i != NULL && rc == 0; i = i->ifa_next)
		if (i->ifa_addr != NULL &&
		    (i->ifa_addr->sa_family == AF_INET ||
		    i->ifa_addr->sa_family == AF_INET6))
			rc = target_policy_deny(policy, i->ifa_addr);
	freeifaddrs(list);
	return rc;
}

static struct target_policy *
make_policy(const struct settings *settings)
{
	struct buf why = BUF_INIT(1024);
	struct target_policy *policy;

	policy = target_policy_new(settings->target_http,
	    settings->target_allow.v, settings->target_allow.n, &why);
	if (policy == NULL)
		log_error("sender.settings", LS("section", "target"),
		    LS("message", buf_cstr(&why)));
	buf_free(&why);
	return policy;
}

/* As many requests as descriptors allow; the soft limit is a default only. */
static int
limit_in_flight(int64_t wanted)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)wanted * 10 / 9 + FDS;
	int64_t room;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return (int)wanted;
	if (limit.rlim_cur < need) {
		limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0 ||
		    getrlimit(RLIMIT_NOFILE, &limit) != 0)
			return (int)wanted;
	}
	room = limit.rlim_cur > FDS ?
	    (int64_t)(limit.rlim_cur - FDS) * 9 / 10 : 1;
	if (room >= wanted)
		return (int)wanted;
	log_warn("sender.few_descriptors",
	    LI("in_flight", room), LI("wanted", wanted));
	return room < 1 ? 1 : (int)room;
}

static int
open_wake(struct sender *s)
{
	const char *path = s->settings->sender_wake;
	int rc;

	if (path[0] == '\0')
		return 0;
	rc = wake_listen(path, &s->wake);
	if (rc != 0) {	/* polling finds the work, later */
		log_warn("sender.no_wake", LS("path", path),
		    LS("error", err_text((enum err)rc)));
		s->wake = -1;
		return 0;
	}
	s->wake_watch = loop_fd_add(s->loop, s->wake, LOOP_READ, on_wake, s);
	return s->wake_watch == NULL ? ERR_NOMEM : 0;
}

static int
open_loop(struct sender *s)
{
	sigset_t set;

	s->loop = loop_new();
	if (s->loop == NULL)
		return ERR_NOMEM;
	s->poke = loop_timer_new(s->loop, run, s);
	s->second = loop_timer_new(s->loop, on_second, s);
	s->deadline = loop_timer_new(s->loop, on_deadline, s);
	if (s->poke == NULL || s->second == NULL || s->deadline == NULL)
		return ERR_NOMEM;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	loop_timer_arm(s->second, SECOND_US);
	return loop_signals(s->loop, &set, on_signal, s);
}

static int
open_wire(struct sender *s)
{
	const struct settings *c = s->settings;
	struct resolve_options names = {
		.servers = c->sender_dns.v, .servers_n = c->sender_dns.n,
	};
	struct transfer_options wire = {
		.loop = s->loop, .policy = s->policy,
		.ca_file = c->sender_ca_file,
		.connect_timeout = c->sender_connect_timeout,
		.timeout = c->sender_timeout,
		.response_max = c->sender_response_max,
		.connections = s->in_flight,
		.host_connections = s->in_flight / 2 > c->sender_window ?
		    s->in_flight / 2 : (int)c->sender_window,
	};
	const char *why;

	s->resolve = resolve_new(s->loop, &names, &why);
	if (s->resolve != NULL)
		s->transfers = transfer_new(&wire, &why);
	if (s->transfers != NULL)
		return 0;
	log_error("sender.settings", LS("message", why));
	return ERR_INVALID;
}

static int
open_session(struct sender *s)
{
	const struct settings *c = s->settings;
	struct dbasync_options db = {
		.conninfo = c->db_sender, .application = "callhook-sender",
		.session = &sql_sender_session, .silence_ms = SILENCE_MS,
		.up = on_up, .down = on_down, .cookie = s,
	};
	struct shards_options shards = {
		.loop = s->loop, .sender = s->id, .host = s->host,
		.started = clock_real_us(), .gained = on_gained,
		.closed = on_closed, .lost = on_lost, .in_hand = in_hand,
		.in_flight = in_flight, .alive = on_alive, .cookie = s,
	};
	struct settle_options settle = {
		.loop = s->loop, .delay = c->sender_settle_delay,
		.rows = (int)c->sender_settle_rows, .limit = 4 * s->in_flight,
		.epoch = epoch, .settled = on_settled, .revoked = on_revoked,
		.cookie = s,
	};

	s->db = dbasync_new(s->loop, &db);
	if (s->db == NULL)
		return ERR_NOMEM;
	shards.db = settle.db = s->db;
	s->shards = shards_new(&shards);
	s->settle = settle_new(&settle);
	return s->shards == NULL || s->settle == NULL ? ERR_NOMEM : 0;
}

static int
open_queue(struct sender *s)
{
	const struct settings *c = s->settings;
	struct lanes_options lanes = {
		.window = (int)c->sender_window, .in_flight = s->in_flight,
		.release = feed_release, .hungry = on_hungry, .cookie = s,
	};
	struct feed_options feed = {
		.loop = s->loop, .db = s->db,
		.poll_busy = c->sender_poll_busy,
		.poll_idle = c->sender_poll_idle,
		.held = 4 * s->in_flight > 4096 ? 4 * s->in_flight : 4096,
		.bytes = PAYLOAD, .fed = poke, .cookie = s,
	};
	struct attempt_options attempts = {
		.loop = s->loop, .resolve = s->resolve,
		.transfers = s->transfers, .settle = s->settle,
		.policy = s->policy,
		.style = { .user_agent = c->request_user_agent,
		    .prefix = c->request_prefix },
		.rules = { .retries = c->sender_retries.v,
		    .retries_n = c->sender_retries.n,
		    .jitter = c->sender_jitter,
		    .start_ttl = c->sender_start_ttl },
		.ended = poke, .cookie = s,
	};

	s->hooks = hooks_new(HOOKS);
	s->secrets = secrets_new(c->secrets_key_file);
	s->lanes = lanes_new(&lanes);
	if (s->hooks == NULL || s->secrets == NULL || s->lanes == NULL)
		return ERR_NOMEM;
	attempts.secrets = s->secrets;
	feed.hooks = s->hooks;
	feed.lanes = attempts.lanes = s->lanes;
	s->feed = feed_new(&feed);
	s->attempts = attempt_new(&attempts);
	return s->feed == NULL || s->attempts == NULL ? ERR_NOMEM : 0;
}

/* In this order: what is pending ends before what it points to. */
static void
close_all(struct sender *s)
{
	loop_fd_remove(s->wake_watch);
	if (s->wake >= 0) {
		close(s->wake);
		unlink(s->settings->sender_wake);
	}
	attempt_free(s->attempts);
	dbasync_free(s->db);
	settle_free(s->settle);
	shards_free(s->shards);
	lanes_free(s->lanes);
	feed_free(s->feed);
	hooks_free(s->hooks);
	secrets_free(s->secrets);
	transfer_free(s->transfers);
	resolve_free(s->resolve);
	target_policy_free(s->policy);
	loop_timer_free(s->poke);
	loop_timer_free(s->second);
	loop_timer_free(s->deadline);
	loop_free(s->loop);
}

static int
open_all(struct sender *s)
{
	int rc;

	s->policy = make_policy(s->settings);
	if (s->policy == NULL)
		return ERR_INVALID;
	rc = url_init();
	if (rc == 0)
		rc = deny_own(s->policy);
	if (rc == 0)
		rc = open_loop(s);
	if (rc == 0)
		rc = open_wire(s);
	if (rc == 0)
		rc = open_session(s);
	if (rc == 0)
		rc = open_queue(s);
	if (rc == 0)
		rc = open_wake(s);
	return rc;
}

int
sender_run(const struct settings *settings)
{
	struct sender s = { .settings = settings, .wake = -1 };
	int rc;

	s.id = id_new();
	if (gethostname(s.host, sizeof(s.host) - 1) != 0)
		snprintf(s.host, sizeof(s.host), "unknown");
	s.in_flight = limit_in_flight(settings->sender_in_flight);
	rc = open_all(&s);
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
	close_all(&s);
	log_info("sender.stop", LI("status", s.status));
	return s.status;
}

int
sender_check(const struct settings *settings)
{
	struct sender s = { .settings = settings, .wake = -1 };
	int rc = ERR_INVALID;

	s.in_flight = (int)settings->sender_in_flight;
	s.policy = make_policy(settings);
	if (s.policy != NULL)
		rc = open_loop(&s);
	if (rc == 0)
		rc = open_wire(&s);
	close_all(&s);
	return rc == 0 ? 0 : EX_CONFIG;
}
