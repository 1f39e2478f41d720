/* What follows from an attempt: words, classes, retries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <curl/curl.h>

#include "sender/outcome.h"
#include "sender/wire.h"

#define S INT64_C(1000000)

static const int64_t schedule[] = { 5000, 60000, 600000 };
static const struct outcome_rules rules = {
	.retries = schedule, .retries_n = 3, .jitter = 0, .start_ttl = 300000,
};

static void
words(void **state)
{
	static const char *const outcomes[] = { "delivered", "retry", "failed",
		"expired", "superseded", "cancelled" };
	static const char *const errors[] = { NULL, "http_status", "redirect",
		"dns", "blocked_address", "connect", "timeout", "tls", "reset",
		"protocol", "event_gone", "render", "secret", "crash" };
	int i;

	(void)state;
	for (i = 0; i < OUTCOMES; i++)
		assert_string_equal(outcome_name((enum outcome)i),
		    outcomes[i]);
	assert_null(outcome_error_name(OUTCOME_NO_ERROR));
	for (i = 1; i < OUTCOME_ERRORS; i++)
		assert_string_equal(
		    outcome_error_name((enum outcome_error)i), errors[i]);
}

static void
statuses(void **state)
{
	static const struct {
		int status;
		enum outcome_error error;
		enum outcome_health health;
	} v[] = {
		{ 200, OUTCOME_NO_ERROR, OUTCOME_HEALTHY },
		{ 204, OUTCOME_NO_ERROR, OUTCOME_HEALTHY },
		{ 299, OUTCOME_NO_ERROR, OUTCOME_HEALTHY },
		{ 300, OUTCOME_REDIRECT, OUTCOME_HEALTHY },
		{ 304, OUTCOME_REDIRECT, OUTCOME_HEALTHY },
		{ 399, OUTCOME_REDIRECT, OUTCOME_HEALTHY },
		{ 400, OUTCOME_HTTP_STATUS, OUTCOME_HEALTHY },
		{ 404, OUTCOME_HTTP_STATUS, OUTCOME_HEALTHY },
		{ 408, OUTCOME_HTTP_STATUS, OUTCOME_SICK },
		{ 429, OUTCOME_HTTP_STATUS, OUTCOME_SICK },
		{ 500, OUTCOME_HTTP_STATUS, OUTCOME_SICK },
		{ 503, OUTCOME_HTTP_STATUS, OUTCOME_SICK },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(outcome_of_status(v[i].status), v[i].error);
		assert_int_equal(outcome_health(v[i].error, v[i].status),
		    v[i].health);
	}
	assert_int_equal(outcome_health(OUTCOME_TIMEOUT, 0), OUTCOME_SICK);
	assert_int_equal(outcome_health(OUTCOME_BLOCKED_ADDRESS, 0),
	    OUTCOME_UNKNOWN);
	assert_int_equal(outcome_health(OUTCOME_RENDER, 0), OUTCOME_UNKNOWN);
}

static void
curl_codes(void **state)
{
	static const struct { int code; enum outcome_error error; } v[] = {
		{ CURLE_OK, OUTCOME_NO_ERROR },
		{ CURLE_COULDNT_CONNECT, OUTCOME_CONNECT },
		{ CURLE_OPERATION_TIMEDOUT, OUTCOME_TIMEOUT },
		{ CURLE_SSL_CONNECT_ERROR, OUTCOME_TLS },
		{ CURLE_PEER_FAILED_VERIFICATION, OUTCOME_TLS },
		{ CURLE_SSL_CACERT_BADFILE, OUTCOME_TLS },
		{ CURLE_GOT_NOTHING, OUTCOME_RESET },
		{ CURLE_SEND_ERROR, OUTCOME_RESET },
		{ CURLE_RECV_ERROR, OUTCOME_RESET },
		{ CURLE_PARTIAL_FILE, OUTCOME_RESET },
		{ CURLE_WEIRD_SERVER_REPLY, OUTCOME_PROTOCOL },
		{ CURLE_UNSUPPORTED_PROTOCOL, OUTCOME_PROTOCOL },
		{ CURLE_WRITE_ERROR, OUTCOME_PROTOCOL },
		{ CURLE_URL_MALFORMAT, OUTCOME_RENDER },
		{ CURLE_COULDNT_RESOLVE_HOST, OUTCOME_DNS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(wire_error_of(v[i].code), v[i].error);
}

static enum outcome
decide(enum event_kind kind, int attempt, enum outcome_error error,
    int64_t age, int64_t *due)
{
	struct outcome_case c = {
		.kind = kind, .attempt = attempt, .event_at = 1000 * S - age,
		.now = 1000 * S, .error = error,
	};

	return outcome_decide(&rules, &c, due);
}

static void
retries(void **state)
{
	int64_t due;

	(void)state;
	assert_int_equal(decide(EVENT_CALL_END, 1, OUTCOME_NO_ERROR, 0, &due),
	    OUTCOME_DELIVERED);
	assert_int_equal(decide(EVENT_CALL_END, 1, OUTCOME_TIMEOUT, 0, &due),
	    OUTCOME_RETRY);
	assert_int_equal(due, 1005 * S);
	assert_int_equal(decide(EVENT_CALL_END, 3, OUTCOME_RESET, 0, &due),
	    OUTCOME_RETRY);
	assert_int_equal(due, 1600 * S);
	assert_int_equal(decide(EVENT_CALL_END, 4, OUTCOME_RESET, 0, &due),
	    OUTCOME_FAILED);
	assert_int_equal(due, 0);
	assert_int_equal(decide(EVENT_CALL_END, 3, OUTCOME_REDIRECT,
	    86400 * S, &due), OUTCOME_RETRY);
}

static void
never_again(void **state)
{
	int64_t due;

	(void)state;
	assert_int_equal(decide(EVENT_CALL_END, 1, OUTCOME_EVENT_GONE, 0,
	    &due), OUTCOME_FAILED);
	assert_int_equal(decide(EVENT_CALL_END, 1, OUTCOME_RENDER, 0, &due),
	    OUTCOME_FAILED);
	assert_int_equal(decide(EVENT_CALL_END, 1, OUTCOME_BLOCKED_ADDRESS, 0,
	    &due), OUTCOME_RETRY);
	assert_int_equal(decide(EVENT_CALL_END, 2, OUTCOME_BLOCKED_ADDRESS, 0,
	    &due), OUTCOME_FAILED);
}

static void
starts_expire(void **state)
{
	int64_t due;

	(void)state;
	assert_false(outcome_is_stale(&rules, EVENT_CALL_START, 0, 300 * S));
	assert_true(outcome_is_stale(&rules, EVENT_CALL_START, 0,
	    300 * S + 1));
	assert_false(outcome_is_stale(&rules, EVENT_CALL_END, 0, 9000 * S));
	assert_int_equal(decide(EVENT_CALL_START, 1, OUTCOME_CONNECT, 295 * S,
	    &due), OUTCOME_RETRY);
	assert_int_equal(decide(EVENT_CALL_START, 1, OUTCOME_CONNECT, 296 * S,
	    &due), OUTCOME_EXPIRED);
	assert_int_equal(due, 0);
}

static void
receiver_has_a_say(void **state)
{
	static const int64_t waits[] = { 1000, 60000 };
	const struct outcome_rules two = { .retries = waits, .retries_n = 2,
		.start_ttl = 300000 };
	struct outcome_case c = { .kind = EVENT_CALL_END, .attempt = 1,
		.now = 5000000, .error = OUTCOME_HTTP_STATUS, .status = 503,
		.retry_after = 7000 };
	int64_t due;

	(void)state;
	assert_int_equal(outcome_decide(&two, &c, &due), OUTCOME_RETRY);
	assert_int_equal(due, 5000000 + 7000000);
	c.attempt = 2;	/* the schedule asks for more */
	assert_int_equal(outcome_decide(&two, &c, &due), OUTCOME_RETRY);
	assert_int_equal(due, 5000000 + 60000000);
	c.retry_after = -1;
	c.attempt = 1;
	assert_int_equal(outcome_decide(&two, &c, &due), OUTCOME_RETRY);
	assert_int_equal(due, 5000000 + 1000000);
	/* A start is not planned beyond its worth, whoever asks for it. */
	c.kind = EVENT_CALL_START;
	c.retry_after = 400000;
	assert_int_equal(outcome_decide(&two, &c, &due), OUTCOME_EXPIRED);
	c.status = 410;
	assert_int_equal(outcome_decide(&two, &c, &due), OUTCOME_FAILED);
}

static void
blames_receivers_only(void **state)
{
	(void)state;
	assert_true(outcome_blames(OUTCOME_HTTP_STATUS));
	assert_true(outcome_blames(OUTCOME_DNS));
	assert_true(outcome_blames(OUTCOME_PROTOCOL));
	assert_false(outcome_blames(OUTCOME_NO_ERROR));
	assert_false(outcome_blames(OUTCOME_EVENT_GONE));
	assert_false(outcome_blames(OUTCOME_RENDER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(statuses),
		cmocka_unit_test(curl_codes),
		cmocka_unit_test(retries),
		cmocka_unit_test(never_again),
		cmocka_unit_test(starts_expire),
		cmocka_unit_test(receiver_has_a_say),
		cmocka_unit_test(blames_receivers_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
