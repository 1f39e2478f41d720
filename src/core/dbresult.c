/*
 * Reads columns of binary results.  The widths are checked with assert: a
 * statement and its reader are written together, so a difference is a bug.
 * No state; used by whoever gets a result from db or dbasync.
 */
#include "core/dbresult.h"

#include <assert.h>
#include <libpq-fe.h>

#include "core/clock.h"
#include "core/num.h"

int
dbresult_rows(const struct pg_result *r)
{
	return r != NULL ? PQntuples(r) : 0;
}

int64_t
dbresult_touched(const struct pg_result *r)
{
	int64_t n;

	/* PQcmdTuples only reads, but is declared without const. */
	if (r == NULL || num_i64(span_of(PQcmdTuples((PGresult *)r)), 0,
	    INT64_MAX, &n) < 0)
		return 0;
	return n;
}

bool
dbresult_null(const struct pg_result *r, int row, int col)
{
	assert(row < PQntuples(r) && col < PQnfields(r));
	return PQgetisnull(r, row, col) != 0;
}

static uint64_t
number(const struct pg_result *r, int row, int col, int size)
{
	const unsigned char *p;
	uint64_t v = 0;
	int i;

	if (dbresult_null(r, row, col))
		return 0;
	assert(PQfformat(r, col) == 1);
	assert(PQgetlength(r, row, col) == size);
	p = (const unsigned char *)PQgetvalue(r, row, col);
	for (i = 0; i < size; i++)
		v = v << 8 | p[i];
	return v;
}

bool
dbresult_bool(const struct pg_result *r, int row, int col)
{
	return number(r, row, col, 1) != 0;
}

int16_t
dbresult_i16(const struct pg_result *r, int row, int col)
{
	return (int16_t)(uint16_t)number(r, row, col, 2);
}

int32_t
dbresult_i32(const struct pg_result *r, int row, int col)
{
	return (int32_t)(uint32_t)number(r, row, col, 4);
}

int64_t
dbresult_i64(const struct pg_result *r, int row, int col)
{
	return (int64_t)number(r, row, col, 8);
}

int64_t
dbresult_time(const struct pg_result *r, int row, int col)
{
	if (dbresult_null(r, row, col))
		return 0;
	return dbresult_i64(r, row, col) + CLOCK_PG_EPOCH_US;
}

struct id
dbresult_id(const struct pg_result *r, int row, int col)
{
	struct id id = { { 0 } };

	if (dbresult_null(r, row, col))
		return id;
	assert(PQgetlength(r, row, col) == (int)sizeof(id.b));
	memcpy(id.b, PQgetvalue(r, row, col), sizeof(id.b));
	return id;
}

struct span
dbresult_span(const struct pg_result *r, int row, int col)
{
	if (dbresult_null(r, row, col))
		return (struct span){ NULL, 0 };
	return (struct span){ PQgetvalue(r, row, col),
	    (size_t)PQgetlength(r, row, col) };
}
