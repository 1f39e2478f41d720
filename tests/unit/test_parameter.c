/*
 * The tables of preset parameters: complete, in the vendor's order, and true
 * to the sample events.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hook/parameter.h"
#include "hook_fixture.h"

static const char *const CALLTRACKING_IDS[] = { "record_url", "ip", "device",
	"host", "city", "region", "source_type", "utm_source",
	"client_number", "calltracking_number", "manager_number",
	"time_start", "duration", "dtmf_pressed", "call_status", "call_type",
	"company_name", "office_name", "user_id", "ga_clid", "country",
	"utm_medium", "utm_campaign", "utm_term", "utm_content",
	"site", "call_id", "event", "status_description", "tags_list",
	"ya_clid", "unique", "target" };
static const char *const CALLKEEPER_IDS[] = { "id", "visit_info", "current",
	"first", "pgs", "cpg", "vst", "uag", "status_code", "status_reason",
	"status2_code", "status2_reason", "ip", "country", "city", "region",
	"district", "site", "ga_clientid", "phone1", "phone2", "widget_hash",
	"duration_sec", "a_type", "asr_attempts", "attempt", "date",
	"date_timestamp", "duration_min", "event_source", "hook_event",
	"order_date", "playback_tick", "record_url", "roistat_visit", "tags",
	"ga_clid", "widget_name", "ya_clientid", "uip",
	"call_id", "event", "status_description", "tags_list", "ya_clid",
	"unique", "target" };

/* The type of a JSON text fits the type the table names. */
static void
type_fits(const struct parameter *p, const char *json, bool may_be_null)
{
	switch (scan_type(fixture_proven(span_of(json)))) {
	case SCAN_NULL:
		assert_true(may_be_null);
		break;
	case SCAN_STRING:
		assert_string_equal(p->type, "string");
		break;
	case SCAN_NUMBER:
		assert_string_equal(p->type, "integer");
		break;
	case SCAN_OBJECT:
		assert_string_equal(p->type, "object");
		break;
	case SCAN_ARRAY:
		assert_string_equal(p->type, "array");
		break;
	case SCAN_TRUE:
	case SCAN_FALSE:
		assert_string_equal(p->type, "boolean");
		break;
	default:
		fail_msg("%s: %s", p->id, json);
	}
}

static void
list_is(enum service service, const char *const *ids, size_t ids_n)
{
	const struct parameter *list;
	size_t i, n;

	list = parameter_list(service, &n);
	assert_int_equal(n, ids_n);
	for (i = 0; i < n; i++) {
		assert_string_equal(list[i].id, ids[i]);
		assert_ptr_equal(parameter_find(service, span_of(ids[i])),
		    &list[i]);
		type_fits(&list[i], list[i].example, list[i].nullable);
		type_fits(&list[i], list[i].blank, true);
		assert_true(strlen(list[i].ru) > 0);
		assert_true(strlen(list[i].en) > 0);
	}
}

static void
test_lists(void **state)
{
	(void)state;
	list_is(SERVICE_CALLTRACKING, CALLTRACKING_IDS, 33);
	list_is(SERVICE_CALLKEEPER, CALLKEEPER_IDS, 47);
	assert_int_equal(sizeof(CALLTRACKING_IDS) / sizeof(char *), 33);
	assert_int_equal(sizeof(CALLKEEPER_IDS) / sizeof(char *), 47);
	assert_null(parameter_find(SERVICE_CALLTRACKING, SPAN("pgs")));
	assert_null(parameter_find(SERVICE_CALLKEEPER, SPAN("duration")));
	assert_null(parameter_find(SERVICE_CALLKEEPER, SPAN("ID")));
	assert_null(parameter_find(SERVICE_CALLKEEPER, SPAN("")));
}

