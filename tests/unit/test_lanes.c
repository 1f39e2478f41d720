/* The scheduler: fairness, windows, stories, and what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sender/delivery.h"
#include "sender/lanes.h"

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
		.window = window, .in_flight = in_flight,
		.release = release, .hungry = hungry,
	};
	struct lanes *l = lanes_new(&o);

	assert_non_null(l);
	released = 0;
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
	    OUTCOME_HEALTHY : OUTCOME_SICK);
	lanes_forget(l, d);
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
		d = lanes_next(l);
		assert_non_null(d);
		seen[d->webhook_id.b[15]]++;
		/* never two ahead */
		assert_in_range(seen[1] - seen[2] + 1, 0, 2);
	}
	assert_null(lanes_next(l));
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
	d = lanes_next(l);
	assert_non_null(d);
	assert_non_null(lanes_next(l));
	assert_non_null(lanes_next(l));
	assert_null(lanes_next(l));
	settle(l, d, OUTCOME_DELIVERED);
	assert_non_null(lanes_next(l));
	assert_null(lanes_next(l));
	lanes_free(l);
}

static void
window_grows_and_halves(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	struct delivery *v[8];
	int i, n = 0, round;

	(void)state;
	for (round = 0; round < 100; round++) {
		end(l, 1, n++);
		v[0] = lanes_next(l);
		assert_non_null(v[0]);
		settle(l, v[0], OUTCOME_DELIVERED);
		/* 4 successes, then 5, 6, 7 … */
		if (round == 2)
			assert_int_equal(lanes_window(l, &webhook), 4);
		if (round == 3)
			assert_int_equal(lanes_window(l, &webhook), 5);
		if (round == 8)
			assert_int_equal(lanes_window(l, &webhook), 6);
	}
	assert_int_equal(lanes_window(l, &webhook), 8);
	for (i = 0; i < 8; i++)
		end(l, 1, n++);
	for (i = 0; i < 8; i++)
		assert_non_null(v[i] = lanes_next(l));
	/* They fail together: that is one failure. */
	for (i = 0; i < 8; i++)
		settle(l, v[i], OUTCOME_RETRY);
	assert_int_equal(lanes_window(l, &webhook), 4);
	for (i = 0; i < 5; i++) {
		end(l, 1, n++);
		settle(l, lanes_next(l), OUTCOME_RETRY);
	}
	assert_int_equal(lanes_window(l, &webhook), 1);
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
		d = lanes_next(l);
		lanes_done(l, d, OUTCOME_CANCELLED, OUTCOME_UNKNOWN);
		lanes_forget(l, d);
	}
	assert_int_equal(lanes_window(l, &webhook), LANES_WINDOW_START);
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
	assert_ptr_equal(lanes_next(l), first);
	assert_null(lanes_next(l));	/* its start is in flight */
	end(l, 1, 3);			/* another call is not held up */
	assert_int_equal(lanes_next(l)->call, 3);
	assert_null(lanes_next(l));
	lanes_done(l, first, OUTCOME_RETRY, OUTCOME_SICK);
	assert_ptr_equal(lanes_next(l), last);
	assert_false(last->superseded);
	lanes_free(l);
}

static void
same_call_of_another_webhook(void **state)
{
	struct lanes *l = make(8, 100);

	(void)state;
	add(l, 1, 1, EVENT_CALL_START, 77);
	add(l, 2, 2, EVENT_CALL_END, 77);
	assert_non_null(lanes_next(l));
	assert_non_null(lanes_next(l));
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
		assert_ptr_equal(lanes_next(l), last);
		first = add(l, 1, 2, EVENT_CALL_START, 77);
		assert_null(lanes_next(l));
		lanes_done(l, last, v[i].outcome, OUTCOME_HEALTHY);
		assert_ptr_equal(lanes_next(l), first);
		assert_int_equal(first->superseded, v[i].superseded);
		lanes_free(l);
		/* The start comes back while its end is being settled. */
		l = make(8, 100);
		last = add(l, 1, 1, EVENT_CALL_END, 77);
		assert_ptr_equal(lanes_next(l), last);
		lanes_done(l, last, v[i].outcome, OUTCOME_HEALTHY);
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
	assert_non_null(lanes_next(l));
	assert_int_equal(lanes_add(l, d), ERR_EXISTS);
	free(d);
	lanes_free(l);
}

static void
count_id(void *cookie, const struct id *id)
{
	(void)id;
	++*(int *)cookie;
}

static void
holds_two_windows(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d = delivery(1, 50, EVENT_CALL_END, 50);
	int i, full = 0, hand = 0;

	(void)state;
	for (i = 0; i < 2 * LANES_WINDOW_START; i++)
		end(l, 1, i);
	assert_int_equal(lanes_add(l, d), ERR_TOO_BIG);
	free(d);
	lanes_each_full(l, 1, count_id, &full);
	assert_int_equal(full, 1);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 2 * LANES_WINDOW_START);
	assert_int_equal(hungry_shard, -1);
	for (i = 0; i < LANES_WINDOW_START; i++)
		settle(l, lanes_next(l), OUTCOME_DELIVERED);
	assert_int_equal(hungry_shard, 1);	/* half empty: read on */
	full = 0;
	lanes_each_full(l, 1, count_id, &full);
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
	for (i = 0; i < 2 * LANES_WINDOW_START; i++)
		end(l, 1, i);
	d = lanes_next(l);
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
	d = lanes_next(l);
	lanes_sweep(l, 15, 0);
	assert_int_equal(lanes_held(l), 2);	/* in flight, and the fresh */
	settle(l, d, OUTCOME_DELIVERED);
	settle(l, lanes_next(l), OUTCOME_DELIVERED);
	assert_int_equal(lanes_window(l, &webhook), LANES_WINDOW_START);
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
	d = lanes_next(l);
	assert_int_equal(d->shard, 1);
	lanes_drop_waiting(l, 1);
	assert_int_equal(lanes_in_shard(l, 1), 1);
	assert_int_equal(lanes_in_shard(l, 2), 1);
	lanes_drop(l, 1);
	assert_int_equal(lanes_in_shard(l, 1), 0);
	assert_int_equal(lanes_in_flight(l), 0);
	assert_int_equal(lanes_held(l), 1);
	assert_non_null(lanes_next(l));
	lanes_drop_flying(l);
	assert_int_equal(lanes_held(l), 0);
	assert_int_equal(lanes_bytes(l), 0);
	lanes_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_robin),
		cmocka_unit_test(total_limit),
		cmocka_unit_test(window_grows_and_halves),
		cmocka_unit_test(unknown_health_teaches_nothing),
		cmocka_unit_test(start_before_end),
		cmocka_unit_test(same_call_of_another_webhook),
		cmocka_unit_test(start_is_superseded),
		cmocka_unit_test(refuses_what_it_has),
		cmocka_unit_test(holds_two_windows),
		cmocka_unit_test(failure_lets_go),
		cmocka_unit_test(sweeps_what_is_stale),
		cmocka_unit_test(drops_one_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
