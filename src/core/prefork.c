/*
 * The master of preforked workers: forks, reaps, throttles, replaces whole
 * generations and ends what takes too long.  It runs in the master process
 * only, up to the call of hooks->worker in each child.  callhook-api calls
 * prefork_run once and is inside it for as long as it lives.
 *
 * A child is: empty -> running -> draining (told to go: reload, stop, too many
 * idle, or busy for too long) -> killed -> empty.  A place is one worker of the
 * current generation that may exist; the first pool.wanted have to, and the
 * observer's.  When its child has gone it waits until ready_us and is filled
 * again.  The master is RUNNING, STOPPING (everybody
 * drains) or GIVING_UP (too many deaths).  All signals are blocked and read
 * from one signalfd, so nothing happens between two lines of code.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/deaths.h"
#include "core/log.h"
#include "core/pool.h"
#include "core/prefork.h"
#include "core/preforkchild.h"

enum {
	WORKERS_MAX = SCOREBOARD_WORKERS,
	OBSERVER = SCOREBOARD_OBSERVER,
	PLACES = WORKERS_MAX + 1,
	SLOTS = SCOREBOARD_SLOTS,
	DELAY_MIN_US = 50 * 1000,
	DELAY_MAX_US = 5 * 1000 * 1000,
	EARLY_US = 1000 * 1000,		/* a life shorter than this is a crash loop */
	GRACE_US = 2 * 1000 * 1000,	/* from SIGTERM to SIGKILL when stuck */
	TICK_US = 1000 * 1000,
	TICK_SOON_US = 50 * 1000,
	POOL_US = 100 * 1000,	/* between looks at the size of the pool */
};

enum state { RUNNING, STOPPING, GIVING_UP };

struct child {
	pid_t pid;		/* 0: empty */
	int place;		/* -1: of an old generation */
	int64_t born_us;
	bool draining;
	bool killed;
	int64_t kill_us;	/* when draining: end of patience */
};

struct place {
	bool filled;
	int64_t ready_us;
	int64_t delay_us;
};

struct master {
	struct prefork_limits limits;
	const struct prefork_hooks *hooks;
	struct scoreboard *board;	/* shared with the workers */
	struct pool pool;
	struct child children[SLOTS];
	struct place places[PLACES];
	enum state state;
	int signal_fd;
	int life[2];		/* the write end closes when the master dies */
	sigset_t old_mask;
	struct deaths deaths;
	int64_t tick_us;
	int64_t pool_us;	/* when the pool is looked at */
};

static _Noreturn void
child_main(struct master *m, struct scoreboard_slot *slot, int place,
    pid_t master_pid)
{
	const struct prefork_hooks *h = m->hooks;
	int term_fd, status;

	close(m->life[1]);
	close(m->signal_fd);
	term_fd = preforkchild_enter(master_pid, m->life[0], place,
	    &m->old_mask);
	if (term_fd < 0)
		_exit(EX_OSERR);
	slot->pid = getpid();
	status = place == OBSERVER ?
	    h->observer(h->cookie, m->board, slot, term_fd) :
	    h->worker(h->cookie, slot, term_fd);
	_exit(status & 0xff);
}

static int
free_slot(const struct master *m)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (m->children[i].pid == 0)
			return i;
	return -1;
}

static int
children_left(const struct master *m)
{
	int i, n = 0;

	for (i = 0; i < SLOTS; i++)
		n += m->children[i].pid != 0;
	return n;
}

static void
place_wait(struct place *p, int64_t now)
{
	p->delay_us = p->delay_us == 0 ? DELAY_MIN_US : 2 * p->delay_us;
	if (p->delay_us > DELAY_MAX_US)
		p->delay_us = DELAY_MAX_US;
	p->ready_us = now + p->delay_us;
}

static void
spawn(struct master *m, int place, int64_t now)
{
	struct place *p = &m->places[place];
	struct scoreboard_slot *slot;
	pid_t pid, self = getpid();
	int i = free_slot(m);

	if (i < 0) {
		place_wait(p, now);
		return;
	}
	slot = &m->board->slots[i];
	slot->place = place;
	slot->phase = SCOREBOARD_STARTING;
	slot->born_us = slot->since_us = now;
	pid = fork();
	if (pid == 0)
		child_main(m, slot, place, self);
	if (pid < 0) {
		scoreboard_gone(m->board, i);
		place_wait(p, now);
		log_error("prefork.fork_failed", LI("errno", errno),
		    LI("again_ms", p->delay_us / 1000));
		return;
	}
	slot->pid = pid;
	m->children[i] = (struct child){ .pid = pid, .place = place, .born_us = now };
	p->filled = true;
	if (m->tick_us > now + TICK_SOON_US)
		m->tick_us = now + TICK_SOON_US;
}

static bool
is_wanted(const struct master *m, int place)
{
	return place == OBSERVER ? m->hooks->observer != NULL :
	    place < m->pool.wanted;
}

static void
spawn_missing(struct master *m, int64_t now)
{
	int i;

	for (i = 0; i < PLACES && m->state == RUNNING; i++)
		if (is_wanted(m, i) && !m->places[i].filled &&
		    m->places[i].ready_us <= now)
			spawn(m, i, now);
}

