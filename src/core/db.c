/*
 * The blocking connection of callhook-api's workers and of callhookctl: when
 * to connect, what a session begins with, transactions.  The pipeline itself
 * is dbpipe.c.  A connection that broke is replaced at its next use, except
 * inside a transaction of several pipelines, which is then lost.
 */
#include "core/db.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbconn.h"
#include "core/dbpipe.h"
#include "core/sql_statements.h"
#include "core/timeline.h"

#define RETRY_US 100000		/* between tries to connect */

struct db *
db_new(const struct db_options *options)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	buf_init(&db->error, DBPIPE_MESSAGE_MAX);
	db->conninfo = strdup(options->conninfo);
	db->application = strdup(options->application != NULL ?
	    options->application : "callhook");
	if (db->conninfo == NULL || db->application == NULL) {
		db_free(db);
		return NULL;
	}
	db->statement_timeout_ms = options->statement_timeout_ms;
	db->lock_timeout_ms = options->lock_timeout_ms;
	db->pooled = options->pooled;
	db->check_schema = options->check_schema != 0;
	return db;
}

void
db_close(struct db *db)
{
	dbpipe_close(db);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	dbpipe_clear(db);
	db_close(db);
	free(db->items);
	free(db->results);
	free(db->conninfo);
	free(db->application);
	buf_free(&db->error);
	free(db);
}

const char *
db_error(const struct db *db)
{
	return buf_cstr(&db->error);
}

const char *
db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

int
db_schema(const struct db *db)
{
	return db->schema.number;
}

int
db_fd(const struct db *db)
{
	return db->conn != NULL ? PQsocket(db->conn) : -1;
}

const struct pg_result *
db_result(const struct db *db, int i)
{
	assert(i >= 0 && (size_t)i < db->results_n);
	return db->results[i];
}

void
db_deadline(struct db *db, int64_t mono_us)
{
	db->deadline = mono_us;
}

const struct db_trace *
db_trace(const struct db *db)
{
	return &db->trace;
}

void
db_trace_reset(struct db *db)
{
	db->trace = (struct db_trace){ .us = 0 };
}

void
db_trace_into(struct db *db, char *where)
{
	db->where = where;
}

/* Timeouts, of the session or of a transaction behind a pooler. */
static int
queue_limits(struct db *db)
{
	struct dbparam p;
	char text[2][24];
	int err, i;

	snprintf(text[0], sizeof(text[0]), "%" PRId64,
	    db->statement_timeout_ms);
	snprintf(text[1], sizeof(text[1]), "%" PRId64, db->lock_timeout_ms);
	dbparam_init(&p);
	for (i = 0; i < 2; i++)
		dbparam_text(&p, span_of(text[i]));
	dbparam_bool(&p, db->pooled);
	dbparam_i64(&p, db->pooled ? timeline_known() : 0);
	err = dbpipe_queue(db, DBPIPE_QUIET, &sql_session_limits,
	    sql_session_limits.text, &p);
	dbparam_free(&p);
	return err;
}

/* ERR_DENIED: an old primary. */
static int
check_server(struct db *db)
{
	struct buf why = BUF_INIT(DBPIPE_MESSAGE_MAX);
	int err = dbpipe_queue(db, DBPIPE_RESULT, &sql_server_timeline,
	    sql_server_timeline.text, NULL);

	if (err == 0)
		err = dbpipe_run(db);
	if (db->conn == NULL || err == ERR_NOMEM)
		return err;
	err = dbconn_server_check(db->conn, err == 0 ? db->results[0] : NULL,
	    &db->server, &why);
	if (err < 0)
		dbpipe_lost(db, buf_cstr(&why));
	buf_free(&why);
	return err;
}

