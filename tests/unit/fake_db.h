#ifndef TESTS_FAKE_DB_H
#define TESTS_FAKE_DB_H

/*
 * A session that the test answers: it stands in for core/dbasync.c.  What is
 * submitted waits in fake.v, in order, until fake_answer.  Included after
 * cmocka.h, by one test each.
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbasyncunit.h"
#include "core/loop.h"
#include "core/sql.h"

#define FAKE_UNITS 256

struct dbasync {
	bool up;
	int refuse;		/* so many are refused: out of memory */
	const char *sqlstate;	/* of an error */
	struct dbasync_unit *v[FAKE_UNITS];
	int n;
	struct loop *loop;	/* fake_open; the poll goes with it */
	struct loop_timer *poll;
	int64_t until;
};

static struct dbasync fake;

static void
fake_on_poll(void *cookie)
{
	struct dbasync *db = cookie;

	if (db->n > 0 || loop_now(db->loop) >= db->until)
		loop_stop(db->loop);
	else
		loop_timer_arm(db->poll, 1000);
}

/* A new session that is up, on this loop. */
static inline void
fake_open(struct loop *loop)
{
	memset(&fake, 0, sizeof(fake));
	fake.up = true;
	fake.sqlstate = "XX000";
	fake.loop = loop;
	fake.poll = loop_timer_new(loop, fake_on_poll, &fake);
	assert_non_null(fake.poll);
}

/* Runs until something is asked, or the time is over. */
static inline void
fake_run(int64_t us)
{
	fake.until = loop_now(fake.loop) + us;
	loop_timer_arm(fake.poll, 1000);
	assert_int_equal(loop_run(fake.loop), 0);
}

int
dbasync_submit(struct dbasync *db, struct dbasync_unit *u, dbasync_fn *fn,
    void *cookie)
{
	int rc = !db->up ? ERR_DB_DOWN : 0;

	if (rc == 0 && db->refuse > 0) {
		db->refuse--;
		rc = ERR_NOMEM;
	}
	if (rc != 0) {
		dbasync_unit_free(u);
		return rc;
	}
	u->fn = fn;
	u->cookie = cookie;
	assert_true(db->n < FAKE_UNITS);
	db->v[db->n++] = u;
	return 0;
}

int
dbasync_is_up(const struct dbasync *db)
{
	return db->up;
}

const char *
dbasync_error(const struct dbasync *db)
{
	(void)db;
	return "as the test wants it";
}

const char *
dbasync_sqlstate(const struct dbasync *db)
{
	return db->sqlstate;
}

/* The statement that the unit at the head of the queue begins with. */
static inline const char *
fake_asked(void)
{
	return fake.n == 0 ? "nothing" : fake.v[0]->v[0].s->name;
}

/* Answers the first unit, which begins with that statement; frees a and b. */
static inline void
fake_answer(const char *statement, enum err err, PGresult *a, PGresult *b)
{
	const struct pg_result *results[] = { a, b };
	struct dbasync_unit *u = fake.v[0];

	assert_string_equal(fake_asked(), statement);
	fake.n--;
	memmove(fake.v, fake.v + 1, (size_t)fake.n * sizeof(u));
	u->fn(u->cookie, err, results, (a != NULL) + (b != NULL));
	PQclear(a);
	PQclear(b);
	dbasync_unit_free(u);
}

/* The session breaks, or ends: whoever waits is told. */
static inline void
fake_end(enum err err)
{
	fake.up = false;
	while (fake.n > 0)
		fake_answer(fake_asked(), err, NULL, NULL);
}

static inline void
fake_number(PGresult *r, int row, int col, uint64_t v, int size)
{
	char raw[8];
	int i;

	for (i = size; i-- > 0; v >>= 8)
		raw[i] = (char)(v & 0xff);
	assert_true(PQsetvalue(r, row, col, raw, size));
}

static inline void
fake_value(PGresult *r, int row, int col, char type, va_list *ap)
{
	char *text;

	switch (type) {
	case 'b':
		fake_number(r, row, col, (uint64_t)va_arg(*ap, int), 1);
		break;
	case 'h':
		fake_number(r, row, col, (uint64_t)va_arg(*ap, int), 2);
		break;
	case 'i':
		fake_number(r, row, col, (uint64_t)va_arg(*ap, int), 4);
		break;
	case 'l':
		fake_number(r, row, col, (uint64_t)va_arg(*ap, int64_t), 8);
		break;
	case 't':
		fake_number(r, row, col, (uint64_t)(va_arg(*ap, int64_t) -
		    CLOCK_PG_EPOCH_US), 8);
		break;
	case 'n':
		assert_true(PQsetvalue(r, row, col, NULL, -1));
		break;
	case 'u':
		text = va_arg(*ap, char *);
		assert_true(PQsetvalue(r, row, col, text, 16));
		break;
	case 's':
		text = va_arg(*ap, char *);
		assert_true(PQsetvalue(r, row, col, text, text == NULL ? -1 :
		    (int)strlen(text)));
		break;
	default:
		fail();
	}
}

/*
 * Rows whose columns have these types: b bool, h 16, i 32, l 64 bits, t real
 * us, u an id's bytes, s text or NULL, n NULL without a value.
 */
static inline PGresult *
fake_rows(int rows, const char *types, ...)
{
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc columns[24];
	int i, k, n = (int)strlen(types);
	char name[] = "column";
	va_list ap;

	assert_non_null(r);
	memset(columns, 0, sizeof(columns));
	for (i = 0; i < n; i++) {
		columns[i].name = name;
		columns[i].format = 1;
	}
	assert_true(PQsetResultAttrs(r, n, columns));
	va_start(ap, types);
	for (i = 0; i < rows; i++)
		for (k = 0; k < n; k++)
			fake_value(r, i, k, types[k], &ap);
	va_end(ap);
	return r;
}

#endif
