/*
 * Events as they are posted: what is read, every fault with its pointer, and
 * fingerprints that never change.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hook/event.h"
#include "hook/fault.h"
#include "hook_fixture.h"

#define HEAD "\"account_id\":10234,\"service\":\"calltracking\","
#define CALL "\"event\":\"call_end\",\"call_id\":\"1337486\","

static int
read_text(const char *text, const char *prefix, struct event *e,
    struct faults *faults)
{
	*faults = (struct faults){ 0 };
	return event_read(fixture_proven(span_of(text)), prefix, e, faults);
}

static void
good(const char *text, struct event *e)
{
	struct faults faults;
	int err = read_text(text, "", e, &faults);

	if (err != 0)
		fail_msg("%s: %s %s", text, faults.v[0].pointer,
		    fault_code(faults.v[0].code));
	assert_int_equal(faults.n, 0);
	fault_free(&faults);
}

/* Exactly one fault. */
static void
bad(const char *text, const char *pointer, enum fault_code code,
    const char *arg)
{
	struct faults faults;
	struct event e;

	assert_int_equal(read_text(text, "", &e, &faults), ERR_INVALID);
	if (faults.n != 1 || strcmp(faults.v[0].pointer, pointer) != 0 ||
	    faults.v[0].code != code)
		fail_msg("%s: %zu faults, %s %s", text, faults.n,
		    faults.v[0].pointer, fault_code(faults.v[0].code));
	if (arg == NULL)
		assert_null(faults.v[0].arg);
	else
		assert_string_equal(faults.v[0].arg, arg);
	fault_free(&faults);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(service_name(SERVICE_CALLTRACKING),
	    "calltracking");
	assert_string_equal(service_name(SERVICE_CALLKEEPER), "callkeeper");
	assert_int_equal(service_parse(SPAN("calltracking")),
	    SERVICE_CALLTRACKING);
	assert_int_equal(service_parse(SPAN("callkeeper")),
	    SERVICE_CALLKEEPER);
	assert_int_equal(service_parse(SPAN("Callkeeper")), -1);
	assert_int_equal(service_parse(SPAN("")), -1);
	assert_string_equal(event_name(EVENT_CALL_START), "call_start");
	assert_string_equal(event_name(EVENT_CALL_END), "call_end");
	assert_int_equal(event_parse(SPAN("call_start")), EVENT_CALL_START);
	assert_int_equal(event_parse(SPAN("call_end")), EVENT_CALL_END);
	assert_int_equal(event_parse(SPAN("call_en")), 0);
	assert_string_equal(event_api_name(EVENT_CALL_START),
	    "BEFORE_CALL_START");
	assert_string_equal(event_api_name(EVENT_CALL_END),
	    "AFTER_CALL_FINISH");
}

static void
test_read(void **state)
{
	struct event e;

	(void)state;
	good("{" HEAD CALL "\"data\":{\"b\": 1.50,\"a\":\"\\u0041\"}}", &e);
	assert_int_equal(e.account_id, 10234);
	assert_int_equal(e.service, SERVICE_CALLTRACKING);
	assert_int_equal(e.kind, EVENT_CALL_END);
	fixture_span_is(e.call_id, "1337486");
	assert_int_equal(e.occurred_at, 0);
	fixture_span_is(e.data, "{\"b\": 1.50,\"a\":\"\\u0041\"}");
	/* Any order, escapes where they are legal, the bounds. */
	good("{\"data\":{},\"occurred_at\":\"2026-11-22T11:02:41.000Z\","
	    "\"call_id\":\"aZ09._:-\",\"\\u0065vent\":\"call_st\\u0061rt\","
	    "\"service\":\"callkeeper\","
	    "\"account_id\":9223372036854775807}", &e);
	assert_int_equal(e.account_id, INT64_MAX);
	assert_int_equal(e.service, SERVICE_CALLKEEPER);
	assert_int_equal(e.kind, EVENT_CALL_START);
	fixture_span_is(e.call_id, "aZ09._:-");
	assert_true(e.occurred_at == INT64_C(1795345361000000));
}

