#ifndef SENDER_LANE_H
#define SENDER_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/id.h"
#include "hook/window.h"
#include "sender/lanes.h"

struct delivery;

TAILQ_HEAD(delivery_queue, delivery);
LIST_HEAD(delivery_chain, delivery);

/* The inside of lanes: for lane.c, lanes.c and lanes_all.c only. */
struct lane {
	struct id webhook;
	int shard;
	struct delivery_queue waiting;
	struct delivery_queue busy;
	int waiting_n;
	int in_flight;
	int settling;
	int64_t bytes;		/* of payload, in all states */
	struct window window;
	int ended;		/* attempts that ended since counted_at */
	int pace;		/* and in the LANE_PACE_US before that */
	int64_t counted_at;
	bool more;		/* its shard owes more than is in hand */
	bool ready;		/* on the ready list */
	bool blocked;		/* or on that of those whose host is full */
	int host;		/* which, while it is blocked */
	bool busy_lane;		/* counted as one that holds deliveries */
	bool reads_on;		/* behind this row of the outbox: */
	int64_t after_due;	/* real us */
	struct id after;
	/*
	 * What is owed and due before this is in hand (the database's clock,
	 * real us; LANE_START: nothing is known): a look begins there.
	 */
	int64_t floor;
	int64_t chain;		/* the last look from the floor was then */
	int64_t whole_at;	/* the last look from the start, mono us */
	bool looks_on;		/* the look under way reads on */
	bool marked;		/* and nothing was given back since it began */
	int traces;		/* rows it left behind of late */
	int64_t used_at;	/* read_at of the last delivery */
	TAILQ_ENTRY(lane) ready_link;
	LIST_ENTRY(lane) shard_link;
	LIST_ENTRY(lane) hash_link;
};

TAILQ_HEAD(lane_queue, lane);
LIST_HEAD(lane_chain, lane);

enum { LANE_BUCKETS = 4096, ID_BUCKETS = 8192, CALL_BUCKETS = 8192,
	HOST_BUCKETS = 65536 };

struct lanes {
	struct lanes_options o;
	struct lane_queue ready;
	struct lane_queue blocked;
	unsigned short hosts[HOST_BUCKETS];	/* in flight to each */
	uint64_t seed;			/* nobody chooses his bucket */
	struct lane_chain by_shard[SHARDS];
	struct lane_chain by_webhook[LANE_BUCKETS];
	struct delivery_chain by_id[ID_BUCKETS];
	struct delivery_chain by_call[CALL_BUCKETS];
	int in_shard[SHARDS];
	int held;
	int in_flight;
	int busy;		/* lanes that hold deliveries */
	int64_t bytes;		/* of payload, in all states */
	int64_t flying;		/* of it, in flight or later */
	int64_t now;		/* the last that was told */
	int64_t opens_at;	/* lanes_opens_at */
};

/* In lanes.c. */
struct lane *lanes_find(const struct lanes *l, const struct id *webhook);
/* Puts lane on the ready list or takes it off, and asks for more. */
void lanes_refresh(struct lanes *l, struct lane *lane);
/* Frees an empty lane. */
void lanes_remove(struct lanes *l, struct lane *lane);
int lanes_capacity(const struct lanes *l, const struct lane *lane);

#define LANE_START INT64_MIN	/* of the outbox */

enum {
	LANE_PACE_US = 100000,
	LANE_LATE_US = 5000000,		/* so late a row may be committed */
	LANE_WHOLE_US = 30000000,	/* later ones are found after so long */
	LANE_TRACES = 64,		/* so few dead rows are no hindrance */
	LANE_LARGE = 16384,		/* bytes: few of them are much memory */
};

/* Deliveries that wait or are in flight. */
int lane_load(const struct lane *lane);
/*
 * How many it may hold: two windows, or what it does in two paces when it is
 * so fast, but then no more than share; one window when they are large, so that
 * a silent receiver's do not wait in the room of others.  While it is closed: none.
 */
int lane_capacity(const struct lane *lane, int share);
/* An attempt has ended at now: the pace. */
void lane_count(struct lane *lane, int64_t now);
/* It rests: nothing ended for a while. */
void lane_rest(struct lane *lane, int64_t now);
/*
 * A look that began at the floor, or behind the row before, saw the outbox at
 * that time (the database's, real us); it ended with what is due, or, with
 * full, at a row that was due then.
 */
void lane_looked(struct lane *lane, int64_t at, bool full, int64_t due);
/* A look begins now (mono us): from the floor, or sometimes from the start. */
void lane_begin_look(struct lane *lane, int64_t now);
/* A row of it that is due then is owed and not in hand. */
void lane_owes(struct lane *lane, int64_t due);
/* Is there anything of it that a look has to know? */
bool lane_is_known(const struct lane *lane);
/* Nothing depends on its memory any more. */
bool lane_is_idle(const struct lane *lane, int64_t idle);

#endif
