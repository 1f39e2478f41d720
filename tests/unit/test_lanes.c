/* The scheduler: whose turn it is, windows, rates and the room that all share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lanes_fixture.h"

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
		cmocka_unit_test(unknown_health_teaches_nothing),
		cmocka_unit_test(large_ones_do_not_wait_in_the_room_of_others),
		cmocka_unit_test(a_full_host_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
