/*
 * Conditions of a webhook: what is refused and where, what is kept for the
 * ingest, and which calls pass, condition by condition.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/filter.h"
#include "hook/status.h"
#include "hook/webhook.h"
#include "hook_fixture.h"
#include "settings_fixture.h"

#define CT SERVICE_CALLTRACKING
#define CK SERVICE_CALLKEEPER

/* Settings of service with these filters. */
static int
read_filters(enum service service, const char *filters, struct webhook *w,
    struct faults *faults)
{
	return settings_read(service, "\"filters\":", filters, w, faults);
}

static void
one_fault(enum service service, const char *filters, const char *pointer,
    enum fault_code code, const char *arg)
{
	settings_fault(service, "\"filters\":", filters, pointer, code, arg);
}

static void
every_condition_has_its_faults(void **state)
{
	struct buf b = BUF_INIT(100000);
	int i;

	(void)state;
	one_fault(CT, "[]", "/filters", FAULT_WRONG_TYPE, "object");
	one_fault(CT, "null", "/filters", FAULT_WRONG_TYPE, "object");
	one_fault(CT, "{\"a/b\":1}", "/filters/a~1b", FAULT_UNKNOWN_FIELD,
	    NULL);
	one_fault(CT, "{\"status\":1}", "/filters/status", FAULT_WRONG_TYPE,
	    "string");
	one_fault(CT, "{\"status\":\"ok\"}", "/filters/status",
	    FAULT_NOT_IN_LIST, "all, successful, failed");
	one_fault(CT, "{\"kind\":\"new\"}", "/filters/kind",
	    FAULT_NOT_IN_LIST, "all, unique, target, unique_target");
	one_fault(CT, "{\"min_duration\":1.5}", "/filters/min_duration",
	    FAULT_WRONG_TYPE, "integer");
	one_fault(CT, "{\"min_duration\":-1}", "/filters/min_duration",
	    FAULT_OUT_OF_RANGE, "0..86400");
	one_fault(CT, "{\"min_duration\":86401}", "/filters/min_duration",
	    FAULT_OUT_OF_RANGE, "0..86400");
	one_fault(CT, "{\"last_attempt_only\":0}",
	    "/filters/last_attempt_only", FAULT_WRONG_TYPE, "boolean");
	one_fault(CT, "{\"tags\":\"a\"}", "/filters/tags", FAULT_WRONG_TYPE,
	    "array");
	one_fault(CT, "{\"tags\":[\"a\",1]}", "/filters/tags/1",
	    FAULT_WRONG_TYPE, "string");
	one_fault(CT, "{\"offices\":[\"\"]}", "/filters/offices/0",
	    FAULT_EMPTY, NULL);
	one_fault(CT, "{\"campaigns\":[\"a\\u0007\"]}",
	    "/filters/campaigns/0", FAULT_BAD_CHARACTER, NULL);
	one_fault(CK, "{\"widgets\":[\"a\",\"b\",\"a\"]}",
	    "/filters/widgets/2", FAULT_DUPLICATE, NULL);
	one_fault(CK, "{\"campaigns\":[\"a\"]}", "/filters/campaigns",
	    FAULT_NOT_OF_SERVICE, "callkeeper");
	one_fault(CT, "{\"widgets\":[\"a\"]}", "/filters/widgets",
	    FAULT_NOT_OF_SERVICE, "calltracking");
	buf_str(&b, "{\"tags\":[\"");
	for (i = 0; i < 256; i++)
		buf_chr(&b, 'a');
	buf_str(&b, "\"]}");
	one_fault(CT, buf_cstr(&b), "/filters/tags/0", FAULT_TOO_LONG, "255");
	buf_reset(&b);
	buf_str(&b, "{\"tags\":[");
	for (i = 0; i <= 100; i++)
		buf_fmt(&b, "%s\"t%d\"", i ? "," : "", i);
	buf_str(&b, "]}");
	one_fault(CT, buf_cstr(&b), "/filters/tags", FAULT_TOO_MANY, "100");
	buf_free(&b);
}

/* The stored text of conditions; "" for none. */
static void
stored(enum service service, const char *filters, struct buf *out)
{
	struct faults f = { 0 };
	struct webhook w;

	if (read_filters(service, filters, &w, &f) != 0)
		fail_msg("%s: %s", filters, f.n ? f.v[0].pointer : "?");
	filter_text(&w.filters, out);
	assert_int_equal(buf_err(out), 0);
	webhook_free(&w);
}

static void
stored_is(enum service service, const char *filters, const char *want)
{
	struct buf text = BUF_INIT(100000);

	stored(service, filters, &text);
	assert_string_equal(buf_cstr(&text), want);
	buf_free(&text);
}

