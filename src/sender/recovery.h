#ifndef SENDER_RECOVERY_H
#define SENDER_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/id.h"
#include "sender/recover.h"

/* The inside of recoveries: for recover.c and recover_step.c only. */
struct recovery {
	struct recoveries *home;
	int shard;
	struct id id, webhook;
	struct id counted;	/* up to this attempt; stop: that is over */
	struct id looked;	/* likewise, put back */
	struct id stop;		/* before this one it ends */
	int room;		/* that the step under way may fill */
	bool busy, doomed;
	int64_t next;		/* mono us: not before */
	LIST_ENTRY(recovery) link;
};

struct recoveries {
	struct recover_options o;
	struct loop_timer *timer;
	LIST_HEAD(, recovery) all;
	int64_t asked_at[SHARDS];
};

/* Makes the next step of x, which is not busy. */
void recovery_step(struct recovery *x);
/* Forgets x. */
void recovery_free(struct recovery *x);

#endif
