/*
 * A unit of statements for dbasync: built by its owner, sent as one implicit
 * transaction, filled with what comes back.  Called by dbasync.c and, to
 * build units, by whoever submits them.
 */
#include "core/dbasyncunit.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "core/dbconn.h"
#include "core/sql.h"

struct dbasync_unit *
dbasync_unit_new(void)
{
	struct dbasync_unit *u = calloc(1, sizeof(*u));

	if (u != NULL)
		buf_init(&u->message, DBASYNC_MESSAGE_MAX);
	return u;
}

int
dbasync_unit_add(struct dbasync_unit *u, const struct sql_statement *s,
    const struct dbparam *p)
{
	struct dbasync_statement *v;
	int cap;

	if (p != NULL && dbparam_err(p) < 0)
		return dbparam_err(p);
	if (u->n == u->cap) {
		cap = u->cap == 0 ? 4 : u->cap * 2;
		v = realloc(u->v, (size_t)cap * sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		u->v = v;
		u->cap = cap;
	}
	v = &u->v[u->n];
	v->s = s;
	dbparam_init(&v->p);
	if (p != NULL && dbparam_copy(&v->p, p) < 0) {
		dbparam_free(&v->p);
		return ERR_NOMEM;
	}
	u->n++;
	return 0;
}

void
dbasync_unit_free(struct dbasync_unit *u)
{
	int i;

	if (u == NULL)
		return;
	for (i = 0; i < u->n; i++)
		dbparam_free(&u->v[i].p);
	if (u->results != NULL)
		for (i = 0; i < u->n; i++)
			PQclear(u->results[i]);
	free(u->v);
	free(u->results);
	buf_free(&u->message);
	free(u);
}

int
dbasync_submit_built(struct dbasync *db, struct dbasync_unit *u, int rc,
    dbasync_fn *fn, void *cookie)
{
	if (rc == 0)
		return dbasync_submit(db, u, fn, cookie);
	dbasync_unit_free(u);
	return rc;
}

int
dbasync_ask(struct dbasync *db, const struct sql_statement *s,
    struct dbparam *p, dbasync_fn *fn, void *cookie)
{
	struct dbasync_unit *u = dbasync_unit_new();
	int rc = u == NULL ? ERR_NOMEM : dbasync_unit_add(u, s, p);

	dbparam_free(p);
	return dbasync_submit_built(db, u, rc, fn, cookie);
}

static int
send_statement(PGconn *conn, const struct dbasync_statement *v,
    bool prepared)
{
	const char *values[DBPARAM_MAX];
	int formats[DBPARAM_MAX];
	int i, n = v->p.n;

	for (i = 0; i < n; i++) {
		values[i] = v->p.null[i] ? NULL :
		    v->p.data.p != NULL ? v->p.data.p + v->p.at[i] : "";
		formats[i] = 1;
	}
	if (prepared)
		return PQsendQueryPrepared(conn, v->s->name, n, values,
		    v->p.len, formats, 1);
	return PQsendQueryParams(conn, v->s->text, n, NULL, values,
	    v->p.len, formats, 1);
}

int
dbasync_unit_send(struct dbasync_unit *u, struct pg_conn *conn)
{
	int i, sent = 1;

	u->results = calloc((size_t)u->n, sizeof(PGresult *));
	if (u->results == NULL)
		return ERR_NOMEM;
	for (i = 0; i < u->n && sent == 1; i++) {
		if (u->kind == DBASYNC_PREPARE)
			sent = PQsendPrepare(conn, u->v[i].s->name,
			    u->v[i].s->text, 0, NULL);
		else
			sent = send_statement(conn, &u->v[i],
			    u->kind == DBASYNC_WORK);
	}
	if (sent != 1 || PQpipelineSync(conn) != 1)
		return ERR_DB_DOWN;
	/* What was sent is in libpq's hands: the copies may go. */
	for (i = 0; i < u->n; i++)
		dbparam_free(&u->v[i].p);
	return 0;
}

bool
dbasync_unit_take(struct dbasync_unit *u, struct pg_result *r, bool more)
{
	struct buf message = BUF_INIT(DBASYNC_MESSAGE_MAX);
	char sqlstate[6] = "";
	int err;

	if (PQresultStatus(r) == PGRES_PIPELINE_ABORTED)
		err = ERR_DB;
	else
		err = dbconn_result(r, &message, sqlstate);
	if (err < 0 && u->err == 0) {
		u->err = err;
		buf_str(&u->message, buf_cstr(&message));
		memcpy(u->sqlstate, sqlstate, sizeof(sqlstate));
	}
	buf_free(&message);
	if (more || u->got == u->n) {
		PQclear(r);
		return more;
	}
	u->results[u->got] = r;
	return true;
}

struct dbasync_unit *
dbasync_unit_one(enum dbasync_kind kind, const struct sql_statement *s)
{
	struct dbasync_unit *u = dbasync_unit_new();

	if (u == NULL)
		return NULL;
	u->kind = kind;
	if (dbasync_unit_add(u, s, NULL) < 0) {
		dbasync_unit_free(u);
		return NULL;
	}
	return u;
}

void
dbasync_unit_answer(struct dbasync_unit *u, int err)
{
	if (u->fn != NULL)
		u->fn(u->cookie, (enum err)err, err == 0 ?
		    (const struct pg_result *const *)u->results : NULL,
		    err == 0 ? u->n : 0);
	dbasync_unit_free(u);
}

int
dbasync_unit_server(const struct dbasync_unit *u, const struct pg_conn *conn,
    struct buf *message)
{
	struct dbconn_server server;

	/* A session that broke is noticed by whoever comes next. */
	return dbconn_server_check(conn, u->err == 0 && u->got == u->n ?
	    u->results[0] : NULL, &server, message);
}

int
dbasync_unit_schema(const struct dbasync_unit *u, bool *told,
    struct buf *message)
{
	struct dbconn_version version = { 0 };
	int err = u->err;

	if (dbconn_no_schema(u->sqlstate))
		err = 0;
	else if (err == 0)
		err = dbconn_schema(u->results[0], &version);
	if (err < 0)
		buf_str(message, buf_cstr(&u->message));
	else
		err = dbconn_schema_check(version, told, message);
	return err;
}

void
dbasync_unit_answer_all(struct dbasync_unit *u, int err)
{
	struct dbasync_unit *next;

	for (; u != NULL; u = next) {
		next = u->next;
		dbasync_unit_answer(u, err);
	}
}
