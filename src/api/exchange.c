/*
 * One request from its first byte to the last one of its answer: reads it,
 * finds the route, asks who it is, runs the handler, answers.  Event posts
 * stop half-way, for the worker to store them together.  States of an
 * exchange: free -> (exchange_take) -> answered, or collected ->
 * (exchange_finish) -> answered, or waiting -> (exchange_look) -> answered;
 * answered is free again.
 */
#include "config.h"

#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/exchange.h"
#include "api/fastcgi.h"
#include "api/metrics.h"
#include "api/origin.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/log.h"
#include "core/scoreboard.h"
#include "core/settings.h"

enum {
	KEEP_MAX = 256 * 1024,	/* more memory is given back after use */
	OUT_MAX = RESPONSE_BODY_MAX + RESPONSE_HEADERS_MAX + 4096,
};

/* Room for what has to be said when memory has run out. */
static int
make_room(struct buf *b)
{
	static const char room[2048];

	buf_add(b, room, sizeof(room));
	if (buf_err(b) < 0)
		return ERR_NOMEM;
	buf_reset(b);
	return 0;
}

int
exchange_init(struct exchange *x, int64_t max_body)
{
	memset(x, 0, sizeof(*x));
	buf_init(&x->body, (size_t)max_body);
	buf_init(&x->out, OUT_MAX);
	response_init(&x->res);
	x->conn = fastcgi_new();
	if (x->conn == NULL || make_room(&x->res.body) < 0 ||
	    make_room(&x->res.headers) < 0 || make_room(&x->out) < 0)
		return ERR_NOMEM;
	return 0;
}

void
exchange_free(struct exchange *x)
{
	fastcgi_free(x->conn);
	events_free(&x->post);
	response_free(&x->res);
	buf_free(&x->out);
	buf_free(&x->body);
}

static void
forget_big(struct buf *b)
{
	size_t max = b->max;

	buf_reset(b);
	if (b->cap > KEEP_MAX) {
		buf_free(b);
		buf_init(b, max);
	}
}

/* ---- answering ---- */

/* The event of a post that has one: it leads to its deliveries. */
static const char *
event_of(const struct exchange *x, char text[ID_TEXT_LEN])
{
	const struct events_item *one = x->post.items;

	return one != NULL && x->post.n == 1 &&
	    one->problem == PROBLEM_NONE ? id_text(&one->ingest.id, text) : NULL;
}

static void
log_request(const struct exchange *x, const struct api *api)
{
	int64_t us = clock_mono_us() - x->begun_us;
	const struct settings *s = api->settings;
	bool slow = s->api_slow > 0 && us >= s->api_slow * 1000;
	const struct db_trace *db = db_trace(api->db);
	enum log_level level = LOG_INFO_;
	char event[ID_TEXT_LEN];

	metrics_request(api->slot, x->res.status, x->post.n > 0, us);
	api->slot->counters[METRICS_SLOW] += slow;
	if (x->res.status >= 500)
		level = x->res.status == 503 ? LOG_WARN_ : LOG_ERROR_;
	else if (slow)
		level = LOG_WARN_;
	else if (s->log_requests == SETTINGS_NONE || (x->res.status < 400 &&
	    (s->log_requests == SETTINGS_FAILURES || !log_may())))
		return;
	log_at(level, slow ? "api.slow" : "api.request",
	    LS("request", x->req.id), LS("method", x->req.method_text),
	    LS("route", x->route != NULL ? x->route->pattern : "-"),
	    LI("status", x->res.status),
	    LS("who", x->who.who[0] != '\0' ? x->who.who : NULL),
	    LS("event_id", event_of(x, event)), LI("bytes", x->body.len),
	    LI("us", us), LI("db_us", db->us),
	    LS("statement", db->slowest[0] != '\0' ? db->slowest : NULL),
	    LI("statement_us", db->slowest_us), LI("asked", db->pipelines));
}

static void
answer(struct exchange *x, const struct api *api)
{
	origin_answer(api->settings, &x->req, &x->res);
	if (response_write(&x->res, &x->req, &x->out) < 0) {
		/* The handler's answer does not fit into memory: a small one. */
		response_reset(&x->res);
		forget_big(&x->out);
		problem_answer(&x->res, &x->req,
		    api->settings->api_problem_base, PROBLEM_INTERNAL, NULL);
		if (response_write(&x->res, &x->req, &x->out) < 0)
			buf_reset(&x->out);
	}
	if (x->out.len > 0)
		fastcgi_answer(x->conn, buf_as_span(&x->out));
	log_request(x, api);
	fastcgi_close(x->conn);
	events_free(&x->post);
	forget_big(&x->out);
	forget_big(&x->body);
}

static void
refuse(struct exchange *x, const struct api *api, enum problem p)
{
	problem_answer(&x->res, &x->req, api->settings->api_problem_base, p,
	    NULL);
}

/* ---- reading ---- */

