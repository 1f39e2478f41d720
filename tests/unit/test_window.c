/*
 * hook/window.c: growth, halving, the breaker and its probe, pauses asked
 * for by the receiver, the rate limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hook/window.h"

#define SECOND 1000000LL
#define PAUSE (5 * SECOND)

static void
init(struct window *w, int cap, int rate)
{
	window_init(w, &(struct window_rules){ .cap = cap, .rate = rate,
	    .pause_us = PAUSE });
}

/* One failure of a request that was started just now. */
static void
failure(struct window *w, int64_t now)
{
	window_failure(w, window_started(w, now), now);
}

static void
doubles_until_it_fails(void **state)
{
	struct window w;
	int i;

	(void)state;
	init(&w, 100, 0);
	assert_int_equal(window_room(&w, 0, 0), WINDOW_START);
	for (i = 0; i < WINDOW_START; i++)
		window_success(&w);
	assert_int_equal(window_room(&w, 0, 0), 2 * WINDOW_START);
	for (i = 0; i < 1000; i++)
		window_success(&w);
	assert_int_equal(window_room(&w, 0, 0), 100);
	assert_int_equal(window_room(&w, 90, 0), 10);
	assert_int_equal(window_room(&w, 101, 0), 0);
}

static void
grows_by_one_a_round(void **state)
{
	struct window w;
	int i;

	(void)state;
	init(&w, 8, 0);
	failure(&w, 0);
	assert_int_equal(window_room(&w, 0, 0), 2);
	for (i = 0; i < 3; i++)
		window_success(&w);
	assert_int_equal(window_room(&w, 0, 0), 3);
	for (i = 0; i < 1000; i++)
		window_success(&w);
	assert_int_equal(window_room(&w, 0, 0), 8);
}

static void
halves_and_keeps_one(void **state)
{
	struct window w;

	(void)state;
	init(&w, 32, 0);
	failure(&w, 0);
	assert_int_equal(window_room(&w, 0, 0), 2);
	for (int i = 2; i < WINDOW_FAILURES; i++)
		failure(&w, 0);
	assert_int_equal(w.state, WINDOW_OPEN);
	assert_int_equal(window_room(&w, 0, 0), 1);
}

static void
those_that_fail_together_halve_once(void **state)
{
	struct window w;
	int i, era, later;

	(void)state;
	init(&w, 32, 0);
	for (i = 0; i < 100; i++)
		window_success(&w);
	era = window_started(&w, 0);
	for (i = 0; i < WINDOW_FAILURES - 1; i++)
		window_failure(&w, era, 0);
	assert_int_equal(window_room(&w, 0, 0), 16);
	later = window_started(&w, 0);
	assert_int_not_equal(later, era);
	window_success(&w);
	window_failure(&w, later, 0);
	assert_int_equal(window_room(&w, 0, 0), 8);
}

/* An old request's failure is no failure of the probe. */
static void
old_failures_do_not_close_again(void **state)
{
	struct window w;
	int i, era, probe;

	(void)state;
	init(&w, 32, 0);
	era = window_started(&w, 0);
	for (i = 0; i < WINDOW_FAILURES; i++)
		window_failure(&w, era, 0);
	assert_int_equal(w.state, WINDOW_CLOSED);
	window_failure(&w, era, 1);
	assert_true(window_opens_at(&w, 1) == PAUSE);
	assert_int_equal(window_room(&w, 0, PAUSE), 1);
	probe = window_started(&w, PAUSE);
	window_failure(&w, era, PAUSE + 1);
	window_pause(&w, era, 0, PAUSE + 1);
	assert_int_equal(w.state, WINDOW_PROBE);
	window_failure(&w, probe, PAUSE + 2);
	assert_int_equal(w.state, WINDOW_CLOSED);
	assert_true(window_opens_at(&w, PAUSE + 2) == 3 * PAUSE + 2);
}

static void
one_success_between_keeps_it_open(void **state)
{
	struct window w;

	(void)state;
	init(&w, 32, 0);
	for (int i = 0; i < 1000; i++) {
		failure(&w, i);
		window_success(&w);
		assert_int_equal(w.state, WINDOW_OPEN);
	}
}

