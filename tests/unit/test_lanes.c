/* The scheduler: fairness, windows, stories, and what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sender/delivery.h"
#include "sender/hooks.h"
#include "sender/lanes.h"

#define PAUSE INT64_C(5000000)

static int64_t now;
static int released;
static int hungry_shard;

static void
release(struct delivery *d)
{
	released++;
	free(d);
}

static void
hungry(void *cookie, int shard)
{
	(void)cookie;
	hungry_shard = shard;
}

static struct lanes *
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

static struct id
number(unsigned char kind, int n)
{
	struct id id = { { kind } };

	id.b[14] = (unsigned char)(n >> 8);
	id.b[15] = (unsigned char)n;
	return id;
}

static struct delivery *
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

static struct delivery *
add(struct lanes *l, int webhook, int n, enum event_kind kind, int64_t call)
{
	struct delivery *d = delivery(webhook, n, kind, call);

	assert_int_equal(lanes_add(l, d), 0);
	return d;
}

static struct delivery *
end(struct lanes *l, int webhook, int n)
{
	return add(l, webhook, n, EVENT_CALL_END, n);
}

static void
settle(struct lanes *l, struct delivery *d, enum outcome outcome)
{
	lanes_done(l, d, outcome, outcome == OUTCOME_DELIVERED ?
	    OUTCOME_HEALTHY : OUTCOME_SICK,
	    now);
	lanes_forget(l, d);
}

static void
count_id(void *cookie, const struct id *id)
{
	(void)id;
	++*(int *)cookie;
}

static void
count_full(void *cookie, const struct lanes_room *room)
{
	*(int *)cookie += room->rows == 0;
}

static void
take_room(void *cookie, const struct lanes_room *room)
{
	if (room->webhook->b[15] == 1)
		*(int *)cookie = room->rows;
}

static void
round_robin(void **state)
{
	struct lanes *l = make(32, 100);
	struct delivery *d;
	int i, n, seen[3] = { 0 };

	(void)state;
	for (i = 0; i < 4; i++)
		end(l, 1, i);
	for (i = 0; i < 4; i++)
		end(l, 2, 100 + i);
	for (n = 0; n < 8; n++) {
		d = lanes_next(l, now);
		assert_non_null(d);
		seen[d->webhook_id.b[15]]++;
		/* never two ahead */
		assert_in_range(seen[1] - seen[2] + 1, 0, 2);
	}
	assert_null(lanes_next(l, now));
	assert_int_equal(lanes_in_flight(l), 8);
	lanes_free(l);
	assert_int_equal(released, 8);
}

static void
total_limit(void **state)
{
	struct lanes *l = make(32, 3);
	struct delivery *d;
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		end(l, i, i);
	d = lanes_next(l, now);
	assert_non_null(d);
	assert_non_null(lanes_next(l, now));
	assert_non_null(lanes_next(l, now));
	assert_null(lanes_next(l, now));
	settle(l, d, OUTCOME_DELIVERED);
	assert_non_null(lanes_next(l, now));
	assert_null(lanes_next(l, now));
	lanes_free(l);
}

static void
window_grows_and_halves(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	struct delivery *v[8];
	int i, n = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		end(l, 1, n++);
		settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	}
	assert_int_equal(lanes_window(l, &webhook), 8);
	for (i = 0; i < 8; i++)
		end(l, 1, n++);
	for (i = 0; i < 8; i++)
		assert_non_null(v[i] = lanes_next(l, now));
	/* They fail together: that halves once. */
	for (i = 0; i < 8; i++)
		settle(l, v[i], OUTCOME_RETRY);
	assert_int_equal(lanes_window(l, &webhook), 4);
	end(l, 1, n++);
	settle(l, lanes_next(l, now), OUTCOME_RETRY);
	assert_int_equal(lanes_window(l, &webhook), 2);
	lanes_free(l);
}

