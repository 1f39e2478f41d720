/*
 * The API's reading of a request: lines are CGI variables, the first one is
 * REQUEST_URI.  Segments and arguments stay inside of the request, none is
 * a way up; cursors are what they were when they are written again.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "api/http.h"
#include "api/route.h"
#include "core/num.h"
#include "fuzz.h"

enum { VARS = 12, TEXT = 8192 };

static bool
inside(const struct http_request *req, struct span s)
{
	return s.p >= req->text && s.p + s.len <= req->text + sizeof(req->text);
}

static void
check_request(const struct http_request *req)
{
	const struct route *route;
	unsigned allowed;
	size_t i;

	FUZZ_CHECK(req->segments_n <= HTTP_SEGMENTS);
	FUZZ_CHECK(req->args_n <= HTTP_ARGS);
	for (i = 0; i < req->segments_n; i++) {
		FUZZ_CHECK(inside(req, req->segments[i]));
		FUZZ_CHECK(req->segments[i].len > 0);
		FUZZ_CHECK(!memchr(req->segments[i].p, '/',
		    req->segments[i].len));
		FUZZ_CHECK(!memchr(req->segments[i].p, '\0',
		    req->segments[i].len));
		FUZZ_CHECK(!span_is(req->segments[i], "."));
		FUZZ_CHECK(!span_is(req->segments[i], ".."));
	}
	for (i = 0; i < req->args_n; i++)
		FUZZ_CHECK(inside(req, req->args[i].name) &&
		    inside(req, req->args[i].value));
	if (route_find(req, &route, &allowed) == PROBLEM_NONE)
		FUZZ_CHECK(route != NULL);
}

static void
check_cursor(struct span s)
{
	char text[HTTP_CURSOR_LEN];
	struct id id;

	if (http_cursor_read(s, &id) == 0)
		FUZZ_CHECK(span_is(s, http_cursor(&id, text)));
	if (s.len == sizeof(id.b)) {
		memcpy(id.b, s.p, sizeof(id.b));
		http_cursor(&id, text);
		FUZZ_CHECK(http_cursor_read(span_of(text), &id) == 0);
		FUZZ_CHECK(memcmp(id.b, s.p, sizeof(id.b)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "REQUEST_URI=", "REQUEST_METHOD=",
	    "CONTENT_LENGTH=", "SCRIPT_NAME=", "HTTP_X_REQUEST_ID=",
	    "HTTP_ACCEPT_LANGUAGE=", "" };
	static char text[VARS][TEXT];
	char *vars[VARS + 1] = { NULL };
	struct span rest = fuzz_span(data, size), line;
	struct http_request req;
	int64_t length;
	int i, err;

	for (i = 0; i < VARS && rest.len > 0; i++) {
		line = fuzz_take(&rest, '\n');
		check_cursor(line);
		snprintf(text[i], TEXT, "%s%.*s", names[i < 6 ? i : 6],
		    (int)(line.len > 4000 ? 4000 : line.len),
		    line.len ? line.p : "");
		vars[i] = text[i];
	}
	err = http_read(&req, vars);
	FUZZ_CHECK(err == 0 || err == ERR_SYNTAX || err == ERR_TOO_BIG ||
	    err == ERR_NOT_FOUND);
	FUZZ_CHECK(strlen(req.id) > 0 && strlen(req.id) <= HTTP_REQUEST_ID_MAX);
	FUZZ_CHECK(strpbrk(req.id, "\r\n") == NULL);
	if (err == 0)
		check_request(&req);
	if (http_length(&req, 1000000, &length) == 0)
		FUZZ_CHECK(length >= 0 && length <= 1000000);
	(void)http_content_is(&req, "application/json");
	return 0;
}