static enum problem
find_route(struct exchange *x, const struct api *api)
{
	char allow[ROUTE_ALLOW_LEN];
	unsigned allowed;
	enum problem p;

	p = route_find(&x->req, &x->route, &allowed);
	if (x->route != NULL && !route_answers(x->route, api->observer != NULL))
		return PROBLEM_NOT_FOUND;
	if (p == PROBLEM_METHOD_NOT_ALLOWED)
		response_header(&x->res, "Allow", route_allow(allowed, allow));
	return p;
}

static enum problem
find_identity(struct exchange *x, const struct api *api)
{
	enum problem p;

	if (x->route->scope == 0)
		return PROBLEM_NONE;
	p = auth_identify(api->auth, api->db, &x->req, &x->who);
	if (p == PROBLEM_NONE && !(x->who.scopes & x->route->scope))
		return PROBLEM_FORBIDDEN;
	return p;
}

static bool
is_json(const struct exchange *x)
{
	return http_content_is(&x->req, "application/json") ||
	    (x->req.method == HTTP_PATCH && http_content_is(&x->req,
	    "application/merge-patch+json"));
}

static enum problem
read_body(struct exchange *x, const struct api *api)
{
	bool wanted = x->req.method & (HTTP_POST | HTTP_PUT | HTTP_PATCH);
	bool may_lack = x->route->scope & ROUTE_NO_BODY;
	int64_t length = 0;
	int rc;

	rc = http_length(&x->req, api->settings->api_max_body, &length);
	if (rc == ERR_NOT_FOUND && wanted && !may_lack)
		return PROBLEM_LENGTH_REQUIRED;
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return problem_of(rc);
	if (wanted && (length > 0 || !may_lack) &&
	    (!is_json(x) || !http_content_is_plain(&x->req)))
		return PROBLEM_MEDIA_TYPE;
	rc = fastcgi_body(x->conn, (size_t)length, &x->body);
	if (rc < 0)
		return problem_of(rc);
	x->req.body = buf_as_span(&x->body);
	return PROBLEM_NONE;
}

static enum problem
read_request(struct exchange *x, const struct api *api, int opened)
{
	enum problem p;
	int rc;

	rc = http_read(&x->req, fastcgi_vars(x->conn));
	if (opened == ERR_TOO_BIG)
		return PROBLEM_HEADERS_TOO_LARGE;
	if (rc < 0)
		return rc == ERR_TOO_BIG ? PROBLEM_URI_TOO_LONG : problem_of(rc);
	p = find_route(x, api);
	if (p == PROBLEM_NONE)
		p = find_identity(x, api);
	if (p == PROBLEM_NONE)
		p = read_body(x, api);
	return p;
}

/*
 * Arguments where none are read are refused, not passed over in silence; what
 * is open to anybody may have some, to get past caches.
 */
static bool
args_fit(struct exchange *x, const struct api *api)
{
	return x->req.args_n == 0 || x->route->scope == 0 ||
	    (x->route->scope & ROUTE_ARGS) != 0 ||
	    answer_no_args(api, &x->req, &x->res);
}

/* Who asks, for the handler; NULL: nobody was asked for. */
static const struct identity *
asker(const struct exchange *x)
{
	return x->route->scope != 0 ? &x->who : NULL;
}

static void
handle(struct exchange *x, struct api *api)
{
	if (!idempotency_begin(&x->once, api, &x->req, x->route, asker(x),
	    &x->res))
		return;
	x->route->fn(api, &x->req, asker(x), &x->res);
	if (!exchange_is_waiting(x))
		idempotency_end(&x->once, api, asker(x), &x->req, &x->res);
}

bool
exchange_take(struct exchange *x, struct api *api, int fd)
{
	enum problem p;
	int opened;

	x->begun_us = clock_mono_us();
	x->route = NULL;
	x->who = (struct identity){ .account_id = 0 };
	response_reset(&x->res);
	db_trace_reset(api->db);
	opened = fastcgi_open(x->conn, fd, api->settings->api_io_timeout);
	if (opened < 0 && opened != ERR_TOO_BIG)
		return false;
	p = read_request(x, api, opened);
	if (p == PROBLEM_METHOD_NOT_ALLOWED && x->req.method == HTTP_OPTIONS)
		x->res.status = 204;
	else if (p != PROBLEM_NONE)
		refuse(x, api, p);
	else if (args_fit(x, api)) {
		if (x->route->fn != NULL)
			handle(x, api);
		else if (events_read(api, &x->req, &x->who, &x->post, &x->res))
			return true;
	}
	if (!exchange_is_waiting(x))
		answer(x, api);
	return false;
}

bool
exchange_is_waiting(const struct exchange *x)
{
	return x->res.later.look != NULL;
}

bool
exchange_look(struct exchange *x, struct api *api)
{
	struct response_later *later = &x->res.later;

	if (clock_mono_us() < later->at || !later->look(api, &x->req,
	    asker(x), &x->res, later->state))
		return false;
	idempotency_end(&x->once, api, asker(x), &x->req, &x->res);
	answer(x, api);
	response_reset(&x->res);
	return true;
}

void
exchange_finish(struct exchange *x, struct api *api)
{
	events_answer(api, &x->req, &x->post, &x->res);
	answer(x, api);
}
