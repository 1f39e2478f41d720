#ifndef SENDER_SHARDS_H
#define SENDER_SHARDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/id.h"

struct buf;
struct dbasync;
struct loop;
struct shards;

/*
 * Which shards this sender owns.  Owning takes the session's advisory lock
 * and a new epoch in shard_owner.  A sender takes its fair share at once and
 * more when nobody else takes it; it gives back what is over its share when
 * another sender appears, after what it has in hand of it is settled.
 */
struct shards_options {
	struct loop *loop;
	struct dbasync *db;
	struct id sender;		/* this process */
	const char *host;
	int64_t started;		/* real us */
	/* An owned shard may be read; it may no longer be read. */
	void (*gained)(void *cookie, int shard);
	void (*closed)(void *cookie, int shard);
	/* It is somebody else's: all that is in hand of it is void. */
	void (*lost)(void *cookie, int shard);
	int (*in_hand)(void *cookie, int shard);
	int (*in_flight)(void *cookie);
	/* What it has counted, as text for /metrics. */
	void (*figures)(void *cookie, struct buf *out);
	/* A heartbeat came back: the session lives. */
	void (*alive)(void *cookie);
	void *cookie;
};

struct shards *shards_new(const struct shards_options *options);
void shards_free(struct shards *s);
/* The session is up, or down: then every shard is lost. */
void shards_up(struct shards *s);
void shards_down(struct shards *s);
/* Takes no more shards; closes all (the owner settles what is in hand). */
void shards_stop(struct shards *s);
/* Unlocks all and says good-bye; done is called when that is written. */
void shards_leave(struct shards *s, void (*done)(void *cookie));
/* The epoch to settle with; 0 when the shard is not owned. */
int64_t shards_epoch(const struct shards *s, int shard);
/* A settle with its epoch wrote nothing. */
void shards_revoked(struct shards *s, int shard);
int shards_owned(const struct shards *s);
/*
 * Has the database heard from us so lately that nobody else can have our
 * shards?  Not when this process was frozen or the database is out of reach,
 * even before the end of the session is known: then nothing is sent.
 */
bool shards_certain(const struct shards *s);

#endif
