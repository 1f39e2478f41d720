#ifndef SENDER_TALLY_H
#define SENDER_TALLY_H

#include "core/err.h"

struct batch;
struct dbasync_unit;

/*
 * Adds to u the statement that counts the batch by webhook and hour (table
 * webhook_hour); nothing when there is nothing to count.
 */
int tally_add(const struct batch *b, struct dbasync_unit *u) MUST_CHECK;

#endif
