/*
 * One PostgreSQL session on a loop, in pipeline mode, for callhook-sender.
 * Units stand in a queue in the order of their answers.  A statement is prepared
 * in a unit of its own before its first use, so that no unit's failure takes
 * along what another one relies on.
 * States: DOWN → CONNECTING → PREPARING (session settings, schema version) →
 * UP → (BROKEN: what was sent is in doubt, no answer is read any more →) DOWN.
 * One timer waits for the next try, another for a silent server.
 */
#include "core/dbasync.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "core/dbasyncunit.h"
#include "core/dbconn.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sql_statements.h"

#define CONNECT_US 5000000		/* for each host */

enum state { STATE_DOWN, STATE_CONNECTING, STATE_PREPARING, STATE_UP,
	STATE_BROKEN };
struct dbasync {
	struct loop *loop;
	struct dbasync_options options;
	char *conninfo, *application;
	enum state state;
	PGconn *conn;
	struct loop_fd *fd;
	struct loop_timer *retry;	/* DOWN: next try; UP: broken, see kick */
	struct loop_timer *silence;
	struct dbasync_unit *head, **tail;
	bool ended;			/* head's item has its result, NULL is next */
	int nulls;			/* out of turn */
	int failures;			/* vain tries in a row */
	int hosts, skip;	/* how many there are; old primaries before */
	int depth;			/* callbacks of the loop on the stack */
	bool told, doomed;		/* doomed: freed from one of them */
	struct dbconn_prepared prepared;
	struct buf prepare_message;	/* the last preparation that failed */
	char prepare_sqlstate[6];
	struct buf error;
	char sqlstate[6];
};

static void on_retry(void *cookie);
static void on_silence(void *cookie);
static void on_fd(void *cookie, unsigned events);

struct dbasync *
dbasync_new(struct loop *loop, const struct dbasync_options *options)
{
	struct dbasync *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	db->loop = loop;
	db->options = *options;
	db->tail = &db->head;
	buf_init(&db->error, DBASYNC_MESSAGE_MAX);
	buf_init(&db->prepare_message, DBASYNC_MESSAGE_MAX);
	db->conninfo = strdup(options->conninfo);
	db->application = strdup(options->application != NULL ?
	    options->application : "callhook");
	db->retry = loop_timer_new(loop, on_retry, db);
	db->silence = loop_timer_new(loop, on_silence, db);
	if (db->conninfo == NULL || db->application == NULL ||
	    db->retry == NULL || db->silence == NULL) {
		dbasync_free(db);
		return NULL;
	}
	loop_timer_arm(db->retry, 0);
	return db;
}

int
dbasync_is_up(const struct dbasync *db)
{
	return db->state == STATE_UP;
}

const char *
dbasync_error(const struct dbasync *db)
{
	return buf_cstr(&db->error);
}

const char *
dbasync_sqlstate(const struct dbasync *db)
{
	return db->sqlstate;
}

static void
set_error(struct dbasync *db, const char *text, const char *sqlstate)
{
	buf_reset(&db->error);
	buf_add(&db->error, text, strcspn(text, "\n"));
	memcpy(db->sqlstate, sqlstate, strlen(sqlstate) + 1);
}

static void
push(struct dbasync *db, struct dbasync_unit *u)
{
	u->next = NULL;
	*db->tail = u;
	db->tail = &u->next;
}

/* Answers everything that is still in the queue with err. */
static void
abandon(struct dbasync *db, int err)
{
	struct dbasync_unit *u = db->head;

	db->head = NULL;
	db->tail = &db->head;
	dbasync_unit_answer_all(u, err);
}

static void
disconnect(struct dbasync *db)
{
	loop_fd_remove(db->fd);
	db->fd = NULL;
	if (db->conn != NULL)
		PQfinish(db->conn);
	db->conn = NULL;
	db->state = STATE_DOWN;
	db->ended = false;
	db->nulls = 0;
	dbconn_prepared_free(&db->prepared);
	if (db->silence != NULL)
		loop_timer_disarm(db->silence);
}

