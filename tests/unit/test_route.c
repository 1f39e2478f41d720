/*
 * The route table, and the handlers and events that need no database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/events.h"
#include "api/response.h"
#include "api/route.h"
#include "core/settings.h"

static struct http_request req;
static struct settings settings;
static struct api api;
static const struct route *found;
static unsigned allowed;

static void
parse(const char *method, const char *uri)
{
	static char a[100], b[300];
	static char *vars[] = { a, b, NULL };

	snprintf(a, sizeof(a), "REQUEST_METHOD=%s", method);
	snprintf(b, sizeof(b), "REQUEST_URI=%s", uri);
	assert_int_equal(http_read(&req, vars), 0);
}

static enum problem
find(const char *method, const char *uri)
{
	parse(method, uri);
	return route_find(&req, &found, &allowed);
}

static void
finds_routes(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/v1/webhooks"), PROBLEM_NONE);
	assert_string_equal(found->pattern, "/v1/webhooks");
	assert_int_equal(found->method, HTTP_GET);
	assert_int_equal(find("HEAD", "/v1/webhooks"), PROBLEM_NONE);
	assert_int_equal(found->method, HTTP_GET);
	assert_int_equal(find("POST", "/v1/webhooks?x=1"), PROBLEM_NONE);
	assert_int_equal(found->method, HTTP_POST);
	assert_int_equal(find("DELETE", "/v1/webhooks/abc"), PROBLEM_NONE);
	assert_string_equal(found->pattern, "/v1/webhooks/{id}");
	assert_int_equal(find("POST", "/v1/events"), PROBLEM_NONE);
	assert_null(found->fn);
	assert_int_equal(found->scope, SCOPE_EVENTS);
	assert_int_equal(find("GET", "/healthz"), PROBLEM_NONE);
	assert_int_equal(found->scope, 0);
}

static void
refuses_routes(void **state)
{
	static const char *const unknown[] = { "/", "/v1", "/v2/webhooks",
		"/v1/webhook", "/v1/webhookss", "/v1/webhooks/a/b", "/healthz/x",
		"/v1/{id}" };
	char allow[ROUTE_ALLOW_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (find("GET", unknown[i]) != PROBLEM_NOT_FOUND)
			fail_msg("found: %s", unknown[i]);
	assert_int_equal(find("POST", "/v1/webhooks/a"),
	    PROBLEM_METHOD_NOT_ALLOWED);
	assert_string_equal(route_allow(allowed, allow),
	    "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
	assert_int_equal(find("GET", "/v1/events"), PROBLEM_METHOD_NOT_ALLOWED);
	assert_string_equal(route_allow(allowed, allow), "POST, OPTIONS");
	assert_int_equal(find("OPTIONS", "/healthz"), PROBLEM_METHOD_NOT_ALLOWED);
	assert_string_equal(route_allow(allowed, allow), "GET, HEAD, OPTIONS");
}

static void
only_harmless_routes_are_open(void **state)
{
	static const char *const open[] = { "/v1/problems/{name}", "/healthz",
		"/readyz", "/status", "/metrics" };
	size_t i, k, n = 0;

	(void)state;
	for (i = 0; i < route_table_n; i++) {
		if (route_table[i].scope != 0)
			continue;
		assert_int_equal(route_table[i].method, HTTP_GET);
		for (k = 0; k < sizeof(open) / sizeof(open[0]); k++)
			n += strcmp(open[k], route_table[i].pattern) == 0;
		assert_int_equal(++n % 2, 0);
	}
	assert_int_equal(n, 10);
}

static void
answers_without_database(void **state)
{
	struct response res;

	(void)state;
	response_init(&res);
	assert_int_equal(find("GET", "/v1/parameters?service=calltracking"), 0);
	found->fn(&api, &req, NULL, &res);
	assert_int_equal(res.status, 200);
	assert_non_null(strstr(buf_cstr(&res.body), "\"client_number\""));
	response_reset(&res);
	assert_int_equal(find("GET", "/v1/parameters?service=x&y=1"), 0);
	found->fn(&api, &req, NULL, &res);
	assert_int_equal(res.status, 422);
	assert_non_null(strstr(buf_cstr(&res.body), "\"?service\""));
	assert_non_null(strstr(buf_cstr(&res.body), "\"?y\""));
	response_reset(&res);
	assert_int_equal(find("GET", "/v1/problems/limit"), 0);
	found->fn(&api, &req, NULL, &res);
	assert_int_equal(res.status, 200);
	response_reset(&res);
	assert_int_equal(find("GET", "/v1/problems/nix"), 0);
	found->fn(&api, &req, NULL, &res);
	assert_int_equal(res.status, 404);
	response_free(&res);
}

#define EVENT(account, call) "{\"account_id\":" account ",\"service\":" \
	"\"calltracking\",\"event\":\"call_end\",\"call_id\":\"" call "\"," \
	"\"data\":{}}"

/* events_read and, when it says no, the status and body of the answer. */
static bool
post(const char *body, int64_t account, struct events_post *out,
    struct response *res)
{
	struct identity who = { .account_id = account, .scopes = SCOPE_EVENTS };

