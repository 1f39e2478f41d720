#ifndef SENDER_FEED_H
#define SENDER_FEED_H

#include <stdint.h>

struct dbasync;
struct delivery;
struct feed;
struct hooks;
struct lanes;
struct loop;

/*
 * Reads what is due from the outbox of the shards that are open, into the
 * lanes.  A shard is read when the API woke it, when a lane is hungry, and
 * by polling: one look at all shards every poll_busy while there is work,
 * slowing down to poll_idle.
 */
enum { FEED_TRIALS = 1, FEED_RECOVERIES = 2 };	/* bits */

struct feed_options {
	struct loop *loop;
	struct dbasync *db;
	struct lanes *lanes;
	struct hooks *hooks;
	int64_t poll_busy, poll_idle;	/* ms */
	int held;			/* most deliveries in hand */
	int64_t bytes;			/* most payload that waits */
	void (*fed)(void *cookie);	/* lanes have something new */
	/* A look found something to do in a shard that is no delivery. */
	void (*errand)(void *cookie, int shard, unsigned what);
	void *cookie;
};

struct feed *feed_new(const struct feed_options *options);
void feed_free(struct feed *f);		/* the session has to be gone first */
/* Begin and end to read a shard; the answer to a read under way is dropped. */
void feed_open(struct feed *f, int shard);
void feed_close(struct feed *f, int shard);
/* There is work in a shard, or there may be. */
void feed_wake(struct feed *f, int shard);
/* A delivery of a shard will be due again then (real us). */
void feed_expect(struct feed *f, int shard, int64_t due);
/* Starts the reads that are wanted and for which there is room. */
void feed_run(struct feed *f);
/* How to free a delivery, for lanes_options.release. */
void feed_release(struct delivery *d);
/* How often the outbox was read, and how many deliveries that brought. */
int64_t feed_reads(const struct feed *f);
int64_t feed_rows(const struct feed *f);

#endif