static void
destroy(struct dbasync *db)
{
	loop_timer_free(db->retry);
	loop_timer_free(db->silence);
	free(db->conninfo);
	free(db->application);
	buf_free(&db->error);
	buf_free(&db->prepare_message);
	free(db);
}

void
dbasync_free(struct dbasync *db)
{
	if (db == NULL || db->doomed)
		return;
	db->doomed = true;
	db->depth++;
	disconnect(db);
	if (db->retry != NULL)
		loop_timer_disarm(db->retry);
	set_error(db, "the session was closed", "");
	abandon(db, ERR_CLOSED);
	if (--db->depth == 0)
		destroy(db);
}

static void
leave(struct dbasync *db)
{
	if (--db->depth == 0 && db->doomed)
		destroy(db);
}

/* The session is over: answers its units, tells, and tries again later. */
static void
lost(struct dbasync *db, int err, const char *text, const char *sqlstate)
{
	bool was_up = db->state >= STATE_UP;
	struct buf message = BUF_INIT(DBASYNC_MESSAGE_MAX);

	buf_str(&message, text != NULL ? text : db->conn != NULL ?
	    PQerrorMessage(db->conn) : "out of memory");
	set_error(db, buf_cstr(&message), sqlstate);
	buf_free(&message);
	disconnect(db);
	db->failures++;
	db->skip = 0;
	if (was_up || (db->failures == 1 && err != ERR_SCHEMA))
		log_warn("db.down", LS("message", buf_cstr(&db->error)));
	abandon(db, ERR_DB_DOWN);
	if ((was_up || err == ERR_SCHEMA) && !db->doomed &&
	    db->options.down != NULL)
		db->options.down(db->options.cookie, (enum err)err,
		    buf_cstr(&db->error));
	if (!db->doomed)
		loop_timer_arm(db->retry, dbconn_delay_us(db->failures));
}

static void
watch(struct dbasync *db)
{
	int64_t us = db->options.silence_ms * 1000;

	if (db->state == STATE_PREPARING)
		us = CONNECT_US;
	if (db->head == NULL || us <= 0)
		loop_timer_disarm(db->silence);
	else
		loop_timer_arm(db->silence, us);
}

/* ERR_DB_DOWN when the connection cannot be written to. */
static int
flush(struct dbasync *db)
{
	int unsent = PQflush(db->conn);

	if (unsent < 0)
		return ERR_DB_DOWN;
	return loop_fd_set(db->fd, unsent == 1 ? LOOP_READ | LOOP_WRITE :
	    LOOP_READ);
}

/* Puts u, whose results have room, into pipeline and queue; owns u. */
static int
transmit(struct dbasync *db, struct dbasync_unit *u)
{
	int err = dbasync_unit_send(u, db->conn);

	if (err < 0) {
		dbasync_unit_free(u);
		return err;
	}
	push(db, u);
	return 0;
}

static int
transmit_one(struct dbasync *db, enum dbasync_kind kind,
    const struct sql_statement *s)
{
	struct dbasync_unit *u = dbasync_unit_one(kind, s);

	return u != NULL ? transmit(db, u) : ERR_NOMEM;
}

static int
prepare(struct dbasync *db, const struct dbasync_unit *u)
{
	int err = 0, i;

	for (i = 0; i < u->n && err == 0; i++) {
		if (dbconn_prepared_has(&db->prepared, u->v[i].s))
			continue;
		err = dbconn_prepared_add(&db->prepared, u->v[i].s);
		if (err == 0)
			err = transmit_one(db, DBASYNC_PREPARE, u->v[i].s);
	}
	return err;
}

