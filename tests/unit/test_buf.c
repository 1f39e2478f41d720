/*
 * Unit test of core/buf: growth up to the maximum, the sticky error, JSON
 * strings and handing over.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

static void
test_grows(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 10000);
	assert_null(b.p);
	assert_string_equal(buf_cstr(&b), "");
	for (i = 0; i < 1000; i++)
		buf_fmt(&b, "%03d,", i);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_int_equal(b.len, 4000);
	assert_int_equal(strlen(b.p), 4000);
	assert_memory_equal(b.p + 4 * 999, "999,", 5);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_free(&b);
	assert_null(b.p);
	assert_int_equal(b.max, 10000);
	buf_free(&b);
	buf_free(NULL);
}

static void
test_maximum(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	buf_str(&b, "abc");
	buf_chr(&b, 'd');
	buf_chr(&b, 'e');
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_string_equal(b.p, "abcde");
	buf_add(&b, "x", 0);
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_chr(&b, 'f');
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	/* What does not fit is not added in part, nor is anything after. */
	buf_reset(&b);
	buf_str(&b, "ab");
	buf_str(&b, "wxyz");
	buf_str(&b, "c");
	buf_fmt(&b, "%d", 1);
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	assert_string_equal(buf_cstr(&b), "ab");
	assert_null(buf_take(&b));
	buf_reset(&b);
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_fmt(&b, "%s", "123456");
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	assert_int_equal(b.len, 0);
	/* A length that would wrap around is too big as well. */
	buf_reset(&b);
	buf_chr(&b, 'a');
	buf_add(&b, "", SIZE_MAX);
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	buf_free(&b);
}

static void
test_wraps(void **state)
{
	struct buf b = BUF_INIT(SIZE_MAX);

	(void)state;
	buf_chr(&b, 'a');
	buf_add(&b, "", SIZE_MAX - 1);
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	buf_free(&b);
}

static void
test_empty_is_not_null(void **state)
{
	struct buf b = BUF_INIT(5);
	char *p;

	(void)state;
	assert_null(buf_as_span(&b).p);
	buf_str(&b, "");
	assert_non_null(buf_as_span(&b).p);
	assert_int_equal(buf_as_span(&b).len, 0);
	buf_free(&b);
	p = buf_take(&b);
	assert_non_null(p);
	assert_string_equal(p, "");
	free(p);
}

static void
test_take(void **state)
{
	struct buf b = BUF_INIT(100);
	char *p;

	(void)state;
	buf_span(&b, SPAN("a\0b"));
	p = buf_take(&b);
	assert_memory_equal(p, "a\0b", 4);
	assert_null(b.p);
	assert_int_equal(b.max, 100);
	buf_str(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	assert_memory_equal(p, "a\0b", 4);
	free(p);
	buf_free(&b);
}

static void
test_json(void **state)
{
	struct buf b = BUF_INIT(200);

	(void)state;
	buf_json_str(&b, SPAN("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\0é€𝄞"));
	assert_string_equal(buf_cstr(&b), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t"
	    "\\u0001\\u001f\x7f\\u0000é€𝄞\"");
	buf_reset(&b);
	buf_json_str(&b, (struct span){ NULL, 0 });
	assert_string_equal(buf_cstr(&b), "\"\"");
	buf_reset(&b);
	buf_json_str(&b, SPAN("\n"));
	assert_string_equal(buf_cstr(&b), "\"\\n\"");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_empty_is_not_null),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
