/*
 * What a look at a shard asks, from what the lanes know: which webhooks take
 * how much, from where, and what is in hand already.  Called by due.c; knows the
 * parameters of sql/statements/due.sql.  No state.
 */
#include "sender/due_param.h"

#include <stdlib.h>
#include <string.h>

#include "core/dbparam.h"
#include "sender/due.h"
#include "sender/lanes.h"

static void
add_id(void *cookie, const struct id *id)
{
	dbparam_el_id(cookie, id);
}

/* What a look has to know of lanes, by webhook. */
struct known {
	struct lanes_room *v;
	size_t n, cap;
	struct id after;	/* only those behind it */
	bool failed;
};

static void
add_known(void *cookie, const struct lanes_room *room)
{
	struct known *k = cookie;
	struct lanes_room *more;
	size_t cap = k->cap * 2;

	if (memcmp(room->webhook->b, k->after.b, sizeof(k->after.b)) <= 0)
		return;
	if (k->n == k->cap) {
		more = reallocarray(k->v, cap, sizeof(*more));
		if (more == NULL) {
			k->failed = true;
			return;
		}
		k->v = more;
		k->cap = cap;
	}
	k->v[k->n++] = *room;
}

static int
by_id(const void *a, const void *b)
{
	const struct lanes_room *x = a, *y = b;

	return memcmp(x->webhook->b, y->webhook->b, sizeof(x->webhook->b));
}

#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < k->n; i++) { \
		const struct lanes_room *room = &k->v[i]; \
		add; \
	} \
	dbparam_array_end(p); \
} while (0)

static void
param_known(const struct known *k, struct dbparam *p)
{
	struct id last;
	size_t i;

	memset(last.b, 0xff, sizeof(last.b));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, room->webhook));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, i + 1 < k->n ?
	    room[1].webhook : &last));
	COLUMN(DBPARAM_I64, dbparam_el_i64(p, room->rows));
	COLUMN(DBPARAM_TIME, if (room->from_start)
		dbparam_el_null(p);
	else
		dbparam_el_time(p, room->after_due));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, room->after));
}

/* The place to begin at comes first, as a lane that takes nothing. */
static int
add_lanes(const struct due_options *o, struct dbparam *p)
{
	struct lanes_room begin = { .webhook = &o->after, .from_start = true };
	struct known k = { .cap = 16, .after = o->after };

	k.v = calloc(k.cap, sizeof(*k.v));
	if (k.v == NULL)
		return ERR_NOMEM;
	k.v[k.n++] = begin;
	lanes_each_room(o->lanes, o->shard, add_known, &k);
	qsort(k.v, k.n, sizeof(*k.v), by_id);
	param_known(&k, p);
	free(k.v);
	return k.failed ? ERR_NOMEM : 0;
}

int
due_param_add(const struct due_options *o, struct dbparam *p)
{
	int rc;

	dbparam_i16(p, (int16_t)o->shard);
	rc = add_lanes(o, p);
	dbparam_array(p, DBPARAM_ID);
	lanes_each_in_hand(o->lanes, o->shard, add_id, p);
	dbparam_array_end(p);
	dbparam_i64(p, DUE_LANES);
	dbparam_i64(p, o->per_lane);
	dbparam_i64(p, o->rows);
	dbparam_i64(p, DUE_INLINE);
	return rc;
}
