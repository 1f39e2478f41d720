/*
 * Headers, login, time limit and retries of a webhook: what is refused and
 * where, what is written back, and what stands in the request.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/request.h"
#include "hook/webhook.h"
#include "hook_fixture.h"
#include "settings_fixture.h"

/* Settings with this member. */
static int
read_with(const char *member, struct webhook *w, struct faults *faults)
{
	return settings_read(SERVICE_CALLTRACKING, "", member, w, faults);
}

static void
one_fault(const char *member, const char *pointer, enum fault_code code,
    const char *arg)
{
	settings_fault(SERVICE_CALLTRACKING, "", member, pointer, code, arg);
}

/* "prefix" n times 'a' "suffix" */
static const char *
stretch(struct buf *b, const char *prefix, size_t n, const char *suffix)
{
	buf_reset(b);
	buf_str(b, prefix);
	for (; n > 0; n--)
		buf_chr(b, 'a');
	buf_str(b, suffix);
	return buf_cstr(b);
}

#define TOKEN "A–Z a–z 0–9 !#$%&'*+-.^_`|~"
#define H(name, value) "\"headers\":[{\"name\":\"" name "\",\"value\":\"" \
	value "\"}]"

static void
every_header_has_its_faults(void **state)
{
	static const char *const RESERVED[] = { "Host", "content-length",
		"Content-Type", "Transfer-Encoding", "Connection",
		"User-Agent", "ACCEPT", "Accept-Encoding", "Authorization",
		"Proxy-Authorization", "TE", "Trailer", "Upgrade", "Expect",
		"Keep-Alive", "webhook-id", "Webhook-Whatever" };
	struct buf b = BUF_INIT(100000);
	size_t i;

	(void)state;
	one_fault("\"headers\":{}", "/headers", FAULT_WRONG_TYPE, "array");
	one_fault("\"headers\":[1]", "/headers/0", FAULT_WRONG_TYPE,
	    "object");
	one_fault("\"headers\":[{\"name\":\"a\",\"value\":\"\",\"x\":1}]",
	    "/headers/0/x", FAULT_UNKNOWN_FIELD, NULL);
	one_fault("\"headers\":[{\"value\":\"\"}]", "/headers/0/name",
	    FAULT_REQUIRED, NULL);
	one_fault("\"headers\":[{\"name\":\"a\"}]", "/headers/0/value",
	    FAULT_REQUIRED, NULL);
	one_fault("\"headers\":[{\"name\":1,\"value\":\"\"}]",
	    "/headers/0/name", FAULT_WRONG_TYPE, "string");
	one_fault("\"headers\":[{\"name\":\"a\",\"value\":1}]",
	    "/headers/0/value", FAULT_WRONG_TYPE, "string");
	one_fault(H("", "x"), "/headers/0/name", FAULT_REQUIRED, NULL);
	one_fault(H("a b", "x"), "/headers/0/name", FAULT_ALLOWED_CHARACTERS,
	    TOKEN);
	one_fault(H("a:", "x"), "/headers/0/name", FAULT_ALLOWED_CHARACTERS,
	    TOKEN);
	one_fault(H("имя", "x"), "/headers/0/name", FAULT_ALLOWED_CHARACTERS,
	    TOKEN);
	one_fault(H("a", "x\\r\\nHost: b"), "/headers/0/value",
	    FAULT_BAD_CHARACTER, NULL);
	one_fault(H("a", "x\\t"), "/headers/0/value", FAULT_BAD_CHARACTER,
	    NULL);
	one_fault(H("a", "x "), "/headers/0/value", FAULT_BAD_CHARACTER,
	    NULL);
	one_fault(H("a", "\\u0085"), "/headers/0/value", FAULT_BAD_CHARACTER,
	    NULL);
	one_fault("\"headers\":[{\"name\":\"X-A\",\"value\":\"1\"},"
	    "{\"name\":\"x-a\",\"value\":\"2\"}]", "/headers/1/name",
	    FAULT_DUPLICATE_NAME, NULL);
	one_fault(stretch(&b, "\"headers\":[{\"value\":\"\",\"name\":\"", 256,
	    "\"}]"), "/headers/0/name", FAULT_TOO_LONG, "255");
	one_fault(stretch(&b, "\"headers\":[{\"name\":\"a\",\"value\":\"",
	    1025, "\"}]"), "/headers/0/value", FAULT_TOO_LONG, "1024");
	for (i = 0; i < sizeof(RESERVED) / sizeof(RESERVED[0]); i++) {
		buf_reset(&b);
		buf_fmt(&b, "\"headers\":[{\"name\":\"%s\",\"value\":\"\"}]",
		    RESERVED[i]);
		one_fault(buf_cstr(&b), "/headers/0/name", FAULT_RESERVED,
		    RESERVED[i]);
	}
	buf_reset(&b);
	buf_str(&b, "\"headers\":[");
	for (i = 0; i <= 20; i++)
		buf_fmt(&b, "%s{\"name\":\"a%zu\",\"value\":\"\"}",
		    i ? "," : "", i);
	buf_str(&b, "]");
	one_fault(buf_cstr(&b), "/headers", FAULT_TOO_MANY, "20");
	buf_free(&b);
}

