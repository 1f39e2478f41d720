/*
 * The parts of callhook-sender: made from the settings, wired to each other
 * and to sender.c's callbacks, freed in the order that is safe.  Called by
 * sender.c at the beginning and the end of the process.
 */
#include "config.h"

#include "sender/parts.h"

#include <errno.h>
#include <ifaddrs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/target.h"
#include "hook/url.h"
#include "sender/attempt.h"
#include "sender/disable.h"
#include "sender/feed.h"
#include "sender/hooks.h"
#include "sender/journal.h"
#include "sender/lanes.h"
#include "sender/operator.h"
#include "sender/recover.h"
#include "sender/resolve.h"
#include "sender/secrets.h"
#include "sender/settle.h"
#include "sender/shards.h"
#include "sender/transfer.h"
#include "sender/trial.h"

enum {
	SECOND_US = 1000000,
	SILENCE_MS = 5000,	/* a database that says nothing is dead */
	HOOKS = 4096,			/* webhooks kept parsed */
	PAYLOAD = 16 * 1024 * 1024,	/* bytes of payload that waits */
	FLYING = 128 * 1024 * 1024,	/* and that is in flight */
	GULP_ROWS = 2000,		/* for the busy lanes, in all */
	GULP_BYTES = 4 * 1024 * 1024,
	FDS = 64,			/* descriptors for all but transfers */
};

/* An address that we had stays denied until the next start. */
int
parts_deny_own(struct sender *s)
{
	struct ifaddrs *list, *i;
	int rc = 0;

	if (getifaddrs(&list) != 0)
		return ERR_IO;
	for (i = list; i != NULL && rc == 0; i = i->ifa_next)
		if (i->ifa_addr != NULL &&
		    (i->ifa_addr->sa_family == AF_INET ||
		    i->ifa_addr->sa_family == AF_INET6))
			rc = target_policy_deny(s->policy, i->ifa_addr);
	freeifaddrs(list);
	return rc;
}

static struct target_policy *
make_policy(const struct settings *settings)
{
	struct buf why = BUF_INIT(1024);
	struct target_policy *policy;

	buf_str(&why, "[target] allow: ");
	policy = target_policy_new(settings->target_http,
	    settings->target_allow.v, settings->target_allow.n, &why);
	if (policy == NULL)
		log_error("sender.settings", LS("message", buf_cstr(&why)));
	buf_free(&why);
	return policy;
}

/* As many requests as descriptors allow; the soft limit is a default only. */
int
parts_in_flight(int64_t wanted)
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
	s->wake_watch = loop_fd_add(s->loop, s->wake, LOOP_READ,
	    sender_on_wake, s);
	return s->wake_watch == NULL ? ERR_NOMEM : 0;
}

static int
open_loop(struct sender *s)
{
	sigset_t set;

	s->loop = loop_new();
	if (s->loop == NULL)
		return ERR_NOMEM;
	s->poke = loop_timer_new(s->loop, sender_run_work, s);
	s->second = loop_timer_new(s->loop, sender_on_second, s);
	s->deadline = loop_timer_new(s->loop, sender_on_deadline, s);
	s->opening = loop_timer_new(s->loop, sender_on_open, s);
	if (s->poke == NULL || s->second == NULL || s->deadline == NULL ||
	    s->opening == NULL)
		return ERR_NOMEM;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	loop_timer_arm(s->second, SECOND_US);
	return loop_signals(s->loop, &set, sender_on_signal, s);
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
		.host_connections = (int)c->sender_host_connections,
		.http2 = c->sender_http2, .proxy = c->sender_proxy,
		.idle_age = c->sender_idle_age,
		.may_send = sender_may_send, .cookie = s,
	};
	struct operator_options operator = {
		.loop = s->loop, .policy = s->policy,
		.user_agent = c->request_user_agent,
		.url = c->sender_operator_url,
	};
	const char *why;

	/* Each says for itself what is wrong with its settings. */
	s->resolve = resolve_new(s->loop, &names, &why);
	if (s->resolve == NULL)
		log_error("sender.settings", LS("message", why));
	s->transfers = transfer_new(&wire, &why);
	if (s->transfers == NULL)
		log_error("sender.settings", LS("message", why));
	operator.resolve = s->resolve;
	operator.transfers = s->transfers;
	s->operator = operator_new(&operator, &why);
	if (s->operator == NULL)
		log_error("sender.settings", LS("message", why));
	return s->resolve != NULL && s->transfers != NULL &&
	    s->operator != NULL ? 0 : ERR_INVALID;
}

