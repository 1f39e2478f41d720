#ifndef CORE_PREFORK_H
#define CORE_PREFORK_H

#include <signal.h>
#include <stdint.h>

#include "core/err.h"

/*
 * A master that keeps a fixed number of forked workers alive and knows
 * nothing of what they do.
 *
 * Generations: SIGHUP calls reload(); when that succeeds a new generation is
 * forked first, then the old one is told to drain (SIGTERM) and killed after
 * drain_ms.  When reload() fails the old generation goes on.  SIGTERM or
 * SIGINT: drain and leave; a second one: leave at once.  SIGUSR1: status line.
 * A worker that dies soon after its start is replaced with a growing delay
 * (50 ms to 5 s); more than max_deaths in death_window_ms ends the master
 * with an error, so that its supervisor sees it.
 *
 * Workers die with their master (PR_SET_PDEATHSIG and a pipe), get the
 * signal mask that the program started with, and a slot of shared memory.
 */
enum prefork_phase {
	PREFORK_EMPTY, PREFORK_STARTING, PREFORK_IDLE, PREFORK_BUSY,
	PREFORK_DRAINING,
};

/* One worker's place in the scoreboard; written by the worker. */
struct prefork_slot {
	volatile sig_atomic_t pid;
	volatile int phase;		/* enum prefork_phase */
	volatile int64_t since_us;	/* clock_mono_us of the phase */
	volatile uint64_t requests;	/* answered */
	volatile uint64_t events;	/* accepted */
	char what[64];			/* route in work, for people */
};

struct prefork_hooks {
	/*
	 * The worker's life; its return value is the exit status.  term_fd
	 * becomes readable when the worker has to drain (SIGTERM came or the
	 * master is gone): poll it together with the listening socket.
	 */
	int (*worker)(void *cookie, struct prefork_slot *slot, int term_fd);
	/* In the master, on SIGHUP: read the configuration again. */
	int (*reload)(void *cookie, int *workers);
	/* In the master, about once a second: status, watchdog; may be NULL. */
	void (*tick)(void *cookie, const struct prefork_slot *slots, int n);
	void *cookie;
};

struct prefork_limits {
	int workers;			/* 1 .. 256 */
	int64_t drain_ms;
	int64_t request_ms;		/* busy longer: SIGTERM, then SIGKILL */
	int max_deaths;
	int64_t death_window_ms;
};

/* Runs until told to stop.  0: drained; ERR_*: gave up (logged). */
int prefork_run(const struct prefork_limits *limits,
    const struct prefork_hooks *hooks) MUST_CHECK;

#endif
