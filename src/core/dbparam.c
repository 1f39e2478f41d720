/*
 * Builds the parameters of one statement in PostgreSQL's binary format: big
 * endian numbers, timestamps counted from 2000, arrays of one dimension.
 * No I/O and no libpq; used by whoever calls db_send or dbasync_unit_add.
 */
#include "core/dbparam.h"

#include <assert.h>
#include <limits.h>

#include "core/clock.h"

#define ARRAY_HEADER_EMPTY 12

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21,
	OID_INT4 = 23, OID_TEXT = 25, OID_TIMESTAMPTZ = 1184, OID_UUID = 2950 };

static const uint32_t element_oid[] = {
	[DBPARAM_BOOL] = OID_BOOL,
	[DBPARAM_I16] = OID_INT2,
	[DBPARAM_I32] = OID_INT4,
	[DBPARAM_I64] = OID_INT8,
	[DBPARAM_TIME] = OID_TIMESTAMPTZ,
	[DBPARAM_ID] = OID_UUID,
	[DBPARAM_TEXT] = OID_TEXT,
	[DBPARAM_BYTES] = OID_BYTEA,
};

static void
put_big_endian(unsigned char *out, uint64_t v, size_t size)
{
	size_t i;

	for (i = size; i-- > 0; v >>= 8)
		out[i] = (unsigned char)(v & 0xff);
}

static void
add_number(struct dbparam *p, uint64_t v, size_t size)
{
	unsigned char raw[8];

	put_big_endian(raw, v, size);
	buf_add(&p->data, raw, size);
}

static void
fail(struct dbparam *p, enum err err)
{
	if (p->err == 0)
		p->err = err;
}

/* Opens the next parameter: false when there is no room for it. */
static bool
next(struct dbparam *p, bool null)
{
	assert(!p->in_array);
	if (dbparam_err(p) < 0)
		return false;
	if (p->n == DBPARAM_MAX) {
		fail(p, ERR_TOO_BIG);
		return false;
	}
	p->at[p->n] = p->data.len;
	p->len[p->n] = 0;
	p->null[p->n] = null;
	p->n++;
	return true;
}

/* Closes it: its length is what was added since next(). */
static void
done(struct dbparam *p)
{
	size_t len = p->data.len - p->at[p->n - 1];

	if (len > INT_MAX)
		fail(p, ERR_TOO_BIG);
	else
		p->len[p->n - 1] = (int)len;
}

static void
number(struct dbparam *p, uint64_t v, size_t size)
{
	if (!next(p, false))
		return;
	add_number(p, v, size);
	done(p);
}

static void
bytes(struct dbparam *p, const void *data, size_t len)
{
	if (!next(p, data == NULL))
		return;
	if (data != NULL)
		buf_add(&p->data, data, len);
	done(p);
}

void
dbparam_init(struct dbparam *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->data, DBPARAM_BYTES_MAX);
}

void
dbparam_reset(struct dbparam *p)
{
	buf_reset(&p->data);
	p->n = 0;
	p->err = ERR_OK;
	p->in_array = false;
}

void
dbparam_free(struct dbparam *p)
{
	if (p == NULL)
		return;
	buf_free(&p->data);
	p->n = 0;
}

enum err
dbparam_err(const struct dbparam *p)
{
	return p->err != 0 ? p->err : buf_err(&p->data);
}

int
dbparam_copy(struct dbparam *to, const struct dbparam *from)
{
	struct buf data = to->data;

	assert(!from->in_array);
	buf_span(&data, buf_as_span(&from->data));
	*to = *from;
	to->data = data;
	return dbparam_err(to);
}

void
dbparam_null(struct dbparam *p)
{
	bytes(p, NULL, 0);
}

void
dbparam_bool(struct dbparam *p, bool v)
{
	number(p, v ? 1 : 0, 1);
}

void
dbparam_i16(struct dbparam *p, int16_t v)
{
	number(p, (uint64_t)(int64_t)v, 2);
}

void
dbparam_i32(struct dbparam *p, int32_t v)
{
	number(p, (uint64_t)(int64_t)v, 4);
}

