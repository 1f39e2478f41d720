/*
 * Mappings filled in: every kind of value as JSON and as pairs, names with
 * brackets, and what happens when there is no room.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hook/mapping.h"
#include "hook/parameter.h"
#include "hook/webhook.h"
#include "hook_fixture.h"

static const struct parameter *
parameter(enum service service, const char *id)
{
	const struct parameter *p = parameter_find(service, span_of(id));

	assert_non_null(p);
	return p;
}

/* The call whose data it is; good until the next. */
static const struct parameter_call *
call_of(struct span data)
{
	static struct parameter_call call;

	call = (struct parameter_call){ SERVICE_CALLTRACKING, EVENT_CALL_END,
		SPAN("1337486"), data };
	return &call;
}

/* One CallTracking parameter under one name; compares JSON, form, query. */
static void
one_is(const char *name, const char *data, const char *json, const char *form,
    const char *query)
{
	struct mapping_item item = { .name = (char *)(uintptr_t)name,
		.parameter = parameter(SERVICE_CALLTRACKING, "host") };
	struct span proven = fixture_proven(span_of(data));
	struct buf b = BUF_INIT(10000);

	mapping_json(&item, 1, call_of(proven), &b);
	assert_string_equal(buf_cstr(&b), json);
	buf_reset(&b);
	mapping_pairs(&item, 1, call_of(proven), true, &b);
	assert_string_equal(buf_cstr(&b), form);
	buf_reset(&b);
	mapping_pairs(&item, 1, call_of(proven), false, &b);
	assert_string_equal(buf_cstr(&b), query);
	assert_int_equal(buf_err(&b), 0);
	buf_free(&b);
}

static void
test_scalars(void **state)
{
	(void)state;
	one_is("h", "{\"host\":\"a b\"}", "{\"h\":\"a b\"}", "h=a+b",
	    "h=a%20b");
	one_is("h", "{\"host\":\"\"}", "{\"h\":\"\"}", "h=", "h=");
	one_is("h", "{\"host\": null }", "{\"h\":null}", "h=", "h=");
	one_is("h", "{}", "{\"h\":null}", "h=", "h=");
	one_is("h", "{\"host\":true}", "{\"h\":true}", "h=1", "h=1");
	one_is("h", "{\"host\":false}", "{\"h\":false}", "h=0", "h=0");
	one_is("h", "{\"host\":-0.50e10}", "{\"h\":-0.50e10}",
	    "h=-0.50e10", "h=-0.50e10");
	one_is("h", "{\"host\":1E+400}", "{\"h\":1E+400}", "h=1E%2B400",
	    "h=1E%2B400");
	one_is("h", "{\"host\":123456789012345678901234567890}",
	    "{\"h\":123456789012345678901234567890}",
	    "h=123456789012345678901234567890",
	    "h=123456789012345678901234567890");
	one_is("h", "{\"host\":\"-._~&=+%/?#[]\"}",
	    "{\"h\":\"-._~&=+%/?#[]\"}",
	    "h=-._~%26%3D%2B%25%2F%3F%23%5B%5D",
	    "h=-._~%26%3D%2B%25%2F%3F%23%5B%5D");
}

/* JSON keeps escapes as received; pairs carry what they mean. */
static void
test_escapes(void **state)
{
	(void)state;
	one_is("h", "{\"host\":\"\\u041b\\\"\\/\\ud83d\\ude00\\n\"}",
	    "{\"h\":\"\\u041b\\\"\\/\\ud83d\\ude00\\n\"}",
	    "h=%D0%9B%22%2F%F0%9F%98%80%0A",
	    "h=%D0%9B%22%2F%F0%9F%98%80%0A");
	one_is("h", "{\"h\\u006fst\":\"Лето\"}", "{\"h\":\"Лето\"}",
	    "h=%D0%9B%D0%B5%D1%82%D0%BE", "h=%D0%9B%D0%B5%D1%82%D0%BE");
}

static void
test_names(void **state)
{
	(void)state;
	one_is("fields[PHONE][0][VALUE]", "{\"host\":1}",
	    "{\"fields\":{\"PHONE\":[{\"VALUE\":1}]}}",
	    "fields%5BPHONE%5D%5B0%5D%5BVALUE%5D=1",
	    "fields%5BPHONE%5D%5B0%5D%5BVALUE%5D=1");
	one_is("имя \"x\"\\", "{\"host\":1}", "{\"имя \\\"x\\\"\\\\\":1}",
	    "%D0%B8%D0%BC%D1%8F+%22x%22%5C=1",
	    "%D0%B8%D0%BC%D1%8F%20%22x%22%5C=1");
	one_is("a&b=c", "{\"host\":1}", "{\"a&b=c\":1}", "a%26b%3Dc=1",
	    "a%26b%3Dc=1");
}

static void
test_nested(void **state)
{
	(void)state;
	one_is("u", "{\"host\": { \"src\" : \"a b\", \"n\": [1, [2, null]],"
	    " \"e\":{}, \"f\":[ ], \"k 1\":{\"x\":true} } }",
	    "{\"u\":{\"src\":\"a b\",\"n\":[1,[2,null]],\"e\":{},\"f\":[],"
	    "\"k 1\":{\"x\":true}}}",
	    "u%5Bsrc%5D=a+b&u%5Bn%5D%5B0%5D=1&u%5Bn%5D%5B1%5D%5B0%5D=2&"
	    "u%5Bn%5D%5B1%5D%5B1%5D=&u%5Be%5D=&u%5Bf%5D=&"
	    "u%5Bk+1%5D%5Bx%5D=1",
	    "u%5Bsrc%5D=a%20b&u%5Bn%5D%5B0%5D=1&u%5Bn%5D%5B1%5D%5B0%5D=2&"
	    "u%5Bn%5D%5B1%5D%5B1%5D=&u%5Be%5D=&u%5Bf%5D=&"
	    "u%5Bk%201%5D%5Bx%5D=1");
	one_is("u", "{\"host\":{}}", "{\"u\":{}}", "u=", "u=");
	one_is("u", "{\"host\":[]}", "{\"u\":[]}", "u=", "u=");
	one_is("u", "{\"host\":{\"\":1,\"\\u005d\":2}}",
	    "{\"u\":{\"\":1,\"\\u005d\":2}}",
	    "u%5B%5D=1&u%5B%5D%5D=2", "u%5B%5D=1&u%5B%5D%5D=2");
}

