/*
 * Settings of a webhook: defaults, what is refused and where, and that what
 * is written is what is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/parameter.h"
#include "hook/target.h"
#include "hook/url.h"
#include "hook/webhook.h"

/* What is behind "enabled" when nothing of it was chosen. */
#define NO_FILTERS ",\"filters\":{\"status\":\"all\",\"min_duration\":0," \
	"\"campaigns\":[],\"widgets\":[],\"offices\":[],\"tags\":[]," \
	"\"kind\":\"all\",\"last_attempt_only\":false}"
#define REST NO_FILTERS ",\"headers\":[],\"auth\":null,\"timeout\":null," \
	"\"retry_schedule\":null}"
#define BASE "\"service\":\"calltracking\",\"origin\":\"https://mysite.ru\""

static json_t *
parse(const char *text)
{
	const char *why;
	size_t at;
	json_t *json;

	if (jsonx_parse(span_of(text), &json, &why, &at) != 0)
		fail_msg("%s at %zu: %s", why, at, text);
	return json;
}

static void
read_ok(const char *text, struct webhook *w)
{
	struct faults f = { 0 };
	json_t *json = parse(text);

	if (webhook_read(json, NULL, w, &f) != 0)
		fail_msg("%s: %s %s", text, f.n ? f.v[0].pointer : "?",
		    f.n ? fault_code(f.v[0].code) : "?");
	assert_int_equal(f.n, 0);
	json_decref(json);
}

/* text has exactly this one fault. */
static void
one_fault(const char *text, const struct target_policy *policy,
    const char *pointer, enum fault_code code, const char *arg)
{
	struct faults f = { 0 };
	struct webhook w;
	json_t *json = parse(text);

	assert_int_equal(webhook_read(json, policy, &w, &f), ERR_INVALID);
	if (f.n != 1 || strcmp(f.v[0].pointer, pointer) != 0 ||
	    f.v[0].code != code)
		fail_msg("%s: %zu faults, %s %s instead of %s %s", text, f.n,
		    f.n ? f.v[0].pointer : "", f.n ?
		    fault_code(f.v[0].code) : "", pointer, fault_code(code));
	if (arg)
		assert_string_equal(f.v[0].arg, arg);
	else
		assert_null(f.v[0].arg);
	webhook_free(&w);
	fault_free(&f);
	json_decref(json);
}

static void
calltracking_has_its_defaults(void **state)
{
	struct webhook w;

	(void)state;
	read_ok("{" BASE "}", &w);
	assert_int_equal(w.service, SERVICE_CALLTRACKING);
	assert_string_equal(w.origin, "https://mysite.ru");
	assert_string_equal(w.path, "");
	assert_string_equal(w.url, "https://mysite.ru/");
	assert_int_equal(w.method, WEBHOOK_GET);
	assert_int_equal(w.events, EVENT_CALL_END);
	assert_int_equal(w.content_type, WEBHOOK_JSON);
	assert_true(w.enabled);
	assert_int_equal(w.items_n, 0);
	assert_false(webhook_is_default_body(&w));
	webhook_free(&w);
	webhook_free(&w);
	webhook_free(NULL);
}

static void
callkeeper_has_its_defaults(void **state)
{
	struct webhook w;

	(void)state;
	read_ok("{\"service\":\"callkeeper\",\"origin\":\"http://a.ru\"}", &w);
	assert_int_equal(w.service, SERVICE_CALLKEEPER);
	assert_int_equal(w.method, WEBHOOK_POST);
	assert_int_equal(w.events, EVENT_CALL_START | EVENT_CALL_END);
	assert_int_equal(w.content_type, WEBHOOK_JSON);
	assert_true(webhook_is_default_body(&w));
	webhook_free(&w);
	read_ok("{\"service\":\"callkeeper\",\"origin\":\"http://a.ru\","
	    "\"params\":[{\"name\":\"a\",\"text\":\"\"}]}", &w);
	assert_false(webhook_is_default_body(&w));
	assert_string_equal(w.items[0].text, "");
	assert_null(w.items[0].parameter);
	webhook_free(&w);
}

