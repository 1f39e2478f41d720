/*
 * The gate: what scan_check lets through, where it says that a text is wrong,
 * that hostile texts cost no more than honest ones, and that the readers give
 * back every byte.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "hook/scan.h"

#define BIG (16 * 1024 * 1024)

/* sizeof: a text may contain NUL. */
#define T(literal) { literal, sizeof(literal) - 1 }

struct refused {
	struct span text;
	const char *code;
	size_t offset;
};

/* With realloc wrapped by the linker: how many may still succeed. */
static int realloc_left = -1;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_realloc(void *p, size_t size)
{
	if (realloc_left == 0)
		return NULL;
	if (realloc_left > 0)
		realloc_left--;
	return __real_realloc(p, size);
}

/* Scans a copy that ends where the text ends, so that reading on is seen. */
static int
check(struct span text, struct scan_error *error)
{
	char *copy = malloc(text.len ? text.len : 1);
	struct span value;
	int err;

	assert_non_null(copy);
	if (text.len)
		memcpy(copy, text.p, text.len);
	err = scan_check((struct span){ copy, text.len }, &value, error);
	if (err == 0) {
		assert_true(value.len > 0 && value.p >= copy &&
		    value.p + value.len <= copy + text.len);
	} else {
		assert_null(value.p);
		assert_true(error->offset <= text.len);
		assert_true(error->flaw != SCAN_FINE && error->flaw < SCAN_FLAWS);
	}
	free(copy);
	return err;
}

/* Flaws of one kind. */
static const char *
code_of(enum scan_flaw flaw)
{
	switch (flaw) {
	case SCAN_FINE: return "";
	case SCAN_NUL: return "nul";
	case SCAN_SURROGATE: return "surrogate";
	case SCAN_UTF8: case SCAN_BOM: return "utf8";
	case SCAN_DUPLICATE_KEY: return "duplicate_key";
	case SCAN_TRAILING: return "trailing";
	case SCAN_DEEP: return "depth";
	case SCAN_MANY_MEMBERS: return "members";
	case SCAN_NO_MEMORY: return "memory";
	default: return "syntax";
	}
}

static void
check_is(struct span text, int want, const char *code)
{
	struct scan_error error;
	int err = check(text, &error);

	if (err != want || strcmp(code_of(error.flaw), code) != 0)
		fail_msg("%.60s: %d %s at %zu, expected %d %s", text.p, err,
		    code_of(error.flaw), error.offset, want, code);
}

static struct span
proven(const char *text)
{
	struct scan_error error;
	struct span value;

	if (scan_check(span_of(text), &value, &error) != 0)
		fail_msg("%s: %s at %zu", text, scan_flaw_en(error.flaw),
		    error.offset);
	return value;
}

static void
span_is_text(struct span s, const char *want)
{
	if (s.p == NULL || !span_is(s, want))
		fail_msg("%.*s, expected %s", (int)s.len, s.p ? s.p : "",
		    want);
}