static void
the_installations_prefix_is_its_own(void **state)
{
	struct faults f = { 0 };
	struct webhook w;

	(void)state;
	assert_int_equal(read_with("\"headers\":[{\"name\":\"X-Other\","
	    "\"value\":\"1\"},{\"name\":\"x-ckct-event\",\"value\":\"2\"}]",
	    &w, &f), 0);
	assert_int_equal(header_check_prefix(&w.headers, "X-Acme-", &f), 0);
	assert_int_equal(header_check_prefix(&w.headers, "X-CKCT-", &f),
	    ERR_INVALID);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.v[0].pointer, "/headers/1/name");
	assert_int_equal(f.v[0].code, FAULT_RESERVED);
	webhook_free(&w);
	fault_free(&f);
}

static void
every_login_has_its_faults(void **state)
{
	struct buf b = BUF_INIT(100000);

	(void)state;
	one_fault("\"auth\":\"x\"", "/auth", FAULT_WRONG_TYPE, "object");
	one_fault("\"auth\":{}", "/auth/type", FAULT_REQUIRED, NULL);
	one_fault("\"auth\":{\"type\":1}", "/auth/type", FAULT_WRONG_TYPE,
	    "string");
	one_fault("\"auth\":{\"type\":\"digest\"}", "/auth/type",
	    FAULT_NOT_IN_LIST, "basic, bearer");
	one_fault("\"auth\":{\"type\":\"basic\"}", "/auth/user",
	    FAULT_REQUIRED, NULL);
	one_fault("\"auth\":{\"type\":\"basic\",\"user\":\"\"}",
	    "/auth/user", FAULT_REQUIRED, NULL);
	one_fault("\"auth\":{\"type\":\"basic\",\"user\":\"a:b\"}",
	    "/auth/user", FAULT_BAD_CHARACTER, NULL);
	one_fault("\"auth\":{\"type\":\"basic\",\"user\":\"u\","
	    "\"token\":\"t\"}", "/auth/token", FAULT_UNKNOWN_FIELD, NULL);
	one_fault("\"auth\":{\"type\":\"bearer\",\"user\":\"u\"}",
	    "/auth/user", FAULT_UNKNOWN_FIELD, NULL);
	one_fault("\"auth\":{\"type\":\"basic\",\"user\":\"u\","
	    "\"password\":\"\"}", "/auth/password", FAULT_EMPTY, NULL);
	one_fault("\"auth\":{\"type\":\"basic\",\"user\":\"u\","
	    "\"password\":\"\\u0007\"}", "/auth/password",
	    FAULT_BAD_CHARACTER, NULL);
	one_fault("\"auth\":{\"type\":\"bearer\",\"token\":\"a b\"}",
	    "/auth/token", FAULT_ALLOWED_CHARACTERS, "! … ~ (ASCII)");
	one_fault("\"auth\":{\"type\":\"bearer\",\"token\":null}",
	    "/auth/token", FAULT_WRONG_TYPE, "string");
	one_fault(stretch(&b, "\"auth\":{\"type\":\"basic\",\"user\":\"", 256,
	    "\"}"), "/auth/user", FAULT_TOO_LONG, "255");
	one_fault(stretch(&b, "\"auth\":{\"type\":\"bearer\",\"token\":\"",
	    4097, "\"}"), "/auth/token", FAULT_TOO_LONG, "4096");
	buf_free(&b);
}