static void
what_is_written_is_what_is_read(void **state)
{
	static const char *const texts[] = {
		"{" BASE ",\"path\":\"\",\"params\":[],\"method\":\"GET\","
		"\"events\":[\"call_end\"],"
		"\"content_type\":\"application/json\",\"enabled\":true" REST,
		"{\"service\":\"callkeeper\","
		"\"origin\":\"https://пример.рф:8443\","
		"\"path\":\"/Путь//к файлу.php?a=%D0%B0&б\","
		"\"params\":[{\"name\":\"Имя клиента\",\"value\":"
		"\"phone2\"},{\"name\":\"fields[PHONE][0][VALUE]\","
		"\"text\":\"Звонок с сайта «А» & Б\"},"
		"{\"name\":\"a.b-c\",\"value\":\"phone2\"}],"
		"\"method\":\"DELETE\","
		"\"events\":[\"call_start\",\"call_end\"],\"content_type\":"
		"\"application/x-www-form-urlencoded\",\"enabled\":false" REST,
		"{" BASE ",\"path\":\"x\",\"params\":[],\"method\":\"PUT\","
		"\"events\":[\"call_start\"],"
		"\"content_type\":\"application/json\",\"enabled\":true" REST,
	};
	struct buf b = BUF_INIT(100000);
	struct webhook w;
	json_t *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read_ok(texts[i], &w);
		json = webhook_json(&w);
		assert_non_null(json);
		buf_reset(&b);
		jsonx_write(&b, json);
		assert_string_equal(buf_cstr(&b), texts[i]);
		json_decref(json);
		webhook_free(&w);
	}
	buf_free(&b);
}

static void
events_are_put_in_order(void **state)
{
	struct webhook w;
	json_t *json;
	struct buf b = BUF_INIT(1000);

	(void)state;
	read_ok("{" BASE ",\"events\":[\"call_change\",\"call_end\","
	    "\"call_start\"]}", &w);
	json = webhook_json(&w);
	jsonx_write(&b, json_object_get(json, "events"));
	assert_string_equal(buf_cstr(&b),
	    "[\"call_start\",\"call_end\",\"call_change\"]");
	json_decref(json);
	buf_free(&b);
	webhook_free(&w);
}

static void
every_field_has_its_faults(void **state)
{
	(void)state;
	one_fault("[]", NULL, "", FAULT_WRONG_TYPE, "object");
	one_fault("{\"origin\":\"https://a.ru\"}", NULL, "/service",
	    FAULT_REQUIRED, NULL);
	one_fault("{\"service\":\"calltracking\"}", NULL, "/origin",
	    FAULT_REQUIRED, NULL);
	one_fault("{\"service\":1,\"origin\":\"https://a.ru\"}", NULL,
	    "/service", FAULT_WRONG_TYPE, "string");
	one_fault("{\"service\":\"CallTracking\",\"origin\":\"https://a.ru\"}",
	    NULL, "/service", FAULT_NOT_IN_LIST, "calltracking, callkeeper");
	one_fault("{\"service\":\"calltracking\",\"origin\":\"\"}", NULL,
	    "/origin", FAULT_URL_REQUIRED, NULL);
	one_fault("{\"service\":\"calltracking\",\"origin\":null}", NULL,
	    "/origin", FAULT_WRONG_TYPE, "string");
	one_fault("{" BASE ",\"id\":1}", NULL, "/id", FAULT_UNKNOWN_FIELD,
	    NULL);
	one_fault("{" BASE ",\"a~/b\":1}", NULL, "/a~0~1b",
	    FAULT_UNKNOWN_FIELD, NULL);
	one_fault("{" BASE ",\"path\":1}", NULL, "/path", FAULT_WRONG_TYPE,
	    "string");
	one_fault("{" BASE ",\"path\":\"a#b\"}", NULL, "/path",
	    FAULT_URL_FRAGMENT, NULL);
	one_fault("{" BASE ",\"method\":\"get\"}", NULL, "/method",
	    FAULT_NOT_IN_LIST, "GET, POST, PUT, DELETE");
	one_fault("{" BASE ",\"method\":\"\"}", NULL, "/method",
	    FAULT_NOT_IN_LIST, "GET, POST, PUT, DELETE");
	one_fault("{" BASE ",\"method\":[]}", NULL, "/method",
	    FAULT_WRONG_TYPE, "string");
	one_fault("{" BASE ",\"content_type\":\"application/json; "
	    "charset=utf-8\"}", NULL, "/content_type", FAULT_NOT_IN_LIST,
	    "application/json, application/x-www-form-urlencoded");
	one_fault("{" BASE ",\"content_type\":null}", NULL, "/content_type",
	    FAULT_WRONG_TYPE, "string");
	one_fault("{" BASE ",\"enabled\":1}", NULL, "/enabled",
	    FAULT_WRONG_TYPE, "boolean");
	one_fault("{" BASE ",\"events\":\"call_end\"}", NULL, "/events",
	    FAULT_WRONG_TYPE, "array");
	one_fault("{" BASE ",\"events\":[]}", NULL, "/events", FAULT_EMPTY,
	    NULL);
	one_fault("{" BASE ",\"events\":[\"call_end\",1]}", NULL, "/events/1",
	    FAULT_WRONG_TYPE, "string");
	one_fault("{" BASE ",\"events\":[\"call\"]}", NULL, "/events/0",
	    FAULT_NOT_IN_LIST, "call_start, call_end, call_change");
	one_fault("{" BASE ",\"events\":[\"call_end\",\"call_end\"]}", NULL,
	    "/events/1", FAULT_DUPLICATE, NULL);
}

