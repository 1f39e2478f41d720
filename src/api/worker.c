/*
 * A worker process: waits for connections, takes whatever waits in the
 * listen queue up to a bound, stores all event posts among them in one
 * transaction and answers each after the commit; everything else is answered
 * as it comes; an answer that takes its time (a test of a webhook) is put aside
 * and looked for between batches.  Alone, a request waits for nobody.  States: idle (epoll) ->
 * busy (a batch) -> idle; draining after SIGTERM or when the master is gone:
 * one last batch, then the end.  Started by the master through prefork.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/backlog.h"
#include "api/exchange.h"
#include "api/metrics.h"
#include "api/route.h"
#include "api/problem.h"
#include "api/rate.h"
#include "api/worker.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/log.h"
#include "core/scoreboard.h"
#include "core/settings.h"
#include "core/title.h"
#include "core/vault.h"
#include "core/wake.h"

#define FULL_WAIT_US 50000	/* no descriptors left: let some be closed */

enum {
	WAITING_MAX = 16,	/* answers that are not known yet */
	LOOK_MS = 10,		/* so often is looked whether they are */
};

struct worker {
	struct api api;
	const struct settings *settings;
	struct scoreboard_slot *slot;
	int listen_fd, term_fd, epoll_fd;
	int held_fd;		/* accepted, but had nothing to say yet; -1 */
	struct backlog backlog;	/* of listen_fd */
	struct exchange **exchanges;	/* api_batch of them */
	struct exchange *waiting[WAITING_MAX];	/* for their answers */
	int waiting_n;
	size_t collected;	/* event posts of this batch, from 0 */
	size_t bytes, rows;	/* of their bodies; their events */
	struct ingest_item **items;
	size_t items_max;
	uint64_t answered, share;	/* share 0: never recycled */
};

static void
phase(struct worker *w, enum scoreboard_phase p)
{
	int64_t now = clock_mono_us();

	w->slot->since_us = now;
	w->slot->phase = (int)p;
	if (p == SCOREBOARD_BUSY)
		db_deadline(w->api.db, now +
		    w->settings->api_request_timeout * 1000);
	else
		title_state(scoreboard_phase_name((int)p));
}

/* What the master says of us when we are stuck. */
static void
what(struct worker *w, const struct exchange *x)
{
	const char *pattern = x->route != NULL ? x->route->pattern : "-";
	size_t n = strlen(pattern);

	if (n >= sizeof(w->slot->what))
		n = sizeof(w->slot->what) - 1;
	memcpy(w->slot->what, pattern, n);
	w->slot->what[n] = '\0';
	title_state(w->slot->what);
}

static bool
readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/* The next connection; -1: nobody waits, or there is no way to take him. */
static int
next_connection(struct worker *w)
{
	int fd = w->held_fd;

	if (fd >= 0) {
		w->held_fd = -1;
		return fd;
	}
	/* Blocking; fastcgi.c sets its time limits. */
	fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0 && errno == EAGAIN)
		backlog_emptied(&w->backlog);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	    errno == ENOBUFS)) {
		log_error("worker.accept_failed", LI("errno", errno));
		usleep(FULL_WAIT_US);
	}
	return fd;
}

/* One more event post; false: the batch is full. */
static bool
collect(struct worker *w, struct exchange *x)
{
	w->collected++;
	w->rows += x->post.n;
	w->bytes += x->body.len;
	return w->collected < (size_t)w->settings->api_batch &&
	    w->rows < (size_t)w->settings->api_batch_rows &&
	    w->bytes < (size_t)w->settings->api_batch_bytes;
}

static struct exchange *
new_exchange(const struct worker *w)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL || exchange_init(x, w->settings->api_max_body) == 0)
		return x;
	exchange_free(x);
	free(x);
	return NULL;
}

/*
 * The exchange at hand waits for its answer, while others go on with a fresh
 * one; without memory for that nothing else goes on.
 */
static void
put_aside(struct worker *w)
{
	struct exchange *x = w->exchanges[w->collected];
	struct exchange *fresh = new_exchange(w);

	if (fresh == NULL) {
		while (!exchange_look(x, &w->api))
			usleep(LOOK_MS * 1000);
		return;
	}
	w->exchanges[w->collected] = fresh;
	w->waiting[w->waiting_n++] = x;
	w->api.may_wait--;
}