static void
times_have_their_faults(void **state)
{
	struct buf b = BUF_INIT(10000);
	int i;

	(void)state;
	one_fault("\"timeout\":\"5\"", "/timeout", FAULT_WRONG_TYPE,
	    "integer");
	one_fault("\"timeout\":0", "/timeout", FAULT_OUT_OF_RANGE, "1..60");
	one_fault("\"timeout\":61", "/timeout", FAULT_OUT_OF_RANGE, "1..60");
	one_fault("\"retry_schedule\":7", "/retry_schedule",
	    FAULT_WRONG_TYPE, "array");
	one_fault("\"retry_schedule\":[]", "/retry_schedule", FAULT_EMPTY,
	    NULL);
	one_fault("\"retry_schedule\":[1,2.5]", "/retry_schedule/1",
	    FAULT_WRONG_TYPE, "integer");
	one_fault("\"retry_schedule\":[0]", "/retry_schedule/0",
	    FAULT_OUT_OF_RANGE, "1..604800");
	one_fault("\"retry_schedule\":[1,604801]", "/retry_schedule/1",
	    FAULT_OUT_OF_RANGE, "1..604800");
	one_fault("\"retry_schedule\":[604800,604800,604800,604800,172801]",
	    "/retry_schedule", FAULT_TOO_LATE, "30");
	buf_str(&b, "\"retry_schedule\":[1");
	for (i = 0; i < 20; i++)
		buf_str(&b, ",1");
	buf_chr(&b, ']');
	one_fault(buf_cstr(&b), "/retry_schedule", FAULT_TOO_MANY, "20");
	buf_free(&b);
}

/* What the settings become under field; "" when the whole is looked at. */
static void
written(const char *member, const char *field, const char *want)
{
	struct buf text = BUF_INIT(100000);
	struct faults f = { 0 };
	struct webhook w;
	json_t *json;

	if (read_with(member, &w, &f) != 0)
		fail_msg("%s: %s", member, f.n ? f.v[0].pointer : "?");
	json = webhook_json(&w);
	assert_non_null(json);
	jsonx_write(&text, json_object_get(json, field));
	assert_string_equal(buf_cstr(&text), want);
	buf_reset(&text);
	jsonx_write(&text, json);
	assert_null(strstr(buf_cstr(&text), "s3cr3t"));
	json_decref(json);
	webhook_free(&w);
	buf_free(&text);
}

static void
what_is_written_says_no_secret(void **state)
{
	(void)state;
	written("\"headers\":[{\"name\":\"X-Token\",\"value\":\"Ключ 1\"},"
	    "{\"name\":\"a\",\"value\":\"\"}]", "headers",
	    "[{\"name\":\"X-Token\",\"value\":\"Ключ 1\"},"
	    "{\"name\":\"a\",\"value\":\"\"}]");
	written("\"auth\":null", "auth", "null");
	written("\"auth\":{\"type\":\"basic\",\"user\":\"имя\","
	    "\"password\":\"s3cr3t\"}", "auth",
	    "{\"type\":\"basic\",\"user\":\"имя\"}");
	written("\"auth\":{\"type\":\"bearer\",\"token\":\"s3cr3t\"}",
	    "auth", "{\"type\":\"bearer\"}");
	written("\"auth\":{\"type\":\"bearer\"}", "auth",
	    "{\"type\":\"bearer\"}");
	written("\"timeout\":60", "timeout", "60");
	written("\"timeout\":null", "timeout", "null");
	written("\"retry_schedule\":[1,604800]", "retry_schedule",
	    "[1,604800]");
	written("\"retry_schedule\":null", "retry_schedule", "null");
}

/* Settings with this "auth". */
static void
login_of(const char *auth, struct webhook *w)
{
	struct buf member = BUF_INIT(1000);
	struct faults f = { 0 };

	buf_fmt(&member, "\"auth\":%s", auth);
	assert_int_equal(read_with(buf_cstr(&member), w, &f), 0);
	buf_free(&member);
}