static void
closes_probes_and_opens_slowly(void **state)
{
	struct window w;
	int64_t now = 7 * SECOND;

	(void)state;
	init(&w, 32, 0);
	for (int i = 0; i < WINDOW_FAILURES; i++)
		failure(&w, now);
	assert_int_equal(w.state, WINDOW_CLOSED);
	assert_int_equal(window_room(&w, 0, now), 0);
	assert_true(window_opens_at(&w, now) == now + PAUSE);
	assert_int_equal(window_room(&w, 0, now + PAUSE - 1), 0);
	now += PAUSE;
	assert_int_equal(window_room(&w, 0, now), 1);
	assert_int_equal(window_room(&w, 1, now), 0);
	failure(&w, now);
	assert_int_equal(w.state, WINDOW_CLOSED);
	assert_true(window_opens_at(&w, now) == now + 2 * PAUSE);
	now += 2 * PAUSE;
	assert_int_equal(window_room(&w, 0, now), 1);
	window_success(&w);
	assert_int_equal(w.state, WINDOW_OPEN);
	assert_int_equal(window_room(&w, 0, now), 1);
	window_success(&w);
	assert_int_equal(window_room(&w, 0, now), 2);
	window_success(&w);
	assert_int_equal(window_room(&w, 0, now), 2);
}

static void
pauses_have_a_maximum(void **state)
{
	struct window w;
	int64_t now = 0;

	(void)state;
	init(&w, 4, 0);
	for (int i = 0; i < 100; i++) {
		(void)window_room(&w, 0, now);
		failure(&w, now);
		if (w.state == WINDOW_CLOSED)
			now = w.until_us;
	}
	assert_true(w.pause_us == 300 * SECOND);
}

static void
receiver_asks_for_a_pause(void **state)
{
	struct window w;

	(void)state;
	init(&w, 4, 0);
	window_pause(&w, window_started(&w, 0), 90 * SECOND, 0);
	assert_int_equal(window_room(&w, 0, 89 * SECOND), 0);
	window_pause(&w, w.era, 30 * SECOND, 0);
	assert_int_equal(window_room(&w, 0, 89 * SECOND), 0);
	assert_int_equal(window_room(&w, 0, 90 * SECOND), 1);
}

/* 429 without Retry-After: many at once are one, again and again is longer. */
static void
pause_of_unknown_length_grows(void **state)
{
	struct window w;
	int64_t now = 0;
	int i, n, era;

	(void)state;
	init(&w, 8, 0);
	for (n = 1; n <= 4; n *= 2) {
		assert_true(window_room(&w, 0, now) >= 1);
		era = window_started(&w, now);
		for (i = 0; i < 3; i++)
			window_pause(&w, era, 0, now);
		assert_true(window_opens_at(&w, now) == now + n * PAUSE);
		now += n * PAUSE;
	}
}

static void
rate_is_kept(void **state)
{
	struct window w;
	int started = 0;

	(void)state;
	init(&w, 1000, 50);
	w.size = 1000;
	for (int64_t now = 10 * SECOND; now < 12 * SECOND; now += 1000) {
		for (int room = window_room(&w, 0, now); room > 0; room--) {
			(void)window_started(&w, now);
			started++;
		}
	}
	assert_in_range(started, 98, 107);
	assert_true(window_opens_at(&w, 12 * SECOND - 1000) >
	    12 * SECOND - 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_until_it_fails),
		cmocka_unit_test(grows_by_one_a_round),
		cmocka_unit_test(halves_and_keeps_one),
		cmocka_unit_test(those_that_fail_together_halve_once),
		cmocka_unit_test(old_failures_do_not_close_again),
		cmocka_unit_test(one_success_between_keeps_it_open),
		cmocka_unit_test(closes_probes_and_opens_slowly),
		cmocka_unit_test(pauses_have_a_maximum),
		cmocka_unit_test(receiver_asks_for_a_pause),
		cmocka_unit_test(pause_of_unknown_length_grows),
		cmocka_unit_test(rate_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