/* Answers those whose answer is there. */
static void
look(struct worker *w)
{
	int i = 0;

	while (i < w->waiting_n) {
		if (clock_mono_us() >= w->waiting[i]->res.later.at)
			phase(w, SCOREBOARD_BUSY);
		if (!exchange_look(w->waiting[i], &w->api)) {
			i++;
			continue;
		}
		exchange_free(w->waiting[i]);
		free(w->waiting[i]);
		w->waiting[i] = w->waiting[--w->waiting_n];
		w->api.may_wait++;
		w->slot->requests++;
		w->answered++;
	}
}

static void
take(struct worker *w)
{
	int64_t taken = 0;
	bool more = true;
	struct exchange *x;
	int fd;

	w->collected = w->rows = w->bytes = 0;
	while (more && taken < w->settings->api_batch) {
		fd = next_connection(w);
		if (fd < 0)
			break;
		/* Those who are here don't wait for one who is silent. */
		if (w->collected > 0 && !readable(fd)) {
			w->held_fd = fd;
			break;
		}
		if (taken++ == 0)
			phase(w, SCOREBOARD_BUSY);
		x = w->exchanges[w->collected];
		assert(x != NULL);	/* api_batch of them were made */
		if (exchange_take(x, &w->api, fd)) {
			more = collect(w, x);
		} else if (exchange_is_waiting(x)) {
			put_aside(w);
		} else {
			w->slot->requests++;
			w->answered++;
		}
		what(w, x);
	}
	if ((!more || taken >= w->settings->api_batch) &&
	    backlog_left(&w->backlog, clock_mono_us()))
		metrics_narrowed(w->slot);
}

static int
make_room(struct worker *w)
{
	struct ingest_item **more;

	if (w->rows <= w->items_max)
		return 0;
	more = realloc(w->items, w->rows * sizeof(struct ingest_item *));
	if (more == NULL)
		return ERR_NOMEM;
	w->items = more;
	w->items_max = w->rows;
	return 0;
}

/* An event more than its account may post is refused like a wrong one. */
static void
limit_rate(struct worker *w, struct events_item *item, int64_t now)
{
	if (item->problem == PROBLEM_NONE && !rate_take(w->api.rate,
	    item->ingest.event.account_id, now))
		item->problem = PROBLEM_TOO_MANY_REQUESTS;
}

static void
ingest(struct worker *w)
{
	int64_t now = clock_mono_us();
	struct events_post *post;
	size_t i, k, n = 0;
	int rc;

	rate_read(w->api.rate, w->api.db);
	rc = make_room(w);
	for (i = 0; i < w->collected; i++) {
		post = &w->exchanges[i]->post;
		for (k = 0; k < post->n; k++) {
			post->items[k].ingest.err = rc;
			limit_rate(w, &post->items[k], now);
			if (rc == 0 && post->items[k].problem == 0)
				w->items[n++] = &post->items[k].ingest;
		}
	}
	metrics_batch(w->slot, (int64_t)n);
	w->slot->events += ingest_batch(&w->api, w->items, n);
	for (i = 0; i < w->collected; i++)
		exchange_finish(w->exchanges[i], &w->api);
	w->slot->requests += w->collected;
	w->answered += w->collected;
}

/* A server that went away while we were idle: notice it before we ask. */
static void
check_database(struct worker *w)
{
	int fd = db_fd(w->api.db);

	if (fd >= 0 && readable(fd))
		db_close(w->api.db);
}

static void
batch(struct worker *w)
{
	check_database(w);
	take(w);
	if (w->collected > 0)
		ingest(w);
	auth_note_uses(w->api.auth, w->api.db);
	look(w);
}

static int
watch(struct worker *w)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		return ERR_IO;
	ev.data.fd = w->listen_fd;
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->listen_fd, &ev) < 0)
		return ERR_IO;
	ev.events = EPOLLIN;
	ev.data.fd = w->term_fd;
	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->term_fd, &ev) < 0 ?
	    ERR_IO : 0;
}