static void
a_stored_login_is_recognised(void **state)
{
	static const struct {
		const char *posted, *stored;
		bool same;
	} CASES[] = {
		{ "{\"type\":\"basic\",\"user\":\"u\"}",
		    "{\"type\":\"basic\",\"user\":\"u\"}", true },
		{ "{\"type\":\"basic\",\"user\":\"u\"}",
		    "{\"type\":\"basic\",\"user\":\"v\"}", false },
		{ "{\"type\":\"bearer\"}", "{\"type\":\"bearer\"}", true },
		{ "{\"type\":\"bearer\"}",
		    "{\"type\":\"basic\",\"user\":\"u\"}", false },
		{ "{\"type\":\"bearer\"}", "null", false },
	};
	struct webhook w, stored;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		login_of(CASES[i].posted, &w);
		login_of(CASES[i].stored, &stored);
		assert_null(w.login.secret);
		assert_int_equal(login_same(&w.login, &stored.login),
		    CASES[i].same);
		webhook_free(&stored);
		webhook_free(&w);
	}
}

static const struct request_style STYLE = { "CKCT-Webhook/1.0", "X-CKCT-" };

/* The headers of the request, one a line. */
static void
headers_are(const char *member, const char *secret, const char *want,
    int64_t timeout)
{
	struct request_of of = { .kind = EVENT_CALL_CHANGE,
		.call_id = SPAN("7"), .data = SPAN("{}"), .attempt = 1,
		.now = INT64_C(1795345361999999),
		.secret = span_of(secret) };
	struct buf text = BUF_INIT(100000);
	struct faults f = { 0 };
	struct request r;
	struct webhook w;
	size_t i;

	assert_int_equal(read_with(member, &w, &f), 0);
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_int_equal(r.timeout, timeout);
	for (i = 0; i < r.headers_n; i++)
		buf_fmt(&text, "%s\n", r.headers[i]);
	assert_string_equal(buf_cstr(&text), want);
	request_free(&r);
	webhook_free(&w);
	buf_free(&text);
}

#define HEAD "User-Agent: CKCT-Webhook/1.0\nAccept: */*\n"
#define TAIL "webhook-id: 00000000-0000-0000-0000-000000000000\n" \
	"webhook-timestamp: 1795345361\nX-CKCT-Event: CALL_CHANGED\n" \
	"X-CKCT-Call-Id: 7\nX-CKCT-Attempt: 1\n"

static void
a_request_has_them(void **state)
{
	struct buf member = BUF_INIT(10000), want = BUF_INIT(20000);

	(void)state;
	headers_are("\"path\":\"\"", NULL, HEAD TAIL, 0);
	headers_are("\"timeout\":7,\"headers\":[{\"name\":\"X-B\","
	    "\"value\":\"2 «я»\"},{\"name\":\"X-A\",\"value\":\"\"}]", NULL,
	    HEAD TAIL "X-B: 2 «я»\nX-A: \n", 7000);
	/* Stored before the prefix was chosen: left out. */
	headers_are(H("x-ckct-event", "AFTER_CALL_FINISH"), NULL, HEAD TAIL,
	    0);
	headers_are("\"auth\":{\"type\":\"basic\",\"user\":\"Aladdin\"}",
	    "open sesame", HEAD
	    "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n" TAIL, 0);
	headers_are("\"auth\":{\"type\":\"bearer\"}", "abc.def",
	    HEAD "Authorization: Bearer abc.def\n" TAIL, 0);
	/* Nobody who only looks at it sees a secret. */
	headers_are("\"auth\":{\"type\":\"basic\",\"user\":\"Aladdin\"}",
	    NULL, HEAD "Authorization: Basic ***\n" TAIL, 0);
	headers_are("\"auth\":{\"type\":\"bearer\",\"token\":\"s3cr3t\"}",
	    NULL, HEAD "Authorization: Bearer ***\n" TAIL, 0);
	/* The longest of all. */
	stretch(&member, "", 4096, "");
	buf_fmt(&want, HEAD "Authorization: Bearer %s\n" TAIL,
	    buf_cstr(&member));
	headers_are("\"auth\":{\"type\":\"bearer\"}", buf_cstr(&member),
	    buf_cstr(&want), 0);
	buf_free(&member);
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_header_has_its_faults),
		cmocka_unit_test(the_installations_prefix_is_its_own),
		cmocka_unit_test(every_login_has_its_faults),
		cmocka_unit_test(times_have_their_faults),
		cmocka_unit_test(what_is_written_says_no_secret),
		cmocka_unit_test(a_stored_login_is_recognised),
		cmocka_unit_test(a_request_has_them),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