/* Which server it is, the limits, and the version of the schema. */
static int
start_session(struct db *db)
{
	int err = check_server(db);

	if (err == 0)
		err = queue_limits(db);
	if (err == 0)
		err = dbpipe_run(db);
	if (err < 0)
		return err;
	err = dbpipe_queue(db, DBPIPE_RESULT, &sql_schema_version,
	    sql_schema_version.text, NULL);
	if (err < 0)
		return err;
	err = dbpipe_run(db);
	if (db->conn == NULL)
		return err;
	if (err == 0)
		err = dbconn_schema(db->results[0], &db->schema);
	else if (dbconn_no_schema(db->sqlstate))
		err = 0;
	if (err < 0 && db->check_schema)
		return err;
	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	return db->check_schema ?
	    dbconn_schema_check(db->schema, &db->told, &db->error) : 0;
}

/* ERR_DENIED: an old primary, with *hosts to choose from. */
static int
connect_beyond(struct db *db, int skip, int *hosts)
{
	struct dbconn_params params;
	int err;

	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	db->schema = (struct dbconn_version){ 0, 0 };
	err = dbconn_params(db->conninfo, db->application, &params,
	    &db->error);
	if (err < 0)
		return err;
	*hosts = params.hosts;
	dbconn_skip(&params, skip);
	db->conn = PQconnectdbParams(params.keywords, params.values, 0);
	dbconn_params_free(&params);
	if (db->conn == NULL)
		return ERR_NOMEM;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return dbpipe_lost(db, NULL);
	dbconn_quiet(db->conn);
	if (PQsetnonblocking(db->conn, 1) != 0 ||
	    PQenterPipelineMode(db->conn) != 1)
		return dbpipe_lost(db, NULL);
	return start_session(db);
}

/* Past an old primary, to the hosts that stand behind it. */
static int
connect_now(struct db *db)
{
	int err, hosts = 1, skip = 0;

	do
		err = connect_beyond(db, skip, &hosts);
	while (err == ERR_DENIED && ++skip < hosts);
	return err == ERR_DENIED ? ERR_DB_DOWN : err;
}

/* Has the server closed an idle connection, or been replaced, meanwhile? */
static bool
is_alive(struct db *db)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
	int i;

	if (timeline_is_old(db->server.cluster, db->server.timeline))
		return false;

	for (i = 0; i < 4; i++) {
		if (PQstatus(db->conn) == CONNECTION_BAD)
			return false;
		if (poll(&p, 1, 0) <= 0)
			return true;
		if (!PQconsumeInput(db->conn))
			return false;
		/* A last FATAL, or a parameter that changed. */
		(void)PQisBusy(db->conn);
		PQfreemem(PQnotifies(db->conn));
	}
	return true;
}

static int
ensure(struct db *db)
{
	int64_t now;
	int err;

	if (db->conn != NULL) {
		if (is_alive(db))
			return 0;
		if (db->in_transaction)
			return dbpipe_lost(db, "the connection broke in a transaction");
		db_close(db);
	}
	now = clock_mono_us();
	if (db->failed_at != 0 && now - db->failed_at < RETRY_US)
		return ERR_DB_DOWN;
	err = connect_now(db);
	if (err < 0)
		db_close(db);
	db->failed_at = err < 0 ? clock_mono_us() : 0;
	return err;
}

int
db_ready(struct db *db)
{
	db->send_err = 0;
	if (db->items_n > 0)
		return 0;
	return ensure(db);
}

/* As dbpipe_queue(), connecting before the first one of a pipeline. */
static int
send(struct db *db, enum dbpipe_kind kind, const struct sql_statement *s,
    const char *text, const struct dbparam *p)
{
	int err = db->send_err;

	if (err < 0)
		return err;
	if (db->items_n == 0) {
		dbpipe_clear(db);
		err = ensure(db);
		if (err == 0 && db->pooled && !db->in_transaction &&
		    s != &sql_begin)
			err = queue_limits(db);
	}
	if (err == 0)
		err = dbpipe_queue(db, kind, s, text, p);
	if (err == 0 && db->pooled && s == &sql_begin)
		err = queue_limits(db);
	if (err == 0)
		return 0;
	if (err == ERR_DB_DOWN && db->conn != NULL)
		err = dbpipe_lost(db, NULL);
	/* What is in the pipeline cannot be taken back. */
	else if (db->items_n > 0)
		db_close(db);
	db->send_err = err;
	return err;
}

