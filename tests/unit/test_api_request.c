/*
 * HTTP's words: path, query, language, ETags, cursors, lengths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/http.h"

static struct http_request req;

/* Reads "METHOD uri" with further variables. */
static int
get(const char *uri, const char *script)
{
	static char a[4200], b[300];
	static char *vars[] = { NULL, NULL, NULL, NULL };

	snprintf(a, sizeof(a), "REQUEST_URI=%s", uri);
	snprintf(b, sizeof(b), "SCRIPT_NAME=%s", script);
	vars[0] = (char *)(uintptr_t)"REQUEST_METHOD=GET";
	vars[1] = a;
	vars[2] = b;
	return http_read(&req, vars);
}

static int
with(const char *variable)
{
	static char copy[300];
	static char *vars[] = { copy, NULL };

	snprintf(copy, sizeof(copy), "%s", variable);
	return http_read(&req, vars);
}

#define assert_span(s, text) do { \
	struct span s_ = (s); \
	assert_int_equal(s_.len, strlen(text)); \
	assert_memory_equal(s_.p, text, s_.len); \
} while (0)

static void
takes_paths_apart(void **state)
{
	(void)state;
	assert_int_equal(get("/v1/webhooks/7?a=1", ""), 0);
	assert_int_equal(req.method, HTTP_GET);
	assert_int_equal(req.segments_n, 3);
	assert_span(req.segments[0], "v1");
	assert_span(req.segments[2], "7");
	assert_int_equal(get("/callhook/api/v1/x%41%20", "/callhook/api"), 0);
	assert_int_equal(req.segments_n, 2);
	assert_span(req.segments[1], "xA ");
	/* A script name that is no prefix in whole segments stays. */
	assert_int_equal(get("/callhook/apis/v1", "/callhook/api"), 0);
	assert_int_equal(req.segments_n, 3);
	/* All of it called script: nothing would be left. */
	assert_int_equal(get("/healthz", "/healthz"), 0);
	assert_int_equal(req.segments_n, 1);
	assert_int_equal(get("/app/healthz", "/app/"), 0);
	assert_int_equal(req.segments_n, 1);
	assert_int_equal(get("/", ""), 0);
	assert_int_equal(req.segments_n, 0);
}