/* Ten failures in a row: what waits is let go, and read again in time. */
static void
closes_and_probes(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	int i, n = 0, room = -1;

	(void)state;
	now = 1000;
	for (i = 0; i < WINDOW_FAILURES - 1; i++) {
		end(l, 1, n++);
		settle(l, lanes_next(l, now), OUTCOME_RETRY);
	}
	end(l, 1, n++);
	end(l, 1, n++);
	end(l, 2, 1000);
	settle(l, lanes_next(l, now), OUTCOME_RETRY);
	assert_int_equal(lanes_held(l), 1);	/* the neighbour's */
	assert_int_equal(lanes_window(l, &webhook), 0);
	assert_int_equal(lanes_next(l, now)->webhook_id.b[15], 2);
	lanes_each_room(l, 1, take_room, &room);
	assert_int_equal(room, 0);
	assert_int_equal(lanes_opens_at(l), now + PAUSE);
	hungry_shard = -1;
	now += PAUSE - 1;
	lanes_open(l, now);
	assert_int_equal(hungry_shard, -1);
	now++;
	lanes_open(l, now);
	assert_int_equal(hungry_shard, 1);
	lanes_each_room(l, 1, take_room, &room);
	assert_int_equal(room, 2);
	end(l, 1, n++);
	end(l, 1, n++);
	assert_non_null(lanes_next(l, now));
	assert_null(lanes_next(l, now));	/* one probe */
	lanes_free(l);
}

static void
receiver_pauses_its_lane(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d;

	(void)state;
	end(l, 1, 1);
	end(l, 1, 2);
	d = lanes_next(l, now);
	lanes_pause(l, d, now + 7, now);
	lanes_done(l, d, OUTCOME_RETRY, OUTCOME_SICK, now);
	assert_null(lanes_next(l, now));
	assert_int_equal(lanes_opens_at(l), 7);
	lanes_forget(l, d);
	lanes_free(l);
}

static void
keeps_the_rate(void **state)
{
	struct lanes_options o = {
		.window = { .cap = 8, .rate = 10, .pause_us = PAUSE },
		.flying_bytes = 1, .in_flight = 100, .release = release,
	};
	struct lanes *l = lanes_new(&o);
	int i, n = 0;

	(void)state;
	assert_non_null(l);
	now = 50 * PAUSE;
	for (i = 0; i < 4; i++)
		end(l, 1, i);
	while (lanes_next(l, now) != NULL)
		n++;
	assert_in_range(n, 1, 2);
	assert_in_range(lanes_opens_at(l), now + 1, now + 100000);
	now += 100000;
	lanes_open(l, now);
	assert_non_null(lanes_next(l, now));
	assert_null(lanes_next(l, now));
	lanes_free(l);
}

/* What answers quickly is read in gulps, alone in larger ones. */
static void
fast_lane_takes_gulps(void **state)
{
	struct lanes *l = make(4, 100);
	struct delivery *d;
	int i, n = 0, room = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		now += 1000;
		d = delivery(1, n++, EVENT_CALL_END, i);
		d->data = (struct span){ d->bytes, 10 };
		assert_int_equal(lanes_add(l, d), 0);
		settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	}
	lanes_each_room(l, 1, take_room, &room);
	assert_int_equal(room, 80);
	end(l, 1, n++)->shard = 1;
	for (i = 0; i < 4; i++)
		end(l, 2 + i, 1000 + i);
	lanes_each_room(l, 1, take_room, &room);
	assert_int_equal(room, 100 / 5 - 1);
	now += 10 * PAUSE;	/* it has rested: nothing is known of it */
	lanes_open(l, now);
	lanes_sweep(l, 0, 0);
	lanes_each_room(l, 1, take_room, &room);
	assert_int_equal(room, 2 * 4 - 1);
	lanes_free(l);
}

static void
take_after(void *cookie, const struct lanes_room *room)
{
	*(int64_t *)cookie = room->after == NULL ? -1 : room->after_due;
}

static int64_t
after(struct lanes *l)
{
	int64_t at = -1;

	lanes_each_room(l, 1, take_after, &at);
	return at;
}

/* A look that brought what it was to, up to a row that was due then. */
static void
looked_full(struct lanes *l, int64_t at, int64_t due)
{
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = at,
		.full = true, .whole = true, .due = due };

	look.id = number(2, 3);
	lanes_looked(l, 1, &look);
}

/* A look that found nothing more. */
static void
looked(struct lanes *l, int64_t at)
{
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = at,
		.whole = true };

	lanes_looked(l, 1, &look);
}

/* Until something that is owed is forgotten, or a sweep. */
static void
reads_on(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d;
	int i, hand = 0;

	(void)state;
	for (i = 1; i <= 3; i++)
		end(l, 1, i);
	assert_int_equal(after(l), -1);
	looked_full(l, 100, 77);
	assert_int_equal(after(l), 77);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 0);
	d = lanes_next(l, now);
	settle(l, d, OUTCOME_DELIVERED);
	assert_int_equal(after(l), 77);
	lanes_forget(l, lanes_next(l, now));	/* it was not sent */
	looked_full(l, 100, 78);	/* by a look that began before */
	assert_int_equal(after(l), -1);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 1);
	looked_full(l, 100, 78);
	assert_int_equal(after(l), 78);
	looked(l, 100);				/* that was all */
	assert_int_equal(after(l), -1);
	looked_full(l, 100, 79);
	lanes_sweep(l, 0, 0);
	assert_int_equal(after(l), -1);
	lanes_free(l);
}