#define PARAM(p) "{" BASE ",\"params\":[{\"name\":\"ok\",\"text\":\"\"}," p "]}"

static void
every_parameter_has_its_faults(void **state)
{
	char text[WEBHOOK_TEXT_MAX + 500], filler[WEBHOOK_TEXT_MAX + 2];
	struct webhook w;

	(void)state;
	one_fault("{" BASE ",\"params\":{}}", NULL, "/params",
	    FAULT_WRONG_TYPE, "array");
	one_fault(PARAM("1"), NULL, "/params/1", FAULT_WRONG_TYPE, "object");
	one_fault(PARAM("{\"text\":\"\"}"), NULL, "/params/1/name",
	    FAULT_REQUIRED, NULL);
	one_fault(PARAM("{\"name\":\"\",\"text\":\"\"}"), NULL,
	    "/params/1/name", FAULT_REQUIRED, NULL);
	one_fault(PARAM("{\"name\":2,\"text\":\"\"}"), NULL,
	    "/params/1/name", FAULT_WRONG_TYPE, "string");
	one_fault(PARAM("{\"name\":\"a\\nb\",\"text\":\"\"}"), NULL,
	    "/params/1/name", FAULT_BAD_CHARACTER, NULL);
	one_fault(PARAM("{\"name\":\"ok\",\"text\":\"\"}"), NULL,
	    "/params/1/name", FAULT_DUPLICATE_NAME, NULL);
	one_fault(PARAM("{\"name\":\"a\"}"), NULL, "/params/1/value",
	    FAULT_VALUE_OR_TEXT, NULL);
	one_fault(PARAM("{\"name\":\"a\",\"value\":\"client_number\","
	    "\"text\":\"\"}"), NULL, "/params/1/value", FAULT_VALUE_OR_TEXT,
	    NULL);
	one_fault(PARAM("{\"name\":\"a\",\"value\":\"nope\"}"), NULL,
	    "/params/1/value", FAULT_UNKNOWN_PARAMETER, "nope");
	/* One of the other service is none of this one. */
	one_fault(PARAM("{\"name\":\"a\",\"value\":\"phone2\"}"), NULL,
	    "/params/1/value", FAULT_UNKNOWN_PARAMETER, "phone2");
	one_fault(PARAM("{\"name\":\"a\",\"value\":\"\"}"), NULL,
	    "/params/1/value", FAULT_UNKNOWN_PARAMETER, "");
	one_fault(PARAM("{\"name\":\"a\",\"value\":null}"), NULL,
	    "/params/1/value", FAULT_WRONG_TYPE, "string");
	one_fault(PARAM("{\"name\":\"a\",\"text\":5}"), NULL,
	    "/params/1/text", FAULT_WRONG_TYPE, "string");
	one_fault(PARAM("{\"name\":\"a\",\"text\":\"\\u0007\"}"), NULL,
	    "/params/1/text", FAULT_BAD_CHARACTER, NULL);
	one_fault(PARAM("{\"name\":\"a\",\"text\":\"\",\"x/y\":1}"), NULL,
	    "/params/1/x~1y", FAULT_UNKNOWN_FIELD, NULL);

	memset(filler, 'x', sizeof(filler));
	snprintf(text, sizeof(text), PARAM("{\"name\":\"%.*s\","
	    "\"text\":\"\"}"), WEBHOOK_NAME_MAX + 1, filler);
	one_fault(text, NULL, "/params/1/name", FAULT_TOO_LONG, "255");
	snprintf(text, sizeof(text), PARAM("{\"name\":\"a\","
	    "\"text\":\"%.*s\"}"), WEBHOOK_TEXT_MAX + 1, filler);
	one_fault(text, NULL, "/params/1/text", FAULT_TOO_LONG, "4096");
	snprintf(text, sizeof(text), PARAM("{\"name\":\"%.*s\","
	    "\"text\":\"\"}"), WEBHOOK_NAME_MAX, filler);
	read_ok(text, &w);
	assert_int_equal(strlen(w.items[1].name), WEBHOOK_NAME_MAX);
	webhook_free(&w);
	snprintf(text, sizeof(text), PARAM("{\"name\":\"a\","
	    "\"text\":\"%.*s\"}"), WEBHOOK_TEXT_MAX, filler);
	read_ok(text, &w);
	assert_int_equal(strlen(w.items[1].text), WEBHOOK_TEXT_MAX);
	webhook_free(&w);
}

static void
params_of(struct buf *b, int n)
{
	int i;

	buf_reset(b);
	buf_str(b, "{" BASE ",\"params\":[");
	for (i = 0; i < n; i++)
		buf_fmt(b, "%s{\"name\":\"n%d\",\"value\":\"client_number\"}",
		    i ? "," : "", i);
	buf_str(b, "]}");
	assert_int_equal(buf_err(b), 0);
}

