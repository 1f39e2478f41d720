/*
 * Problems and answers as they stand on the wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "api/problem.h"
#include "api/response.h"
#include "core/jsonx.h"
#include "hook/fault.h"

static struct http_request req = { .method = HTTP_GET, .id = "req-1" };

static void
every_kind_is_complete(void **state)
{
	int p, q;

	(void)state;
	for (p = PROBLEM_NONE + 1; p < PROBLEMS; p++) {
		assert_true(strlen(problem_name((enum problem)p)) > 0);
		assert_int_equal(problem_find(span_of(
		    problem_name((enum problem)p))), p);
		assert_in_range(problem_status((enum problem)p), 400, 599);
		assert_string_not_equal(response_reason(problem_status(
		    (enum problem)p)), "Unknown");
		for (q = HTTP_EN; q <= HTTP_RU; q++) {
			assert_true(strlen(problem_title((enum problem)p,
			    (enum http_lang)q)) > 0);
			assert_true(strlen(problem_about((enum problem)p,
			    (enum http_lang)q)) > 0);
		}
	}
	assert_int_equal(problem_find(span_of("")), PROBLEM_NONE);
	assert_int_equal(problem_find(span_of("nonsense")), PROBLEM_NONE);
}

static void *
no_memory(size_t size)
{
	(void)size;
	return NULL;
}

/* jansson gets none: the same members, but for errors, all the same. */
static void
every_kind_is_told_without_memory(void **state)
{
	struct http_request r = { .method = HTTP_GET, .id = "req-1" };
	struct response with, without;
	struct faults faults = { .v = NULL };
	json_t *a, *b;
	int p;

	(void)state;
	for (p = PROBLEM_NONE + 1; p < PROBLEMS; p++) {
		r.lang = p % 2 == 0 ? HTTP_RU : HTTP_EN;
		response_init(&with);
		response_init(&without);
		problem_answer(&with, &r, "/p/", (enum problem)p, NULL);
		json_set_alloc_funcs(no_memory, free);
		problem_answer(&without, &r, "/p/", (enum problem)p,
		    &(struct problem_more){ .faults = &faults });
		json_set_alloc_funcs(malloc, free);
		assert_int_equal(without.status, with.status);
		assert_string_equal(without.content_type, with.content_type);
		assert_string_equal(buf_cstr(&without.headers),
		    buf_cstr(&with.headers));
		a = json_loads(buf_cstr(&with.body), 0, NULL);
		b = json_loads(buf_cstr(&without.body), 0, NULL);
		assert_non_null(b);
		assert_true(json_equal(a, b));
		json_decref(a);
		json_decref(b);
		response_free(&with);
		response_free(&without);
	}
}

