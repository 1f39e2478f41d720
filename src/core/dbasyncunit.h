#ifndef CORE_DBASYNCUNIT_H
#define CORE_DBASYNCUNIT_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/dbasync.h"
#include "core/dbparam.h"

struct pg_conn;
struct pg_result;

/* The inside of a unit, for dbasync.c and what stands in for it in tests. */
#define DBASYNC_MESSAGE_MAX 2048

enum dbasync_kind { DBASYNC_WORK, DBASYNC_PREPARE, DBASYNC_SESSION,
	DBASYNC_TIMELINE, DBASYNC_SCHEMA };

struct dbasync_statement {
	const struct sql_statement *s;
	struct dbparam p;
};

struct dbasync_unit {
	enum dbasync_kind kind;
	struct dbasync_statement *v;
	int n, cap;
	struct pg_result **results;	/* n of them, as they come */
	int got;			/* how many have come */
	int err;
	struct buf message;
	char sqlstate[6];
	dbasync_fn *fn;
	void *cookie;
	struct dbasync_unit *next;
};

/* A unit of our own with one statement and no parameters; NULL: no memory. */
struct dbasync_unit *dbasync_unit_one(enum dbasync_kind kind,
    const struct sql_statement *s);
/* Sends u and a Sync; ERR_NOMEM, or ERR_DB_DOWN: the connection is broken. */
int dbasync_unit_send(struct dbasync_unit *u, struct pg_conn *conn) MUST_CHECK;
/*
 * Takes the next result of u over.  more: the present statement has one
 * already, so this can only be an error.  Returns whether it has one now.
 */
bool dbasync_unit_take(struct dbasync_unit *u, struct pg_result *r, bool more);

/*
 * What the answers at the beginning of a session say: ERR_DENIED of an old
 * primary, ERR_SCHEMA, or another error, with its text in message.
 */
int dbasync_unit_server(const struct dbasync_unit *u,
    const struct pg_conn *conn, struct buf *message) MUST_CHECK;
int dbasync_unit_schema(const struct dbasync_unit *u, bool *told,
    struct buf *message) MUST_CHECK;
/* Tells u's owner and frees it. */
void dbasync_unit_answer(struct dbasync_unit *u, int err);
/* The same of u, which may be NULL, and all that come next. */
void dbasync_unit_answer_all(struct dbasync_unit *u, int err);

#endif