static void
test_fixtures(void **state)
{
	static const char *const NAMES[] = { "ct_start.json", "ct_end.json",
		"ct_end_missed.json", "ck_start.json", "ck_end.json",
		"ck_end_failed.json", "ck_end_testcall.json" };
	struct buf data, text = BUF_INIT(1 << 20);
	struct event e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		fixture_load(NAMES[i], &data);
		buf_reset(&text);
		buf_str(&text, "{" HEAD CALL "\"data\":");
		buf_span(&text, fixture_proven(buf_as_span(&data)));
		buf_str(&text, "}");
		good(buf_cstr(&text), &e);
		assert_true(span_eq(e.data,
		    fixture_proven(buf_as_span(&data))));
		buf_free(&data);
	}
	buf_free(&text);
}

static void
test_faults(void **state)
{
	(void)state;
	bad("[]", "", FAULT_WRONG_TYPE, "object");
	bad("1", "", FAULT_WRONG_TYPE, "object");
	bad("{\"service\":\"calltracking\"," CALL "\"data\":{}}",
	    "/account_id", FAULT_REQUIRED, NULL);
	bad("{\"account_id\":1," CALL "\"data\":{}}", "/service",
	    FAULT_REQUIRED, NULL);
	bad("{" HEAD "\"call_id\":\"1\",\"data\":{}}", "/event",
	    FAULT_REQUIRED, NULL);
	bad("{" HEAD "\"event\":\"call_end\",\"data\":{}}", "/call_id",
	    FAULT_REQUIRED, NULL);
	bad("{" HEAD "\"event\":\"call_end\",\"call_id\":\"1\"}", "/data",
	    FAULT_REQUIRED, NULL);
	bad("{" HEAD CALL "\"data\":[]}", "/data", FAULT_WRONG_TYPE,
	    "object");
	bad("{" HEAD CALL "\"data\":null}", "/data", FAULT_WRONG_TYPE,
	    "object");
	bad("{" HEAD CALL "\"data\":{},\"x\":1}", "/x", FAULT_UNKNOWN_FIELD,
	    NULL);
	bad("{" HEAD CALL "\"data\":{},\"a/b~\\n\":1}", "/a~1b~0\n",
	    FAULT_UNKNOWN_FIELD, NULL);
	bad("{" HEAD CALL "\"data\":{},\"Data\":{}}", "/Data",
	    FAULT_UNKNOWN_FIELD, NULL);
	bad("{" HEAD CALL "\"data\":{},\"occurred_at\":null}", "/occurred_at",
	    FAULT_WRONG_TYPE, "string");
	bad("{" HEAD CALL "\"data\":{},\"occurred_at\":\"yesterday\"}",
	    "/occurred_at", FAULT_BAD_TIME, NULL);
	bad("{" HEAD CALL "\"data\":{},\"occurred_at\":\"\"}",
	    "/occurred_at", FAULT_BAD_TIME, NULL);
	bad("{\"account_id\":1,\"service\":\"x\"," CALL "\"data\":{}}",
	    "/service", FAULT_NOT_IN_LIST, "calltracking, callkeeper");
	bad("{\"account_id\":1,\"service\":1," CALL "\"data\":{}}",
	    "/service", FAULT_WRONG_TYPE, "string");
	bad("{" HEAD "\"event\":\"call\",\"call_id\":\"1\",\"data\":{}}",
	    "/event", FAULT_NOT_IN_LIST, "call_start, call_end, call_change");
}

static void
test_account_ids(void **state)
{
	static const struct {
		const char *text;
		enum fault_code code;
	} CASES[] = {
		{ "0", FAULT_OUT_OF_RANGE }, { "-1", FAULT_OUT_OF_RANGE },
		{ "9223372036854775808", FAULT_OUT_OF_RANGE },
		{ "18446744073709551617", FAULT_OUT_OF_RANGE },
		{ "1.0", FAULT_WRONG_TYPE }, { "1e3", FAULT_WRONG_TYPE },
		{ "\"1\"", FAULT_WRONG_TYPE }, { "null", FAULT_WRONG_TYPE },
		{ "true", FAULT_WRONG_TYPE }, { "{}", FAULT_WRONG_TYPE },
	};
	struct buf b = BUF_INIT(1000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		buf_reset(&b);
		buf_fmt(&b, "{\"account_id\":%s,\"service\":\"callkeeper\","
		    CALL "\"data\":{}}", CASES[i].text);
		bad(buf_cstr(&b), "/account_id", CASES[i].code,
		    CASES[i].code == FAULT_WRONG_TYPE ? "integer" :
		    "1..9223372036854775807");
	}
	buf_free(&b);
}