#define LATE INT64_C(5000000)
#define WHOLE INT64_C(30000000)

static void
take_floor(void *cookie, const struct lanes_room *room)
{
	*(int64_t *)cookie = room->from_start ? -1 : room->after_due;
}

static int64_t
begin_look(struct lanes *l)
{
	int64_t at = -2;

	lanes_each_room(l, 1, take_floor, &at);
	return at;
}

static struct delivery *
due_at(struct lanes *l, int n, int64_t due)
{
	struct delivery *d = end(l, 1, n);

	d->due = due;
	return d;
}

/* What was seen is not looked at again, with time for what is committed late. */
static void
looks_from_its_floor(void **state)
{
	struct lanes *l = make(8, 100);
	int64_t at = 100 * LATE;

	(void)state;
	due_at(l, 1, at);
	assert_int_equal(begin_look(l), -1);
	looked(l, at);
	assert_int_equal(begin_look(l), at - LATE);
	looked(l, at - 1);			/* never backwards */
	assert_int_equal(begin_look(l), at - LATE);
	/* Full: no farther than the last row. */
	looked_full(l, at + LATE, at - LATE + 7);
	lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), at - LATE + 7);
	/* Reading on sees all that was there when it left the floor. */
	looked_full(l, at + LATE, at + LATE);
	assert_int_equal(begin_look(l), at + LATE);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at + 2 * LATE);
	/* Now and then a whole look, whatever was seen. */
	now = WHOLE;
	lanes_open(l, now);
	assert_int_equal(begin_look(l), -1);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at + 2 * LATE);
	lanes_free(l);
}

/* What is owed and not in hand is never behind the floor. */
static void
floor_comes_down(void **state)
{
	struct lanes *l = make(8, 100);
	int64_t at = 100 * LATE;
	struct delivery *d;

	(void)state;
	due_at(l, 1, at - 3 * LATE);
	due_at(l, 2, at - 3 * LATE);
	due_at(l, 3, at - 2 * LATE);
	due_at(l, 4, at);
	begin_look(l);
	looked(l, at);
	assert_int_equal(begin_look(l), at - LATE);
	settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	assert_int_equal(begin_look(l), at - LATE);
	/* Given back while a look is under way: that look does not know it. */
	d = lanes_next(l, now);
	lanes_forget(l, d);
	looked(l, at + LATE);
	assert_int_equal(begin_look(l), at - 3 * LATE);
	looked(l, at + LATE);
	assert_int_equal(begin_look(l), at);
	/* A retry that is planned by a clock that is behind. */
	d = lanes_next(l, now);
	d->due = at - LATE;
	settle(l, d, OUTCOME_RETRY);
	assert_int_equal(begin_look(l), at - LATE);
	/* Of a shard that changes hands nothing is known. */
	looked(l, at + LATE);
	lanes_drop_waiting(l, 1);
	end(l, 1, 5);
	assert_int_equal(begin_look(l), -1);
	lanes_free(l);
}

/* What is paused was not looked at; a refused row is owed. */
static void
paused_and_refused_keep_the_floor(void **state)
{
	struct lanes *l = make(1, 100);
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = 100 * LATE,
		.paused = true, .whole = true };
	struct delivery *d = delivery(1, 50, EVENT_CALL_END, 50);
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		due_at(l, i, 100 * LATE);
	begin_look(l);
	lanes_looked(l, 1, &look);
	assert_int_equal(begin_look(l), -1);
	d->due = 7;
	assert_int_equal(lanes_add(l, d), ERR_TOO_BIG);
	free(d);
	looked(l, 100 * LATE);
	assert_int_equal(begin_look(l), -1);
	looked(l, 100 * LATE);
	assert_int_equal(begin_look(l), 99 * LATE);
	lanes_free(l);
}