static void
drain(struct child *c, int64_t patience_us, int64_t now)
{
	if (c->pid == 0 || c->draining)
		return;
	c->draining = true;
	c->kill_us = now + patience_us;
	kill(c->pid, SIGTERM);
}

static void
drain_all(struct master *m, enum state state, int64_t now)
{
	int i;

	m->state = state;
	for (i = 0; i < SLOTS; i++)
		drain(&m->children[i], m->limits.drain_ms * 1000, now);
}

static void
kill_all(struct master *m, bool only_old)
{
	struct child *c;
	int i;

	for (i = 0; i < SLOTS; i++) {
		c = &m->children[i];
		if (c->pid != 0 && (!only_old || c->place < 0)) {
			kill(c->pid, SIGKILL);
			c->killed = c->draining = true;
		}
	}
}

static void
child_gone(struct master *m, int i, int status, int64_t now)
{
	struct child c = m->children[i];
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	struct place *p;

	if (!clean && !(c.draining && m->state != RUNNING)) {
		scoreboard_log_death(&m->board->slots[i], status,
		    now - c.born_us);
		m->board->deaths++;
	}
	scoreboard_gone(m->board, i);
	m->children[i] = (struct child){ .pid = 0 };
	if (c.place < 0)
		return;
	p = &m->places[c.place];
	p->filled = false;
	if (now - c.born_us < EARLY_US && !c.draining) {
		place_wait(p, now);
	} else {
		p->delay_us = 0;
		p->ready_us = now;
	}
	if (clean || m->state != RUNNING || !deaths_add(&m->deaths, now))
		return;
	log_error("prefork.crash_loop", LI("deaths", m->limits.max_deaths + 1),
	    LI("window_ms", m->limits.death_window_ms));
	drain_all(m, GIVING_UP, now);
}

static void
reap(struct master *m, int64_t now)
{
	int i, status;

	/* Child by child: others of this process are not ours to wait for. */
	for (i = 0; i < SLOTS; i++)
		if (m->children[i].pid != 0 &&
		    waitpid(m->children[i].pid, &status, WNOHANG) > 0)
			child_gone(m, i, status, now);
}

/* Are these numbers that a pool can be made of? */
static bool
are_sane(const struct prefork_limits *l)
{
	return l->workers >= 1 && l->workers <= WORKERS_MAX &&
	    l->workers_min >= 1 && l->workers_min <= l->workers &&
	    l->spare_min >= 0 && l->max_deaths >= 0;
}

/* The limits are in force from now on; ERR_NOMEM: the old ones still are. */
static int
take_limits(struct master *m, const struct prefork_limits *l)
{
	int rc = deaths_init(&m->deaths, l->max_deaths,
	    l->death_window_ms * 1000);

	if (rc < 0)
		return rc;
	m->limits = *l;
	pool_bounds(&m->pool, l->workers_min, l->workers, l->spare_min,
	    l->spare_max);
	m->board->workers = l->workers;
	m->board->workers_min = l->workers_min;
	m->board->loaded_us = clock_real_us();
	return 0;
}

static void
reload(struct master *m, int64_t now)
{
	struct prefork_limits limits = m->limits;
	int i;

	if (m->state != RUNNING)
		return;
	if (m->hooks->reload(m->hooks->cookie, &limits) != 0 ||
	    !are_sane(&limits) || take_limits(m, &limits) != 0) {
		m->board->reloads_refused++;
		log_error("prefork.reload_refused", LS("goes_on", "old generation"));
		return;
	}
	m->board->reloads++;
	/* Reloads come faster than generations drain: the oldest make room. */
	if (SLOTS - children_left(m) <= m->pool.wanted)
		kill_all(m, true);
	for (i = 0; i < SLOTS; i++)
		m->children[i].place = -1;
	for (i = 0; i < PLACES; i++)
		m->places[i] = (struct place){ .filled = false };
	spawn_missing(m, now);
	for (i = 0; i < SLOTS; i++)
		if (m->children[i].place < 0)
			drain(&m->children[i], m->limits.drain_ms * 1000, now);
	log_info("prefork.reload", LI("workers", m->pool.wanted));
}

/* A worker more or less, when their number follows the work. */
static void
resize(struct master *m, int64_t now)
{
	int i, was = m->pool.wanted;
	struct scoreboard_sum sum;

	m->pool_us = now + POOL_US;
	scoreboard_look(m->board, m->limits.listen_fd);
	scoreboard_sum(m->board, &sum);
	if (sum.busy > m->board->busy_most)
		m->board->busy_most = sum.busy;
	if (m->state != RUNNING || m->limits.workers_min == m->limits.workers)
		return;
	if (pool_next(&m->pool, sum.idle + sum.starting, now) == was) {
		m->board->at_limit += m->pool.at_limit;
		return;
	}
	log_debug("prefork.resize", LI("from", was), LI("to", m->pool.wanted),
	    LI("idle", sum.idle), LI("busy", sum.busy));
	for (i = 0; i < SLOTS; i++) {
		if (m->children[i].pid == 0 || m->children[i].place < 0 ||
		    is_wanted(m, m->children[i].place))
			continue;
		m->places[m->children[i].place] = (struct place){ .filled = false };
		m->children[i].place = -1;
		drain(&m->children[i], m->limits.drain_ms * 1000, now);
	}
}

