#ifndef API_RATE_H
#define API_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct db;
struct settings;

/*
 * How many events a second an account may post: [api] events_per_second, or its
 * own limit.  All workers of the pool count together.
 */
struct rate;

#define RATE_READ_MS 10000	/* so old may what is known of limits be */

/*
 * In the master, before there are workers: the memory that they count in.
 * ERR_NOMEM.
 */
int rate_share(void) MUST_CHECK;
/* A worker's view of it; settings have to outlive it. */
struct rate *rate_new(const struct settings *settings);
void rate_free(struct rate *r);
/*
 * Reads the limits of accounts that have their own, when it is time.  Failing
 * is no harm: what was known stays, and it is tried again.
 */
void rate_read(struct rate *r, struct db *db);
/* May the account post one event now (clock_mono_us)?  Counts it then. */
bool rate_take(struct rate *r, int64_t account_id, int64_t now_us);

#endif