static int
open_session(struct sender *s)
{
	const struct settings *c = s->settings;
	struct dbasync_options db = {
		.conninfo = c->db_sender, .application = "callhook-sender",
		.session = c->db_distributed ? &sql_sender_session_distributed :
		    &sql_sender_session,
		.silence_ms = SILENCE_MS,
		.up = sender_on_up, .down = sender_on_down, .cookie = s,
	};
	struct shards_options shards = {
		.loop = s->loop, .sender = s->id, .host = s->host,
		.started = clock_real_us(), .gained = sender_on_gained,
		.closed = sender_on_closed, .lost = sender_on_lost, .in_hand = sender_in_hand,
		.in_flight = sender_in_flight, .alive = sender_on_alive,
		.figures = sender_figures, .cookie = s,
	};
	struct settle_options settle = {
		.loop = s->loop, .delay = c->sender_settle_delay,
		.rows = (int)c->sender_settle_rows, .limit = 4 * s->in_flight,
		.failing = c->sender_disable_after > 0 ?
		    sender_on_failing : NULL,
		.disable_after = c->sender_disable_after,
		.epoch = sender_epoch, .settled = sender_on_settled, .revoked = sender_on_revoked,
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
open_lanes(struct sender *s)
{
	const struct settings *c = s->settings;
	struct lanes_options lanes = {
		.window = { .cap = (int)c->sender_window,
		    .rate = (int)c->sender_rate,
		    .pause_us = c->sender_pause * 1000 },
		.in_flight = s->in_flight, .flying_bytes = FLYING,
		.host = (int)c->sender_host_connections,
		.gulp_rows = GULP_ROWS, .gulp_bytes = GULP_BYTES,
		.release = feed_release, .hungry = sender_on_hungry, .cookie = s,
	};
	struct feed_options feed = {
		.loop = s->loop, .db = s->db,
		.poll_busy = c->sender_poll_busy,
		.poll_idle = c->sender_poll_idle,
		.held = 4 * s->in_flight > 4096 ? 4 * s->in_flight : 4096,
		.bytes = PAYLOAD, .fed = sender_poke,
		.errand = sender_on_errand, .cookie = s,
	};

	s->hooks = hooks_new(HOOKS);
	s->lanes = lanes_new(&lanes);
	if (s->hooks == NULL || s->lanes == NULL)
		return ERR_NOMEM;
	feed.hooks = s->hooks;
	feed.lanes = s->lanes;
	s->feed = feed_new(&feed);
	return s->feed == NULL ? ERR_NOMEM : 0;
}

static int
open_attempts(struct sender *s)
{
	const struct settings *c = s->settings;
	struct disable_options disable = {
		.db = s->db, .operator = s->operator, .lanes = s->lanes,
	};
	struct attempt_options attempts = {
		.loop = s->loop, .resolve = s->resolve,
		.transfers = s->transfers, .settle = s->settle,
		.lanes = s->lanes, .policy = s->policy,
		.style = { .user_agent = c->request_user_agent,
		    .prefix = c->request_prefix },
		.rules = { .retries = c->sender_retries.v,
		    .retries_n = c->sender_retries.n,
		    .jitter = c->sender_jitter,
		    .start_ttl = c->sender_start_ttl },
		.retry_after_max = c->sender_retry_after_max,
		.log_failures = c->log_deliveries != SETTINGS_NONE,
		.log_all = c->log_deliveries == SETTINGS_ALL,
		.tried = sender_on_tried, .ended = sender_poke, .cookie = s,
	};

	s->secrets = secrets_new(c->secrets_key_file);
	s->disable = disable_new(&disable);
	if (s->secrets == NULL || s->disable == NULL)
		return ERR_NOMEM;
	attempts.secrets = s->secrets;
	attempts.disable = s->disable;
	s->attempts = attempt_new(&attempts);
	return s->attempts == NULL ? ERR_NOMEM : 0;
}

static int
open_errands(struct sender *s)
{
	struct trial_options trials = {
		.db = s->db, .attempts = s->attempts,
		.epoch = sender_epoch, .cookie = s,
	};
	struct recover_options recoveries = {
		.loop = s->loop, .db = s->db, .lanes = s->lanes,
		.start_ttl = s->settings->sender_start_ttl,
		.epoch = sender_epoch, .owes = sender_on_hungry, .cookie = s,
	};

	s->trials = trial_new(&trials);
	s->recoveries = recover_new(&recoveries);
	return s->trials == NULL || s->recoveries == NULL ? ERR_NOMEM : 0;
}

/* Without it everything works, but for a delivery that kills. */
static void
open_journal(const char *path)
{
	int rc;

	if (path[0] == '\0')
		return;
	rc = journal_open(path);
	if (rc != 0)
		log_warn("sender.no_journal", LS("path", path),
		    LS("error", rc == ERR_EXISTS ? "another sender has it" :
		    strerror(errno)));
}

/* In this order: what is pending ends before what it points to. */
void
parts_close(struct sender *s)
{
	loop_fd_remove(s->wake_watch);
	if (s->wake >= 0) {
		close(s->wake);
		unlink(s->settings->sender_wake);
	}
	attempt_free(s->attempts);
	dbasync_free(s->db);
	trial_free(s->trials);
	recover_free(s->recoveries);
	disable_free(s->disable);
	operator_free(s->operator);
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
	loop_timer_free(s->opening);
	loop_free(s->loop);
	journal_close();
}

int
parts_open(struct sender *s)
{
	int rc;

	s->policy = make_policy(s->settings);
	if (s->policy == NULL)
		return ERR_INVALID;
	rc = url_init();
	if (rc == 0)
		rc = id_init();
	if (rc == 0)
		rc = parts_deny_own(s);
	if (rc == 0)
		rc = open_loop(s);
	if (rc == 0)
		rc = open_wire(s);
	if (rc == 0)
		rc = open_session(s);
	if (rc == 0)
		rc = open_lanes(s);
	if (rc == 0)
		rc = open_attempts(s);
	if (rc == 0)
		rc = open_errands(s);
	if (rc == 0)
		rc = open_wake(s);
	if (rc == 0)
		open_journal(s->settings->sender_journal);
	return rc;
}

int
parts_try(struct sender *s)
{
	int rc;

	s->policy = make_policy(s->settings);
	rc = open_loop(s);
	if (rc == 0)
		rc = open_wire(s);
	return rc == 0 && s->policy == NULL ? ERR_INVALID : rc;
}