static void
signals(struct master *m, int64_t now)
{
	struct signalfd_siginfo si;

	while (read(m->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			if (m->state == RUNNING)
				drain_all(m, STOPPING, now);
			else
				kill_all(m, false);
			break;
		case SIGHUP:
			reload(m, now);
			break;
		case SIGUSR1:
			scoreboard_log(m->board);
			break;
		default:	/* SIGCHLD: reap() looks anyway */
			break;
		}
	}
}

static void
end_stuck(struct master *m, struct child *c, const struct scoreboard_slot *slot,
    int64_t now)
{
	m->board->stuck++;
	log_error("prefork.worker_stuck", LI("pid", c->pid),
	    LN("what", slot->what, strnlen(slot->what, sizeof(slot->what))),
	    LN("statement", slot->statement,
	    strnlen(slot->statement, sizeof(slot->statement))),
	    LI("busy_ms", (now - slot->since_us) / 1000));
	drain(c, GRACE_US, now);
}

/* Ends what has been busy or draining for too long. */
static void
watch(struct master *m, int64_t now)
{
	const struct scoreboard_slot *slot;
	struct child *c;
	int i;

	for (i = 0; i < SLOTS; i++) {
		c = &m->children[i];
		slot = &m->board->slots[i];
		if (c->pid == 0)
			continue;
		if (!c->draining && slot->phase == SCOREBOARD_BUSY &&
		    m->limits.request_ms > 0 &&
		    now - slot->since_us > m->limits.request_ms * 1000)
			end_stuck(m, c, slot, now);
		if (c->draining && !c->killed && now >= c->kill_us) {
			c->killed = true;
			kill(c->pid, SIGKILL);
		}
	}
}

/* Milliseconds until something is due. */
static int
patience(const struct master *m, int64_t now)
{
	int64_t until = m->tick_us < m->pool_us ? m->tick_us : m->pool_us;
	int i;

	for (i = 0; i < SLOTS; i++)
		if (m->children[i].pid != 0 && m->children[i].draining &&
		    !m->children[i].killed && m->children[i].kill_us < until)
			until = m->children[i].kill_us;
	for (i = 0; i < PLACES && m->state == RUNNING; i++)
		if (is_wanted(m, i) && !m->places[i].filled &&
		    m->places[i].ready_us < until)
			until = m->places[i].ready_us;
	if (until <= now)
		return 0;
	return (int)((until - now + 999) / 1000);
}

static void
master_loop(struct master *m)
{
	struct pollfd pfd = { .fd = m->signal_fd, .events = POLLIN };
	int64_t now;

	for (;;) {
		now = clock_mono_us();
		spawn_missing(m, now);
		if (m->state != RUNNING && children_left(m) == 0)
			return;
		(void)poll(&pfd, 1, patience(m, now));
		now = clock_mono_us();
		signals(m, now);
		reap(m, now);
		watch(m, now);
		if (now >= m->pool_us)
			resize(m, now);
		if (now >= m->tick_us) {
			m->tick_us = now + TICK_US;
			if (m->hooks->tick != NULL)
				m->hooks->tick(m->hooks->cookie, m->board);
		}
	}
}

static int
master_open(struct master *m, const struct prefork_limits *limits)
{
	sigset_t mask;

	m->signal_fd = m->life[0] = m->life[1] = -1;
	m->board = scoreboard_new();
	if (m->board == NULL || take_limits(m, limits) != 0)
		return ERR_NOMEM;
	m->board->master = getpid();
	m->board->started_us = clock_real_us();
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &m->old_mask);
	m->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (m->signal_fd < 0 || pipe2(m->life, O_CLOEXEC) < 0)
		return ERR_IO;
	return 0;
}

static void
master_close(struct master *m)
{
	if (m->signal_fd >= 0) {
		sigprocmask(SIG_SETMASK, &m->old_mask, NULL);
		close(m->signal_fd);
	}
	scoreboard_free(m->board);
	if (m->life[0] >= 0) {
		close(m->life[0]);
		close(m->life[1]);
	}
	deaths_free(&m->deaths);
	free(m);
}

int
prefork_run(const struct prefork_limits *limits,
    const struct prefork_hooks *hooks)
{
	struct master *m;
	int rc;

	if (!are_sane(limits))
		return ERR_RANGE;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return ERR_NOMEM;
	m->hooks = hooks;
	m->state = RUNNING;
	rc = master_open(m, limits);
	if (rc == 0) {
		master_loop(m);
		if (m->state == GIVING_UP)
			rc = ERR_CLOSED;
	}
	if (rc < 0)
		log_error("prefork.gave_up", LS("why", err_text((enum err)rc)));
	master_close(m);
	return rc;
}
