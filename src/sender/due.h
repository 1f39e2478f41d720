#ifndef SENDER_DUE_H
#define SENDER_DUE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "core/err.h"
#include "core/id.h"

struct dbasync;
struct delivery;
struct hook_sealed;
struct hooks;
struct lanes;
struct pg_result;

/*
 * One read of what is due in one shard: the rows, the settings of webhooks
 * that are not known yet, the data of events that have much, and for starts that
 * are tried again whether their end was settled meanwhile.
 */
enum {
	DUE_LANES = 256,	/* webhooks in one read */
	DUE_INLINE = 8192,	/* longer data is not read along, but for itself */
};

struct due_options {
	struct dbasync *db;
	struct hooks *hooks;
	struct lanes *lanes;		/* what is full, what is in hand */
	int shard;
	struct id after;		/* begin after this webhook */
	int per_lane;			/* rows of a webhook without a lane */
	int rows;			/* rows in all */
	int64_t bytes;			/* of data in all, but one row at least */
};

struct due_lane {
	struct id webhook;
	int rows;
	int room;		/* that was asked for */
	bool paused;		/* not looked at */
	int64_t wait;		/* us until more is due, -1: nothing is */
};

struct due_answer {
	struct delivery **deliveries;	/* the callee's, one by one */
	int n;
	const struct due_lane *lanes;	/* visited, in order */
	int lanes_n;
	bool cut;		/* there is more, of the last one or after it */
	int64_t bytes;			/* of payload */
	int64_t at;			/* of the database, real us */
};

/* a is NULL when err is not 0. */
typedef void due_fn(void *cookie, enum err err, const struct due_answer *a);

/* fn is called once, later, unless this fails. */
int due_read(const struct due_options *options, due_fn *fn, void *cookie)
    MUST_CHECK;
void due_release(struct delivery *d);
/*
 * The secrets of a webhook among rows of webhook_secrets, into an array of
 * SIGN_KEYS_MAX: how many.
 */
size_t due_secrets(const struct pg_result *r, const struct id *webhook,
    struct hook_sealed *out);

#endif
