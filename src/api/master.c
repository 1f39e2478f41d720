/*
 * The master of callhook-api: configuration, listening socket, the first
 * look at the database, and what prefork asks of it (reload, status).  Runs
 * in the first process; the workers inherit the generation that was current
 * when they were forked.
 */
#include "config.h"

#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/master.h"
#include "api/rate.h"
#include "api/status.h"
#include "api/worker.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/listen.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/prefork.h"
#include "core/settings.h"
#include "core/timeline.h"
#include "core/title.h"
#include "hook/target.h"
#include "hook/url.h"

/* Crashes that end the master: so many and some for each worker, in 15 s. */
enum { DEATHS_BASE = 4, DEATHS_EACH = 4, DEATHS_WINDOW_MS = 15000 };

/* After request_timeout a worker has so long to say 503 by itself. */
enum { ANSWER_MS = 2000 };

#define STATUS_BACKLOG 64

/* One state of the configuration, and what was made from it. */
struct generation {
	struct settings settings;
	struct target_policy *policy;
};

struct master {
	const char *path;
	struct generation now;
	int listen_fd;
	char *listen_path;	/* as it was configured at the start */
	int made;		/* that path is ours to remove */
	int status_fd;		/* of the observer; -1: there is none */
	int status_made;
	char *status_path;	/* where it was made */
	bool ready;		/* systemd was told */
};

static void
generation_free(struct generation *g)
{
	target_policy_free(g->policy);
	settings_free(&g->settings);
	memset(g, 0, sizeof(*g));
}

/* Nobody's webhook may call this machine by an address of its own. */
static int
deny_own(struct target_policy *policy)
{
	struct ifaddrs *list, *i;
	int rc = 0;

	if (getifaddrs(&list) < 0)
		return ERR_IO;
	for (i = list; i != NULL && rc == 0; i = i->ifa_next)
		if (i->ifa_addr != NULL && (i->ifa_addr->sa_family == AF_INET ||
		    i->ifa_addr->sa_family == AF_INET6))
			rc = target_policy_deny(policy, i->ifa_addr);
	freeifaddrs(list);
	return rc;
}

static int
generation_load(struct generation *g, const char *path, struct buf *why)
{
	int rc;

	memset(g, 0, sizeof(*g));
	rc = settings_load(&g->settings, path, why);
	if (rc < 0)
		return rc;
	buf_str(why, "[target] allow: ");
	g->policy = target_policy_new(g->settings.target_http,
	    g->settings.target_allow.v, g->settings.target_allow.n, why);
	if (g->policy == NULL) {
		generation_free(g);
		return ERR_INVALID;
	}
	buf_reset(why);
	rc = deny_own(g->policy);
	if (rc < 0) {
		buf_fmt(why, "own addresses: %s", err_text((enum err)rc));
		generation_free(g);
	}
	return rc;
}

/* 660 as it is written in the configuration is octal. */
static int
octal(int64_t digits)
{
	int mode = 0, place = 0;

	for (; digits > 0; digits /= 10, place += 3)
		mode |= (int)(digits % 10 & 7) << place;
	return mode;
}

static int
worker_hook(void *cookie, struct scoreboard_slot *slot, int term_fd)
{
	struct master *m = cookie;
	char what[32];

	snprintf(what, sizeof(what), "worker %d", slot->place + 1);
	title_set("callhook-api", what);
	return worker_run(&m->now.settings, m->now.policy, NULL, m->listen_fd,
	    slot, term_fd);
}

static int
observer_hook(void *cookie, const struct scoreboard *board,
    struct scoreboard_slot *slot, int term_fd)
{
	struct master *m = cookie;
	struct status_observer observer = { board, m->listen_fd };

	title_set("callhook-api", "observer");
	return worker_run(&m->now.settings, m->now.policy, &observer,
	    m->status_fd, slot, term_fd);
}

/* What the configuration says of the pool. */
static void
set_limits(const struct settings *s, int listen_fd, struct prefork_limits *l)
{
	*l = (struct prefork_limits){
		.listen_fd = listen_fd,
		.workers = (int)s->api_workers,
		.workers_min = (int)(s->api_workers_min > 0 ?
		    s->api_workers_min : s->api_workers),
		.spare_min = (int)s->api_spare_min,
		.spare_max = (int)s->api_spare_max,
		.drain_ms = s->api_drain_timeout,
		.request_ms = s->api_request_timeout + ANSWER_MS,
		.max_deaths = DEATHS_BASE + DEATHS_EACH * (int)s->api_workers,
		.death_window_ms = DEATHS_WINDOW_MS,
	};
}

