/*
 * The blocking connection of callhook-api's workers and of callhookctl.
 * Statements are queued into libpq's pipeline by db_send and answered by
 * db_run, which waits with a deadline of its own.  Whatever leaves the
 * protocol in doubt drops the connection; the next use makes a new one,
 * except inside a transaction of several pipelines, which is then lost.
 */
#include "core/db.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbconn.h"
#include "core/num.h"
#include "core/sql_statements.h"

#define RETRY_US 100000		/* between tries to connect */
#define GRACE_MS 3000		/* on top of the server's own timeout */
#define MESSAGE_MAX 2048

enum item_kind { ITEM_PREPARE, ITEM_QUIET, ITEM_COMMIT, ITEM_RESULT };

/* What stands in the pipeline, in order. */
struct item {
	enum item_kind kind;
	const struct sql_statement *s;
};

struct db {
	char *conninfo;
	char *application;
	int64_t statement_timeout_ms;
	int64_t lock_timeout_ms;
	bool check_schema;

	PGconn *conn;		/* NULL: not connected */
	int64_t failed_at;	/* last vain try, 0: none */
	int schema;
	bool told;		/* of a wrong schema */
	bool in_transaction;	/* left open by the last db_run */
	int send_err;		/* of a db_send; sticky until the next begin */
	struct dbconn_prepared prepared;
	struct item *items;
	size_t items_n, items_cap;
	PGresult **results;
	size_t results_n, results_cap;
	struct buf error;
	char sqlstate[6];
};

struct db *
db_new(const struct db_options *options)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	buf_init(&db->error, MESSAGE_MAX);
	db->conninfo = strdup(options->conninfo);
	db->application = strdup(options->application != NULL ?
	    options->application : "callhook");
	if (db->conninfo == NULL || db->application == NULL) {
		db_free(db);
		return NULL;
	}
	db->statement_timeout_ms = options->statement_timeout_ms;
	db->lock_timeout_ms = options->lock_timeout_ms;
	db->check_schema = options->check_schema != 0;
	return db;
}

static void
clear_results(struct db *db)
{
	while (db->results_n > 0)
		PQclear(db->results[--db->results_n]);
}

void
db_close(struct db *db)
{
	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = NULL;
	db->items_n = 0;
	db->in_transaction = false;
	db->send_err = 0;
	dbconn_prepared_free(&db->prepared);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	clear_results(db);
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
	return db->schema;
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

/* Says what libpq says, drops the connection. */
static int
lost(struct db *db, const char *why)
{
	const char *text = why;

	if (text == NULL)
		text = PQerrorMessage(db->conn);
	buf_reset(&db->error);
	buf_add(&db->error, text, strcspn(text, "\n"));
	db->sqlstate[0] = '\0';
	db_close(db);
	return ERR_DB_DOWN;
}

/*
 * Waits until the socket has something for us or, when write, takes more.
 * There is no PQcancel after the deadline: the server's own timeout is
 * shorter, so a server that is still silent does not hear us either, and
 * PQcancel itself waits without limit.
 */
static int
wait_io(struct db *db, bool write, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
	int64_t left;
	int n;

	if (write)
		p.events |= POLLOUT;
	do {
		left = -1;
		if (deadline != 0) {
			left = (deadline - clock_mono_us() + 999) / 1000;
			if (left <= 0)
				return ERR_TIMEOUT;
		}
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? ERR_IO : 0;
}

/* The next of PQgetResult, NULL included.  On error the connection is gone. */
static int
next_result(struct db *db, PGresult **out)
{
	int64_t deadline = 0;
	int unsent, err;

	if (db->statement_timeout_ms > 0)
		deadline = clock_mono_us() +
		    (db->statement_timeout_ms + GRACE_MS) * 1000;
	for (;;) {
		unsent = PQflush(db->conn);
		if (unsent < 0)
			return lost(db, NULL);
		if (!PQisBusy(db->conn))
			break;
		err = wait_io(db, unsent == 1, deadline);
		if (err == ERR_TIMEOUT)
			return lost(db, "the server did not answer in time");
		if (err < 0)
			return lost(db, strerror(errno));
		if (!PQconsumeInput(db->conn)) {
			/* Its last words may be here already. */
			if (!PQisBusy(db->conn))
				break;
			return lost(db, NULL);
		}
	}
	*out = PQgetResult(db->conn);
	return 0;
}

static int
keep_result(struct db *db, PGresult *r)
{
	PGresult **v;
	size_t cap;

	if (db->results_n == db->results_cap) {
		cap = db->results_cap == 0 ? 16 : db->results_cap * 2;
		v = realloc(db->results, cap * sizeof(*v));
		if (v == NULL) {
			PQclear(r);
			return ERR_NOMEM;
		}
		db->results = v;
		db->results_cap = cap;
	}
	db->results[db->results_n++] = r;
	return 0;
}

/* Judges r; the first error of a pipeline is the one that is told. */
static int
judge(struct db *db, const PGresult *r, int err)
{
	struct buf message = BUF_INIT(MESSAGE_MAX);
	char sqlstate[6];
	int now;

	if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED)
		return err < 0 ? err : ERR_DB;
	now = dbconn_result(r, &message, sqlstate);
	if (now < 0 && err == 0) {
		buf_reset(&db->error);
		buf_span(&db->error, buf_as_span(&message));
		memcpy(db->sqlstate, sqlstate, sizeof(db->sqlstate));
	}
	buf_free(&message);
	return err < 0 ? err : now;
}

/* What r, good by itself, means for item. */
static int
accept_result(struct db *db, const struct item *item, PGresult *r)
{
	int err = 0;

	switch (item->kind) {
	case ITEM_PREPARE:
		err = dbconn_prepared_add(&db->prepared, item->s);
		break;
	case ITEM_COMMIT:
		/* Committing a failed transaction answers ROLLBACK. */
		if (strcmp(PQcmdStatus(r), "COMMIT") != 0) {
			buf_reset(&db->error);
			buf_str(&db->error, "the transaction had failed");
			err = ERR_DB;
		}
		break;
	case ITEM_RESULT:
		return keep_result(db, r);
	case ITEM_QUIET:
		break;
	}
	PQclear(r);
	return err;
}

/* Takes the results of one item; *err is the first error of the pipeline. */
static int
collect_item(struct db *db, const struct item *item, int *err)
{
	PGresult *r;
	int gone, n, now;

	for (n = 0;; n++) {
		gone = next_result(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL)
			break;
		now = judge(db, r, *err);
		if (now == 0 && n == 0)
			now = accept_result(db, item, r);
		else
			PQclear(r);
		*err = now;
	}
	/* NULL at once is what a vanished backend looks like. */
	return n == 0 ? lost(db, NULL) : 0;
}

static int
collect_sync(struct db *db, int *err)
{
	PGresult *r;
	int gone, nulls = 0;

	for (;;) {
		gone = next_result(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL) {
			if (PQstatus(db->conn) == CONNECTION_BAD || ++nulls > 2)
				return lost(db, NULL);
			continue;
		}
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			return 0;
		}
		*err = judge(db, r, *err);
		PQclear(r);
	}
}

