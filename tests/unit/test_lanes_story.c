/* The scheduler: a call is a story, and what is held, given back and forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lanes_fixture.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_before_end),
		cmocka_unit_test(changes_come_last_and_in_order),
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