static void
refuses_odd_paths(void **state)
{
	static const char *const empty[] = { "/v1//x", "//v1", "/v1/", "//" };
	static const char *const odd[] = { "", "v1", "/v1/a%2Fb", "/v1/a%2fb", "/v1/%00", "/v1/../x", "/v1/.",
		"/v1/%2e%2E", "/v1/%", "/v1/%4", "/v1/%zz", "/v1?a=%00",
		"/v1?a=%", "/v1?a=%ff" };
	char longer[3000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		if (get(odd[i], "") != ERR_SYNTAX)
			fail_msg("taken: %s", odd[i]);
	for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		assert_int_equal(get(empty[i], ""), ERR_NOT_FOUND);
	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(get(longer, ""), ERR_TOO_BIG);
	longer[HTTP_PATH_MAX] = '\0';
	assert_int_equal(get(longer, ""), 0);
	assert_int_equal(get("/1/2/3/4/5/6/7/8", ""), 0);
	assert_int_equal(get("/1/2/3/4/5/6/7/8/9", ""), ERR_TOO_BIG);
}

static void
reads_queries(void **state)
{
	(void)state;
	assert_int_equal(get("/a?service=call+tracking&&x=%31%26&flag&e=", ""), 0);
	assert_int_equal(req.args_n, 4);
	assert_span(http_arg(&req, "service"), "call tracking");
	assert_span(http_arg(&req, "x"), "1&");
	assert_span(http_arg(&req, "flag"), "");
	assert_non_null(http_arg(&req, "e").p);
	assert_null(http_arg(&req, "none").p);
	assert_int_equal(get("/a?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h", ""),
	    ERR_TOO_BIG);
}

static void
names_the_request(void **state)
{
	struct id id;

	(void)state;
	(void)with("REQUEST_ID=0123456789abcdef");
	assert_string_equal(req.id, "0123456789abcdef");
	(void)with("REQUEST_ID=evil\r\nSet-Cookie: x");
	assert_int_equal(id_parse(span_of(req.id), &id), 0);
	(void)with("REQUEST_ID=short");
	assert_int_equal(id_parse(span_of(req.id), &id), 0);
	(void)with("REQUEST_METHOD=PATCH");
	assert_int_equal(req.method, HTTP_PATCH);
	(void)with("REQUEST_METHOD=TRACE");
	assert_int_equal(req.method, HTTP_OTHER);
	assert_string_equal(req.method_text, "TRACE");
	(void)with("REQUEST_METHODS=GET");
	assert_string_equal(req.method_text, "");
}

static void
chooses_language(void **state)
{
	static const struct {
		const char *header;
		enum http_lang lang;
	} cases[] = {
		{ "", HTTP_EN }, { "ru", HTTP_RU }, { "RU-ru", HTTP_RU },
		{ "en", HTTP_EN }, { "de", HTTP_EN }, { "ru;q=0", HTTP_EN },
		{ "ru-RU,ru;q=0.9,en-US;q=0.8", HTTP_RU },
		{ "en;q=0.5, ru;q=0.7", HTTP_RU },
		{ "en;q=0.75,ru;q=0.7", HTTP_EN },
		{ "de, ru;q=0.2", HTTP_RU }, { "*, ru;q=0.5", HTTP_EN },
		{ "ru;q=1.0,en", HTTP_EN }, { ";;,,=", HTTP_EN },
		{ "russian", HTTP_EN }, { "ru;q=x", HTTP_EN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (http_language(span_of(cases[i].header)) != cases[i].lang)
			fail_msg("wrong: %s", cases[i].header);
	assert_int_equal(http_language((struct span){ NULL, 0 }), HTTP_EN);
}

static void
compares_etags(void **state)
{
	static const char *const match[] = { "\"v7\"", "W/\"v7\"",
		"\"v7-gzip\"", "W/\"v7-gzip\"", "*", "\"v1\", \"v7\"",
		" \"v7\" " };
	static const char *const other[] = { "", "v7", "\"v8\"", "\"7\"",
		"\"v07\"", "\"v7", "\"v\"", "\"v7-br\"", "W/", "\"", "\"\"",
		"\"v99999999999999999999\"" };
	char etag[HTTP_ETAG_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(match) / sizeof(match[0]); i++)
		if (!http_if_match(span_of(match[i]), 7))
			fail_msg("no match: %s", match[i]);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (http_if_match(span_of(other[i]), 7))
			fail_msg("match: %s", other[i]);
	assert_string_equal(http_etag(2147483647, etag), "\"v2147483647\"");
	assert_true(http_if_match(span_of(etag), 2147483647));
}

static void
cursors_go_round(void **state)
{
	char text[HTTP_CURSOR_LEN];
	struct id id, back;
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		id = id_new();
		memset(&back, 0, sizeof(back));
		assert_int_equal(strlen(http_cursor(&id, text)), 23);
		assert_int_equal(http_cursor_read(span_of(text), &back), 0);
		assert_true(id_eq(&id, &back));
	}
	text[22] = text[22] == 'B' ? 'C' : 'B';
	assert_int_equal(http_cursor_read(span_of(text), &back), ERR_SYNTAX);
	assert_int_equal(http_cursor_read(span_of(""), &back), ERR_SYNTAX);
	assert_int_equal(http_cursor_read(span_of("AAAAAAAAAAAAAAAAAAAAAAA"),
	    &back), ERR_SYNTAX);
	assert_int_equal(http_cursor_read(span_of("AQ+AAAAAAAAAAAAAAAAAAAA"),
	    &back), ERR_SYNTAX);
}

static int
length(const char *variable, int64_t *out)
{
	(void)with(variable);
	return http_length(&req, 1000, out);
}

static void
reads_lengths(void **state)
{
	int64_t n = -1;

	(void)state;
	assert_int_equal(length("CONTENT_LENGTH=1000", &n), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(length("CONTENT_LENGTH=0", &n), 0);
	assert_int_equal(length("CONTENT_LENGTH=", &n), ERR_NOT_FOUND);
	assert_int_equal(length("X=1", &n), ERR_NOT_FOUND);
	assert_int_equal(length("CONTENT_LENGTH=1001", &n), ERR_TOO_BIG);
	assert_int_equal(length("CONTENT_LENGTH=99999999999999999999", &n),
	    ERR_TOO_BIG);
	assert_int_equal(length("CONTENT_LENGTH=-1", &n), ERR_SYNTAX);
	assert_int_equal(length("CONTENT_LENGTH=1e3", &n), ERR_SYNTAX);
	assert_int_equal(length("CONTENT_LENGTH=+1", &n), ERR_SYNTAX);
	assert_int_equal(length("CONTENT_LENGTH= 1", &n), ERR_SYNTAX);
	assert_int_equal(length("CONTENT_LENGTH=1, 1", &n), ERR_SYNTAX);
}

static void
knows_types_and_tokens(void **state)
{
	(void)state;
	(void)with("CONTENT_TYPE=Application/JSON ; charset=utf-8");
	assert_true(http_content_is(&req, "application/json"));
	(void)with("CONTENT_TYPE=application/jsonp");
	assert_false(http_content_is(&req, "application/json"));
	(void)with("X=");
	assert_false(http_content_is(&req, "application/json"));
	assert_span(http_bearer(span_of("Bearer abc")), "abc");
	assert_span(http_bearer(span_of(" bearer  abc ")), "abc");
	assert_null(http_bearer(span_of("Basic abc")).p);
	assert_null(http_bearer(span_of("Bearer")).p);
	assert_null(http_bearer(span_of("Bearer ")).p);
	assert_null(http_bearer((struct span){ NULL, 0 }).p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_paths_apart),
		cmocka_unit_test(refuses_odd_paths),
		cmocka_unit_test(reads_queries),
		cmocka_unit_test(names_the_request),
		cmocka_unit_test(chooses_language),
		cmocka_unit_test(compares_etags),
		cmocka_unit_test(cursors_go_round),
		cmocka_unit_test(reads_lengths),
		cmocka_unit_test(knows_types_and_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