static void
only_what_is_asked_is_stored(void **state)
{
	(void)state;
	stored_is(CT, "{}", "");
	stored_is(CT, "{\"status\":\"all\",\"min_duration\":0,\"tags\":[],"
	    "\"widgets\":[],\"kind\":\"all\",\"last_attempt_only\":false}",
	    "");
	stored_is(CT, "{\"tags\":[\"a\\\"\\\\\",\"б\"],\"campaigns\":[\"c\"],"
	    "\"last_attempt_only\":true,\"kind\":\"target\","
	    "\"min_duration\":30,\"status\":\"failed\",\"offices\":[\"o\"]}",
	    "{\"status\":\"failed\",\"min_duration\":30,"
	    "\"campaigns\":[\"c\"],\"offices\":[\"o\"],"
	    "\"tags\":[\"a\\\"\\\\\",\"б\"],\"kind\":\"target\","
	    "\"last_attempt_only\":true}");
}

static void
what_is_written_is_what_is_read(void **state)
{
	static const char TEXT[] = "{\"status\":\"successful\","
	    "\"min_duration\":86400,\"campaigns\":[\"Лето «2024»\",\"a,b\"],"
	    "\"widgets\":[],\"offices\":[\"o\"],\"tags\":[\"t\"],"
	    "\"kind\":\"unique_target\",\"last_attempt_only\":true}";
	struct buf text = BUF_INIT(100000);
	struct faults f = { 0 };
	struct webhook w;
	json_t *json;

	(void)state;
	assert_int_equal(read_filters(CT, TEXT, &w, &f), 0);
	json = filter_json(&w.filters);
	jsonx_write(&text, json);
	assert_string_equal(buf_cstr(&text), TEXT);
	json_decref(json);
	webhook_free(&w);
	buf_free(&text);
}

/* Does a call with data pass? */
static bool
passes(enum service service, enum event_kind kind, const char *filters,
    const char *data)
{
	struct buf text = BUF_INIT(100000);
	bool result;

	stored(service, filters, &text);
	if (text.len > 0)
		fixture_proven(buf_as_span(&text));
	result = filter_passes(buf_as_span(&text), service, kind,
	    fixture_proven(span_of(data)));
	buf_free(&text);
	return result;
}

struct question {
	enum service service;
	const char *filters, *data;
	bool at_end, at_start;
};