	parse("POST", "/v1/events");
	req.body = span_of(body);
	response_reset(res);
	return events_read(&api, &req, &who, out, res);
}

static void
reads_events(void **state)
{
	struct events_post p;
	struct response res;

	(void)state;
	response_init(&res);
	assert_true(post(EVENT("5", "a"), 0, &p, &res));
	assert_int_equal(p.n, 1);
	assert_false(p.array);
	assert_int_equal(p.items[0].ingest.event.account_id, 5);
	assert_int_equal(p.items[0].ingest.shard, id_shard(5));
	p.items[0].ingest.deliveries = 2;
	events_answer(&api, &req, &p, &res);
	assert_int_equal(res.status, 202);
	assert_non_null(strstr(buf_cstr(&res.body),
	    "\"deliveries\":2,\"duplicate\":false}"));
	response_reset(&res);
	p.items[0].ingest.err = ERR_DB_DOWN;
	events_answer(&api, &req, &p, &res);
	assert_int_equal(res.status, 503);
	events_free(&p);

	/* One of an array fails alone; when the database fails, all do. */
	assert_true(post("[" EVENT("5", "a") ",{}," EVENT("6", "a") "]", 5, &p,
	    &res));
	assert_int_equal(p.n, 3);
	assert_int_equal(p.items[1].problem, PROBLEM_VALIDATION);
	assert_int_equal(p.items[2].problem, PROBLEM_WRONG_ACCOUNT);
	events_answer(&api, &req, &p, &res);
	assert_int_equal(res.status, 202);
	assert_non_null(strstr(buf_cstr(&res.body), "\"/1/data\""));
	assert_non_null(strstr(buf_cstr(&res.body), "\"/2/account_id\""));
	response_reset(&res);
	p.items[0].ingest.err = ERR_DB_BUSY;
	events_answer(&api, &req, &p, &res);
	assert_int_equal(res.status, 503);
	events_free(&p);
	response_free(&res);
}

static void
refuses_events(void **state)
{
	static const struct {
		const char *body;
		int status;
	} cases[] = {
		{ "", 400 }, { "{", 400 }, { "{\"a\":1,\"a\":2}", 400 },
		{ "{} x", 400 }, { "[]", 422 }, { "7", 422 }, { "{}", 422 },
		{ "[{},{},{},{}]", 422 }, { EVENT("6", "a"), 403 },
		{ EVENT("5", "a b"), 422 }, { EVENT("0", "a"), 422 },
	};
	struct events_post p;
	struct response res;
	size_t i;

	(void)state;
	response_init(&res);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (post(cases[i].body, 5, &p, &res))
			fail_msg("taken: %s", cases[i].body);
		if (res.status != cases[i].status)
			fail_msg("%d: %s", res.status, cases[i].body);
		events_free(&p);
	}
	/* All elements are bad, but each says so itself. */
	assert_false(post("[{},{}]", 5, &p, &res));
	assert_int_equal(res.status, 202);
	assert_non_null(strstr(buf_cstr(&res.body), "{\"error\":"));
	events_free(&p);
	response_free(&res);
}

static int
set_up(void **state)
{
	struct buf why = BUF_INIT(1000);

	(void)state;
	if (settings_load(&settings, "/dev/null", &why) < 0)
		return -1;
	buf_free(&why);
	settings.api_max_events = 3;
	api.settings = &settings;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	settings_free(&settings);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_routes),
		cmocka_unit_test(refuses_routes),
		cmocka_unit_test(only_harmless_routes_are_open),
		cmocka_unit_test(answers_without_database),
		cmocka_unit_test(reads_events),
		cmocka_unit_test(refuses_events),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