static void
test_accepted(void **state)
{
	static const struct span TEXTS[] = {
		T("{}"), T("[]"), T("\"\""), T("0"), T("null"), T("true"),
		T("false"), T(" \t\r\n{ } \t\r\n"), T("[ ]"), T("[[],[[]]]"),
		T("{\"\":0}"), T("{\"a\":{},\"b\":[]}"), T("[1,2 , 3\n]"),
		T("{\"a\" : 1 , \"b\":[true,false,null]}"),
		T("-0"), T("0.0"), T("-0.0e-0"), T("1e400"), T("1E+400"),
		T("1e-400"), T("18446744073709551616"), T("0e0"), T("10"),
		T("-123456789012345678901234567890.5E+07"),
		T("[1e5,0,-1]"), T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		T("\"\\u0041\\u00e9\\u20AC\""), T("\"\\ud83d\\ude00\""),
		T("\"\\uD834\\uDd1e\""), T("\"\\u0001\""), T("\"\\uFFFF\""),
		T("\"\x7f\""), T("\"\xc2\x80\""), T("\"\xdf\xbf\""),
		T("\"\xe0\xa0\x80\""), T("\"\xed\x9f\xbf\""),
		T("\"\xee\x80\x80\""), T("\"\xef\xbb\xbf\""),
		T("\"\xef\xbf\xbf\""), T("\"\xf0\x90\x80\x80\""),
		T("\"\xf4\x8f\xbf\xbf\""), T("\"Привет, мир\""),
		T("\"1234567\""), T("\"12345678\""), T("\"123456789\""),
		T("{\"a\":1,\"A\":2}"), T("{\"a\":{\"a\":{\"a\":1}}}"),
		T("[{\"a\":1},{\"a\":1}]"), T("{\"a\":1,\"a \":2,\"\":3}"),
		T("{\"\\u0061b\":1,\"a\":2,\"b\":3}"),
		T("\"[{]},:\""), T("{\"a}\":\"]\"}"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
		check_is(TEXTS[i], 0, "");
}

static void
test_refused(void **state)
{
	static const struct refused CASES[] = {
		{ T(""), "syntax", 0 }, { T("  \n"), "syntax", 3 },
		{ T("{"), "syntax", 1 }, { T("["), "syntax", 1 },
		{ T("}"), "syntax", 0 }, { T("]"), "syntax", 0 },
		{ T("[1"), "syntax", 2 }, { T("[1,"), "syntax", 3 },
		{ T("[1,]"), "syntax", 3 }, { T("[,1]"), "syntax", 1 },
		{ T("[1 2]"), "syntax", 3 }, { T("[1}"), "syntax", 2 },
		{ T("{]"), "syntax", 1 }, { T("[1,,2]"), "syntax", 3 },
		{ T("{\"a\"}"), "syntax", 4 }, { T("{\"a\":}"), "syntax", 5 },
		{ T("{\"a\":1,}"), "syntax", 7 }, { T("{,}"), "syntax", 1 },
		{ T("{\"a\" 1}"), "syntax", 5 }, { T("{a:1}"), "syntax", 1 },
		{ T("{1:1}"), "syntax", 1 }, { T("{'a':1}"), "syntax", 1 },
		{ T("{\"a\":1 \"b\":2}"), "syntax", 7 },
		{ T("{\"a\":1]"), "syntax", 6 }, { T("{\"a\""), "syntax", 4 },
		{ T("{\"a\":1"), "syntax", 6 }, { T("{\"a\":"), "syntax", 5 },
		{ T("tru"), "syntax", 0 }, { T("True"), "syntax", 0 },
		{ T("nul"), "syntax", 0 }, { T("NaN"), "syntax", 0 },
		{ T("Infinity"), "syntax", 0 }, { T("-Infinity"), "syntax", 1 },
		{ T("fals"), "syntax", 0 }, { T("undefined"), "syntax", 0 },
		{ T("truee"), "trailing", 4 }, { T("1 2"), "trailing", 2 },
		{ T("{}{}"), "trailing", 2 }, { T("[] x"), "trailing", 3 },
		{ T("{}\0"), "trailing", 2 }, { T("{}/**/"), "trailing", 2 },
		{ T("// x\n1"), "syntax", 0 }, { T("\v1"), "syntax", 0 },
		{ T("\xc2\xa0" "1"), "syntax", 0 }, { T("\0"), "syntax", 0 },
		{ T("01"), "trailing", 1 }, { T("-01"), "trailing", 2 },
		{ T("-"), "syntax", 1 }, { T("+1"), "syntax", 0 },
		{ T(".5"), "syntax", 0 }, { T("1."), "syntax", 2 },
		{ T("1.e1"), "syntax", 2 }, { T("1e"), "syntax", 2 },
		{ T("1e+"), "syntax", 3 }, { T("1e1.5"), "trailing", 3 },
		{ T("0x10"), "trailing", 1 }, { T("1_000"), "trailing", 1 },
		{ T("- 1"), "syntax", 1 }, { T("--1"), "syntax", 1 },
		{ T("\""), "syntax", 1 }, { T("\"abc"), "syntax", 4 },
		{ T("\"\\"), "syntax", 1 }, { T("\"\\\""), "syntax", 3 },
		{ T("'a'"), "syntax", 0 }, { T("\"\\x\""), "syntax", 1 },
		{ T("\"\\\0\""), "syntax", 1 }, { T("\"\\'\""), "syntax", 1 },
		{ T("\"\\u\""), "syntax", 1 }, { T("\"\\u12\""), "syntax", 1 },
		{ T("\"\\u12G4\""), "syntax", 1 },
		{ T("\"\\U0041\""), "syntax", 1 },
		{ T("\"\\u123"), "syntax", 1 },
		{ T("\"a\nb\""), "syntax", 2 }, { T("\"\t\""), "syntax", 1 },
		{ T("\"12345678\x1f\""), "syntax", 9 },
		{ T("\"a\0b\""), "nul", 2 }, { T("\"\\u0000\""), "nul", 1 },
		{ T("{\"a\\u0000\":1}"), "nul", 3 },
		{ T("\"\\ud800\""), "surrogate", 1 },
		{ T("\"\\udc00\""), "surrogate", 1 },
		{ T("\"x\\ud800x\""), "surrogate", 2 },
		{ T("\"\\ud800\\n\""), "surrogate", 1 },
		{ T("\"\\ud800\\u0041\""), "surrogate", 1 },
		{ T("\"\\ud800\\ud800\""), "surrogate", 1 },
		{ T("\"\\ude00\\ud83d\""), "surrogate", 1 },
		{ T("\"\\ud83d\\ude0"), "surrogate", 1 },
		{ T("\xef\xbb\xbf{}"), "utf8", 0 },
		{ T("\xef\xbb{}"), "syntax", 0 },
		{ T("\xff\xfe{\0}\0"), "syntax", 0 },
		{ T("\"\x80\""), "utf8", 1 }, { T("\"\xff\""), "utf8", 1 },
		{ T("\"\xc0\xaf\""), "utf8", 1 },
		{ T("\"\xc1\xbf\""), "utf8", 1 },
		{ T("\"\xe0\x9f\xbf\""), "utf8", 1 },
		{ T("\"\xf0\x8f\xbf\xbf\""), "utf8", 1 },
		{ T("\"\xed\xa0\x80\""), "utf8", 1 },
		{ T("\"\xed\xbf\xbf\""), "utf8", 1 },
		{ T("\"\xf4\x90\x80\x80\""), "utf8", 1 },
		{ T("\"\xf5\x80\x80\x80\""), "utf8", 1 },
		{ T("\"\xd0\""), "utf8", 1 }, { T("\"\xe2\x82\""), "utf8", 1 },
		{ T("\"\xf0\x9f\x98\""), "utf8", 1 },
		{ T("\"\xe2(\xa1\""), "utf8", 1 }, { T("\"\xd0"), "utf8", 1 },
		{ T("\"\xd0\x9f\xd1"), "utf8", 3 },
		{ T("\"ab\xd0\x9f\xc0\x80\""), "utf8", 5 },
		{ T("{\"a\":1,\"a\":2}"), "duplicate_key", 7 },
		{ T("{\"\":1,\"\":2}"), "duplicate_key", 6 },
		{ T("{\"a\":1,\"\\u0061\":2}"), "duplicate_key", 7 },
		{ T("{\"\\u0061\":1,\"a\":2}"), "duplicate_key", 12 },
		{ T("{\"\\/\":1,\"/\":2}"), "duplicate_key", 8 },
		{ T("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), "duplicate_key", 12 },
		{ T("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
		    "duplicate_key", 18 },
		{ T("[{\"x\":{\"a\":1},\"b\":{\"c\":1,\"c\":1}}]"),
		    "duplicate_key", 25 },
		{ T("{\"a\":{\"a\":1,\"b\":2},\"b\":3,\"a\":4}"),
		    "duplicate_key", 25 },
	};
	struct scan_error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		check_is(CASES[i].text, ERR_SYNTAX, CASES[i].code);
		assert_int_equal(check(CASES[i].text, &error), ERR_SYNTAX);
		if (error.offset != CASES[i].offset)
			fail_msg("%s: offset %zu, expected %zu",
			    CASES[i].text.p, error.offset, CASES[i].offset);
	}
}

/* A good text has no good beginning but itself (none of these is a number). */
static void
test_truncated(void **state)
{
	static const char TEXT[] = "{\"ключ\":[1,-2.5e+3,true,null,\"\\u00e9"
	    "\\ud83d\\ude00 текст\\n\"],\"b\":{\"c\":{}}}";
	struct scan_error error;
	size_t len;

	(void)state;
	assert_int_equal(check(span_of(TEXT), &error), 0);
	for (len = 0; len < sizeof(TEXT) - 1; len++)
		assert_int_equal(check((struct span){ TEXT, len }, &error),
		    ERR_SYNTAX);
}

/* Every bad byte is found at every place of the eight-byte steps. */
static void
test_alignment(void **state)
{
	static const struct {
		char byte;
		const char *code;
	} BAD[] = { { '\x1f', "syntax" }, { '\0', "nul" }, { '\x80', "utf8" },
		{ '\xff', "utf8" }, { '\x01', "syntax" } };
	struct scan_error error;
	char text[64];
	size_t at, i, len;

	(void)state;
	for (len = 3; len < 40; len++)
		for (at = 1; at + 1 < len; at++)
			for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
				memset(text, 'x', len);
				text[0] = text[len - 1] = '"';
				text[at] = BAD[i].byte;
				assert_int_equal(check((struct span){ text,
				    len }, &error), ERR_SYNTAX);
				assert_string_equal(code_of(error.flaw), BAD[i].code);
				assert_int_equal(error.offset, at);
				text[at] = '!';
				assert_int_equal(check((struct span){ text,
				    len }, &error), 0);
			}
}

static void
add_times(struct buf *b, const char *s, size_t n)
{
	while (n-- > 0)
		buf_str(b, s);
}

static void
test_depth(void **state)
{
	struct buf b = BUF_INIT(BIG);

	(void)state;
	add_times(&b, "[", SCAN_DEPTH);
	add_times(&b, "]", SCAN_DEPTH);
	check_is(buf_as_span(&b), 0, "");
	buf_reset(&b);
	add_times(&b, "[", SCAN_DEPTH + 1);
	add_times(&b, "]", SCAN_DEPTH + 1);
	check_is(buf_as_span(&b), ERR_TOO_BIG, "depth");
	buf_reset(&b);
	add_times(&b, "{\"a\":", SCAN_DEPTH);
	buf_str(&b, "1");
	add_times(&b, "}", SCAN_DEPTH);
	check_is(buf_as_span(&b), 0, "");
	buf_reset(&b);
	add_times(&b, "[", 100000);
	check_is(buf_as_span(&b), ERR_TOO_BIG, "depth");
	buf_reset(&b);
	add_times(&b, "{\"a\":", 100000);
	check_is(buf_as_span(&b), ERR_TOO_BIG, "depth");
	/* Side by side is not deep. */
	buf_reset(&b);
	buf_str(&b, "[[]");
	add_times(&b, ",[{}]", 100000);
	buf_str(&b, "]");
	check_is(buf_as_span(&b), 0, "");
	assert_int_equal(buf_err(&b), 0);
	buf_free(&b);
}

static void
test_long_strings(void **state)
{
	static const char *const PIECES[] = { "a", "ы", "\\n", "\\u00e9", "😀",
		"\\\\", "a б" };
	struct buf b = BUF_INIT(BIG);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(PIECES) / sizeof(PIECES[0]); i++) {
		buf_reset(&b);
		buf_str(&b, "\"");
		add_times(&b, PIECES[i], (1 << 20) / strlen(PIECES[i]));
		check_is(buf_as_span(&b), ERR_SYNTAX, "syntax");
		buf_str(&b, "\"");
		check_is(buf_as_span(&b), 0, "");
	}
	buf_reset(&b);
	add_times(&b, "9", 131073);
	check_is(buf_as_span(&b), 0, "");
	buf_free(&b);
}

/* An object of n members "PREFIX<i>"; twice the member dup when dup < n. */
static void
add_object(struct buf *b, const char *prefix, size_t n, size_t dup)
{
	size_t i;

	buf_str(b, "{");
	for (i = 0; i < n; i++)
		buf_fmt(b, "%s\"%s%zu\":0", i ? "," : "", prefix, i);
	if (dup < n)
		buf_fmt(b, ",\"%s%zu\":0", prefix, dup);
	buf_str(b, "}");
}

static void
test_members(void **state)
{
	static const size_t SIZES[] = { 1, 2, 31, 32, 33, 34, 127, 128, 129,
		300, SCAN_MEMBERS - 1 };
	static const char *const PREFIXES[] = { "", "\\u0061", "utm_и" };
	struct buf b = BUF_INIT(BIG);
	struct scan_error error;
	size_t i, j, last;

	(void)state;
	for (i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
		for (j = 0; j < 3; j++) {
			last = SIZES[i] - 1;
			buf_reset(&b);
			add_object(&b, PREFIXES[j], SIZES[i], SIZE_MAX);
			check_is(buf_as_span(&b), 0, "");
			buf_reset(&b);
			add_object(&b, PREFIXES[j], SIZES[i], 0);
			check_is(buf_as_span(&b), ERR_SYNTAX, "duplicate_key");
			buf_reset(&b);
			add_object(&b, PREFIXES[j], SIZES[i], last);
			assert_int_equal(check(buf_as_span(&b), &error),
			    ERR_SYNTAX);
			assert_string_equal(code_of(error.flaw), "duplicate_key");
			/* The second of the two, at its quote. */
			assert_true(strrchr(b.p, ',') + 1 ==
			    b.p + error.offset);
		}
	}
	buf_reset(&b);
	add_object(&b, "k", SCAN_MEMBERS, SIZE_MAX);
	check_is(buf_as_span(&b), 0, "");
	buf_reset(&b);
	add_object(&b, "k", SCAN_MEMBERS + 1, SIZE_MAX);
	check_is(buf_as_span(&b), ERR_TOO_BIG, "members");
	buf_free(&b);
}

/* Escaped and plain spellings of one key in an object that is sorted. */
static void
test_members_escaped(void **state)
{
	struct buf b = BUF_INIT(BIG);

	(void)state;
	add_object(&b, "key", 100, SIZE_MAX);
	b.len--;
	buf_str(&b, ",\"k\\u0065y57\":1}");
	check_is(buf_as_span(&b), ERR_SYNTAX, "duplicate_key");
	/* Nested objects give their parents' keys back untouched. */
	buf_reset(&b);
	buf_str(&b, "{\"x\":");
	add_object(&b, "x", 200, SIZE_MAX);
	buf_str(&b, ",\"y\":");
	add_object(&b, "x", 200, SIZE_MAX);
	buf_str(&b, ",\"x\":1}");
	check_is(buf_as_span(&b), ERR_SYNTAX, "duplicate_key");
	buf_free(&b);
}

static void
test_no_memory(void **state)
{
	struct buf b = BUF_INIT(BIG);
	int left;

	(void)state;
	add_object(&b, "k", 1000, SIZE_MAX);
	for (left = 0; left < 3; left++) {
		realloc_left = left;
		check_is(buf_as_span(&b), ERR_NOMEM, "memory");
	}
	realloc_left = 3;
	check_is(buf_as_span(&b), 0, "");
	/* Events of the usual size need none. */
	buf_reset(&b);
	realloc_left = -1;
	add_object(&b, "k", 128, SIZE_MAX);
	realloc_left = 0;
	check_is(buf_as_span(&b), 0, "");
	realloc_left = -1;
	buf_free(&b);
}

/* Generous: these take a millisecond or ten, a quadratic scanner minutes. */
static void
test_time(void **state)
{
	struct buf b = BUF_INIT(BIG);
	char prefix[257];
	int64_t start = clock_mono_us();
	size_t i;

	(void)state;
	add_object(&b, "k", 100000, SIZE_MAX);
	check_is(buf_as_span(&b), ERR_TOO_BIG, "members");
	/* The dearest keys: long, alike, escaped. */
	memset(prefix, 'p', 256);
	prefix[256] = '\0';
	memcpy(prefix + 200, "\\u0061", 6);
	buf_reset(&b);
	add_object(&b, prefix, SCAN_MEMBERS, SIZE_MAX);
	check_is(buf_as_span(&b), 0, "");
	/* Many objects as large as may be. */
	buf_reset(&b);
	buf_str(&b, "[");
	for (i = 0; i < 25; i++) {
		buf_str(&b, i ? "," : "");
		add_object(&b, "", SCAN_MEMBERS, SIZE_MAX);
	}
	buf_str(&b, "]");
	check_is(buf_as_span(&b), 0, "");
	buf_free(&b);
	assert_true(clock_mono_us() - start < 5 * 1000000);
}

static void
test_value_without_blanks(void **state)
{
	(void)state;
	span_is_text(proven(" \n{ \"a\" : 1 }\t"), "{ \"a\" : 1 }");
	span_is_text(proven("\t-1.50e3\n"), "-1.50e3");
	span_is_text(proven(" \" x \" "), "\" x \"");
}

static void
test_types(void **state)
{
	(void)state;
	assert_int_equal(scan_type(proven("{}")), SCAN_OBJECT);
	assert_int_equal(scan_type(proven("[]")), SCAN_ARRAY);
	assert_int_equal(scan_type(proven("\"\"")), SCAN_STRING);
	assert_int_equal(scan_type(proven("-1")), SCAN_NUMBER);
	assert_int_equal(scan_type(proven("7")), SCAN_NUMBER);
	assert_int_equal(scan_type(proven("true")), SCAN_TRUE);
	assert_int_equal(scan_type(proven("false")), SCAN_FALSE);
	assert_int_equal(scan_type(proven("null")), SCAN_NULL);
	assert_int_equal(scan_type((struct span){ NULL, 0 }), SCAN_NONE);
}

static void
test_iterate(void **state)
{
	static const char *const KEYS[] = { "\"a\"", "\"b\\\"}\"", "\"c\"",
		"\"d\"", "\"e\"" };
	static const char *const VALUES[] = { "1", "[ {\"x\":\"]\"} ,2]",
		"\"\\\\\"", "{ }", "null" };
	struct span object = proven("{ \"a\":1 ,\"b\\\"}\" : "
	    "[ {\"x\":\"]\"} ,2],\"c\":\"\\\\\",\"d\":{ },\"e\":null}");
	struct span array = proven("[1 ,\"a,b\", [2,3] ,false]");
	struct span key, value;
	struct scan_iter it = { 0 };
	size_t n;

	(void)state;
	for (n = 0; scan_next(&it, object, &key, &value); n++) {
		assert_true(n < 5);
		span_is_text(key, KEYS[n]);
		span_is_text(value, VALUES[n]);
	}
	assert_int_equal(n, 5);
	assert_false(scan_next(&it, object, &key, &value));
	it = (struct scan_iter){ 0 };
	assert_true(scan_next(&it, array, &key, &value));
	assert_null(key.p);
	span_is_text(value, "1");
	assert_true(scan_next(&it, array, &key, &value));
	span_is_text(value, "\"a,b\"");
	assert_true(scan_next(&it, array, &key, &value));
	span_is_text(value, "[2,3]");
	assert_true(scan_next(&it, array, &key, &value));
	span_is_text(value, "false");
	assert_false(scan_next(&it, array, &key, &value));
	it = (struct scan_iter){ 0 };
	assert_false(scan_next(&it, proven("[ ]"), &key, &value));
	it = (struct scan_iter){ 0 };
	assert_false(scan_next(&it, proven("{}"), &key, &value));
	it = (struct scan_iter){ 0 };
	assert_false(scan_next(&it, proven("\"[1]\""), &key, &value));
}

static void
test_get(void **state)
{
	struct span o = proven("{\"a\":{\"b\":{\"c\":12.50}},\"x\\u0079\":2,"
	    "\"n\":null,\"l\":[1]}");

	(void)state;
	span_is_text(scan_get(o, "xy"), "2");
	span_is_text(scan_get(o, "n"), "null");
	assert_null(scan_get(o, "b").p);
	assert_null(scan_get(o, "").p);
	assert_null(scan_get(o, "x").p);
	assert_null(scan_get(o, "xyz").p);
	span_is_text(scan_path(o, "a.b.c"), "12.50");
	span_is_text(scan_path(o, "a.b"), "{\"c\":12.50}");
	span_is_text(scan_path(o, "l"), "[1]");
	assert_null(scan_path(o, "a.c").p);
	assert_null(scan_path(o, "n.a").p);
	assert_null(scan_path(o, "xy.a").p);
	assert_null(scan_path(o, "l.0").p);
	assert_null(scan_path(proven("[]"), "a").p);
}

static void
test_unescape(void **state)
{
	struct span s = proven("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"
	    "\\u20ac\\ud83d\\ude00\\u0001я\"");
	static const char WANT[] = "a\"\\/\b\f\n\r\tAé€😀\001я";
	struct buf b = BUF_INIT(1000);

	(void)state;
	scan_unescape(s, &b);
	assert_string_equal(buf_cstr(&b), WANT);
	assert_true(scan_string_is(s, WANT));
	assert_false(scan_string_is(s, "a"));
	assert_false(scan_string_is(s, ""));
	buf_chr(&b, 'x');
	assert_false(scan_string_is(s, buf_cstr(&b)));
	buf_reset(&b);
	scan_unescape(proven("\"\""), &b);
	assert_string_equal(buf_cstr(&b), "");
	assert_true(scan_string_is(proven("\"\""), ""));
	assert_true(scan_string_is(proven("\"да\""), "да"));
	buf_free(&b);
}

static void
test_compact(void **state)
{
	struct span v = proven(" { \"a b\" :\t[ 1 , 2.50 ,\r\n\"x \\\" y\" ] ,"
	    " \"\\u0041\" : { } , \"e\" : 1E+05 } ");
	struct buf b = BUF_INIT(1000), small = BUF_INIT(5);

	(void)state;
	scan_compact(v, &b);
	assert_string_equal(buf_cstr(&b), "{\"a b\":[1,2.50,\"x \\\" y\"],"
	    "\"\\u0041\":{},\"e\":1E+05}");
	buf_reset(&b);
	scan_compact(proven("\" \""), &b);
	assert_string_equal(buf_cstr(&b), "\" \"");
	scan_compact(v, &small);
	assert_int_equal(buf_err(&small), ERR_TOO_BIG);
	buf_free(&small);
	buf_free(&b);
}

static void
test_flaws_in_words(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < SCAN_FLAWS; i++) {
		assert_non_null(scan_flaw_en((enum scan_flaw)i));
		assert_non_null(scan_flaw_ru((enum scan_flaw)i));
		for (k = 0; k < i; k++) {
			assert_string_not_equal(scan_flaw_en((enum scan_flaw)i),
			    scan_flaw_en((enum scan_flaw)k));
			assert_string_not_equal(scan_flaw_ru((enum scan_flaw)i),
			    scan_flaw_ru((enum scan_flaw)k));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_members_escaped),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_value_without_blanks),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_iterate),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_compact),
		cmocka_unit_test(test_flaws_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
