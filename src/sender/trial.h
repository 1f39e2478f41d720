#ifndef SENDER_TRIAL_H
#define SENDER_TRIAL_H

#include <stdint.h>

struct attempts;
struct dbasync;
struct delivery;
struct settle_result;
struct trials;

/*
 * Requests that somebody in the cabinet waits for: the rows of table trial.
 * They are made as attempts are, but outside of the lanes, and what becomes
 * of them is written into their row and nowhere else.
 */
enum { TRIALS_MAX = 32 };		/* at a time */

struct trial_options {
	struct dbasync *db;
	struct attempts *attempts;
	/* 0: the shard is not ours. */
	int64_t (*epoch)(void *cookie, int shard);
	void *cookie;
};

struct trials *trial_new(const struct trial_options *options);
/* The session and the attempts have to be gone first. */
void trial_free(struct trials *t);
/* Makes what waits in the shard, when it is ours. */
void trial_look(struct trials *t, int shard);
/* attempt.c is done with d; r NULL: nothing was sent.  Takes both over. */
void trial_ended(struct trials *t, struct delivery *d,
    struct settle_result *r);
/* Forgets what was broken off in a shard; -1: in all. */
void trial_drop(struct trials *t, int shard);
int trial_running(const struct trials *t);

#endif
