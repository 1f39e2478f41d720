#ifndef SENDER_RECOVER_H
#define SENDER_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

struct dbasync;
struct lanes;
struct loop;
struct recoveries;

/*
 * Makes failed deliveries once more: the rows of table recovery that run.
 * It puts them back into the outbox under their ids, but never more than the
 * lane would take at once beside what it owes already, so that what is new
 * does not wait behind them.
 */
struct recover_options {
	struct loop *loop;
	struct dbasync *db;
	struct lanes *lanes;
	int64_t start_ttl;	/* ms; a call's start is not sent later */
	/* 0: the shard is not ours. */
	int64_t (*epoch)(void *cookie, int shard);
	/* A shard owes more than before. */
	void (*owes)(void *cookie, int shard);
	void *cookie;
};

struct recoveries *recover_new(const struct recover_options *options);
void recover_free(struct recoveries *r);	/* the session first */
/* Some may run in the shard; woken: one has begun just now. */
void recover_look(struct recoveries *r, int shard, bool woken);
/* The shard is another one's, who goes on with them. */
void recover_drop(struct recoveries *r, int shard);

#endif
