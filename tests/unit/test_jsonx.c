/*
 * Unit test of core/jsonx: what a strict document is, and that writing gives
 * back what was read.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/jsonx.h"

static void
test_round_trip(void **state)
{
	static const char *const same[] = { "{}", "[]", "null", "true", "7",
	    "\"a\"", "{\"z\":1,\"a\":[true,null,-5,\"x/y\"]}",
	    "\"é€𝄞 \\\" \\\\ \\n \\u0001\"", "9223372036854775807",
	    "-9223372036854775808", "[1.5,0.25]" };
	struct buf b = BUF_INIT(1000);
	const char *why;
	size_t i, offset;
	json_t *v;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(jsonx_parse(span_of(same[i]), &v, &why,
		    &offset), 0);
		buf_reset(&b);
		jsonx_write(&b, v);
		assert_string_equal(buf_cstr(&b), same[i]);
		json_decref(v);
	}
	assert_int_equal(jsonx_parse(
	    span_of(" { \"a\" : [ 1 ,\n2 ] , \"b\" : \"\\u00e9\" }\r\n"), &v,
	    &why, &offset), 0);
	buf_reset(&b);
	jsonx_write(&b, v);
	assert_string_equal(buf_cstr(&b), "{\"a\":[1,2],\"b\":\"é\"}");
	json_decref(v);
	v = json_pack("[f, f, f]", (double)887 / 1000, 14.0, 60000.631);
	buf_reset(&b);
	jsonx_write(&b, v);
	assert_string_equal(buf_cstr(&b), "[0.887,14.0,60000.631]");
	json_decref(v);
	buf_free(&b);
}

static void
refuse(struct span text, size_t at)
{
	json_t *v = NULL;
	const char *why = NULL;
	size_t offset = 9999;
	int rc = jsonx_parse(text, &v, &why, &offset);

	if (rc != ERR_SYNTAX && rc != ERR_TOO_BIG && rc != ERR_RANGE)
		fail_msg("%.*s is taken", (int)text.len, text.p);
	assert_null(v);
	assert_non_null(why);
	assert_true(strlen(why) > 0);
	if (offset != at && at != SIZE_MAX)
		fail_msg("%.*s fails at %zu: %s", (int)text.len, text.p,
		    offset, why);
	assert_true(offset <= text.len);
}

static void
test_refused(void **state)
{
	(void)state;
	refuse((struct span){ NULL, 0 }, 0);
	refuse(SPAN(" "), SIZE_MAX);
	refuse(SPAN("\xef\xbb\xbf{}"), 0);
	refuse(SPAN("{} {}"), SIZE_MAX);
	refuse(SPAN("{}x"), SIZE_MAX);
	refuse(SPAN("{}\0"), SIZE_MAX);
	refuse(SPAN("{\"a\":1,\"a\":2}"), SIZE_MAX);
	refuse(SPAN("\"\\u0000\""), SIZE_MAX);
	refuse(SPAN("{\"\\u0000\":1}"), SIZE_MAX);
	refuse(SPAN("\"a\0b\""), SIZE_MAX);
	refuse(SPAN("\"\xff\""), SIZE_MAX);
	refuse(SPAN("\"\xed\xa0\x80\""), SIZE_MAX);
	refuse(SPAN("\"\xc0\x80\""), SIZE_MAX);
	refuse(SPAN("\"\\ud800\""), SIZE_MAX);
	refuse(SPAN("\"\n\""), SIZE_MAX);
	refuse(SPAN("[1,]"), SIZE_MAX);
	refuse(SPAN("{\"a\":}"), SIZE_MAX);
	refuse(SPAN("[1"), SIZE_MAX);
	refuse(SPAN("{'a':1}"), SIZE_MAX);
	refuse(SPAN("01"), SIZE_MAX);
	refuse(SPAN("9223372036854775808"), SIZE_MAX);
	refuse(SPAN("1e999"), SIZE_MAX);
	refuse(SPAN("NaN"), SIZE_MAX);
	refuse(SPAN("/**/1"), SIZE_MAX);
}

static void
test_number_of_values(void **state)
{
	static char text[3 * JSONX_VALUES + 8];
	const char *why;
	size_t offset, len = 0;
	json_t *v;
	int i;

	(void)state;
	text[len++] = '[';
	for (i = 0; i < JSONX_VALUES - 1; i++) {
		text[len++] = '1';
		text[len++] = ',';
	}
	text[len++] = '1';
	text[len++] = ']';
	assert_int_equal(jsonx_parse((struct span){ text, len }, &v, &why,
	    &offset), 0);
	assert_int_equal(json_array_size(v), JSONX_VALUES);
	json_decref(v);
	len -= 1;
	text[len++] = ',';
	text[len++] = '1';
	text[len++] = ']';
	assert_int_equal(jsonx_parse((struct span){ text, len }, &v, &why,
	    &offset), ERR_TOO_BIG);
	assert_string_equal(why, "too many values");
	/* Commas within strings are no values. */
	memset(text, ',', 2 * JSONX_VALUES);
	text[0] = text[2 * JSONX_VALUES] = '"';
	assert_int_equal(jsonx_parse((struct span){ text,
	    2 * JSONX_VALUES + 1 }, &v, &why, &offset), 0);
	json_decref(v);
}

static void
test_depth(void **state)
{
	char text[2 * JSONX_DEPTH + 3];
	const char *why;
	size_t offset;
	json_t *v;

	(void)state;
	memset(text, '[', JSONX_DEPTH);
	memset(text + JSONX_DEPTH, ']', JSONX_DEPTH);
	assert_int_equal(jsonx_parse(
	    (struct span){ text, 2 * JSONX_DEPTH }, &v, &why, &offset), 0);
	json_decref(v);
	memset(text, '[', JSONX_DEPTH + 1);
	memset(text + JSONX_DEPTH + 1, ']', JSONX_DEPTH + 1);
	refuse((struct span){ text, 2 * JSONX_DEPTH + 2 }, JSONX_DEPTH);
	/* Brackets in a string are no nesting, nor after \". */
	memset(text, '[', sizeof(text));
	memcpy(text, "\"\\\"", 3);
	text[sizeof(text) - 1] = '"';
	assert_int_equal(jsonx_parse((struct span){ text, sizeof(text) }, &v,
	    &why, &offset), 0);
	json_decref(v);
}

/* The examples of RFC 7396, appendix A, whose target is an object. */
static void
test_merge(void **state)
{
	static const char *const cases[][3] = {
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}",
		    "{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}",
		    "{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}",
		    "{\"a\":{\"b\":\"d\",\"c\":null}}",
		    "{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}",
		    "{\"a\":{\"bb\":{}}}" },
	};
	json_t *target, *patch;
	struct buf b = BUF_INIT(1000);
	const char *why;
	size_t i, offset;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(jsonx_parse(span_of(cases[i][0]), &target, &why,
		    &offset), 0);
		assert_int_equal(jsonx_parse(span_of(cases[i][1]), &patch, &why,
		    &offset), 0);
		assert_int_equal(jsonx_merge(target, patch), 0);
		buf_reset(&b);
		jsonx_write(&b, target);
		assert_string_equal(buf_cstr(&b), cases[i][2]);
		json_decref(target);
		json_decref(patch);
	}
	buf_free(&b);
}

static void
test_write_limit(void **state)
{
	struct buf b = BUF_INIT(5);
	json_t *v = json_string("abcdef");

	(void)state;
	assert_non_null(v);
	jsonx_write(&b, v);
	assert_int_equal(buf_err(&b), ERR_TOO_BIG);
	json_decref(v);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_number_of_values),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_write_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
