#ifndef SENDER_BATCH_H
#define SENDER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct dbasync_unit;
struct settle_result;

/* Results of one shard that are written in one transaction. */
struct batch {
	struct settle_result **v;
	int n;
	int shard;
	int64_t epoch;		/* without it nothing is written */
	bool plain;		/* leave out what strangers said */
};

/*
 * Adds the statements to u: settle_attempts is the first; settle_counts is the
 * last when *counted.
 */
int batch_build(const struct batch *b, struct dbasync_unit *u, bool *counted)
    MUST_CHECK;

#endif