static void
test_call_ids(void **state)
{
	static const char LONG[] = "0123456789012345678901234567890123456789"
	    "012345678901234567890123";
	static const char *const BAD[] = { "a b", "a/b", "я", "a\\u0041",
		"a\\r\\nX: 1", "a\\\"", "a%", "a;b", "\\n" };
	struct buf b = BUF_INIT(1000);
	struct event e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		buf_reset(&b);
		buf_fmt(&b, "{" HEAD "\"event\":\"call_end\","
		    "\"call_id\":\"%s\",\"data\":{}}", BAD[i]);
		bad(buf_cstr(&b), "/call_id", FAULT_ALLOWED_CHARACTERS,
		    "A–Z a–z 0–9 . _ : -");
	}
	bad("{" HEAD "\"event\":\"call_end\",\"call_id\":\"\",\"data\":{}}",
	    "/call_id", FAULT_EMPTY, NULL);
	bad("{" HEAD "\"event\":\"call_end\",\"call_id\":7,\"data\":{}}",
	    "/call_id", FAULT_WRONG_TYPE, "string");
	buf_reset(&b);
	buf_fmt(&b, "{" HEAD "\"event\":\"call_end\",\"call_id\":\"%s\","
	    "\"data\":{}}", LONG);
	good(buf_cstr(&b), &e);
	assert_int_equal(e.call_id.len, EVENT_CALL_ID_MAX);
	buf_reset(&b);
	buf_fmt(&b, "{" HEAD "\"event\":\"call_end\",\"call_id\":\"%sx\","
	    "\"data\":{}}", LONG);
	bad(buf_cstr(&b), "/call_id", FAULT_TOO_LONG, "64");
	assert_false(event_call_id_ok((struct span){ NULL, 0 }));
	buf_free(&b);
}

static void
test_data_size(void **state)
{
	struct buf b = BUF_INIT(2 * EVENT_DATA_MAX);
	struct event e;
	size_t head, i;
	int over;

	(void)state;
	for (over = 0; over < 2; over++) {
		buf_reset(&b);
		buf_str(&b, "{" HEAD CALL "\"data\":");
		head = b.len;
		buf_str(&b, "{\"a\":\"");
		for (i = b.len - head; i < EVENT_DATA_MAX - 2; i++)
			buf_chr(&b, 'x');
		buf_str(&b, over ? "x\"}}" : "\"}}");
		if (over)
			bad(buf_cstr(&b), "/data", FAULT_TOO_LONG, "262144");
		else
			good(buf_cstr(&b), &e);
	}
	assert_int_equal(buf_err(&b), 0);
	buf_free(&b);
}

/* A name too long to be quoted is a fault of the whole. */
static void
test_giant_field(void **state)
{
	struct buf b = BUF_INIT(100000);
	int i;

	(void)state;
	buf_str(&b, "{" HEAD CALL "\"data\":{},\"");
	for (i = 0; i < 50000; i++)
		buf_chr(&b, 'x');
	buf_str(&b, "\":1}");
	bad(buf_cstr(&b), "", FAULT_UNKNOWN_FIELD, NULL);
	buf_free(&b);
}

static void
test_all_faults_under_prefix(void **state)
{
	static const char *const POINTERS[] = { "/3/account_id", "/3/x",
		"/3/service", "/3/event", "/3/call_id", "/3/data" };
	struct faults faults;
	struct event e;
	size_t i;

	(void)state;
	assert_int_equal(read_text("{\"account_id\":0,\"x\":1}", "/3", &e,
	    &faults), ERR_INVALID);
	assert_int_equal(faults.n, 6);
	for (i = 0; i < 6; i++)
		assert_string_equal(faults.v[i].pointer, POINTERS[i]);
	/* A full list must not make a bad event a good one. */
	while (faults.n < FAULTS_MAX)
		fault_add(&faults, FAULT_EMPTY, NULL, "/0");
	assert_int_equal(event_read(fixture_proven(SPAN("{}")), "/4", &e,
	    &faults), ERR_INVALID);
	assert_int_equal(event_read(fixture_proven(SPAN("{" HEAD CALL
	    "\"data\":{}}")), "/5", &e, &faults), 0);
	fault_free(&faults);
}

