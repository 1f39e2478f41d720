#ifndef SENDER_DELIVERY_H
#define SENDER_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/id.h"
#include "core/span.h"
#include "hook/event.h"
#include "sender/outcome.h"

struct hook;
struct lane;

/*
 * A delivery in hand: one row of the outbox with what is needed to send it.
 * feed.c makes it, lanes.c keeps it, attempt.c sends it, settle.c writes
 * what became of it.  State says which list it is on.
 */
enum delivery_state {
	DELIVERY_READ,		/* owned by feed.c */
	DELIVERY_WAITING,	/* in its lane */
	DELIVERY_IN_FLIGHT,	/* owned by an attempt */
	DELIVERY_SETTLING,	/* owned by a result, its slot is free */
};

struct delivery {
	struct id id, webhook_id, event_id;
	int shard;
	enum event_kind kind;
	int64_t call;			/* start and end of one call share it */
	int attempt;			/* done so far */
	int64_t account_id;
	enum service service;
	struct span call_id;		/* p NULL: the event is gone */
	struct span data;
	struct hook *hook;		/* NULL: the webhook is gone; counted */
	bool enabled;			/* the webhook, when it was read */
	bool superseded;		/* a start whose end is settled */
	bool trial;		/* of trial.c: in no lane, counted nowhere */
	int64_t read_at;		/* mono us */
	int64_t due;			/* real us; after a retry: anew */
	int journal;			/* its slot, 0: none */

	/* lanes.c */
	enum delivery_state state;
	enum outcome ended;		/* SETTLING: how */
	int era;			/* of the window when it was started */
	int host;		/* IN_FLIGHT: whose bucket, -1: none */
	struct lane *lane;
	TAILQ_ENTRY(delivery) link;	/* in the lane, by state */
	LIST_ENTRY(delivery) by_id;
	LIST_ENTRY(delivery) by_call;

	char bytes[];			/* call_id and data */
};

#endif
