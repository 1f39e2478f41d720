#ifndef SENDER_LANES_H
#define SENDER_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "hook/window.h"
#include "sender/outcome.h"

/*
 * The scheduler: what is in hand, webhook by webhook, in memory only.  A
 * lane is everything in hand for one webhook.  Its window (hook/window.h)
 * says how many requests may be in flight; lanes with room are served round
 * robin.  What a closed lane owes is neither kept nor read.
 *
 * A call is a story: of one webhook and one call, start and end are never
 * in flight together, and when both wait the start goes first.
 *
 * Nothing here is claimed in the database: a waiting delivery may be
 * forgotten at any time and is read again later.
 */
struct lanes;
struct delivery;

struct lanes_options {
	struct window_rules window;
	int in_flight;		/* most in flight in all */
	int host;		/* and to one host, 0: any number */
	int64_t flying_bytes;	/* nothing is started beyond so much payload */
	int gulp_rows;		/* what busy lanes may hold beyond their */
	int64_t gulp_bytes;	/* windows, in all */
	void (*release)(struct delivery *d);	/* frees one */
	/* A lane has room again and its shard owes more; may be NULL. */
	void (*hungry)(void *cookie, int shard);
	void *cookie;
};

struct lanes *lanes_new(const struct lanes_options *options);
void lanes_free(struct lanes *l);

/*
 * Takes d over.  ERR_EXISTS when it is in hand already, ERR_TOO_BIG when its
 * lane holds enough: then d stays the caller's.
 */
int lanes_add(struct lanes *l, struct delivery *d) MUST_CHECK;
/* The next that may start, now IN_FLIGHT and lent to the caller; or NULL. */
struct delivery *lanes_next(struct lanes *l, int64_t now);
/*
 * The receiver of d, which is in flight, asked for a pause until then (mono
 * us; 0: it did not say).  Before lanes_done.
 */
void lanes_pause(struct lanes *l, struct delivery *d, int64_t until,
    int64_t now);
/* It is no longer in flight: SETTLING, and the lane learns from it. */
void lanes_done(struct lanes *l, struct delivery *d, enum outcome ended,
    enum outcome_health health, int64_t now);
/* When a lane that owes something may be used again; 0: none waits for time. */
int64_t lanes_opens_at(const struct lanes *l);
/* Opens the lanes whose time has come; they are hungry then. */
void lanes_open(struct lanes *l, int64_t now);
/* Forgets what waits in one lane: its webhook has changed. */
void lanes_give_back(struct lanes *l, const struct id *webhook);
/* d, in any state, leaves and is freed. */
void lanes_forget(struct lanes *l, struct delivery *d);
/* Forgets what waits: of one shard, or of all with -1. */
void lanes_drop_waiting(struct lanes *l, int shard);
/* Forgets what was in flight when all attempts have been broken off. */
void lanes_drop_flying(struct lanes *l);
/* Forgets all of a shard; nobody may have a pointer to any of it. */
void lanes_drop(struct lanes *l, int shard);
/*
 * Forgets what has waited since before then (mono us), because its webhook
 * may have changed meanwhile, and lanes that nobody used since before idle.
 */
void lanes_sweep(struct lanes *l, int64_t then, int64_t idle);

/* Webhooks that are known: those that may be called, those that may not yet. */
void lanes_count(const struct lanes *l, int *open, int *closed);
int lanes_held(const struct lanes *l);		/* all states */
int lanes_in_flight(const struct lanes *l);
int64_t lanes_bytes(const struct lanes *l);	/* of payload that waits */
int lanes_in_shard(const struct lanes *l, int shard);	/* all states */
/* Most that a read may bring for a webhook without a lane. */
int lanes_appetite(const struct lanes *l);
/* How many deliveries a webhook's lane would hold now; 0: it is closed. */
int lanes_takes(const struct lanes *l, const struct id *webhook);
/*
 * A look at a shard begins: its lanes, but for those of which nothing has to
 * be known, and how many rows each takes, 0: it is full or closed.
 */
struct lanes_room {
	const struct id *webhook;
	int rows;
	/* It is looked at behind this due time, */
	bool from_start;
	int64_t after_due;	/* real us */
	/* and when it reads on behind this row; NULL: with that time. */
	const struct id *after;
};
void lanes_each_room(struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct lanes_room *room), void *cookie);
/* Ids of deliveries in hand, but for the lanes that read on. */
void lanes_each_in_hand(const struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct id *delivery), void *cookie);
/*
 * What a look found of a webhook.  With full there may be more than it
 * brought: the next read goes on behind the last row, until something is
 * forgotten, and for a second at most (a row that was committed late may stand
 * before it).
 */
struct lanes_look {
	const struct id *webhook;
	int64_t at;		/* of the database, real us */
	bool full;		/* it brought all that it was to */
	bool whole;		/* and all that it brought is in hand */
	bool paused;		/* it was not looked at */
	int64_t due;		/* of the last row, when full */
	struct id id;
};
void lanes_looked(struct lanes *l, int shard, const struct lanes_look *look);
/* Window of a webhook's lane, 0 when it has none or it is closed. */
int lanes_window(const struct lanes *l, const struct id *webhook);

#endif
