#ifndef CORE_SCOREBOARD_H
#define CORE_SCOREBOARD_H

#include <signal.h>
#include <stdint.h>

/*
 * What the processes of a prefork pool know of each other, in memory that
 * they share.  Each value has one writer, and a reader may see it a moment
 * late: nothing here needs a lock.  What the counters count is the workers'
 * own business; those of a worker that has gone are kept in sums.
 */
enum {
	SCOREBOARD_WORKERS = 256,	/* places of a generation */
	SCOREBOARD_OBSERVER = SCOREBOARD_WORKERS,	/* the observer's place */
	SCOREBOARD_SLOTS = 4 * SCOREBOARD_WORKERS,	/* generations overlap */
	SCOREBOARD_COUNTERS = 64,
	SCOREBOARD_WHAT = 64,
};

enum scoreboard_phase {
	SCOREBOARD_EMPTY, SCOREBOARD_STARTING, SCOREBOARD_IDLE,
	SCOREBOARD_BUSY, SCOREBOARD_DRAINING,
};

/* One worker's; written by the worker, cleared by the master. */
struct scoreboard_slot {
	volatile sig_atomic_t pid;
	int place;			/* from 0; SCOREBOARD_OBSERVER */
	volatile int phase;		/* enum scoreboard_phase */
	int64_t born_us;		/* clock_mono_us */
	volatile int64_t since_us;	/* clock_mono_us of the phase */
	volatile uint64_t requests;	/* answered */
	volatile uint64_t events;	/* accepted */
	volatile uint64_t counters[SCOREBOARD_COUNTERS];
	char what[SCOREBOARD_WHAT];	/* route in work, for people */
	char statement[SCOREBOARD_WHAT];	/* the database works on it; "" */
};

/* Written by the master only, but for the slots. */
struct scoreboard {
	int64_t started_us;		/* clock_real_us */
	int64_t loaded_us;		/* clock_real_us of this generation */
	int master;			/* pid */
	int workers, workers_min;	/* limits in force */
	uint64_t reloads, reloads_refused;
	uint64_t deaths;		/* neither asked for nor clean */
	uint64_t stuck;			/* ended because they took too long */
	uint64_t at_limit;		/* more were wanted than there may be */
	int busy_most;			/* at a time */
	int queue, queue_most, queue_limit;	/* of the socket; -1: unknown */
	uint64_t gone_requests, gone_events;	/* of workers that have gone */
	uint64_t gone_counters[SCOREBOARD_COUNTERS];
	struct scoreboard_slot slots[SCOREBOARD_SLOTS];
};

struct scoreboard_sum {
	int starting, idle, busy, draining;	/* without the observer */
	uint64_t requests, events;		/* all since the start */
	uint64_t counters[SCOREBOARD_COUNTERS];
};

/* Shared with the processes that are forked later; NULL: no memory. */
struct scoreboard *scoreboard_new(void);
void scoreboard_free(struct scoreboard *b);
/* Looks how many wait in the queue of listen_fd; -1: there is none. */
void scoreboard_look(struct scoreboard *b, int listen_fd);
/* Counts what is there, the observer's requests left out. */
void scoreboard_sum(const struct scoreboard *b, struct scoreboard_sum *sum);
/* The process of slot i has gone: keeps what it counted, clears the slot. */
void scoreboard_gone(struct scoreboard *b, int i);
const char *scoreboard_phase_name(int phase);
/* A line of figures. */
void scoreboard_log(const struct scoreboard *b);
/* A line on the end of a worker; status is waitpid's. */
void scoreboard_log_death(const struct scoreboard_slot *s, int status,
    int64_t lived_us);

#endif
