#ifndef API_ACCOUNTDB_H
#define API_ACCOUNTDB_H

#include <stdint.h>

#include "core/db.h"
#include "core/err.h"

struct identity;
struct settings;

/* Both of hook/webhook.h's. */
#define ACCOUNTDB_SERVICES 3u

/* What an account may do: its own limits, or else the configuration's. */
struct accountdb_limits {
	int64_t webhooks;		/* of each service */
	int64_t events_per_second;	/* 0: any number */
	int64_t retention_days;
	unsigned services;		/* bits, 1 << enum service */
};

/*
 * The frame of a transaction in the name of who's account, which row level
 * security then shows alone.
 */
int accountdb_begin(struct db *db, const struct identity *who) MUST_CHECK;
/* The same in the name of a scope ("auth", "events"), before there is an account. */
int accountdb_begin_scope(struct db *db, const char *scope) MUST_CHECK;
/* Initializes p with the first two parameters of all: shard and account. */
void accountdb_param(struct dbparam *p, const struct identity *who);
/* Queues s with p unless rc is an error already; p is used up. */
int accountdb_send(struct db *db, int rc, const struct sql_statement *s,
    struct dbparam *p) MUST_CHECK;
/* Runs what is queued and commits, unless rc is an error: rolls back. */
int accountdb_commit(struct db *db, int rc) MUST_CHECK;

/* Reads a row of account_get or account_lock, or none. */
void accountdb_limits(const struct settings *settings,
    const struct pg_result *r, struct accountdb_limits *out);
/*
 * Queues the lock on who's account, for whoever adds to something that is
 * limited: nobody else of the account does it until the transaction ends.
 */
int accountdb_lock(struct db *db, int rc, const struct identity *who)
    MUST_CHECK;

#endif
