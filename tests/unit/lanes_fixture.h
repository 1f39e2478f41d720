#ifndef TESTS_UNIT_LANES_FIXTURE_H
#define TESTS_UNIT_LANES_FIXTURE_H

#include "sender/delivery.h"
#include "sender/hooks.h"
#include "sender/lanes.h"

/* A scheduler with deliveries of numbered webhooks; include after cmocka.h. */

#define PAUSE INT64_C(5000000)

static int64_t now;
static int released;
static int hungry_shard;

static inline void
release(struct delivery *d)
{
	released++;
	free(d);
}

static inline void
hungry(void *cookie, int shard)
{
	(void)cookie;
	hungry_shard = shard;
}

static inline struct lanes *
make(int window, int in_flight)
{
	struct lanes_options o = {
		.window = { .cap = window, .pause_us = PAUSE },
		.in_flight = in_flight, .flying_bytes = 1 << 20,
		.gulp_rows = 100, .gulp_bytes = 5000,
		.release = release, .hungry = hungry,
	};
	struct lanes *l = lanes_new(&o);

	assert_non_null(l);
	released = 0;
	now = 0;
	hungry_shard = -1;
	return l;
}

static inline struct id
number(unsigned char kind, int n)
{
	struct id id = { { kind } };

	id.b[14] = (unsigned char)(n >> 8);
	id.b[15] = (unsigned char)n;
	return id;
}

static inline struct delivery *
delivery(int webhook, int n, enum event_kind kind, int64_t call)
{
	struct delivery *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->webhook_id = number(1, webhook);
	d->id = number(2, n);
	d->shard = webhook % SHARDS;
	d->kind = kind;
	d->call = call;
	return d;
}

static inline struct delivery *
add(struct lanes *l, int webhook, int n, enum event_kind kind, int64_t call)
{
	struct delivery *d = delivery(webhook, n, kind, call);

	assert_int_equal(lanes_add(l, d), 0);
	return d;
}

static inline struct delivery *
end(struct lanes *l, int webhook, int n)
{
	return add(l, webhook, n, EVENT_CALL_END, n);
}

static inline void
settle(struct lanes *l, struct delivery *d, enum outcome outcome)
{
	lanes_done(l, d, outcome, outcome == OUTCOME_DELIVERED ?
	    OUTCOME_HEALTHY : OUTCOME_SICK,
	    now);
	lanes_forget(l, d);
}

static inline void
count_id(void *cookie, const struct id *id)
{
	(void)id;
	++*(int *)cookie;
}

static inline void
count_full(void *cookie, const struct lanes_room *room)
{
	*(int *)cookie += room->rows == 0;
}

static inline void
take_room(void *cookie, const struct lanes_room *room)
{
	if (room->webhook->b[15] == 1)
		*(int *)cookie = room->rows;
}

#endif
