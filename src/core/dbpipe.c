/*
 * The pipeline of a blocking connection: statements go in, are sent, and every
 * one of them has to be answered before success is reported.  Waits have
 * a deadline of their own; whatever leaves the protocol in doubt drops the
 * connection.  Called by db.c only.
 */
#include "core/dbpipe.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/sql.h"

#define GRACE_MS 3000		/* on top of the server's own timeout */

void
dbpipe_clear(struct db *db)
{
	while (db->results_n > 0)
		PQclear(db->results[--db->results_n]);
}

void
dbpipe_close(struct db *db)
{
	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = NULL;
	db->items_n = 0;
	db->in_transaction = false;
	db->send_err = 0;
	dbconn_prepared_free(&db->prepared);
}

int
dbpipe_lost(struct db *db, const char *why)
{
	const char *text = why;

	if (text == NULL)
		text = PQerrorMessage(db->conn);
	buf_reset(&db->error);
	buf_add(&db->error, text, strcspn(text, "\n"));
	db->sqlstate[0] = '\0';
	dbpipe_close(db);
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

int
dbpipe_next(struct db *db, PGresult **out)
{
	int64_t deadline = 0;
	int unsent, err;

	if (db->statement_timeout_ms > 0)
		deadline = clock_mono_us() +
		    (db->statement_timeout_ms + GRACE_MS) * 1000;
	if (db->deadline != 0 && (deadline == 0 || db->deadline < deadline))
		deadline = db->deadline;
	for (;;) {
		unsent = PQflush(db->conn);
		if (unsent < 0)
			return dbpipe_lost(db, NULL);
		if (!PQisBusy(db->conn))
			break;
		err = wait_io(db, unsent == 1, deadline);
		if (err == ERR_TIMEOUT)
			return dbpipe_lost(db, "the server did not answer in time");
		if (err < 0)
			return dbpipe_lost(db, strerror(errno));
		if (!PQconsumeInput(db->conn)) {
			/* Its last words may be here already. */
			if (!PQisBusy(db->conn))
				break;
			return dbpipe_lost(db, NULL);
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
		v = realloc(db->results, cap * sizeof(PGresult *));
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

int
dbpipe_judge(struct db *db, const PGresult *r, int err)
{
	struct buf message = BUF_INIT(DBPIPE_MESSAGE_MAX);
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
accept_result(struct db *db, const struct dbpipe_item *item, PGresult *r)
{
	int err = 0;

	switch (item->kind) {
	case DBPIPE_PREPARE:
		err = dbconn_prepared_add(&db->prepared, item->s);
		break;
	case DBPIPE_COMMIT:
		/* Committing a failed transaction answers ROLLBACK. */
		if (strcmp(PQcmdStatus(r), "COMMIT") != 0) {
			buf_reset(&db->error);
			buf_str(&db->error, "the transaction had failed");
			err = ERR_DB;
		}
		break;
	case DBPIPE_RESULT:
		return keep_result(db, r);
	case DBPIPE_QUIET:
		break;
	}
	PQclear(r);
	return err;
}

/* Takes the results of one item; *err is the first error of the pipeline. */
static int
collect_item(struct db *db, const struct dbpipe_item *item, int *err)
{
	PGresult *r;
	int gone, n, now;

	for (n = 0;; n++) {
		gone = dbpipe_next(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL)
			break;
		now = dbpipe_judge(db, r, *err);
		if (now == 0 && n == 0)
			now = accept_result(db, item, r);
		else
			PQclear(r);
		*err = now;
	}
	/* NULL at once is what a vanished backend looks like. */
	return n == 0 ? dbpipe_lost(db, NULL) : 0;
}

static int
collect_sync(struct db *db, int *err)
{
	PGresult *r;
	int gone, nulls = 0;

	for (;;) {
		gone = dbpipe_next(db, &r);
		if (gone < 0)
			return gone;
		if (r == NULL) {
			if (PQstatus(db->conn) == CONNECTION_BAD || ++nulls > 2)
				return dbpipe_lost(db, NULL);
			continue;
		}
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			return 0;
		}
		*err = dbpipe_judge(db, r, *err);
		PQclear(r);
	}
}

/* What the pipeline is called while it is waited for. */
static void
name_pipeline(const struct db *db, char name[DB_TRACE_NAME])
{
	const char *first = NULL;
	size_t i, more = 0;

	for (i = 0; i < db->items_n; i++) {
		if (db->items[i].kind != DBPIPE_RESULT)
			continue;
		if (first == NULL)
			first = db->items[i].s->name;
		else
			more++;
	}
	if (first == NULL)
		first = db->items_n > 0 ? db->items[0].s->name : "";
	if (more > 0)
		snprintf(name, DB_TRACE_NAME, "%.40s+%zu", first, more);
	else
		snprintf(name, DB_TRACE_NAME, "%.40s", first);
}

static void
trace(struct db *db, const char *name, int64_t us)
{
	struct db_trace *t = &db->trace;

	t->us += us;
	t->pipelines++;
	if (t->slowest[0] != '\0' && us <= t->slowest_us)
		return;
	t->slowest_us = us;
	memcpy(t->slowest, name, DB_TRACE_NAME);
}

int
dbpipe_run(struct db *db)
{
	int64_t since = clock_mono_us();
	char name[DB_TRACE_NAME];
	int err = 0, gone = 0;
	size_t i, n = db->items_n;

	dbpipe_clear(db);
	buf_reset(&db->error);
	db->sqlstate[0] = '\0';
	if (PQpipelineSync(db->conn) != 1)
		return dbpipe_lost(db, NULL);
	name_pipeline(db, name);
	if (db->where != NULL)
		memcpy(db->where, name, sizeof(name));
	for (i = 0; i < n && gone == 0; i++)
		gone = collect_item(db, &db->items[i], &err);
	if (gone == 0)
		gone = collect_sync(db, &err);
	if (db->where != NULL)
		db->where[0] = '\0';
	trace(db, name, clock_mono_us() - since);
	db->items_n = 0;
	if (err == 0)
		err = gone;
	if (err < 0)
		dbpipe_clear(db);
	if (gone == 0 && err < 0 && (err == ERR_NOMEM ||
	    dbconn_is_fatal(db->sqlstate)))
		dbpipe_close(db);
	return err;
}

static int
push_item(struct db *db, enum dbpipe_kind kind, const struct sql_statement *s)
{
	struct dbpipe_item *v;
	size_t cap;

	if (db->items_n == db->items_cap) {
		cap = db->items_cap == 0 ? 32 : db->items_cap * 2;
		v = realloc(db->items, cap * sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		db->items = v;
		db->items_cap = cap;
	}
	db->items[db->items_n++] = (struct dbpipe_item){ kind, s };
	return 0;
}

static int
prepare(struct db *db, const struct sql_statement *s)
{
	size_t i;

	if (dbconn_prepared_has(&db->prepared, s))
		return 0;
	for (i = 0; i < db->items_n; i++)
		if (db->items[i].kind == DBPIPE_PREPARE && db->items[i].s == s)
			return 0;
	if (push_item(db, DBPIPE_PREPARE, s) < 0)
		return ERR_NOMEM;
	if (PQsendPrepare(db->conn, s->name, s->text, 0, NULL) != 1)
		return ERR_DB_DOWN;
	return 0;
}

int
dbpipe_queue(struct db *db, enum dbpipe_kind kind, const struct sql_statement *s,
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
	if (text == NULL && db->pooled)
		text = s->text;
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
