#ifndef CORE_PREFORK_H
#define CORE_PREFORK_H

#include <stdint.h>

#include "core/err.h"
#include "core/scoreboard.h"

/*
 * A master that keeps forked workers alive and knows nothing of what they
 * do.  Their number is fixed, or follows the work (core/pool.h).
 *
 * Generations: SIGHUP calls reload(); when that succeeds a new generation is
 * forked first, then the old one is told to drain (SIGTERM) and killed after
 * drain_ms.  When reload() fails the old generation goes on.  SIGTERM or
 * SIGINT: drain and leave; a second one: leave at once.  SIGUSR1: status line.
 * A worker that dies soon after its start is replaced with a growing delay
 * (50 ms to 5 s); more than max_deaths in death_window_ms ends the master
 * with an error, so that its supervisor sees it.
 *
 * Beside the workers there may be one observer, kept alive like them, which
 * answers for the pool while all of them are busy.
 *
 * Workers die with their master (PR_SET_PDEATHSIG and a pipe), get the
 * signal mask that the program started with, and a slot of shared memory.
 */
struct prefork_limits {
	int listen_fd;			/* whose queue is watched; -1: none */
	int workers;			/* most: 1 .. 256 */
	int workers_min;		/* 1 .. workers; workers: a fixed number */
	int spare_min, spare_max;	/* idle ones, when it is not fixed */
	int64_t drain_ms;
	int64_t request_ms;		/* busy longer: SIGTERM, then SIGKILL; 0: any */
	int max_deaths;
	int64_t death_window_ms;
};

struct prefork_hooks {
	/*
	 * The worker's life; its return value is the exit status.  term_fd
	 * becomes readable when the worker has to drain (SIGTERM came or the
	 * master is gone): poll it together with the listening socket.
	 */
	int (*worker)(void *cookie, struct scoreboard_slot *slot, int term_fd);
	/* The observer's, likewise; NULL: there is none. */
	int (*observer)(void *cookie, const struct scoreboard *board,
	    struct scoreboard_slot *slot, int term_fd);
	/* In the master, on SIGHUP: read the configuration again. */
	int (*reload)(void *cookie, struct prefork_limits *limits);
	/* In the master, about once a second: status, watchdog; may be NULL. */
	void (*tick)(void *cookie, struct scoreboard *board);
	void *cookie;
};

/* Runs until told to stop.  0: drained; ERR_*: gave up (logged). */
int prefork_run(const struct prefork_limits *limits,
    const struct prefork_hooks *hooks) MUST_CHECK;

#endif