static void
every_error_has_a_status(void **state)
{
	static const struct {
		int err, status;
	} cases[] = {
		{ ERR_NOMEM, 500 }, { ERR_TOO_BIG, 413 }, { ERR_SYNTAX, 400 },
		{ ERR_RANGE, 422 }, { ERR_INVALID, 422 }, { ERR_NOT_FOUND, 404 },
		{ ERR_EXISTS, 409 }, { ERR_CONFLICT, 409 }, { ERR_DENIED, 403 },
		{ ERR_DB_DOWN, 503 }, { ERR_DB_BUSY, 503 }, { ERR_DB, 500 },
		{ ERR_SCHEMA, 503 }, { ERR_IO, 500 }, { ERR_TIMEOUT, 408 },
		{ ERR_CLOSED, 400 }, { -99, 500 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(problem_status(problem_of(cases[i].err)),
		    cases[i].status);
	assert_int_equal(problem_of(0), PROBLEM_NONE);
}

static void
says_what_is_wrong(void **state)
{
	struct faults faults = { .v = NULL };
	struct response res;
	json_t *json, *one;
	const char *why;
	size_t offset;

	(void)state;
	response_init(&res);
	fault_add(&faults, FAULT_TOO_MANY, "1000", "%s", "");
	fault_add(&faults, FAULT_REQUIRED, NULL, "/params/%d/name", 3);
	problem_answer(&res, &req, "/p/", PROBLEM_VALIDATION,
	    &(struct problem_more){ .detail = "So \"it\" is.", .faults = &faults });
	assert_int_equal(res.status, 422);
	assert_string_equal(res.content_type, "application/problem+json");
	assert_int_equal(jsonx_parse(buf_as_span(&res.body), &json, &why,
	    &offset), 0);
	assert_string_equal(json_string_value(json_object_get(json, "type")),
	    "/p/validation");
	assert_string_equal(json_string_value(json_object_get(json, "detail")),
	    "So \"it\" is.");
	assert_string_equal(json_string_value(json_object_get(json, "instance")),
	    "req-1");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), 422);
	assert_int_equal(json_array_size(json_object_get(json, "errors")), 2);
	one = json_array_get(json_object_get(json, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "code")),
	    "too_many");
	assert_non_null(strstr(json_string_value(json_object_get(one, "detail")),
	    "1000"));
	one = json_array_get(json_object_get(json, "errors"), 1);
	assert_string_equal(json_string_value(json_object_get(one, "pointer")),
	    "/params/3/name");
	json_decref(json);
	fault_free(&faults);
	response_free(&res);
}

static void
speaks_russian(void **state)
{
	struct http_request ru = { .method = HTTP_GET, .lang = HTTP_RU };
	struct response res;

	(void)state;
	response_init(&res);
	problem_answer(&res, &ru, "", PROBLEM_NOT_FOUND, NULL);
	assert_non_null(strstr(buf_cstr(&res.body), "Не найдено"));
	assert_null(strstr(buf_cstr(&res.body), "errors"));
	assert_non_null(strstr(buf_cstr(&res.headers), "Content-Language: ru"));
	response_free(&res);
}

/* The answer to p as CGI would print it; free. */
static char *
wire(enum problem p, enum http_method method)
{
	struct http_request r = req;
	struct buf out = BUF_INIT(10000);
	struct response res;
	char *text;

	r.method = method;
	response_init(&res);
	problem_answer(&res, &r, "/p/", p, NULL);
	assert_int_equal(response_write(&res, &r, &out), 0);
	response_free(&res);
	text = buf_take(&out);
	assert_non_null(text);
	return text;
}

static void
adds_headers_of_the_kind(void **state)
{
	char *text;

	(void)state;
	text = wire(PROBLEM_UNAVAILABLE, HTTP_GET);
	assert_int_equal(strncmp(text, "Status: 503 Service Unavailable\r\n", 33),
	    0);
	assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
	assert_non_null(strstr(text, "\r\nX-Request-Id: req-1\r\n"));
	assert_non_null(strstr(text, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n{"));
	free(text);
	text = wire(PROBLEM_UNAUTHORIZED, HTTP_HEAD);
	assert_non_null(strstr(text, "\r\nWWW-Authenticate: Bearer"));
	assert_null(strstr(text, "{"));
	assert_null(strstr(text, "Retry-After"));
	free(text);
}

static void
refuses_what_does_not_fit(void **state)
{
	struct buf out = BUF_INIT(50);
	struct response res;

	(void)state;
	response_init(&res);
	problem_answer(&res, &req, "/p/", PROBLEM_BUSY, NULL);
	assert_int_equal(response_write(&res, &req, &out), ERR_TOO_BIG);
	assert_int_equal(response_json(&res, 200, NULL), ERR_NOMEM);
	buf_free(&out);
	response_free(&res);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_complete),
		cmocka_unit_test(every_error_has_a_status),
		cmocka_unit_test(every_kind_is_told_without_memory),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(speaks_russian),
		cmocka_unit_test(adds_headers_of_the_kind),
		cmocka_unit_test(refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
