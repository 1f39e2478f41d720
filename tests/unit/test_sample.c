/*
 * Invented calls say what the platform's sample calls say, and the PHP scripts
 * beside them look where PHP puts the values.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hook/parameter.h"
#include "hook/sample.h"
#include "hook/snippet.h"
#include "hook/webhook.h"
#include "hook_fixture.h"

/* Every parameter of the sample has the value that the fixture has. */
static void
sample_is(enum service service, enum event_kind kind, const char *fixture)
{
	struct buf sample = BUF_INIT(1 << 20), text, a, b;
	const struct parameter *list;
	struct span data, wanted;
	size_t i, n;

	fixture_load(fixture, &text);
	wanted = fixture_proven(buf_as_span(&text));
	sample_data(service, kind, &sample);
	assert_int_equal(buf_err(&sample), 0);
	data = fixture_proven(buf_as_span(&sample));
	list = parameter_list(service, &n);
	for (i = 0; i < n; i++) {
		if (list[i].extension)
			continue;
		buf_init(&a, 1 << 20);
		buf_init(&b, 1 << 20);
		assert_non_null(scan_path(data, list[i].path).p);
		scan_compact(scan_path(data, list[i].path), &a);
		scan_compact(scan_path(wanted, list[i].path), &b);
		assert_string_equal(buf_cstr(&a), buf_cstr(&b));
		buf_free(&a);
		buf_free(&b);
	}
	buf_free(&sample);
	buf_free(&text);
}

/* What an extension is in the sample of a call. */
static void
extension_is(enum service service, enum event_kind kind, const char *id,
    const char *want)
{
	const struct parameter *p = parameter_find(service, span_of(id));
	struct buf sample = BUF_INIT(1 << 20), scratch = BUF_INIT(1 << 20);
	struct parameter_call call = { service, kind, SPAN(SAMPLE_CALL_ID),
		{ NULL, 0 } };

	assert_non_null(p);
	assert_true(p->extension);
	sample_data(service, kind, &sample);
	call.data = fixture_proven(buf_as_span(&sample));
	fixture_span_is(parameter_value(p, SPAN(""), &call, &scratch), want);
	buf_free(&scratch);
	buf_free(&sample);
}

static void
test_extensions(void **state)
{
	static const enum service both[] = { SERVICE_CALLTRACKING,
		SERVICE_CALLKEEPER };
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		extension_is(both[i], EVENT_CALL_START, "call_id",
		    "\"1337486\"");
		extension_is(both[i], EVENT_CALL_START, "event",
		    "\"BEFORE_CALL_START\"");
		extension_is(both[i], EVENT_CALL_CHANGE, "event",
		    "\"CALL_CHANGED\"");
		extension_is(both[i], EVENT_CALL_START, "status_description",
		    "\"Звонок идёт в настоящий момент\"");
		extension_is(both[i], EVENT_CALL_END, "status_description",
		    "\"Успешный звонок. Всё прошло хорошо\"");
		extension_is(both[i], EVENT_CALL_START, "tags_list", "[]");
		extension_is(both[i], EVENT_CALL_END, "tags_list",
		    "[\"Целевой\",\"Тест-драйв\"]");
		extension_is(both[i], EVENT_CALL_CHANGE, "tags_list",
		    "[\"Целевой\",\"Тест-драйв\",\"Перезвонить\"]");
		extension_is(both[i], EVENT_CALL_END, "ya_clid",
		    "\"1718097100123456789\"");
		extension_is(both[i], EVENT_CALL_START, "unique", "null");
		extension_is(both[i], EVENT_CALL_END, "unique", "true");
		extension_is(both[i], EVENT_CALL_END, "target", "true");
	}
	extension_is(SERVICE_CALLTRACKING, EVENT_CALL_START, "site",
	    "\"avtosalon.example\"");
}

static void
test_samples(void **state)
{
	(void)state;
	sample_is(SERVICE_CALLTRACKING, EVENT_CALL_START, "ct_start.json");
	sample_is(SERVICE_CALLTRACKING, EVENT_CALL_END, "ct_end.json");
	sample_is(SERVICE_CALLKEEPER, EVENT_CALL_START, "ck_start.json");
	sample_is(SERVICE_CALLKEEPER, EVENT_CALL_END, "ck_end.json");
}

static void
line_is(const char *name, enum webhook_method method, const char *line)
{
	struct mapping_item item = { .name = (char *)(uintptr_t)name };
	struct webhook w = { .method = method, .items = &item, .items_n = 1,
		.content_type = WEBHOOK_JSON };
	struct buf out = BUF_INIT(4096);

	snippet_php(&w, false, &out);
	if (strstr(buf_cstr(&out), line) == NULL)
		fail_msg("no %s in %s", line, buf_cstr(&out));
	buf_free(&out);
}

static void
test_names(void **state)
{
	(void)state;
	line_is("a", WEBHOOK_GET, "$value1 = $data['a'] ?? null;\n");
	line_is("a.b c", WEBHOOK_GET, "$data['a_b_c'] ?? null; // PHP");
	line_is("a.b c", WEBHOOK_POST, "$data['a.b c'] ?? null;\n");
	line_is("a[b.c][]", WEBHOOK_GET, "$data['a']['b.c'][0] ?? null;\n");
	line_is("a[b]", WEBHOOK_POST, "$data['a']['b'] ?? null;\n");
	line_is("a.b[c d][][0]", WEBHOOK_POST,
	    "$data['a.b']['c d'][0]['0'] ?? null;\n");
	line_is("a[b", WEBHOOK_POST, "$data['a[b'] ?? null;\n");
	line_is("a[b]c", WEBHOOK_POST, "$data['a[b]c'] ?? null;\n");
	line_is("a[b", WEBHOOK_GET, "$data['a_b'] ?? null; // PHP");
	line_is(" a", WEBHOOK_GET, "$data['a'] ?? null; // PHP");
	line_is("[a]", WEBHOOK_POST, "$data['[a]'] ?? null;\n");
	line_is("[a]", WEBHOOK_GET, "$value1 = null; // PHP drops");
	line_is(" [a", WEBHOOK_GET, "$value1 = null; // PHP drops");
	line_is("'\\", WEBHOOK_POST, "$data['\\'\\\\'] ?? null;\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
