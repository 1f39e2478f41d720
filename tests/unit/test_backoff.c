/*
 * Delays between attempts: order, end of the schedule, spread, and bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hook/backoff.h"

static const int64_t SCHEDULE[] = { 1000, 5000, 60000 };

static void
without_jitter_the_schedule_is_kept(void **state)
{
	(void)state;
	assert_int_equal(backoff_delay(SCHEDULE, 3, 1, 0, 77), 1000);
	assert_int_equal(backoff_delay(SCHEDULE, 3, 2, 0, 77), 5000);
	assert_int_equal(backoff_delay(SCHEDULE, 3, 3, 0, 77), 60000);
}

static void
a_used_up_schedule_ends(void **state)
{
	(void)state;
	assert_int_equal(backoff_delay(SCHEDULE, 3, 4, 0, 0), -1);
	assert_int_equal(backoff_delay(SCHEDULE, 3, INT32_MAX, 0, 0), -1);
	assert_int_equal(backoff_delay(NULL, 0, 1, 0, 0), -1);
	assert_int_equal(backoff_delay(SCHEDULE, 3, 0, 0, 0), -1);
	assert_int_equal(backoff_delay(SCHEDULE, 3, -1, 0, 0), -1);
}

static void
jitter_spreads_evenly_around_the_delay(void **state)
{
	int64_t d, before = 0, sum = 0;
	int64_t i;

	(void)state;
	assert_int_equal(backoff_delay(SCHEDULE, 3, 2, 20, 0), 4000);
	assert_int_equal(backoff_delay(SCHEDULE, 3, 2, 20, UINT32_MAX), 6000);
	for (i = 0; i <= 1000; i++) {
		d = backoff_delay(SCHEDULE, 3, 2, 20,
		    (uint32_t)(i * UINT32_MAX / 1000));
		assert_in_range(d, 4000, 6000);
		assert_true(d >= before);
		before = d;
		sum += d;
	}
	assert_in_range(sum / 1001, 4995, 5005);
}

static void
odd_arguments_stay_within_bounds(void **state)
{
	static const int64_t odd[] = { -5, INT64_MAX, 0, 7 };
	int64_t d;

	(void)state;
	assert_int_equal(backoff_delay(odd, 4, 1, 50, UINT32_MAX), 0);
	d = backoff_delay(odd, 4, 2, 100, UINT32_MAX);
	assert_true(d > INT64_C(1) << 52 && d <= INT64_C(1) << 53);
	/* All of the longest one taken away is nothing, not «used up». */
	assert_int_equal(backoff_delay(odd, 4, 2, 100, 0), 0);
	assert_int_equal(backoff_delay(odd, 4, 3, 100, 1), 0);
	/* More than all of it would be in the past. */
	assert_int_equal(backoff_delay(odd, 4, 4, 500, 0), 0);
	assert_int_equal(backoff_delay(odd, 4, 4, -5, 0), 7);
}

static void
retry_after_in_seconds(void **state)
{
	static const struct { const char *text; int64_t ms; } v[] = {
		{ "0", 0 }, { "1", 1000 }, { "120", 120000 },
		{ "-1", -1 }, { "1.5", -1 }, { "", -1 }, { "1s", -1 },
		{ "soon", -1 }, { " 1", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(backoff_retry_after(span_of(v[i].text), 0),
		    v[i].ms);
	/* No number is too large to be bounded by the caller. */
	assert_true(backoff_retry_after(span_of("99999999999999999999999"),
	    0) > INT64_C(1) << 50);
}

static void
retry_after_as_date(void **state)
{
	static const struct { const char *text; int64_t s; } v[] = {
		{ "Thu, 01 Jan 1970 00:00:10 GMT", 10 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
		{ "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
		{ "Sat, 31 Dec 2033 12:00:00 GMT", 2019643200 },
	};
	static const char *const bad[] = {
		"Sun, 06 Nov 1994 08:49:37 MSK", "Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3a GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(backoff_retry_after(span_of(v[i].text),
		    (v[i].s - 7) * 1000000), 7000);
		assert_int_equal(backoff_retry_after(span_of(v[i].text),
		    (v[i].s + 7) * 1000000), 0);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(backoff_retry_after(span_of(bad[i]), 0), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_jitter_the_schedule_is_kept),
		cmocka_unit_test(a_used_up_schedule_ends),
		cmocka_unit_test(jitter_spreads_evenly_around_the_delay),
		cmocka_unit_test(odd_arguments_stay_within_bounds),
		cmocka_unit_test(retry_after_in_seconds),
		cmocka_unit_test(retry_after_as_date),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