static void
two_hundred_parameters_and_no_more(void **state)
{
	struct buf b = BUF_INIT(100000);
	struct webhook w;

	(void)state;
	params_of(&b, WEBHOOK_PARAMS_MAX);
	read_ok(b.p, &w);
	assert_int_equal(w.items_n, WEBHOOK_PARAMS_MAX);
	assert_string_equal(w.items[199].name, "n199");
	assert_string_equal(w.items[199].parameter->id, "client_number");
	webhook_free(&w);
	params_of(&b, WEBHOOK_PARAMS_MAX + 1);
	one_fault(b.p, NULL, "/params", FAULT_TOO_MANY, "200");
	buf_free(&b);
}

static void
all_faults_are_collected(void **state)
{
	static const char *const pointers[] = { "/zzz", "/service", "/origin",
		"/path", "/params/0/name", "/params/0/value", "/events/0",
		"/method", "/content_type", "/enabled" };
	struct faults f = { 0 };
	struct webhook w;
	json_t *json = parse("{\"zzz\":0,\"service\":\"x\",\"origin\":\"x\","
	    "\"path\":\"#\",\"params\":[{},{\"name\":\"a\",\"value\":\"x\"}],"
	    "\"method\":\"x\",\"events\":[\"x\"],\"content_type\":\"x\","
	    "\"enabled\":\"x\"}");
	size_t i;

	(void)state;
	assert_int_equal(webhook_read(json, NULL, &w, &f), ERR_INVALID);
	/* A value of an unknown service cannot be wrong. */
	assert_int_equal(f.n, 10);
	for (i = 0; i < f.n; i++)
		assert_string_equal(f.v[i].pointer, pointers[i]);
	webhook_free(&w);
	fault_free(&f);
	json_decref(json);
}

static void
faults_beyond_the_maximum_still_count(void **state)
{
	struct faults f = { 0 };
	struct webhook w;
	json_t *json = parse("{" BASE ",\"enabled\":0}");
	int i;

	(void)state;
	for (i = 0; i < FAULTS_MAX; i++)
		fault_add(&f, FAULT_REQUIRED, NULL, "/other/%d", i);
	assert_int_equal(webhook_read(json, NULL, &w, &f), ERR_INVALID);
	webhook_free(&w);
	fault_free(&f);
	json_decref(json);
}

static void
the_policy_is_asked_when_there_is_one(void **state)
{
	static const char inside[] = "{\"service\":\"calltracking\","
	    "\"origin\":\"http://127.0.0.1:9000\"}";
	struct buf why = BUF_INIT(1000);
	struct target_policy *strict, *open;
	struct faults f = { 0 };
	struct webhook w;
	char *holes[] = { (char[]){ "127.0.0.0/8" } };
	json_t *json = parse(inside);

	(void)state;
	strict = target_policy_new(true, NULL, 0, &why);
	open = target_policy_new(true, holes, 1, &why);
	assert_true(strict && open);
	one_fault(inside, strict, "/origin", FAULT_URL_PRIVATE, NULL);
	assert_int_equal(webhook_read(json, open, &w, &f), 0);
	webhook_free(&w);
	/* What is stored was checked when it was saved. */
	assert_int_equal(webhook_read(json, NULL, &w, &f), 0);
	assert_string_equal(w.url, "http://127.0.0.1:9000/");
	webhook_free(&w);
	json_decref(json);
	target_policy_free(strict);
	target_policy_free(open);
	buf_free(&why);
}

static void
methods_and_types_have_names(void **state)
{
	(void)state;
	assert_string_equal(webhook_method_name(WEBHOOK_GET), "GET");
	assert_string_equal(webhook_method_name(WEBHOOK_DELETE), "DELETE");
	assert_string_equal(webhook_content_type_name(WEBHOOK_FORM),
	    "application/x-www-form-urlencoded");
}

static int
init(void **state)
{
	(void)state;
	return url_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calltracking_has_its_defaults),
		cmocka_unit_test(callkeeper_has_its_defaults),
		cmocka_unit_test(what_is_written_is_what_is_read),
		cmocka_unit_test(events_are_put_in_order),
		cmocka_unit_test(every_field_has_its_faults),
		cmocka_unit_test(every_parameter_has_its_faults),
		cmocka_unit_test(two_hundred_parameters_and_no_more),
		cmocka_unit_test(all_faults_are_collected),
		cmocka_unit_test(faults_beyond_the_maximum_still_count),
		cmocka_unit_test(the_policy_is_asked_when_there_is_one),
		cmocka_unit_test(methods_and_types_have_names),
	};

	return cmocka_run_group_tests_name("webhook", tests, init, NULL);
}