/* A look has to know only of lanes that matter to it. */
static void
quiet_lanes_are_not_named(void **state)
{
	struct lanes *l = make(8, 100);
	int i;

	(void)state;
	settle(l, end(l, 1, 0) != NULL ? lanes_next(l, now) : NULL,
	    OUTCOME_DELIVERED);
	assert_int_equal(begin_look(l), -1);	/* it was used just now */
	now = PAUSE;
	lanes_open(l, now);
	lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -2);
	for (i = 1; i < 70; i++) {	/* so much is left in the index */
		end(l, 1, i);
		settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	}
	now += PAUSE;
	lanes_open(l, now);
	for (i = 0; i < 5; i++)
		lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -1);
	for (i = 0; i < 5; i++)
		lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -2);
	lanes_free(l);
}

static void
gives_back_one_lane(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		end(l, 1, i);
	end(l, 2, 9);
	lanes_give_back(l, &webhook);
	assert_int_equal(lanes_held(l), 1);
	assert_int_equal(hungry_shard, 1);
	webhook = number(1, 7);
	lanes_give_back(l, &webhook);
	lanes_free(l);
}

static void
unknown_health_teaches_nothing(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	struct delivery *d;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		end(l, 1, i);
		d = lanes_next(l, now);
		lanes_done(l, d, OUTCOME_CANCELLED, OUTCOME_UNKNOWN, now);
		lanes_forget(l, d);
	}
	assert_int_equal(lanes_window(l, &webhook), WINDOW_START);
	lanes_free(l);
}

static void
start_before_end(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *first, *last;

	(void)state;
	last = add(l, 1, 1, EVENT_CALL_END, 77);
	first = add(l, 1, 2, EVENT_CALL_START, 77);
	assert_ptr_equal(lanes_next(l, now), first);
	assert_null(lanes_next(l, now));	/* its start is in flight */
	end(l, 1, 3);			/* another call is not held up */
	assert_int_equal(lanes_next(l, now)->call, 3);
	assert_null(lanes_next(l, now));
	lanes_done(l, first, OUTCOME_RETRY, OUTCOME_SICK, now);
	assert_ptr_equal(lanes_next(l, now), last);
	assert_false(last->superseded);
	lanes_free(l);
}

static struct delivery *
change(struct lanes *l, int n, int event)
{
	struct delivery *d = delivery(1, n, EVENT_CALL_CHANGE, 77);

	d->event_id = number(3, event);
	assert_int_equal(lanes_add(l, d), 0);
	return d;
}

static void
changes_come_last_and_in_order(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *second = change(l, 1, 20), *first = change(l, 2, 10);
	struct delivery *last = add(l, 1, 3, EVENT_CALL_END, 77);
	struct delivery *start;

	(void)state;
	assert_ptr_equal(lanes_next(l, now), last);
	assert_null(lanes_next(l, now));
	/* A start makes no sense any more, a change does. */
	start = add(l, 1, 4, EVENT_CALL_START, 77);
	settle(l, last, OUTCOME_DELIVERED);
	assert_true(start->superseded);
	assert_ptr_equal(lanes_next(l, now), start);
	assert_null(lanes_next(l, now));
	settle(l, start, OUTCOME_SUPERSEDED);
	assert_ptr_equal(lanes_next(l, now), first);
	assert_null(lanes_next(l, now));
	settle(l, first, OUTCOME_RETRY);
	assert_ptr_equal(lanes_next(l, now), second);
	assert_false(second->superseded);
	/* What happened after the end is known makes a start late, too. */
	start = add(l, 1, 5, EVENT_CALL_START, 77);
	settle(l, second, OUTCOME_DELIVERED);
	assert_true(start->superseded);
	lanes_free(l);
}

static void
same_call_of_another_webhook(void **state)
{
	struct lanes *l = make(8, 100);

	(void)state;
	add(l, 1, 1, EVENT_CALL_START, 77);
	add(l, 2, 2, EVENT_CALL_END, 77);
	assert_non_null(lanes_next(l, now));
	assert_non_null(lanes_next(l, now));
	lanes_free(l);
}

