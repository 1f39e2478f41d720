#ifndef CORE_DB_H
#define CORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/err.h"
#include "core/sql.h"

/*
 * A blocking PostgreSQL connection for callhook-api and callhookctl.  It
 * connects by itself when it is first used and again after it broke (100 ms
 * after a vain try at the earliest: ERR_DB_DOWN until then), sets statement_timeout and lock_timeout,
 * checks the schema version, and prepares each statement at its first use on each
 * connection.  Every wait has a deadline on our side too (half-open TCP).
 *
 * Work is done in pipelines: any number of db_send, then one db_run.  A
 * pipeline is one transaction only when it says so (db_begin, db_commit).
 * A result counts as good only when TUPLES_OK or COMMAND_OK was really seen
 * (a vanished backend is ERR_DB_DOWN, never success).
 */
struct db;

struct db_options {
	const char *conninfo;
	const char *application;	/* application_name */
	int64_t statement_timeout_ms;	/* 0: none */
	int64_t lock_timeout_ms;
	int check_schema;		/* ERR_SCHEMA outside SQL_SCHEMA_MIN..MAX */
	/*
	 * Behind a pooler in transaction mode (PgBouncer): the server's session
	 * is ours for one transaction.  Nothing is prepared or set beyond it.
	 */
	bool pooled;
};

struct db *db_new(const struct db_options *options);
void db_free(struct db *db);
/* Connects when not connected; says ERR_DB_DOWN, ERR_SCHEMA … */
int db_ready(struct db *db) MUST_CHECK;
/* Drops the connection; the next use makes a new one. */
void db_close(struct db *db);
/* The descriptor to watch for a server that goes away, -1 when none. */
int db_fd(const struct db *db);

/* Queue a statement; p may be NULL when there are no parameters. */
int db_send(struct db *db, const struct sql_statement *s,
    const struct dbparam *p) MUST_CHECK;
int db_begin(struct db *db) MUST_CHECK;
int db_commit(struct db *db) MUST_CHECK;
/*
 * Tell row level security who asks, for this transaction: an account, or
 * a scope ("auth", "events"; "ingest" is "events" with plans that are kept).
 * After db_begin.
 */
int db_as_account(struct db *db, int64_t account_id) MUST_CHECK;
int db_as_scope(struct db *db, const char *scope) MUST_CHECK;

/*
 * Sends what is queued, waits, and keeps the results until the next
 * db_send or db_run.  0 when every statement succeeded.  On error the transaction is
 * rolled back, db_error() has PostgreSQL's message and db_sqlstate() its
 * code.  db_run does not retry.
 */
int db_run(struct db *db) MUST_CHECK;
/*
 * Work beyond this moment (mono us; 0: none) is given up: the connection is
 * dropped and db_run says ERR_DB_DOWN.
 */
void db_deadline(struct db *db, int64_t mono_us);
/*
 * What was waited for since db_trace_reset, for the log of slow requests.  The
 * server answers a pipeline as a whole: it goes by the name of its first
 * statement that has a result, "webhook_get", and "+2" when two more have.
 */
enum { DB_TRACE_NAME = 64 };
struct db_trace {
	int64_t us;			/* in all */
	int64_t slowest_us;
	char slowest[DB_TRACE_NAME];	/* pipeline; "" none */
	unsigned pipelines;
};
const struct db_trace *db_trace(const struct db *db);
void db_trace_reset(struct db *db);
/*
 * While a pipeline is waited for, its name stands in where (DB_TRACE_NAME
 * bytes, shared with whoever watches); "" otherwise.
 */
void db_trace_into(struct db *db, char *where);
/* The result of the i-th db_send (begin, commit, as_* don't count). */
const struct pg_result *db_result(const struct db *db, int i);
const char *db_error(const struct db *db);
const char *db_sqlstate(const struct db *db);
/*
 * Roll back an open transaction of several pipelines; closes on failure, and
 * when there are statements that were queued, but not run.
 */
void db_rollback(struct db *db);
/* Runs a script of several statements with the simple protocol (migrations). */
int db_script(struct db *db, const char *text) MUST_CHECK;
/* The schema version found at connecting; 0 when there is no schema. */
int db_schema(const struct db *db);

#endif