/* Sends and answers what is queued; a failed transaction stays open. */
static int
run_queue(struct db *db)
{
	int err = 0, gone = 0;
	size_t i, n = db->items_n;

	clear_results(db);
	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	if (PQpipelineSync(db->conn) != 1)
		return lost(db, NULL);
	for (i = 0; i < n && gone == 0; i++)
		gone = collect_item(db, &db->items[i], &err);
	if (gone == 0)
		gone = collect_sync(db, &err);
	db->items_n = 0;
	if (err == 0)
		err = gone;
	if (err < 0)
		clear_results(db);
	if (gone == 0 && err < 0 && (err == ERR_NOMEM ||
	    dbconn_is_fatal(db->sqlstate)))
		db_close(db);
	return err;
}

static int
push_item(struct db *db, enum item_kind kind, const struct sql_statement *s)
{
	struct item *v;
	size_t cap;

	if (db->items_n == db->items_cap) {
		cap = db->items_cap == 0 ? 32 : db->items_cap * 2;
		v = realloc(db->items, cap * sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		db->items = v;
		db->items_cap = cap;
	}
	db->items[db->items_n++] = (struct item){ kind, s };
	return 0;
}

static int
prepare(struct db *db, const struct sql_statement *s)
{
	size_t i;

	if (dbconn_prepared_has(&db->prepared, s))
		return 0;
	for (i = 0; i < db->items_n; i++)
		if (db->items[i].kind == ITEM_PREPARE && db->items[i].s == s)
			return 0;
	if (push_item(db, ITEM_PREPARE, s) < 0)
		return ERR_NOMEM;
	if (PQsendPrepare(db->conn, s->name, s->text, 0, NULL) != 1)
		return ERR_DB_DOWN;
	return 0;
}

/* Puts one statement into the pipeline; text overrides that of s, unprepared. */
static int
queue(struct db *db, enum item_kind kind, const struct sql_statement *s,
    const char *text, const struct dbparam *p)
{
	const char *values[DBPARAM_MAX];
	int formats[DBPARAM_MAX];
	int i, n = p != NULL ? p->n : 0, err, sent;

	if (p != NULL && dbparam_err(p) < 0)
		return dbparam_err(p);
	for (i = 0; i < n; i++) {
		values[i] = p->null[i] ? NULL :
		    p->data.p != NULL ? p->data.p + p->at[i] : "";
		formats[i] = 1;
	}
	if (text == NULL) {
		err = prepare(db, s);
		if (err < 0)
			return err;
	}
	err = push_item(db, kind, s);
	if (err < 0)
		return err;
	if (text == NULL)
		sent = PQsendQueryPrepared(db->conn, s->name, n, values,
		    n > 0 ? p->len : NULL, formats, 1);
	else
		sent = PQsendQueryParams(db->conn, text, n, NULL, values,
		    n > 0 ? p->len : NULL, formats, 1);
	return sent == 1 ? 0 : ERR_DB_DOWN;
}

/* Timeouts of the session and the version of the schema. */
static int
start_session(struct db *db)
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
	err = queue(db, ITEM_QUIET, &sql_session_limits,
	    sql_session_limits.text, &p);
	dbparam_free(&p);
	if (err == 0)
		err = run_queue(db);
	if (err < 0)
		return err;
	err = queue(db, ITEM_RESULT, &sql_schema_version,
	    sql_schema_version.text, NULL);
	if (err < 0)
		return err;
	err = run_queue(db);
	if (db->conn == NULL)
		return err;
	if (err == 0)
		err = dbconn_schema(db->results[0], &db->schema);
	else if (strcmp(db->sqlstate, "42P01") == 0 ||
	    strcmp(db->sqlstate, "3F000") == 0)
		err = 0;
	if (err < 0 && db->check_schema)
		return err;
	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	return db->check_schema ?
	    dbconn_schema_check(db->schema, &db->told, &db->error) : 0;
}