/* A call changes often; only the same change again is known. */
static void
test_changes(void **state)
{
	struct id one, same, two, first, last, elsewhere;
	struct event e, other;

	(void)state;
	good("{" HEAD "\"event\":\"call_change\",\"call_id\":\"1337486\","
	    "\"data\":{\"tags\":\"a\"}}", &e);
	assert_int_equal(e.kind, EVENT_CALL_CHANGE);
	assert_string_equal(event_name(e.kind), "call_change");
	assert_string_equal(event_api_name(e.kind), "CALL_CHANGED");
	assert_int_equal(event_parse(SPAN("call_change")), e.kind);
	one = event_key(&e);
	same = event_key(&e);
	assert_true(id_eq(&one, &same));
	other = e;
	other.data = SPAN("{\"tags\":\"b\"}");
	two = event_key(&other);
	assert_false(id_eq(&one, &two));
	event_change_keys(10234, SERVICE_CALLTRACKING, SPAN("1337486"),
	    &first, &last);
	assert_true(memcmp(&first, &one, sizeof(one)) <= 0 &&
	    memcmp(&one, &last, sizeof(one)) <= 0);
	assert_true(memcmp(&first, &two, sizeof(two)) <= 0 &&
	    memcmp(&two, &last, sizeof(two)) <= 0);
	other = e;
	other.account_id++;
	elsewhere = event_key(&other);
	assert_true(memcmp(&elsewhere, &first, sizeof(first)) < 0 ||
	    memcmp(&elsewhere, &last, sizeof(last)) > 0);
	/* The call is the same as that of its start and its end. */
	other = e;
	other.kind = EVENT_CALL_END;
	assert_true(event_call_hash(&e) == event_call_hash(&other));
}

/* Stored for ever: the values are those of sha256sum over the same bytes. */
static void
test_fingerprints(void **state)
{
	static const unsigned char KEY[16] = { 
		0x40, 0x93, 0xd7, 0x94, 0x79, 0x1b, 0xe6, 0xcf,
		0x2a, 0x94, 0xa1, 0xbe, 0x49, 0x7a, 0x6f, 0xa5
	 };
	struct event e, other;
	struct id a, b;

	(void)state;
	good("{" HEAD CALL "\"data\":{}}", &e);
	a = event_key(&e);
	assert_memory_equal(a.b, KEY, sizeof(KEY));
	assert_true(event_call_hash(&e) == INT64_C(-71065635213165452));
	b = event_key_of(10234, SERVICE_CALLTRACKING, EVENT_CALL_END,
	    SPAN("1337486"));
	assert_true(id_eq(&a, &b));
	other = e;
	other.kind = EVENT_CALL_START;
	b = event_key(&other);
	assert_false(id_eq(&a, &b));
	assert_true(event_call_hash(&e) == event_call_hash(&other));
	other = e;
	other.account_id = 10235;
	b = event_key(&other);
	assert_false(id_eq(&a, &b));
	assert_false(event_call_hash(&e) == event_call_hash(&other));
	other = e;
	other.service = SERVICE_CALLKEEPER;
	b = event_key(&other);
	assert_false(id_eq(&a, &b));
	assert_false(event_call_hash(&e) == event_call_hash(&other));
	other = e;
	other.call_id = SPAN("133748");
	b = event_key(&other);
	assert_false(id_eq(&a, &b));
	assert_false(event_call_hash(&e) == event_call_hash(&other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_fixtures),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_account_ids),
		cmocka_unit_test(test_call_ids),
		cmocka_unit_test(test_data_size),
		cmocka_unit_test(test_giant_field),
		cmocka_unit_test(test_all_faults_under_prefix),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_fingerprints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
