#ifndef API_ACCOUNTDB_H
#define API_ACCOUNTDB_H

#include <stdint.h>

#include "core/db.h"
#include "core/err.h"

struct identity;

/*
 * The frame of a transaction in the name of who's account, which row level
 * security then shows alone.
 */
int accountdb_begin(struct db *db, const struct identity *who) MUST_CHECK;
/* Initializes p with the first two parameters of all: shard and account. */
void accountdb_param(struct dbparam *p, const struct identity *who);
/* Queues s with p unless rc is an error already; p is used up. */
int accountdb_send(struct db *db, int rc, const struct sql_statement *s,
    struct dbparam *p) MUST_CHECK;
/* Runs what is queued and commits, unless rc is an error: rolls back. */
int accountdb_commit(struct db *db, int rc) MUST_CHECK;

#endif
