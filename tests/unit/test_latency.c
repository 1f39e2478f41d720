/* The histogram of answer times: every time has its bucket, percentiles ascend. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "hook/latency.h"

static void
test_buckets(void **state)
{
	int64_t us;
	int last = 0, now;

	(void)state;
	assert_int_equal(latency_bucket(0), 0);
	assert_int_equal(latency_bucket(2000), 0);
	assert_int_equal(latency_bucket(2001), 1);
	assert_int_equal(latency_bucket(30000000), LATENCY_BUCKETS - 2);
	assert_int_equal(latency_bucket(30000001), LATENCY_BUCKETS - 1);
	assert_int_equal(latency_bucket(INT64_MAX), LATENCY_BUCKETS - 1);
	for (us = 1; us < 100000000; us = us * 3 / 2 + 1) {
		now = latency_bucket(us);
		assert_in_range(now, last, last + 2);
		last = now;
	}
}

static void
test_percentiles(void **state)
{
	int64_t none[LATENCY_BUCKETS] = { 0 }, one[LATENCY_BUCKETS] = { 0 };
	int64_t many[LATENCY_BUCKETS] = { 0 };
	int64_t p50, p95, p99;

	(void)state;
	assert_int_equal(latency_percentile(none, 500), -1);
	one[latency_bucket(42000)] = 1;
	assert_in_range(latency_percentile(one, 1), 30000, 50000);
	assert_int_equal(latency_percentile(one, 500), 50000);
	/* 900 below 10 ms, 90 about 200 ms, 10 about 8 s. */
	many[latency_bucket(7000)] = 900;
	many[latency_bucket(180000)] = 90;
	many[latency_bucket(8000000)] = 10;
	p50 = latency_percentile(many, 500);
	p95 = latency_percentile(many, 950);
	p99 = latency_percentile(many, 990);
	assert_in_range(p50, 5000, 10000);
	assert_in_range(p95, 150000, 200000);
	assert_int_equal(p99, 200000);
	assert_in_range(latency_percentile(many, 995), 5000000, 10000000);
	assert_int_equal(latency_percentile(many, 1000), 10000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