static void
test_order_and_constants(void **state)
{
	char a[] = "z", b[] = "a", c[] = "same", d[] = "again", e[] = "m";
	const struct parameter *pgs = parameter(SERVICE_CALLKEEPER, "pgs");
	char text[] = "Звонок \"1\"\n& co", empty[] = "";
	const struct mapping_item items[] = {
		{ .name = a, .parameter = parameter(SERVICE_CALLKEEPER, "id") },
		{ .name = b, .text = text },
		{ .name = c, .parameter = pgs },
		{ .name = d, .parameter = pgs },
		{ .name = e, .text = empty },
	};
	struct span data = fixture_proven(SPAN("{\"visit_info\":{\"session\":"
	    "{\"pgs\":3}},\"id\":7}"));
	struct buf out = BUF_INIT(1000);

	(void)state;
	mapping_json(items, 5, call_of(data), &out);
	assert_string_equal(buf_cstr(&out), "{\"z\":7,"
	    "\"a\":\"Звонок \\\"1\\\"\\n& co\",\"same\":3,\"again\":3,"
	    "\"m\":\"\"}");
	buf_reset(&out);
	mapping_pairs(items, 5, call_of(data), false, &out);
	assert_string_equal(buf_cstr(&out),
	    "z=7&a=%D0%97%D0%B2%D0%BE%D0%BD%D0%BE%D0%BA%20%221%22%0A%26%20co&"
	    "same=3&again=3&m=");
	buf_free(&out);
}

static void
test_none(void **state)
{
	struct span data = fixture_proven(SPAN("{\"a\":1}"));
	struct buf out = BUF_INIT(1000);

	(void)state;
	mapping_json(NULL, 0, call_of(data), &out);
	assert_string_equal(buf_cstr(&out), "{}");
	buf_reset(&out);
	mapping_pairs(NULL, 0, call_of(data), true, &out);
	assert_string_equal(buf_cstr(&out), "");
	buf_free(&out);
}

static void
test_all(void **state)
{
	struct buf out = BUF_INIT(1000);

	(void)state;
	mapping_all_pairs(fixture_proven(SPAN("{ \"a b\":{\"c\":[1,\"x\"]},"
	    "\"n\":null,\"\\u0442\":\" \"}")), true, &out);
	assert_string_equal(buf_cstr(&out),
	    "a+b%5Bc%5D%5B0%5D=1&a+b%5Bc%5D%5B1%5D=x&n=&%D1%82=+");
	buf_reset(&out);
	mapping_all_pairs(fixture_proven(SPAN("{}")), true, &out);
	assert_string_equal(buf_cstr(&out), "");
	buf_free(&out);
}

/* Whatever the place where it gets tight, the caller is told. */
static void
test_no_room(void **state)
{
	char a[] = "name", b[] = "other", text[] = "constant";
	const struct mapping_item items[] = {
		{ .name = a, .parameter = parameter(SERVICE_CALLKEEPER,
		    "visit_info") },
		{ .name = b, .text = text },
	};
	struct span data = fixture_proven(SPAN("{\"visit_info\":{\"a\":"
	    "[1,{\"key\":\"long \\u0041 value\"}],\"b\":\"\"}}"));
	struct buf full = BUF_INIT(1000), out;
	size_t max, len[3];
	int form;

	(void)state;
	mapping_json(items, 2, call_of(data), &full);
	len[0] = full.len;
	buf_reset(&full);
	mapping_pairs(items, 2, call_of(data), true, &full);
	len[1] = full.len;
	buf_reset(&full);
	mapping_all_pairs(data, true, &full);
	len[2] = full.len;
	for (form = 0; form < 3; form++) {
		for (max = 0; max <= len[form]; max++) {
			buf_init(&out, max);
			if (form == 0)
				mapping_json(items, 2, call_of(data), &out);
			else if (form == 1)
				mapping_pairs(items, 2, call_of(data), true, &out);
			else
				mapping_all_pairs(data, true, &out);
			assert_int_equal(buf_err(&out),
			    max < len[form] ? ERR_TOO_BIG : 0);
			buf_free(&out);
		}
	}
	buf_free(&full);
}

/* A long key times many values stops at the maximum. */
static void
test_amplification(void **state)
{
	char a[] = "n";
	const struct mapping_item item = { .name = a,
		.parameter = parameter(SERVICE_CALLTRACKING, "host") };
	struct buf data = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	int i;

	(void)state;
	buf_str(&data, "{\"host\":{\"");
	for (i = 0; i < 100000; i++)
		buf_chr(&data, 'k');
	buf_str(&data, "\":[0");
	for (i = 0; i < 50000; i++)
		buf_str(&data, ",0");
	buf_str(&data, "]}}");
	mapping_pairs(&item, 1, call_of(fixture_proven(buf_as_span(&data))), true,
	    &out);
	assert_int_equal(buf_err(&out), ERR_TOO_BIG);
	assert_true(out.len <= 1 << 20);
	buf_free(&out);
	buf_free(&data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_order_and_constants),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_amplification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