static const struct question QUESTIONS[] = {
	/* status */
	{ CT, "{\"status\":\"successful\"}",
	    "{\"call_status\":\"200/200\"}", true, true },
	{ CT, "{\"status\":\"successful\"}",
	    "{\"call_status\":\"200\\/200\"}", true, true },
	{ CT, "{\"status\":\"successful\"}",
	    "{\"call_status\":\"200/487\"}", false, true },
	{ CT, "{\"status\":\"failed\"}", "{\"call_status\":\"200/487\"}",
	    true, true },
	{ CT, "{\"status\":\"failed\"}", "{\"call_status\":\"200/201\"}",
	    true, true },
	{ CT, "{\"status\":\"failed\"}", "{\"call_status\":\"200/200\"}",
	    false, true },
	{ CT, "{\"status\":\"failed\"}", "{\"call_status\":\"1/0\"}", false,
	    true },
	{ CT, "{\"status\":\"failed\"}", "{\"call_status\":null}", false,
	    true },
	{ CT, "{\"status\":\"failed\"}", "{}", false, true },
	{ CK, "{\"status\":\"successful\"}",
	    "{\"status_code\":200,\"status2_code\":200}", true, true },
	{ CK, "{\"status\":\"successful\"}",
	    "{\"status_code\":\"200\",\"status2_code\":\"200\"}", true,
	    true },
	{ CK, "{\"status\":\"successful\"}",
	    "{\"status_code\":200,\"status2_code\":0}", false, true },
	{ CK, "{\"status\":\"failed\"}", "{\"status_code\":486}", true,
	    true },
	{ CK, "{\"status\":\"failed\"}",
	    "{\"status_code\":2,\"status2_code\":0}", false, true },
	/* A test call is there to test the address. */
	{ CK, "{\"status\":\"successful\",\"min_duration\":30,"
	    "\"kind\":\"unique\",\"tags\":[\"a\"]}",
	    "{\"status_code\":790,\"status2_code\":0}", true, true },
	{ CK, "{\"widgets\":[\"w\"]}",
	    "{\"status_code\":790,\"status2_code\":0}", false, false },
	/* duration */
	{ CT, "{\"min_duration\":30}", "{\"duration\":30}", true, true },
	{ CT, "{\"min_duration\":30}", "{\"duration\":29}", false, true },
	{ CT, "{\"min_duration\":30}", "{\"duration\":29.9}", false, true },
	{ CT, "{\"min_duration\":30}", "{\"duration\":\"31\"}", true, true },
	{ CT, "{\"min_duration\":30}", "{\"duration\":null}", false, true },
	{ CT, "{\"min_duration\":30}", "{\"duration\":-31}", false, true },
	{ CT, "{\"min_duration\":30}",
	    "{\"duration\":99999999999999999999}", true, true },
	{ CT, "{\"min_duration\":30}", "{\"duration_sec\":31}", false,
	    true },
	{ CK, "{\"min_duration\":30}", "{\"duration_sec\":31}", true, true },
	{ CT, "{\"min_duration\":30}", "{\"\":1,\"\\u0064uration\":31}",
	    true, true },
	/* where the call belongs */
	{ CT, "{\"campaigns\":[\"a\",\"Лето «24»\"]}",
	    "{\"company_name\":\"Лето «24»\"}", true, true },
	{ CT, "{\"campaigns\":[\"Лето\"]}",
	    "{\"company_name\":\"\\u041b\\u0435\\u0442\\u043e\"}", true,
	    true },
	{ CT, "{\"campaigns\":[\"a\\\"b\"]}",
	    "{\"company_name\":\"a\\u0022b\"}", true, true },
	{ CT, "{\"campaigns\":[\"Лето\"]}",
	    "{\"company_name\":\"лето\"}", false, false },
	{ CT, "{\"campaigns\":[\"a\"]}", "{\"company_name\":null}", false,
	    false },
	{ CT, "{\"campaigns\":[\"a\"]}", "{}", false, false },
	{ CT, "{\"offices\":[\"o\"]}", "{\"office_name\":\"o\"}", true,
	    true },
	{ CK, "{\"offices\":[\"o\"]}", "{\"office_name\":\"p\"}", false,
	    false },
	{ CK, "{\"widgets\":[\"w\"]}", "{\"widget_name\":\"w\"}", true,
	    true },
	{ CK, "{\"widgets\":[\"9f1c\"]}",
	    "{\"widget_name\":\"w\",\"widget_hash\":\"9f1c\"}", true, true },
	/* tags: any of them */
	{ CK, "{\"tags\":[\"x\",\"Тест-драйв\"]}",
	    "{\"tags\":\"Целевой, Тест-драйв\"}", true, true },
	{ CK, "{\"tags\":[\"Целевой\"]}",
	    "{\"tags\":\"Целевой , Тест-драйв\"}", true, true },
	{ CK, "{\"tags\":[\"Тест\"]}", "{\"tags\":\"Целевой, Тест-драйв\"}",
	    false, true },
	{ CK, "{\"tags\":[\"a\"]}", "{\"tags\":\" \"}", false, true },
	{ CK, "{\"tags\":[\"a\"]}", "{\"tags\":\"\"}", false, true },
	{ CK, "{\"tags\":[\"a\"]}", "{\"tags\":\"b,,a\"}", true, true },
	{ CK, "{\"tags\":[\"a\"]}", "{}", false, true },
	{ CT, "{\"tags\":[\"a, b\"]}", "{\"tags_list\":[null,\"a, b\"]}",
	    true, true },
	{ CT, "{\"tags\":[\"a\"]}", "{\"tags_list\":[],\"tags\":\"a\"}",
	    false, true },
	{ CT, "{\"tags\":[\"a\"]}", "{\"tags_list\":null,\"tags\":\"a\"}",
	    true, true },
	/* unique, target */
	{ CT, "{\"kind\":\"unique\"}", "{\"unique\":true}", true, true },
	{ CT, "{\"kind\":\"unique\"}", "{\"unique\":1}", true, true },
	{ CT, "{\"kind\":\"unique\"}", "{\"unique\":\"1\"}", true, true },
	{ CT, "{\"kind\":\"unique\"}", "{\"unique\":false,\"target\":true}",
	    false, true },
	{ CT, "{\"kind\":\"unique\"}", "{}", false, true },
	{ CT, "{\"kind\":\"target\"}", "{\"unique\":true}", false, true },
	{ CT, "{\"kind\":\"target\"}", "{\"target\":true}", true, true },
	{ CT, "{\"kind\":\"unique_target\"}",
	    "{\"unique\":true,\"target\":true}", true, true },
	{ CT, "{\"kind\":\"unique_target\"}",
	    "{\"unique\":true,\"target\":0}", false, true },
	/* the last attempt */
	{ CK, "{\"last_attempt_only\":true}", "{\"attempt\":1}", true,
	    true },
	{ CK, "{\"last_attempt_only\":true}", "{\"last_attempt\":false}",
	    false, true },
	{ CK, "{\"last_attempt_only\":true}", "{\"last_attempt\":true}",
	    true, true },
	{ CK, "{\"last_attempt_only\":true}", "{\"last_attempt\":false,"
	    "\"status_code\":200,\"status2_code\":200}", true, true },
	/* all of them together */
	{ CT, "{\"status\":\"successful\",\"campaigns\":[\"a\"]}",
	    "{\"call_status\":\"200/200\",\"company_name\":\"b\"}", false,
	    false },
	{ CT, "{\"status\":\"failed\",\"campaigns\":[\"a\"]}",
	    "{\"call_status\":\"200/200\",\"company_name\":\"a\"}", false,
	    true },
	{ CT, "{}", "{}", true, true },
};