static int
connect_now(struct db *db)
{
	struct dbconn_params params;
	int err;

	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	db->schema = 0;
	err = dbconn_params(db->conninfo, db->application, &params,
	    &db->error);
	if (err < 0)
		return err;
	db->conn = PQconnectdbParams(params.keywords, params.values, 0);
	dbconn_params_free(&params);
	if (db->conn == NULL)
		return ERR_NOMEM;
	if (PQstatus(db->conn) != CONNECTION_OK)
		return lost(db, NULL);
	dbconn_quiet(db->conn);
	if (PQsetnonblocking(db->conn, 1) != 0 ||
	    PQenterPipelineMode(db->conn) != 1)
		return lost(db, NULL);
	return start_session(db);
}

/* Has the server closed an idle connection meanwhile? */
static bool
is_alive(struct db *db)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
	int i;

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
			return lost(db, "the connection broke in a transaction");
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

/* As queue(), connecting before the first one of a pipeline. */
static int
send(struct db *db, enum item_kind kind, const struct sql_statement *s,
    const char *text, const struct dbparam *p)
{
	int err = db->send_err;

	if (err < 0)
		return err;
	if (db->items_n == 0) {
		clear_results(db);
		err = ensure(db);
	}
	if (err == 0)
		err = queue(db, kind, s, text, p);
	if (err == 0)
		return 0;
	if (err == ERR_DB_DOWN && db->conn != NULL)
		err = lost(db, NULL);
	/* What is in the pipeline cannot be taken back. */
	else if (db->items_n > 0)
		db_close(db);
	db->send_err = err;
	return err;
}

int
db_send(struct db *db, const struct sql_statement *s, const struct dbparam *p)
{
	return send(db, ITEM_RESULT, s, NULL, p);
}

int
db_begin(struct db *db)
{
	if (db->items_n == 0)
		db->send_err = 0;
	return send(db, ITEM_QUIET, &sql_begin, NULL, NULL);
}

int
db_commit(struct db *db)
{
	return send(db, ITEM_COMMIT, &sql_commit, NULL, NULL);
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
		err = send(db, ITEM_QUIET, &sql_as_account, buf_cstr(&text),
		    NULL);
	buf_free(&text);
	return err;
}

int
db_as_scope(struct db *db, const char *scope)
{
	if (strcmp(scope, "auth") == 0)
		return send(db, ITEM_QUIET, &sql_as_auth, NULL, NULL);
	if (strcmp(scope, "events") == 0)
		return send(db, ITEM_QUIET, &sql_as_events, NULL, NULL);
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
	buf_init(&db->error, MESSAGE_MAX);
	err = queue(db, ITEM_QUIET, &sql_rollback, sql_rollback.text, NULL);
	if (err == 0)
		err = run_queue(db);
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
	if (err < 0)
		return err;
	if (db->items_n == 0)
		return 0;
	return finish(db, run_queue(db));
}

void
db_rollback(struct db *db)
{
	clear_results(db);
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
		return lost(db, NULL);
	for (;;) {
		gone = next_result(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL)
			break;
		err = judge(db, r, err);
		PQclear(r);
	}
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return lost(db, NULL);
	if (PQenterPipelineMode(db->conn) != 1)
		return lost(db, NULL);
	if (err < 0 && dbconn_is_fatal(db->sqlstate))
		db_close(db);
	return err;
}

int
db_script(struct db *db, const char *text)
{
	int err;

	assert(db->items_n == 0);
	clear_results(db);
	db->send_err = 0;
	err = ensure(db);
	if (err < 0)
		return err;
	return finish(db, run_script(db, text));
}