/* Many requests, ± an eighth, so that workers don't leave together. */
static uint64_t
fair_share(int64_t max_requests)
{
	struct id random = id_new();
	uint64_t max = (uint64_t)max_requests, spread = max / 4;

	if (max_requests <= 0)
		return 0;
	return max - spread / 2 + spread * random.b[15] / 256;
}

static int
open_worker(struct worker *w, const struct settings *s)
{
	struct db_options o = {
		.conninfo = s->db_api,
		.application = "callhook-api",
		.statement_timeout_ms = s->db_statement_timeout,
		.lock_timeout_ms = s->db_lock_timeout,
		.check_schema = 1,
		.pooled = s->db_pooled,
	};
	int64_t i;

	signal(SIGPIPE, SIG_IGN);	/* who went away is told by write */
	w->share = fair_share(s->api_max_requests);
	if (wake_open(&w->api.wake_fd) < 0) {
		log_warn("worker.no_wake", LI("errno", errno));
		w->api.wake_fd = -1;
	}
	w->api.auth = auth_new(s);
	w->api.db = db_new(&o);
	w->api.rate = rate_new(s);
	w->exchanges = calloc((size_t)s->api_batch,
	    sizeof(struct exchange *));
	if (w->api.auth == NULL || w->api.db == NULL ||
	    w->api.rate == NULL || w->exchanges == NULL)
		return ERR_NOMEM;
	db_trace_into(w->api.db, w->slot->statement);
	for (i = 0; i < s->api_batch; i++)
		if ((w->exchanges[i] = new_exchange(w)) == NULL)
			return ERR_NOMEM;
	w->api.may_wait = WAITING_MAX;
	if (w->api.observer == NULL)
		backlog_open(&w->backlog, w->listen_fd, s);
	return watch(w);
}

static void
close_worker(struct worker *w)
{
	int64_t i;

	backlog_emptied(&w->backlog);
	for (i = 0; w->exchanges != NULL && i < w->settings->api_batch; i++)
		if (w->exchanges[i] != NULL) {
			exchange_free(w->exchanges[i]);
			free(w->exchanges[i]);
		}
	free(w->exchanges);
	free(w->items);
	db_free(w->api.db);
	auth_free(w->api.auth);
	rate_free(w->api.rate);
	vault_free(w->api.vault);
	if (w->api.wake_fd >= 0)
		close(w->api.wake_fd);
	if (w->held_fd >= 0)
		close(w->held_fd);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
}

static void
serve(struct worker *w)
{
	struct epoll_event ev[2];
	bool draining = false;
	int i, n;

	/* The first request should not pay for connecting; a failure is its to report. */
	if (db_ready(w->api.db) < 0)
		log_warn("worker.no_database", LS("message", db_error(w->api.db)));
	while (!draining && (w->share == 0 || w->answered < w->share)) {
		phase(w, SCOREBOARD_IDLE);
		n = epoll_wait(w->epoll_fd, ev, 2, w->held_fd >= 0 ? 0 :
		    w->waiting_n > 0 ? LOOK_MS :
		    backlog_patience_ms(&w->backlog));
		for (i = 0; i < n; i++)
			if (ev[i].data.fd == w->term_fd)
				draining = true;
		batch(w);
	}
	phase(w, SCOREBOARD_DRAINING);
	if (w->held_fd >= 0)
		batch(w);
	for (look(w); w->waiting_n > 0; look(w))
		usleep(LOOK_MS * 1000);
}

int
worker_run(const struct settings *settings, const struct target_policy *policy,
    const struct status_observer *observer, int listen_fd,
    struct scoreboard_slot *slot, int term_fd)
{
	struct worker w = {
		.api = { .settings = settings, .policy = policy, .wake_fd = -1,
			.slot = slot, .observer = observer },
		.settings = settings, .slot = slot, .listen_fd = listen_fd,
		.term_fd = term_fd, .epoll_fd = -1, .held_fd = -1,
		.backlog.fd = -1,
	};
	int rc;

	unsetenv("NOTIFY_SOCKET");
	rc = open_worker(&w, settings);
	if (rc < 0)
		log_error("worker.start_failed", LS("why", err_text((enum err)rc)));
	else
		serve(&w);
	close_worker(&w);
	return rc < 0 ? EX_OSERR : 0;
}
