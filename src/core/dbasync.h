#ifndef CORE_DBASYNC_H
#define CORE_DBASYNC_H

#include <stdint.h>

#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/err.h"
#include "core/sql.h"

/*
 * One asynchronous PostgreSQL session on a loop, in pipeline mode.  Units of
 * one or more statements are sent without waiting for each other; each unit
 * is one implicit transaction.  Callbacks run in order of submission, once
 * per unit, always (with ERR_DB_DOWN when the session broke), never from
 * inside dbasync_submit.
 *
 * states: DOWN (timer until the next try) → CONNECTING → PREPARING → UP.
 * up runs when UP is reached; when it is left, the units first, then down.
 * down also runs with ERR_SCHEMA, which keeps the session from coming up.
 * Submit refuses with ERR_DB_DOWN unless UP; when it returns an error, the unit's
 * callback is not called.  Units contain no BEGIN or COMMIT.  dbasync_free may be
 * called from any of the callbacks.
 */
struct dbasync;
struct dbasync_unit;
struct loop;

struct dbasync_options {
	const char *conninfo;
	const char *application;
	/* Run at connecting, e.g. "SET synchronous_commit = off"; or NULL. */
	const struct sql_statement *session;
	int64_t silence_ms;		/* no answer for so long: session is dead */
	void (*up)(void *cookie);
	void (*down)(void *cookie, enum err err, const char *message);
	void *cookie;
};

/* results: n of them, one per statement, valid during the callback only. */
typedef void dbasync_fn(void *cookie, enum err err,
    const struct pg_result *const *results, int n);

struct dbasync *dbasync_new(struct loop *loop,
    const struct dbasync_options *options);
void dbasync_free(struct dbasync *db);	/* outstanding callbacks get ERR_CLOSED */
int dbasync_is_up(const struct dbasync *db);
/* Text and SQLSTATE of the error given to the callback that runs now. */
const char *dbasync_error(const struct dbasync *db);
const char *dbasync_sqlstate(const struct dbasync *db);

/* NULL on ERR_NOMEM.  Statements are added, then the unit is submitted. */
struct dbasync_unit *dbasync_unit_new(void);
/* Copies p. */
int dbasync_unit_add(struct dbasync_unit *u, const struct sql_statement *s,
    const struct dbparam *p) MUST_CHECK;
void dbasync_unit_free(struct dbasync_unit *u);
/* Takes u over, also on error. */
int dbasync_submit(struct dbasync *db, struct dbasync_unit *u,
    dbasync_fn *fn, void *cookie) MUST_CHECK;
/* Submits u when it was built without error, rc being 0; frees it otherwise: rc. */
int dbasync_submit_built(struct dbasync *db, struct dbasync_unit *u, int rc,
    dbasync_fn *fn, void *cookie) MUST_CHECK;
/* Submits a unit of one statement; p is used up, also on error. */
int dbasync_ask(struct dbasync *db, const struct sql_statement *s,
    struct dbparam *p, dbasync_fn *fn, void *cookie) MUST_CHECK;

#endif