static void
set_log(const struct settings *s)
{
	log_init("callhook-api", (enum log_level)s->log_level,
	    (enum log_format)s->log_format);
	log_mask(s->log_mask);
	log_routine(s->log_routine);
}

static void
set_title(const struct master *m)
{
	char what[256];

	snprintf(what, sizeof(what), "master%s%s%s",
	    m->path != NULL ? " (" : "", m->path != NULL ? m->path : "",
	    m->path != NULL ? ")" : "");
	title_set("callhook-api", what);
}

static int
reload_hook(void *cookie, struct prefork_limits *limits)
{
	struct master *m = cookie;
	struct buf why = BUF_INIT(SETTINGS_WHY);
	char state[80];
	struct generation next;
	struct span line;
	const char *rest;
	int rc;

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_mono_us());
	notify_send(state);
	rc = generation_load(&next, m->path, &why);
	if (rc < 0) {
		rest = why.len > 0 ? buf_cstr(&why) :
		    err_text((enum err)rc);
		while (conf_mistake(&rest, &line))
			log_error("api.reload_failed",
			    LN("why", line.p, line.len));
		notify_send("READY=1\nSTATUS=The new configuration is wrong; "
		    "the old one is in force");
		buf_free(&why);
		return rc;
	}
	buf_free(&why);
	if (strcmp(next.settings.api_listen, m->listen_path) != 0)
		log_warn("api.listen_unchanged", LS("until", "restart"));
	generation_free(&m->now);
	m->now = next;
	m->ready = false;
	if (listen_backlog(m->listen_fd, (int)m->now.settings.api_backlog) < 0)
		log_warn("api.backlog_unchanged", LS("why", strerror(errno)));
	set_limits(&m->now.settings, m->listen_fd, limits);
	set_log(&m->now.settings);
	return 0;
}

static void
tick_hook(void *cookie, struct scoreboard *board)
{
	struct master *m = cookie;
	struct scoreboard_sum sum;
	char state[200];

	scoreboard_sum(board, &sum);
	snprintf(state, sizeof(state), "%sSTATUS=Workers: %d idle, %d busy; "
	    "waiting: %d; answered: %" PRIu64 " requests, %" PRIu64 " events",
	    getenv("WATCHDOG_USEC") != NULL ? "WATCHDOG=1\n" : "",
	    sum.idle, sum.busy, board->queue > 0 ? board->queue : 0,
	    sum.requests, sum.events);
	notify_send(state);
	if (!m->ready && sum.starting == 0 && sum.idle + sum.busy > 0) {
		m->ready = true;
		notify_send("READY=1");
		log_info("api.ready", LI("workers", sum.idle + sum.busy));
	}
}

/*
 * A database that is merely down may come back while we run; a schema that
 * we don't know has to be put right by hand.
 */
static int
check_database(const struct settings *s)
{
	struct db_options o = {
		.conninfo = s->db_api,
		.application = "callhook-api",
		.statement_timeout_ms = s->db_statement_timeout,
		.lock_timeout_ms = s->db_lock_timeout,
		.check_schema = 1,
		.pooled = s->db_pooled,
	};
	struct db *db = db_new(&o);
	int rc;

	if (db == NULL)
		return EX_OSERR;
	rc = db_ready(db);
	if (rc == ERR_SCHEMA)
		log_error("api.schema", LS("message", db_error(db)),
		    LS("run", "callhookctl migrate"));
	else if (rc < 0)
		log_warn("api.no_database", LS("message", db_error(db)),
		    LS("goes_on", "answers 503 until it is there"));
	db_free(db);
	return rc == ERR_SCHEMA ? EX_CONFIG : 0;
}

/* The socket of the pool; says why there is none. */
static int
listen_for_requests(struct master *m)
{
	const struct settings *s = &m->now.settings;
	int rc;

	m->listen_path = strdup(s->api_listen);
	rc = m->listen_path == NULL ? ERR_NOMEM : listen_get(s->api_listen,
	    octal(s->api_socket_mode), s->api_socket_group,
	    (int)s->api_backlog, &m->listen_fd, &m->made);
	if (rc < 0)
		log_error("api.listen_failed", LS("path", s->api_listen),
		    LS("why", err_text((enum err)rc)), LI("errno", errno));
	return rc;
}