int
dbasync_submit(struct dbasync *db, struct dbasync_unit *u, dbasync_fn *fn,
    void *cookie)
{
	bool idle = db->head == NULL;
	int err;

	assert(u->n > 0);
	if (db->state != STATE_UP) {
		dbasync_unit_free(u);
		return ERR_DB_DOWN;
	}
	u->kind = DBASYNC_WORK;
	u->fn = fn;
	u->cookie = cookie;
	err = prepare(db, u);
	if (err == 0)
		err = transmit(db, u);
	else
		dbasync_unit_free(u);
	if (err < 0)	/* a part of u may be in libpq's queue */
		db->state = STATE_BROKEN;
	/* Flushing may fail: the unit is in the queue then, and answered. */
	if (err < 0 || flush(db) < 0)
		loop_timer_arm(db->retry, 0);
	if (idle)
		watch(db);
	return err;
}

/* An old primary: on to the hosts behind it, at once, or all over again. */
static void
refuse(struct dbasync *db, const char *why)
{
	int skip = db->skip + 1;

	lost(db, ERR_DB_DOWN, why, "");
	if (skip >= db->hosts || db->doomed)
		return;
	db->skip = skip;
	loop_timer_arm(db->retry, 0);
}

/* Which server it is, then its schema: may we work with it? */
static void
look_at_server(struct dbasync *db, const struct dbasync_unit *u)
{
	struct buf message = BUF_INIT(DBASYNC_MESSAGE_MAX);
	int err = u->kind == DBASYNC_SCHEMA ?
	    dbasync_unit_schema(u, &db->told, &message) :
	    dbasync_unit_server(u, db->conn, &message);

	if (err == ERR_DENIED) {
		refuse(db, buf_cstr(&message));
	} else if (err < 0) {
		lost(db, err, buf_cstr(&message), u->sqlstate);
	} else if (u->kind == DBASYNC_SCHEMA) {
		db->state = STATE_UP;
		if (db->failures > 0)
			log_info("db.up", LI("tries", db->failures + 1));
		db->failures = 0;
		watch(db);
		if (db->options.up != NULL)
			db->options.up(db->options.cookie);
	}
	buf_free(&message);
}

static void
prepare_failed(struct dbasync *db, const struct dbasync_unit *u)
{
	dbconn_prepared_forget(&db->prepared, u->v[0].s);
	buf_reset(&db->prepare_message);
	buf_str(&db->prepare_message, buf_cstr(&u->message));
	memcpy(db->prepare_sqlstate, u->sqlstate, sizeof(u->sqlstate));
}

/* A unit of work is complete. */
static void
work_done(struct dbasync *db, struct dbasync_unit *u)
{
	int err = u->err, i;

	if (strcmp(u->sqlstate, "26000") == 0) {
		/* Say why the statement is not there; prepare it again. */
		for (i = 0; i < u->n; i++)
			dbconn_prepared_forget(&db->prepared, u->v[i].s);
		set_error(db, buf_cstr(&db->prepare_message),
		    db->prepare_sqlstate);
		err = db->prepare_sqlstate[0] != '\0' ?
		    dbconn_err(db->prepare_sqlstate) : ERR_DB;
	} else {
		set_error(db, buf_cstr(&u->message), u->sqlstate);
	}
	dbasync_unit_answer(u, err);
}

/* The head's Sync has come. */
static void
unit_done(struct dbasync *db)
{
	struct dbasync_unit *u = db->head;
	bool fatal;

	db->head = u->next;
	if (db->head == NULL)
		db->tail = &db->head;
	db->ended = false;
	db->nulls = 0;
	watch(db);
	if (u->err == 0 && u->got < u->n)
		u->err = ERR_DB;	/* never success without an answer */
	fatal = u->err < 0 && strcmp(u->sqlstate, "26000") != 0 &&
	    (u->sqlstate[0] == '\0' || dbconn_is_fatal(u->sqlstate));
	if (u->kind == DBASYNC_WORK) {
		work_done(db, u);
		if (fatal && !db->doomed && db->conn != NULL)
			lost(db, ERR_DB_DOWN, "the session is of no more use",
			    "");
		return;
	}
	if (u->kind == DBASYNC_SCHEMA || u->kind == DBASYNC_TIMELINE)
		look_at_server(db, u);
	else if (u->err < 0 && u->kind == DBASYNC_PREPARE)
		prepare_failed(db, u);
	else if (u->err < 0)
		lost(db, u->err, buf_cstr(&u->message), u->sqlstate);
	dbasync_unit_free(u);
}