static void
start_is_superseded(void **state)
{
	static const struct { enum outcome outcome; bool superseded; } v[] = {
		{ OUTCOME_DELIVERED, true }, { OUTCOME_FAILED, true },
		{ OUTCOME_RETRY, false },
	};
	struct delivery *first, *last;
	struct lanes *l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		/* The start comes back while its end is in flight. */
		l = make(8, 100);
		last = add(l, 1, 1, EVENT_CALL_END, 77);
		assert_ptr_equal(lanes_next(l, now), last);
		first = add(l, 1, 2, EVENT_CALL_START, 77);
		assert_null(lanes_next(l, now));
		lanes_done(l, last, v[i].outcome, OUTCOME_HEALTHY, now);
		assert_ptr_equal(lanes_next(l, now), first);
		assert_int_equal(first->superseded, v[i].superseded);
		lanes_free(l);
		/* The start comes back while its end is being settled. */
		l = make(8, 100);
		last = add(l, 1, 1, EVENT_CALL_END, 77);
		assert_ptr_equal(lanes_next(l, now), last);
		lanes_done(l, last, v[i].outcome, OUTCOME_HEALTHY, now);
		first = add(l, 1, 2, EVENT_CALL_START, 77);
		assert_int_equal(first->superseded, v[i].superseded);
		lanes_free(l);
	}
}

static void
refuses_what_it_has(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d = delivery(1, 5, EVENT_CALL_END, 5);

	(void)state;
	end(l, 1, 5);
	assert_int_equal(lanes_add(l, d), ERR_EXISTS);
	assert_non_null(lanes_next(l, now));
	assert_int_equal(lanes_add(l, d), ERR_EXISTS);
	free(d);
	lanes_free(l);
}

static void
holds_two_windows(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d = delivery(1, 50, EVENT_CALL_END, 50);
	int i, full = 0, hand = 0;

	(void)state;
	for (i = 0; i < 2 * WINDOW_START; i++)
		end(l, 1, i);
	assert_int_equal(lanes_add(l, d), ERR_TOO_BIG);
	free(d);
	lanes_each_room(l, 1, count_full, &full);
	assert_int_equal(full, 1);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 2 * WINDOW_START);
	assert_int_equal(hungry_shard, -1);
	for (i = 0; i < WINDOW_START; i++)
		settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	assert_int_equal(hungry_shard, 1);	/* half empty: read on */
	full = 0;
	lanes_each_room(l, 1, count_full, &full);
	assert_int_equal(full, 0);
	lanes_free(l);
}

static void
failure_lets_go(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d;
	int i;

	(void)state;
	for (i = 0; i < 2 * WINDOW_START; i++)
		end(l, 1, i);
	d = lanes_next(l, now);
	settle(l, d, OUTCOME_RETRY);	/* window 2: two windows are 4 */
	assert_int_equal(lanes_held(l), 4);
	lanes_free(l);
}

static void
sweeps_what_is_stale(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	struct delivery *d;

	(void)state;
	end(l, 1, 1)->read_at = 10;
	end(l, 1, 2)->read_at = 20;
	end(l, 1, 3)->read_at = 5;
	d = lanes_next(l, now);
	lanes_sweep(l, 15, 0);
	assert_int_equal(lanes_held(l), 2);	/* in flight, and the fresh */
	settle(l, d, OUTCOME_DELIVERED);
	settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	assert_int_equal(lanes_window(l, &webhook), WINDOW_START + 2);
	lanes_sweep(l, 15, 100);
	assert_int_equal(lanes_window(l, &webhook), 0);
	lanes_free(l);
}

static void
drops_one_shard(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d;

	(void)state;
	end(l, 1, 1);
	end(l, 1, 2);
	end(l, 2, 3);
	d = lanes_next(l, now);
	assert_int_equal(d->shard, 1);
	lanes_drop_waiting(l, 1);
	assert_int_equal(lanes_in_shard(l, 1), 1);
	assert_int_equal(lanes_in_shard(l, 2), 1);
	lanes_drop(l, 1);
	assert_int_equal(lanes_in_shard(l, 1), 0);
	assert_int_equal(lanes_in_flight(l), 0);
	assert_int_equal(lanes_held(l), 1);
	assert_non_null(lanes_next(l, now));
	lanes_drop_flying(l);
	assert_int_equal(lanes_held(l), 0);
	assert_int_equal(lanes_bytes(l), 0);
	lanes_free(l);
}

/* A call with much data: 64 of them are what may be in flight. */
static int
add_large(struct lanes *l, int webhook, int n)
{
	struct delivery *d = delivery(webhook, n, EVENT_CALL_END, n);
	int rc;

	d->data.len = (1 << 20) / 64;
	rc = lanes_add(l, d);
	if (rc != 0)
		free(d);
	return rc;
}