static void
calls_pass_or_do_not(void **state)
{
	const struct question *q;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(QUESTIONS) / sizeof(QUESTIONS[0]); i++) {
		q = &QUESTIONS[i];
		if (passes(q->service, EVENT_CALL_END, q->filters, q->data) !=
		    q->at_end)
			fail_msg("end: %s %s", q->filters, q->data);
		if (passes(q->service, EVENT_CALL_CHANGE, q->filters,
		    q->data) != q->at_end)
			fail_msg("change: %s %s", q->filters, q->data);
		if (passes(q->service, EVENT_CALL_START, q->filters,
		    q->data) != q->at_start)
			fail_msg("start: %s %s", q->filters, q->data);
	}
}

/* The platform's own list of statuses, beside the table. */
static void
statuses_are_those_of_the_platform(void **state)
{
	static const char *const KINDS[] = {
		[STATUS_IN_PROGRESS] = "in_progress",
		[STATUS_SCHEDULED] = "scheduled", [STATUS_TEST] = "test",
		[STATUS_SUCCESSFUL] = "success", [STATUS_FAILED] = "fail",
	};
	struct buf file, text;
	const char *why;
	json_t *list, *one, *said;
	size_t i, at;
	enum status_kind kind;

	(void)state;
	fixture_load("statuses.json", &file);
	assert_int_equal(jsonx_parse(buf_as_span(&file), &list, &why, &at), 0);
	assert_int_equal(json_array_size(list), 67);
	json_array_foreach(list, i, one) {
		const char *code = json_string_value(
		    json_object_get(one, "code"));
		const char *want = json_string_value(
		    json_object_get(one, "kind"));

		kind = status_kind(code);
		if (strcmp(want, "special") == 0)
			want = "fail";
		assert_string_equal(KINDS[kind], want);
		said = json_object_get(one, "desc");
		buf_init(&text, 1000);
		buf_json_str(&text, (struct span){ json_string_value(said),
		    json_string_length(said) });
		assert_non_null(status_description(code));
		assert_string_equal(status_description(code),
		    buf_cstr(&text));
		buf_free(&text);
	}
	assert_null(status_description("200/999"));
	assert_null(status_description(""));
	assert_int_equal(status_kind(""), STATUS_UNKNOWN);
	json_decref(list);
	buf_free(&file);
}

static void
a_status_is_read_from_the_call(void **state)
{
	static const struct {
		enum service service;
		const char *data, *want;
	} CASES[] = {
		{ CT, "{\"call_status\":\"200\\u002f200\"}", "200/200" },
		{ CT, "{\"call_status\":\"\"}", "" },
		{ CT, "{\"call_status\":200}", "" },
		{ CT, "{\"call_status\":\"012345678901234567890123\"}", "" },
		{ CK, "{\"status_code\":200,\"status2_code\":486}",
		    "200/486" },
		{ CK, "{\"status_code\":790,\"status2_code\":\"\"}",
		    "790/0" },
		{ CK, "{\"status_code\":-1}", "" },
		{ CK, "{\"status_code\":1e2}", "" },
		{ CK, "{\"status_code\":123456}", "" },
		{ CK, "{\"status_code\":null}", "" },
		{ CK, "{}", "" },
	};
	char out[STATUS_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
		assert_string_equal(status_text(CASES[i].service,
		    fixture_proven(span_of(CASES[i].data)), out),
		    CASES[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_condition_has_its_faults),
		cmocka_unit_test(only_what_is_asked_is_stored),
		cmocka_unit_test(what_is_written_is_what_is_read),
		cmocka_unit_test(calls_pass_or_do_not),
		cmocka_unit_test(statuses_are_those_of_the_platform),
		cmocka_unit_test(a_status_is_read_from_the_call),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
