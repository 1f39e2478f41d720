#ifndef CORE_DBPARAM_H
#define CORE_DBPARAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/span.h"

/*
 * Parameters of one statement in PostgreSQL's binary format, built in order.
 * Nothing of what is passed in is kept: values are copied.  Errors are
 * sticky (dbparam_err).  Timestamps are microseconds since 1970.
 *
 * PostgreSQL infers the types of $1 … from the statement's text (LIMIT $1 is
 * a bigint), and the adder has to be the one of that type: a wrong width is
 * refused by the server.
 */
#define DBPARAM_MAX 24
#define DBPARAM_BYTES_MAX (64 * 1024 * 1024)	/* of one statement */

enum dbparam_type { DBPARAM_BOOL, DBPARAM_I16, DBPARAM_I32, DBPARAM_I64,
	DBPARAM_TIME, DBPARAM_ID, DBPARAM_TEXT, DBPARAM_BYTES };

struct dbparam {
	struct buf data;
	size_t at[DBPARAM_MAX];
	int len[DBPARAM_MAX];
	bool null[DBPARAM_MAX];
	int n;
	enum err err;
	bool in_array;			/* one is being built: */
	enum dbparam_type array_type;
	size_t array_at;
	int array_n;
};

void dbparam_init(struct dbparam *p);
void dbparam_reset(struct dbparam *p);
void dbparam_free(struct dbparam *p);
enum err dbparam_err(const struct dbparam *p);
/* to, initialized and empty, becomes a copy of from. */
int dbparam_copy(struct dbparam *to, const struct dbparam *from) MUST_CHECK;

void dbparam_null(struct dbparam *p);
void dbparam_bool(struct dbparam *p, bool v);
void dbparam_i16(struct dbparam *p, int16_t v);
void dbparam_i32(struct dbparam *p, int32_t v);
void dbparam_i64(struct dbparam *p, int64_t v);
void dbparam_time(struct dbparam *p, int64_t real_us);
void dbparam_id(struct dbparam *p, const struct id *v);		/* NULL → NULL */
void dbparam_text(struct dbparam *p, struct span v);		/* p NULL → NULL */
void dbparam_bytes(struct dbparam *p, struct span v);		/* bytea */

/*
 * Arrays: begin with the element type, add elements, end.  Element adders
 * may only be called in between, and only with the begun type.
 */
void dbparam_array(struct dbparam *p, enum dbparam_type type);
void dbparam_el_i16(struct dbparam *p, int16_t v);
void dbparam_el_i32(struct dbparam *p, int32_t v);
void dbparam_el_i64(struct dbparam *p, int64_t v);
void dbparam_el_time(struct dbparam *p, int64_t real_us);
void dbparam_el_id(struct dbparam *p, const struct id *v);	/* NULL → NULL */
void dbparam_el_span(struct dbparam *p, struct span v);	/* TEXT, BYTES; p NULL → NULL */
void dbparam_el_null(struct dbparam *p);
void dbparam_array_end(struct dbparam *p);

#endif
