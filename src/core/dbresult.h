#ifndef CORE_DBRESULT_H
#define CORE_DBRESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/id.h"
#include "core/span.h"

/*
 * Reading binary results.  r is libpq's PGresult.  Asking for a column of
 * another width is a bug (assert).  The getters of NULL return 0, an empty
 * span (p == NULL) or a zero id: ask dbresult_null first where it matters.
 */
struct pg_result;

int dbresult_rows(const struct pg_result *r);
/* Rows that an INSERT, UPDATE or DELETE touched. */
int64_t dbresult_touched(const struct pg_result *r);
bool dbresult_null(const struct pg_result *r, int row, int col);
bool dbresult_bool(const struct pg_result *r, int row, int col);
int16_t dbresult_i16(const struct pg_result *r, int row, int col);
int32_t dbresult_i32(const struct pg_result *r, int row, int col);
int64_t dbresult_i64(const struct pg_result *r, int row, int col);
int64_t dbresult_time(const struct pg_result *r, int row, int col);	/* real us */
struct id dbresult_id(const struct pg_result *r, int row, int col);
/* text, bytea, json; points into r */
struct span dbresult_span(const struct pg_result *r, int row, int col);

#endif