/* Takes all answers that have arrived. */
static void
consume(struct dbasync *db)
{
	PGresult *r;

	while (db->state != STATE_BROKEN && db->head && !PQisBusy(db->conn)) {
		r = PQgetResult(db->conn);
		if (r == NULL && db->ended) {
			db->ended = false;
			db->head->got++;
		} else if (r == NULL) {
			if (PQstatus(db->conn) == CONNECTION_BAD ||
			    ++db->nulls > 2) {
				lost(db, ERR_DB_DOWN, NULL, "");
				return;
			}
		} else if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			unit_done(db);
		} else {
			db->ended = dbasync_unit_take(db->head, r,
			    db->ended);
		}
	}
}

/* The socket may be another one after every step of PQconnectPoll. */
static void
connect_step(struct dbasync *db, PostgresPollingStatusType step)
{
	unsigned events = LOOP_READ;

	if (step == PGRES_POLLING_FAILED) {
		lost(db, ERR_DB_DOWN, NULL, "");
		return;
	}
	if (step == PGRES_POLLING_WRITING)
		events = LOOP_WRITE;
	db->fd = loop_fd_add(db->loop, PQsocket(db->conn), events, on_fd, db);
	if (db->fd == NULL) {
		lost(db, ERR_NOMEM, "out of memory", "");
		return;
	}
	if (step != PGRES_POLLING_OK)
		return;
	db->state = STATE_PREPARING;
	if (PQsetnonblocking(db->conn, 1) != 0 ||
	    PQenterPipelineMode(db->conn) != 1 ||
	    (db->options.session != NULL &&
	    transmit_one(db, DBASYNC_SESSION, db->options.session) < 0) ||
	    transmit_one(db, DBASYNC_TIMELINE, &sql_server_timeline) < 0 ||
	    transmit_one(db, DBASYNC_SCHEMA, &sql_schema_version) < 0 ||
	    flush(db) < 0)
		lost(db, ERR_DB_DOWN, NULL, "");
	else
		watch(db);
}

static void
connect_start(struct dbasync *db)
{
	struct buf why = BUF_INIT(DBASYNC_MESSAGE_MAX);
	int err;

	db->hosts = 1;
	db->state = STATE_CONNECTING;
	err = dbconn_start(db->conninfo, db->application, db->skip,
	    &db->conn, &db->hosts, &why);
	if (err < 0) {
		lost(db, err, buf_cstr(&why), "");
	} else {
		loop_timer_arm(db->silence, CONNECT_US * db->hosts);
		connect_step(db, PGRES_POLLING_WRITING);
	}
	buf_free(&why);
}

static void
on_fd(void *cookie, unsigned events)
{
	struct dbasync *db = cookie;
	int alive = 1;

	db->depth++;
	if (db->state == STATE_CONNECTING) {
		loop_fd_remove(db->fd);
		db->fd = NULL;
		connect_step(db, PQconnectPoll(db->conn));
		leave(db);
		return;
	}
	if ((events & (LOOP_READ | LOOP_ERROR)) != 0) {
		alive = PQconsumeInput(db->conn);
		watch(db);
	}
	consume(db);
	if (db->conn != NULL && (!alive || flush(db) < 0))
		lost(db, ERR_DB_DOWN, NULL, "");
	leave(db);
}

/* DOWN: the next try.  Otherwise a submit found the connection broken. */
static void
on_retry(void *cookie)
{
	struct dbasync *db = cookie;

	db->depth++;
	if (db->conn != NULL)
		lost(db, ERR_DB_DOWN, NULL, "");
	else
		connect_start(db);
	leave(db);
}

static void
on_silence(void *cookie)
{
	struct dbasync *db = cookie;

	db->depth++;
	lost(db, ERR_DB_DOWN, "the server did not answer in time", "");
	leave(db);
}