static void
close_sockets(struct master *m)
{
	if (m->made)
		unlink(m->listen_path);
	if (m->status_made)
		unlink(m->status_path);
	if (m->status_fd >= 0)
		close(m->status_fd);
	if (m->listen_fd >= 0)
		close(m->listen_fd);
	free(m->listen_path);
	free(m->status_path);
}

/* Without it the pool works all the same, only nobody sees how. */
static void
listen_for_status(struct master *m)
{
	const struct settings *s = &m->now.settings;
	int rc;

	if (s->api_status[0] == '\0')
		return;
	m->status_path = strdup(s->api_status);
	rc = m->status_path == NULL ? ERR_NOMEM : listen_also(s->api_status,
	    octal(s->api_socket_mode), s->api_socket_group,
	    STATUS_BACKLOG, &m->status_fd, &m->status_made);
	if (rc == 0)
		return;
	m->status_fd = -1;
	log_warn("api.no_status", LS("path", s->api_status),
	    LS("why", err_text((enum err)rc)), LI("errno", errno));
}

static int
supervise(struct master *m)
{
	const struct settings *s = &m->now.settings;
	struct prefork_hooks hooks = {
		.worker = worker_hook, .reload = reload_hook,
		.observer = m->status_fd >= 0 ? observer_hook : NULL,
		.tick = tick_hook, .cookie = m,
	};
	struct prefork_limits limits;
	int rc;

	set_limits(s, m->listen_fd, &limits);
	set_title(m);
	log_info("api.start", LS("version", PACKAGE_VERSION),
	    LI("workers", limits.workers), LS("listen", m->made ? s->api_listen :
	    "inherited"));
	rc = prefork_run(&limits, &hooks);
	notify_send("STOPPING=1");
	log_info("api.stop", LI("rc", rc));
	return rc == 0 ? 0 : EX_SOFTWARE;
}

static int
load(struct generation *g, const char *path)
{
	struct buf why = BUF_INIT(SETTINGS_WHY);
	int rc = generation_load(g, path, &why);

	if (rc < 0)
		settings_complain("callhook-api", why.len > 0 ?
		    buf_cstr(&why) : err_text((enum err)rc));
	buf_free(&why);
	return rc < 0 ? EX_CONFIG : 0;
}

int
master_run(const char *path)
{
	struct master m = { .path = path, .listen_fd = -1, .status_fd = -1 };
	const struct settings *s = &m.now.settings;
	int status;

	if (url_init() < 0) {
		fprintf(stderr, "callhook-api: no UTF-8 locale (C.UTF-8)\n");
		return EX_OSERR;
	}
	status = load(&m.now, path);
	if (status != 0)
		return status;
	set_log(s);
	status = check_database(s);
	if (status != 0)
		goto out;
	if (id_init() < 0 || rate_share() < 0 || timeline_share() < 0) {
		log_error("api.no_memory", LS("for", "the master"));
		status = EX_OSERR;
		goto out;
	}
	if (listen_for_requests(&m) < 0) {
		status = EX_OSERR;
		goto out;
	}
	listen_for_status(&m);
	status = supervise(&m);
out:
	close_sockets(&m);
	generation_free(&m.now);
	return status;
}

/* Each process has a connection, and an old generation overlaps a new one. */
static void
say_budget(const struct settings *s)
{
	int64_t n = s->api_workers + (s->api_status[0] != '\0');

	if (s->api_workers_min > 0 && s->api_workers_min < s->api_workers)
		printf("The configuration is fine: %" PRId64 " to %" PRId64
		    " workers", s->api_workers_min, s->api_workers);
	else
		printf("The configuration is fine: %" PRId64 " workers",
		    s->api_workers);
	printf("; at most %" PRId64 " database connections, twice as many "
	    "during a reload.\n", n);
}

int
master_check(const char *path)
{
	struct generation g;
	int status;

	if (url_init() < 0)
		return EX_OSERR;
	status = load(&g, path);
	if (status != 0)
		return status;
	say_budget(&g.settings);
	generation_free(&g);
	return 0;
}

int
master_dump(const char *path)
{
	struct buf out = BUF_INIT(1024 * 1024);
	struct generation g;
	int status;

	status = load(&g, path);
	if (status != 0)
		return status;
	settings_dump(&g.settings, &out);
	fputs(buf_cstr(&out), stdout);
	status = buf_err(&out) == ERR_OK ? 0 : EX_SOFTWARE;
	buf_free(&out);
	generation_free(&g);
	return status;
}
