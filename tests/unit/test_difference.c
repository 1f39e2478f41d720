/*
 * The difference of two JSON documents.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/difference.h"
#include "core/buf.h"
#include "core/jsonx.h"

static void
finds_changes(void **state)
{
	static const char *const cases[][3] = {
		{ "{}", "{}", "[]" },
		{ "{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}", "[]" },
		{ "{\"a\":1}", "{\"a\":2}",
		    "[{\"pointer\":\"/a\",\"before\":1,\"after\":2}]" },
		{ "{\"a\":1}", "{\"b\":2}",
		    "[{\"pointer\":\"/a\",\"before\":1,\"after\":null},"
		    "{\"pointer\":\"/b\",\"before\":null,\"after\":2}]" },
		{ "{\"a\":{\"x/y\":1,\"z~\":2}}", "{\"a\":{\"x/y\":3,\"z~\":4}}",
		    "[{\"pointer\":\"/a/x~1y\",\"before\":1,\"after\":3},"
		    "{\"pointer\":\"/a/z~0\",\"before\":2,\"after\":4}]" },
		{ "{\"a\":[1,{\"b\":2}]}", "{\"a\":[1,{\"b\":3}]}",
		    "[{\"pointer\":\"/a/1/b\",\"before\":2,\"after\":3}]" },
		{ "{\"a\":[1]}", "{\"a\":[1,2]}",
		    "[{\"pointer\":\"/a\",\"before\":[1],\"after\":[1,2]}]" },
		{ "{\"a\":null}", "{}", "[]" },
	};
	json_t *before, *after, *out;
	struct buf b = BUF_INIT(1000);
	const char *why;
	size_t i, offset;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(jsonx_parse(span_of(cases[i][0]), &before, &why,
		    &offset), 0);
		assert_int_equal(jsonx_parse(span_of(cases[i][1]), &after, &why,
		    &offset), 0);
		out = difference(before, after);
		assert_non_null(out);
		buf_reset(&b);
		jsonx_write(&b, out);
		assert_string_equal(buf_cstr(&b), cases[i][2]);
		json_decref(out);
		json_decref(before);
		json_decref(after);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