/* Every path leads to exactly the example. */
static void
examples_are_in(enum service service, const char *file)
{
	const struct parameter *list;
	struct buf text, compact = BUF_INIT(10000);
	struct span data, value;
	size_t i, n;

	fixture_load(file, &text);
	data = fixture_proven(buf_as_span(&text));
	list = parameter_list(service, &n);
	for (i = 0; i < n; i++) {
		if (list[i].extension)
			continue;
		value = scan_path(data, list[i].path);
		if (value.p == NULL)
			fail_msg("%s: no %s", file, list[i].path);
		buf_reset(&compact);
		scan_compact(value, &compact);
		assert_string_equal(buf_cstr(&compact), list[i].example);
	}
	buf_free(&compact);
	buf_free(&text);
}

static void
test_examples(void **state)
{
	(void)state;
	examples_are_in(SERVICE_CALLKEEPER, "ck_end.json");
	examples_are_in(SERVICE_CALLTRACKING, "ct_end.json");
}

/* And every value of the samples is a parameter or part of visit_info. */
static void
all_are_parameters(enum service service, const char *file)
{
	struct scan_iter it = { 0 };
	struct span data, key, value;
	struct buf text;

	fixture_load(file, &text);
	data = fixture_proven(buf_as_span(&text));
	while (scan_next(&it, data, &key, &value))
		assert_non_null(parameter_find(service,
		    (struct span){ key.p + 1, key.len - 2 }));
	buf_free(&text);
}

static void
test_no_more(void **state)
{
	(void)state;
	all_are_parameters(SERVICE_CALLKEEPER, "ck_start.json");
	all_are_parameters(SERVICE_CALLKEEPER, "ck_end_failed.json");
	all_are_parameters(SERVICE_CALLTRACKING, "ct_start.json");
	all_are_parameters(SERVICE_CALLTRACKING, "ct_end_missed.json");
}

static void
test_paths(void **state)
{
	static const char *const PATHS[][2] = {
		{ "current", "visit_info.current" },
		{ "first", "visit_info.first" },
		{ "pgs", "visit_info.session.pgs" },
		{ "cpg", "visit_info.session.cpg" },
		{ "vst", "visit_info.udata.vst" },
		{ "uag", "visit_info.udata.uag" },
		{ "uip", "visit_info.udata.uip" },
	};
	const struct parameter *list;
	size_t i, j, n, nested = 0;

	(void)state;
	list = parameter_list(SERVICE_CALLKEEPER, &n);
	for (i = 0; i < n; i++) {
		for (j = 0; j < 7; j++)
			if (strcmp(list[i].id, PATHS[j][0]) == 0)
				break;
		assert_string_equal(list[i].path,
		    j < 7 ? PATHS[j][1] : list[i].id);
		nested += j < 7;
	}
	assert_int_equal(nested, 7);
	list = parameter_list(SERVICE_CALLTRACKING, &n);
	for (i = 0; i < n; i++)
		assert_string_equal(list[i].path, list[i].id);
}

static void
known_is(enum service service, const char *id, enum parameter_known want)
{
	const struct parameter *p = parameter_find(service, span_of(id));

	assert_non_null(p);
	if (p->known != want)
		fail_msg("%s: %d", id, (int)p->known);
}

static size_t
count_known(enum service service, enum parameter_known known)
{
	const struct parameter *list;
	size_t i, n, count = 0;

	list = parameter_list(service, &n);
	for (i = 0; i < n; i++)
		count += !list[i].extension && list[i].known == known;
	return count;
}

static void
test_known(void **state)
{
	const enum service ct = SERVICE_CALLTRACKING, ck = SERVICE_CALLKEEPER;

	(void)state;
	known_is(ct, "duration", PARAMETER_AT_END);
	known_is(ct, "record_url", PARAMETER_AT_END);
	known_is(ct, "dtmf_pressed", PARAMETER_AT_END);
	known_is(ct, "call_status", PARAMETER_PLACEHOLDER);
	assert_int_equal(count_known(ct, PARAMETER_AT_END), 3);
	assert_int_equal(count_known(ct, PARAMETER_PLACEHOLDER), 1);
	known_is(ck, "duration_sec", PARAMETER_AT_END);
	known_is(ck, "duration_min", PARAMETER_AT_END);
	known_is(ck, "a_type", PARAMETER_AT_END);
	known_is(ck, "asr_attempts", PARAMETER_AT_END);
	known_is(ck, "playback_tick", PARAMETER_AT_END);
	known_is(ck, "record_url", PARAMETER_AT_END);
	known_is(ck, "tags", PARAMETER_AT_END);
	known_is(ck, "status_code", PARAMETER_PLACEHOLDER);
	known_is(ck, "status_reason", PARAMETER_PLACEHOLDER);
	known_is(ck, "status2_code", PARAMETER_PLACEHOLDER);
	known_is(ck, "status2_reason", PARAMETER_PLACEHOLDER);
	assert_int_equal(count_known(ck, PARAMETER_AT_END), 7);
	assert_int_equal(count_known(ck, PARAMETER_PLACEHOLDER), 4);
}