void
dbparam_i64(struct dbparam *p, int64_t v)
{
	number(p, (uint64_t)v, 8);
}

void
dbparam_time(struct dbparam *p, int64_t real_us)
{
	dbparam_i64(p, real_us - CLOCK_PG_EPOCH_US);
}

void
dbparam_id(struct dbparam *p, const struct id *v)
{
	bytes(p, v != NULL ? v->b : NULL, sizeof(v->b));
}

void
dbparam_text(struct dbparam *p, struct span v)
{
	bytes(p, v.p, v.len);
}

void
dbparam_bytes(struct dbparam *p, struct span v)
{
	bytes(p, v.p, v.len);
}

void
dbparam_array(struct dbparam *p, enum dbparam_type type)
{
	if (!next(p, false))
		return;
	p->in_array = true;
	p->array_type = type;
	p->array_at = p->data.len;
	p->array_n = 0;
	add_number(p, 1, 4);			/* dimensions */
	add_number(p, 0, 4);			/* has nulls: set later */
	add_number(p, element_oid[type], 4);
	add_number(p, 0, 4);			/* elements: set later */
	add_number(p, 1, 4);			/* lower bound */
}

/* An element's length (-1 for NULL); false when it cannot be added. */
static bool
element(struct dbparam *p, size_t len, bool null)
{
	if (dbparam_err(p) < 0)
		return false;
	assert(p->in_array);
	if (len > INT_MAX || p->array_n == INT_MAX) {
		fail(p, ERR_TOO_BIG);
		return false;
	}
	p->array_n++;
	add_number(p, null ? UINT32_MAX : len, 4);
	if (null && buf_err(&p->data) == 0)
		put_big_endian((unsigned char *)p->data.p + p->array_at + 4,
		    1, 4);
	return true;
}

static void
element_number(struct dbparam *p, enum dbparam_type type, uint64_t v,
    size_t size)
{
	assert(dbparam_err(p) < 0 || p->array_type == type);
	(void)type;
	if (element(p, size, false))
		add_number(p, v, size);
}

void
dbparam_el_i16(struct dbparam *p, int16_t v)
{
	element_number(p, DBPARAM_I16, (uint64_t)(int64_t)v, 2);
}

void
dbparam_el_i32(struct dbparam *p, int32_t v)
{
	element_number(p, DBPARAM_I32, (uint64_t)(int64_t)v, 4);
}

void
dbparam_el_i64(struct dbparam *p, int64_t v)
{
	element_number(p, DBPARAM_I64, (uint64_t)v, 8);
}

void
dbparam_el_time(struct dbparam *p, int64_t real_us)
{
	element_number(p, DBPARAM_TIME,
	    (uint64_t)(real_us - CLOCK_PG_EPOCH_US), 8);
}

void
dbparam_el_id(struct dbparam *p, const struct id *v)
{
	assert(dbparam_err(p) < 0 || p->array_type == DBPARAM_ID);
	if (v == NULL)
		dbparam_el_null(p);
	else if (element(p, sizeof(v->b), false))
		buf_add(&p->data, v->b, sizeof(v->b));
}

void
dbparam_el_span(struct dbparam *p, struct span v)
{
	assert(dbparam_err(p) < 0 || p->array_type == DBPARAM_TEXT ||
	    p->array_type == DBPARAM_BYTES);
	if (v.p == NULL)
		dbparam_el_null(p);
	else if (element(p, v.len, false))
		buf_add(&p->data, v.p, v.len);
}

void
dbparam_el_null(struct dbparam *p)
{
	(void)element(p, 0, true);
}

void
dbparam_array_end(struct dbparam *p)
{
	unsigned char *header;

	if (dbparam_err(p) < 0) {
		p->in_array = false;
		return;
	}
	assert(p->in_array);
	p->in_array = false;
	header = (unsigned char *)p->data.p + p->array_at;
	put_big_endian(header + 12, (uint64_t)p->array_n, 4);
	done(p);
	if (p->array_n == 0) {
		/* An empty array has no dimension and no bounds. */
		put_big_endian(header, 0, 4);
		p->len[p->n - 1] = ARRAY_HEADER_EMPTY;
	}
}
