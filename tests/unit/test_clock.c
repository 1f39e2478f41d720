/*
 * Unit test of core/clock: RFC 3339 both ways over leap years, offsets,
 * leap seconds and everything that is no time.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "core/clock.h"

#define S INT64_C(1000000)

static void
test_clocks(void **state)
{
	int64_t a = clock_mono_us(), b = clock_mono_us();
	int64_t now = (int64_t)time(NULL) * S;

	(void)state;
	assert_true(a > 0 && b >= a);
	assert_true(clock_real_us() >= now - 2 * S);
	assert_true(clock_real_us() <= now + 60 * S);
}

static void
test_text(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} t[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 999, "1970-01-01T00:00:00.000Z" },
		{ 1000, "1970-01-01T00:00:00.001Z" },
		{ CLOCK_PG_EPOCH_US, "2000-01-01T00:00:00.000Z" },
		{ 951782400 * S, "2000-02-29T00:00:00.000Z" },
		{ 951868799 * S + 999999, "2000-02-29T23:59:59.999Z" },
		{ 951868800 * S, "2000-03-01T00:00:00.000Z" },
		{ 4107542399 * S, "2100-02-28T23:59:59.000Z" },
		{ 4107542400 * S, "2100-03-01T00:00:00.000Z" },
		{ 1795345361 * S, "2026-11-22T11:02:41.000Z" },
		{ 253402300799 * S + 999999, "9999-12-31T23:59:59.999Z" },
		/* Four digits are all there is. */
		{ 253402300800 * S, "9999-12-31T23:59:59.999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
		{ -1, "1970-01-01T00:00:00.000Z" },
	};
	char out[CLOCK_TEXT_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(clock_text(t[i].us, out), t[i].text);
}

/* Every day of 130 years against the C library. */
static void
test_calendar(void **state)
{
	char out[CLOCK_TEXT_LEN], expected[CLOCK_TEXT_LEN];
	int64_t day, us;

	(void)state;
	for (day = 0; day < 130 * 366; day++) {
		time_t at = (time_t)(day * 86400 + 86399);
		struct tm tm;

		assert_non_null(gmtime_r(&at, &tm));
		assert_int_equal(strftime(expected, sizeof(expected),
		    "%Y-%m-%dT%H:%M:%S.000Z", &tm), 24);
		clock_text((int64_t)at * S, out);
		assert_string_equal(out, expected);
		assert_int_equal(clock_parse(span_of(out), &us), 0);
		assert_true(us == (int64_t)at * S);
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} t[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-22T11:02:41.000Z", 1795345361 * S },
		{ "2026-11-22t11:02:41z", 1795345361 * S },
		{ "2026-11-22T14:02:41+03:00", 1795345361 * S },
		{ "2026-11-22T00:17:41.5-10:45", 1795345361 * S + 500000 },
		{ "2026-11-22T11:02:41-00:00", 1795345361 * S },
		{ "2026-11-22T11:02:41.123456789Z", 1795345361 * S + 123456 },
		{ "2026-11-22T11:02:41.1Z", 1795345361 * S + 100000 },
		{ "2026-11-22T11:02:41.000001Z", 1795345361 * S + 1 },
		{ "2024-02-29T00:00:00Z", 1709164800 * S },
		{ "2000-02-29T00:00:00Z", 951782400 * S },
		{ "2024-03-01T00:30:00+01:00", 1709249400 * S },
		{ "1970-01-01T00:00:00-23:59", 86340 * S },
		{ "2016-12-31T23:59:60Z", 1483228800 * S },
		{ "2017-01-01T02:59:60+03:00", 1483228800 * S },
		{ "9999-12-31T23:59:59.999999Z",
		    253402300799 * S + 999999 },
	};
	size_t i;
	int64_t us;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		us = -1;
		if (clock_parse(span_of(t[i].text), &us) != 0)
			fail_msg("%s is refused", t[i].text);
		if (us != t[i].us)
			fail_msg("%s is %lld", t[i].text, (long long)us);
	}
}

static void
refuse(const char *text, int expected)
{
	int64_t us = -7;
	int err = clock_parse(span_of(text), &us);

	if (err != expected)
		fail_msg("%s gives %d, not %d", text, err, expected);
	assert_true(us == -7);
}

static void
test_refused(void **state)
{
	static const char *const syntax[] = { "", "2026", "2026-11-22",
	    "2026-11-22T11:02Z", "2026-11-22T11:02:41", "2026-11-22 11:02:41Z",
	    "2026-11-22T11:02:41.Z", "2026-11-22T11:02:41,5Z",
	    "2026-11-22T11:02:41.1234567890Z", "2026-11-22T11:02:41+0300",
	    "2026-11-22T11:02:41+03", "2026-11-22T11:02:41 Z",
	    "2026-11-22T11:02:41ZZ", "2026-11-22T11:02:41Z ",
	    " 2026-11-22T11:02:41Z", "26-11-22T11:02:41Z",
	    "2026-1-22T11:02:41Z", "02026-11-22T11:02:41Z",
	    "2026-11-22T1:02:41Z", "+026-11-22T11:02:41Z",
	    "2026/11/22T11:02:41Z", "2026-11-22T11:02:41.5",
	    "2026-11-22T11:02:41+-3:00", "20261122T110241Z" };
	static const char *const range[] = { "2026-02-29T00:00:00Z",
	    "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
	    "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z",
	    "2026-13-10T00:00:00Z", "2026-11-00T00:00:00Z",
	    "2026-11-32T00:00:00Z", "2026-11-22T24:00:00Z",
	    "2026-11-22T11:60:00Z", "2026-11-22T11:02:61Z",
	    "2026-11-22T11:02:60Z", "2026-11-22T11:02:41+24:00",
	    "2026-11-22T11:02:41+03:60", "1969-12-31T23:59:59Z",
	    "0000-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01",
	    "9999-12-31T23:59:59-00:01", "2016-12-31T23:59:60+03:00" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
		refuse(syntax[i], ERR_SYNTAX);
	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		refuse(range[i], ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