static struct buf scratch = BUF_INIT(10000);

/* Of an end; id may have a path behind it. */
static struct span
value_in(enum service service, const char *id, const char *data)
{
	struct parameter_call call = { service, EVENT_CALL_END, SPAN("7:a"),
		fixture_proven(span_of(data)) };
	const struct parameter *p;
	struct span path;

	p = parameter_resolve(service, span_of(id), &path);
	assert_non_null(p);
	return parameter_value(p, path, &call, &scratch);
}

static void
test_blanks(void **state)
{
	static const char *const BLANKS[][2] = {
		{ "record_url", "\"\"" }, { "duration_sec", "0" },
		{ "duration_min", "\"0\"" }, { "a_type", "0" },
		{ "asr_attempts", "0" }, { "playback_tick", "0" },
		{ "status2_code", "0" }, { "status2_reason", "\"\"" },
		{ "tags", "\" \"" }, { "roistat_visit", "null" },
		{ "ga_clid", "null" }, { "ya_clientid", "null" },
		{ "visit_info", "null" }, { "uip", "null" },
	};
	const struct parameter *list;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(BLANKS) / sizeof(BLANKS[0]); i++)
		fixture_span_is(value_in(SERVICE_CALLKEEPER, BLANKS[i][0],
		    "{}"), BLANKS[i][1]);
	list = parameter_list(SERVICE_CALLTRACKING, &n);
	for (i = 0; i < n; i++)
		if (!list[i].extension)
			fixture_span_is(value_in(SERVICE_CALLTRACKING,
			    list[i].id, "{}"), "null");
}

/* What was sent is passed on, whatever the table says of it. */
static void
test_values(void **state)
{
	(void)state;
	fixture_span_is(value_in(SERVICE_CALLKEEPER, "record_url",
	    "{\"record_url\":null}"), "null");
	fixture_span_is(value_in(SERVICE_CALLKEEPER, "pgs",
	    "{\"visit_info\":{\"session\":{\"pgs\":\"3\"}}}"), "\"3\"");
	fixture_span_is(value_in(SERVICE_CALLKEEPER, "pgs",
	    "{\"visit_info\":null}"), "null");
	fixture_span_is(value_in(SERVICE_CALLKEEPER, "pgs",
	    "{\"pgs\":3}"), "null");
	fixture_span_is(value_in(SERVICE_CALLTRACKING, "duration",
	    "{\"duration\":152.0}"), "152.0");
}

/* Paths lead into parameters that are objects, and nowhere else. */
static void
test_resolving(void **state)
{
	static const char *const BAD[] = { "", ".", "visit_info.", ".current",
		"nothing", "nothing.a", "phone2.a", "tags_list.0", "call_id.a",
		"visit_info .current" };
	struct buf giant = BUF_INIT(1000);
	struct span rest;
	size_t i;

	(void)state;
	assert_string_equal(parameter_resolve(SERVICE_CALLKEEPER,
	    SPAN("visit_info.current.src"), &rest)->id, "visit_info");
	fixture_span_is(rest, "current.src");
	assert_string_equal(parameter_resolve(SERVICE_CALLKEEPER,
	    SPAN("phone2"), &rest)->id, "phone2");
	assert_int_equal(rest.len, 0);
	for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (parameter_resolve(SERVICE_CALLKEEPER, span_of(BAD[i]),
		    &rest) != NULL)
			fail_msg("%s", BAD[i]);
	assert_null(parameter_resolve(SERVICE_CALLTRACKING,
	    SPAN("visit_info.current"), &rest));
	buf_str(&giant, "visit_info.");
	while (giant.len < PARAMETER_PATH_MAX)
		buf_chr(&giant, 'a');
	assert_non_null(parameter_resolve(SERVICE_CALLKEEPER,
	    buf_as_span(&giant), &rest));
	buf_chr(&giant, 'a');
	assert_null(parameter_resolve(SERVICE_CALLKEEPER,
	    buf_as_span(&giant), &rest));
	buf_free(&giant);
}