int
db_send(struct db *db, const struct sql_statement *s, const struct dbparam *p)
{
	return send(db, DBPIPE_RESULT, s, NULL, p);
}

int
db_begin(struct db *db)
{
	if (db->items_n == 0)
		db->send_err = 0;
	return send(db, DBPIPE_QUIET, &sql_begin, NULL, NULL);
}

int
db_commit(struct db *db)
{
	return send(db, DBPIPE_COMMIT, &sql_commit, NULL, NULL);
}

int
db_as_account(struct db *db, int64_t account_id)
{
	const char *at = strstr(sql_as_account.text, "%lld");
	struct buf text = BUF_INIT(256);
	int err;

	assert(at != NULL);
	buf_add(&text, sql_as_account.text, (size_t)(at - sql_as_account.text));
	buf_fmt(&text, "%" PRId64, account_id);
	buf_str(&text, at + strlen("%lld"));
	err = buf_err(&text);
	if (err == 0)
		err = send(db, DBPIPE_QUIET, &sql_as_account, buf_cstr(&text),
		    NULL);
	buf_free(&text);
	return err;
}

int
db_as_scope(struct db *db, const char *scope)
{
	if (strcmp(scope, "auth") == 0)
		return send(db, DBPIPE_QUIET, &sql_as_auth, NULL, NULL);
	if (strcmp(scope, "events") == 0)
		return send(db, DBPIPE_QUIET, &sql_as_events, NULL, NULL);
	if (strcmp(scope, "ingest") == 0)
		return send(db, DBPIPE_QUIET, &sql_as_ingest, NULL, NULL);
	return ERR_INVALID;
}

/* Ends an open transaction; keeps the error that was told. */
static void
roll_back(struct db *db)
{
	struct buf error = db->error;
	char sqlstate[6];
	int err;

	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	buf_init(&db->error, DBPIPE_MESSAGE_MAX);
	err = dbpipe_queue(db, DBPIPE_QUIET, &sql_rollback, sql_rollback.text, NULL);
	if (err == 0)
		err = dbpipe_run(db);
	if (err < 0 || (db->conn != NULL &&
	    PQtransactionStatus(db->conn) != PQTRANS_IDLE))
		db_close(db);
	buf_free(&db->error);
	db->error = error;
	memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
	db->in_transaction = false;
}

static int
finish(struct db *db, int err)
{
	bool open = db->conn != NULL &&
	    PQtransactionStatus(db->conn) != PQTRANS_IDLE;

	db->in_transaction = open;
	if (err < 0 && open)
		roll_back(db);
	return err;
}

int
db_run(struct db *db)
{
	int err = db->send_err;

	db->send_err = 0;
	if (err < 0)	/* nothing is queued: what was run before goes back */
		return finish(db, err);
	if (db->items_n == 0)
		return 0;
	return finish(db, dbpipe_run(db));
}

void
db_rollback(struct db *db)
{
	dbpipe_clear(db);
	db->send_err = 0;
	if (db->items_n > 0)
		db_close(db);
	else if (db->conn != NULL && db->in_transaction)
		roll_back(db);
}

static int
run_script(struct db *db, const char *text)
{
	PGresult *r;
	int err = 0, gone;

	if (PQexitPipelineMode(db->conn) != 1 ||
	    PQsendQuery(db->conn, text) != 1)
		return dbpipe_lost(db, NULL);
	for (;;) {
		gone = dbpipe_next(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL)
			break;
		err = dbpipe_judge(db, r, err);
		PQclear(r);
	}
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return dbpipe_lost(db, NULL);
	if (PQenterPipelineMode(db->conn) != 1)
		return dbpipe_lost(db, NULL);
	if (err < 0 && dbconn_is_fatal(db->sqlstate))
		db_close(db);
	return err;
}

int
db_script(struct db *db, const char *text)
{
	int err;

	assert(db->items_n == 0);
	dbpipe_clear(db);
	db->send_err = 0;
	err = ensure(db);
	if (err < 0)
		return err;
	return finish(db, run_script(db, text));
}
