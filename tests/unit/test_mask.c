/*
 * What those who may only look are not shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/mask.h"
#include "core/buf.h"
#include "core/jsonx.h"

static void
masks_paths(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "/", "/" }, { "path/to/file.php", "path/to/file.php" },
		{ "/rest/1/a8f7c3d2e1b0/crm.lead.add.json",
		    "/rest/1/***/crm.lead.add.json" },
		{ "api/v2/webhook_calls/", "api/v2/webhook_calls/" },
		{ "services/T024BE7LD/B0ABC/XXaaYY", "services/***/***/***" },
		{ "hooks/550e8400-e29b-41d4-a716-446655440000", "hooks/***" },
		{ "2026/11", "2026/11" }, { "12345", "***" },
		{ "GET/Index.PHP", "GET/Index.PHP" }, { "aBcDef", "***" },
		{ "qwertyuiopasdfgh", "***" }, { "bot123:AAF", "***" },
		{ "xoxb-8271", "***" }, { "%D0%B0", "***" },
		{ "\xd0\xb0\xd0\xb1", "***" },
		{ "a?b=c", "a?b=***" }, { "a?b=c&d=e=f&g", "a?b=***&d=***&***" },
		{ "a?", "a?" }, { "a?token", "a?***" }, { "a?b=&c=1", "a?b=***&c=***" },
	};
	struct buf b = BUF_INIT(1000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		mask_path(span_of(cases[i][0]), &b);
		assert_string_equal(buf_cstr(&b), cases[i][1]);
	}
	buf_reset(&b);
	mask_url(span_of("https://mysite.ru:8443/hooks/s3cr3t77?x=y"), &b);
	assert_string_equal(buf_cstr(&b),
	    "https://mysite.ru:8443/hooks/***?x=***");
	buf_reset(&b);
	mask_url(span_of("https://mysite.ru"), &b);
	assert_string_equal(buf_cstr(&b), "https://mysite.ru");
	buf_reset(&b);
	mask_url(span_of("/hooks/s3cr3t77"), &b);
	assert_string_equal(buf_cstr(&b), "/hooks/***");
	buf_free(&b);
}

static void
masks_settings(void **state)
{
	struct buf b = BUF_INIT(2000);
	json_t *json;
	const char *why;
	size_t offset;

	(void)state;
	assert_int_equal(jsonx_parse(span_of("{\"origin\":\"https://a.ru\","
	    "\"path\":\"x/s3cr3t77\",\"params\":[{\"name\":\"a\",\"value\":"
	    "\"city\"},{\"name\":\"b\",\"text\":\"s\"},{\"name\":\"c\","
	    "\"template\":\"s{city}\"}],\"headers\":[{\"name\":\"X\","
	    "\"value\":\"s\"}],\"auth\":{\"type\":\"basic\",\"user\":\"u\"}}"),
	    &json, &why, &offset), 0);
	assert_int_equal(mask_settings(json), 0);
	jsonx_write(&b, json);
	assert_string_equal(buf_cstr(&b), "{\"origin\":\"https://a.ru\","
	    "\"path\":\"x/***\",\"params\":[{\"name\":\"a\",\"value\":"
	    "\"city\"},{\"name\":\"b\",\"text\":\"***\"},{\"name\":\"c\","
	    "\"template\":\"***\"}],\"headers\":[{\"name\":\"X\","
	    "\"value\":\"***\"}],\"auth\":{\"type\":\"basic\",\"user\":\"***\"}}");
	json_decref(json);
	/* Not what we know: left alone. */
	json = json_pack("{s:i, s:n, s:s}", "path", 1, "auth", "params", "x");
	assert_int_equal(mask_settings(json), 0);
	assert_int_equal(json_object_size(json), 3);
	json_decref(json);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_paths),
		cmocka_unit_test(masks_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
