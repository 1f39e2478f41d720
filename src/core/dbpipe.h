#ifndef CORE_DBPIPE_H
#define CORE_DBPIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/db.h"
#include "core/dbconn.h"
#include "core/dbparam.h"
#include "core/err.h"

struct pg_conn;
struct pg_result;
struct sql_statement;

/* What db.c and dbpipe.c share; nobody else includes this. */
#define DBPIPE_MESSAGE_MAX 2048

/* PREPARE and QUIET have no result for the caller; COMMIT has to commit. */
enum dbpipe_kind { DBPIPE_PREPARE, DBPIPE_QUIET, DBPIPE_COMMIT,
	DBPIPE_RESULT };

/* What stands in the pipeline, in order. */
struct dbpipe_item {
	enum dbpipe_kind kind;
	const struct sql_statement *s;
};

struct db {
	char *conninfo;
	char *application;
	int64_t statement_timeout_ms;
	int64_t lock_timeout_ms;
	bool check_schema;
	bool pooled;		/* nothing stays in the session */

	struct pg_conn *conn;		/* NULL: not connected */
	int64_t failed_at;	/* last vain try, 0: none */
	struct dbconn_version schema;
	struct dbconn_server server;
	bool told;		/* of a wrong schema */
	bool in_transaction;	/* left open by the last db_run */
	int send_err;		/* of a db_send; sticky until the next begin */
	struct dbconn_prepared prepared;
	struct dbpipe_item *items;
	size_t items_n, items_cap;
	struct pg_result **results;
	size_t results_n, results_cap;
	struct buf error;
	char sqlstate[6];
	int64_t deadline;	/* mono us, of all work; 0: none */
	struct db_trace trace;
	char *where;		/* NULL, or for what is waited for */
};

/* Frees the results of the last pipeline. */
void dbpipe_clear(struct db *db);
/* Drops the connection and all that depends on it, but not the error. */
void dbpipe_close(struct db *db);
/* Keeps why (NULL: what libpq says), drops the connection; ERR_DB_DOWN. */
int dbpipe_lost(struct db *db, const char *why);
/*
 * Puts one statement into the pipeline, prepared; or text in its stead,
 * unprepared.  The connection exists.
 */
int dbpipe_queue(struct db *db, enum dbpipe_kind kind,
    const struct sql_statement *s, const char *text, const struct dbparam *p)
    MUST_CHECK;
/*
 * Sends what is queued and takes the answers; a failed transaction stays
 * open.  Each result of DBPIPE_RESULT is in results, unless there is an error.
 */
int dbpipe_run(struct db *db) MUST_CHECK;
/* The next of PQgetResult, NULL included.  On error the connection is gone. */
int dbpipe_next(struct db *db, struct pg_result **out) MUST_CHECK;
/* err, or else what r says; the first error is the one that is told. */
int dbpipe_judge(struct db *db, const struct pg_result *r, int err) MUST_CHECK;

#endif