static void
test_values_under_paths(void **state)
{
	static const char DATA[] = "{\"visit_info\":{\"current\":"
	    "{\"src\":\"yandex\",\"a b\":[1]}}}";
	const enum service ck = SERVICE_CALLKEEPER;

	(void)state;
	fixture_span_is(value_in(ck, "visit_info.current.src", DATA),
	    "\"yandex\"");
	fixture_span_is(value_in(ck, "current.src", DATA), "\"yandex\"");
	fixture_span_is(value_in(ck, "current.a b", DATA), "[1]");
	fixture_span_is(value_in(ck, "current.no", DATA), "null");
	fixture_span_is(value_in(ck, "current.src.x", DATA), "null");
	fixture_span_is(value_in(ck, "first.src", DATA), "null");
	fixture_span_is(value_in(ck, "first.src", "{\"visit_info\":null}"),
	    "null");
}

static void
test_extensions(void **state)
{
	const enum service ct = SERVICE_CALLTRACKING, ck = SERVICE_CALLKEEPER;

	(void)state;
	fixture_span_is(value_in(ct, "call_id", "{\"call_id\":\"other\"}"),
	    "\"7:a\"");
	fixture_span_is(value_in(ct, "event", "{}"), "\"AFTER_CALL_FINISH\"");
	fixture_span_is(value_in(ct, "site", "{\"host\":\"h\"}"), "\"h\"");
	fixture_span_is(value_in(ct, "site",
	    "{\"host\":\"h\",\"site\":\"s\"}"), "\"s\"");
	fixture_span_is(value_in(ct, "site", "{}"), "null");
	fixture_span_is(value_in(ck, "ya_clid", "{\"ya_clientid\":\"1\"}"),
	    "\"1\"");
	fixture_span_is(value_in(ct, "ya_clid", "{\"ya_clientid\":\"1\"}"),
	    "null");
	fixture_span_is(value_in(ct, "unique", "{\"unique\":false}"),
	    "false");
	fixture_span_is(value_in(ct, "target", "{}"), "null");
	fixture_span_is(value_in(ct, "status_description",
	    "{\"call_status\":\"200\\/486\"}"), "\"Номер клиента занят\"");
	fixture_span_is(value_in(ck, "status_description",
	    "{\"status_code\":486,\"status2_code\":0}"),
	    "\"Номер менеджера занят\"");
	fixture_span_is(value_in(ck, "status_description",
	    "{\"status_code\":999}"), "null");
	fixture_span_is(value_in(ck, "status_description",
	    "{\"status_code\":486,\"status_description\":\"x\"}"), "\"x\"");
	fixture_span_is(value_in(ck, "tags_list", "{\"tags\":\" \"}"), "[]");
	fixture_span_is(value_in(ck, "tags_list",
	    "{\"tags\":\" a\\\"b ,, c\\u0041 \"}"),
	    "[\"a\\\"b\",\"c\\u0041\"]");
	fixture_span_is(value_in(ck, "tags_list",
	    "{\"tags\":\"a\",\"tags_list\":[\"b, c\"]}"), "[\"b, c\"]");
	fixture_span_is(value_in(ck, "tags_list", "{\"tags_list\":\"a\"}"),
	    "[]");
}

static int
release(void **state)
{
	(void)state;
	buf_free(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_no_more),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_resolving),
		cmocka_unit_test(test_values_under_paths),
		cmocka_unit_test(test_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
