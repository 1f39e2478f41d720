/*
 * Unit test of core/num: what is a number, a duration, a size, and what is
 * not, with every bound.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/num.h"

typedef int number_fn(struct span, int64_t, int64_t, int64_t *);

static void
good_in(number_fn *fn, const char *text, int64_t min, int64_t max,
    int64_t expected)
{
	int64_t v = 4711;
	int err = fn(span_of(text), min, max, &v);

	if (err != 0)
		fail_msg("%s gives %d", text, err);
	assert_true(v == expected);
}

static void
bad_in(number_fn *fn, const char *text, int64_t min, int64_t max,
    int expected)
{
	int64_t v = 4711;
	int err = fn(span_of(text), min, max, &v);

	if (err != expected)
		fail_msg("%s gives %d, not %d", text, err, expected);
	assert_true(v == 4711);
}

static void
test_i64(void **state)
{
	static const char *const syntax[] = { "", "-", "+1", " 1", "1 ", "01",
	    "-0", "-01", "00", "1.0", "1e3", "0x10", "--1", "1-", "a", "1a",
	    "99999999999999999999999x", "１" };
	size_t i;

	(void)state;
	good_in(num_i64, "0", INT64_MIN, INT64_MAX, 0);
	good_in(num_i64, "-1", INT64_MIN, INT64_MAX, -1);
	good_in(num_i64, "9223372036854775807", INT64_MIN, INT64_MAX,
	    INT64_MAX);
	good_in(num_i64, "-9223372036854775808", INT64_MIN, INT64_MAX,
	    INT64_MIN);
	good_in(num_i64, "5", 5, 5, 5);
	bad_in(num_i64, "4", 5, 6, ERR_RANGE);
	bad_in(num_i64, "7", 5, 6, ERR_RANGE);
	bad_in(num_i64, "-1", 0, 6, ERR_RANGE);
	bad_in(num_i64, "9223372036854775808", INT64_MIN, INT64_MAX,
	    ERR_RANGE);
	bad_in(num_i64, "-9223372036854775809", INT64_MIN, INT64_MAX,
	    ERR_RANGE);
	bad_in(num_i64, "18446744073709551617", INT64_MIN, INT64_MAX,
	    ERR_RANGE);
	for (i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		bad_in(num_i64, syntax[i], INT64_MIN, INT64_MAX, ERR_SYNTAX);
	/* A NUL within is not an end. */
	assert_int_equal(num_i64(SPAN("1\0"), 0, 9, &(int64_t){ 0 }),
	    ERR_SYNTAX);
}

static void
test_duration(void **state)
{
	static const char *const syntax[] = { "", "s", "10", "0", "-1s", "1S",
	    "1.5s", "1 s", " 1s", "1s ", "01s", "00s", "1ss", "1min", "1w",
	    "ms", "1sm", "1h30m" };
	size_t i;

	(void)state;
	good_in(num_duration_ms, "0s", 0, INT64_MAX, 0);
	good_in(num_duration_ms, "0ms", 0, INT64_MAX, 0);
	good_in(num_duration_ms, "250ms", 0, INT64_MAX, 250);
	good_in(num_duration_ms, "10s", 0, INT64_MAX, 10000);
	good_in(num_duration_ms, "5m", 0, INT64_MAX, 300000);
	good_in(num_duration_ms, "2h", 0, INT64_MAX, 7200000);
	good_in(num_duration_ms, "7d", 0, INT64_MAX, 604800000);
	good_in(num_duration_ms, "106751991167d", 0, INT64_MAX,
	    INT64_C(9223372036828800000));
	bad_in(num_duration_ms, "106751991168d", 0, INT64_MAX, ERR_RANGE);
	bad_in(num_duration_ms, "9223372036854775807s", 0, INT64_MAX,
	    ERR_RANGE);
	bad_in(num_duration_ms, "99999999999999999999ms", 0, INT64_MAX,
	    ERR_RANGE);
	bad_in(num_duration_ms, "1s", 1001, 5000, ERR_RANGE);
	bad_in(num_duration_ms, "1m", 0, 59999, ERR_RANGE);
	for (i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		bad_in(num_duration_ms, syntax[i], 0, INT64_MAX, ERR_SYNTAX);
}

static void
test_size(void **state)
{
	static const char *const syntax[] = { "", "k", "-1", "1K", "1kb",
	    "1 k", "010", "1.5m", "1t", "0x1" };
	size_t i;

	(void)state;
	good_in(num_size, "0", 0, INT64_MAX, 0);
	good_in(num_size, "4096", 0, INT64_MAX, 4096);
	good_in(num_size, "16k", 0, INT64_MAX, 16384);
	good_in(num_size, "1m", 0, INT64_MAX, 1048576);
	good_in(num_size, "2g", 0, INT64_MAX, INT64_C(2147483648));
	bad_in(num_size, "9223372036854775807k", 0, INT64_MAX, ERR_RANGE);
	bad_in(num_size, "8589934592g", 0, INT64_MAX, ERR_RANGE);
	bad_in(num_size, "17k", 0, 17407, ERR_RANGE);
	bad_in(num_size, "9", 10, 20, ERR_RANGE);
	for (i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		bad_in(num_size, syntax[i], 0, INT64_MAX, ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