/* A silent receiver's calls with much data leave room for those of others. */
static void
large_ones_do_not_wait_in_the_room_of_others(void **state)
{
	struct lanes *l = make(8, 1000);
	struct delivery *d = NULL;
	int i, k;

	(void)state;
	for (i = 1; i <= 20; i++) {
		for (k = 0; k < WINDOW_START; k++)
			assert_int_equal(add_large(l, i, 10 * i + k), 0);
		assert_int_equal(add_large(l, i, 10 * i + k), ERR_TOO_BIG);
	}
	for (i = 0; i < 64; i++) {
		d = lanes_next(l, now);
		assert_non_null(d);
	}
	assert_null(lanes_next(l, now));
	assert_int_equal(lanes_bytes(l), 16 * ((1 << 20) / 64));
	assert_int_equal(lanes_in_flight(l), 64);
	/* Room comes with the result, when it stands in the database. */
	lanes_done(l, d, OUTCOME_DELIVERED, OUTCOME_HEALTHY, now);
	assert_null(lanes_next(l, now));
	lanes_forget(l, d);
	assert_non_null(lanes_next(l, now));
	assert_null(lanes_next(l, now));
	lanes_free(l);
}

/* Delivery n of a webhook at a host. */
static struct delivery *
at_host(struct lanes *l, struct hook *hook, int webhook, int n)
{
	struct delivery *d = delivery(webhook, n, EVENT_CALL_END, n);

	d->hook = hook;
	assert_int_equal(lanes_add(l, d), 0);
	return d;
}

/* What waits for a connection to a silent host has no place in flight. */
static void
a_full_host_is_passed_over(void **state)
{
	struct hook silent = { .url = { .host = "silent.ru", .port = 443 } };
	struct hook other = { .url = { .host = "other.ru", .port = 443 } };
	struct lanes_options o = { .window = { .cap = 8, .pause_us = PAUSE },
		.in_flight = 100, .host = 5, .flying_bytes = 1,
		.release = release };
	struct lanes *l = lanes_new(&o);
	struct delivery *d[5], *e;
	int i;

	(void)state;
	assert_non_null(l);
	for (i = 0; i < 16; i++)
		at_host(l, &silent, 1 + i / 4, i);
	for (i = 0; i < 5; i++) {
		d[i] = lanes_next(l, now);
		assert_ptr_equal(d[i]->hook, &silent);
	}
	assert_null(lanes_next(l, now));
	e = at_host(l, &other, 9, 100);
	assert_ptr_equal(lanes_next(l, now), e);
	assert_null(lanes_next(l, now));
	/* With each that ends, one more: settled, or broken off. */
	settle(l, d[0], OUTCOME_DELIVERED);
	d[0] = lanes_next(l, now);
	assert_non_null(d[0]);
	assert_null(lanes_next(l, now));
	lanes_forget(l, d[1]);
	d[1] = lanes_next(l, now);
	assert_non_null(d[1]);
	assert_null(lanes_next(l, now));
	/* Who was passed over may be dropped, and its lane be freed. */
	lanes_drop_waiting(l, -1);
	for (i = 0; i < 5; i++)
		lanes_forget(l, d[i]);
	lanes_sweep(l, now, now + 1);
	assert_null(lanes_next(l, now));
	at_host(l, &silent, 1, 200);
	assert_non_null(lanes_next(l, now));
	lanes_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_robin),
		cmocka_unit_test(total_limit),
		cmocka_unit_test(window_grows_and_halves),
		cmocka_unit_test(closes_and_probes),
		cmocka_unit_test(receiver_pauses_its_lane),
		cmocka_unit_test(keeps_the_rate),
		cmocka_unit_test(fast_lane_takes_gulps),
		cmocka_unit_test(a_full_host_is_passed_over),
		cmocka_unit_test(large_ones_do_not_wait_in_the_room_of_others),
		cmocka_unit_test(reads_on),
		cmocka_unit_test(looks_from_its_floor),
		cmocka_unit_test(floor_comes_down),
		cmocka_unit_test(paused_and_refused_keep_the_floor),
		cmocka_unit_test(quiet_lanes_are_not_named),
		cmocka_unit_test(gives_back_one_lane),
		cmocka_unit_test(unknown_health_teaches_nothing),
		cmocka_unit_test(start_before_end),
		cmocka_unit_test(same_call_of_another_webhook),
		cmocka_unit_test(changes_come_last_and_in_order),
		cmocka_unit_test(start_is_superseded),
		cmocka_unit_test(refuses_what_it_has),
		cmocka_unit_test(holds_two_windows),
		cmocka_unit_test(failure_lets_go),
		cmocka_unit_test(sweeps_what_is_stale),
		cmocka_unit_test(drops_one_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
