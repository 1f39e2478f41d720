/*
 * The status page of the pool: what each worker does, for people and for
 * scripts.  It is answered by the observer, a process beside the workers with a
 * socket of its own, so it is there while all of them are busy.  Reads the
 * scoreboard and the listen queue, never the database.
 */
#include "config.h"

#include "api/status.h"

#include <string.h>

#include "api/api.h"
#include "api/metrics.h"
#include "api/response.h"
#include "core/clock.h"
#include "core/listenqueue.h"
#include "core/scoreboard.h"
#include "core/settings.h"

static json_t *
json_time(int64_t real_us)
{
	char text[CLOCK_TEXT_LEN];

	return json_string(clock_text(real_us, text));
}

/* Shared memory may change while it is read: a copy with an end. */
static json_t *
json_shared(const char *text, size_t size)
{
	return json_stringn(text, strnlen(text, size));
}

static json_t *
json_queue(int n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *
worker(const struct scoreboard_slot *s, int64_t now)
{
	return json_pack("{s:i, s:i, s:s, s:I, s:I, s:I, s:I, s:o, s:o}",
	    "pid", (int)s->pid, "worker", s->place + 1,
	    "state", scoreboard_phase_name(s->phase),
	    "state_ms", (json_int_t)((now - s->since_us) / 1000),
	    "age_ms", (json_int_t)((now - s->born_us) / 1000),
	    "requests", (json_int_t)s->requests,
	    "events", (json_int_t)s->events,
	    "request", json_shared(s->what, sizeof(s->what)),
	    "statement", json_shared(s->statement, sizeof(s->statement)));
}

static json_t *
workers(const struct scoreboard *b)
{
	json_t *list = json_array();
	int64_t now = clock_mono_us();
	int i;

	for (i = 0; list != NULL && i < SCOREBOARD_SLOTS; i++)
		if (b->slots[i].phase != SCOREBOARD_EMPTY &&
		    b->slots[i].place != SCOREBOARD_OBSERVER &&
		    json_array_append_new(list, worker(&b->slots[i], now)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
queue(const struct status_observer *o)
{
	int waiting = -1, limit = -1;

	if (listenqueue_get(o->listen_fd, &waiting, &limit) < 0)
		waiting = limit = -1;
	return json_pack("{s:o, s:o, s:o}", "waiting", json_queue(waiting),
	    "most", json_queue(waiting > o->board->queue_most ? waiting :
	    o->board->queue_most), "limit", json_queue(limit));
}

static json_t *
whole(const struct status_observer *o)
{
	const struct scoreboard *b = o->board;
	struct scoreboard_sum sum;

	scoreboard_sum(b, &sum);
	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:{s:i, s:i, s:i, s:i, s:i,"
	    " s:i, s:i}, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
	    "version", PACKAGE_VERSION, "master", b->master,
	    "started_at", json_time(b->started_us),
	    "loaded_at", json_time(b->loaded_us),
	    "listen_queue", queue(o),
	    "pool", "min", b->workers_min, "max", b->workers,
	    "starting", sum.starting, "idle", sum.idle, "busy", sum.busy,
	    "busy_most", b->busy_most, "draining", sum.draining,
	    "requests", (json_int_t)sum.requests,
	    "events", (json_int_t)sum.events,
	    "slow_requests", (json_int_t)sum.counters[METRICS_SLOW],
	    "max_workers_reached", (json_int_t)b->at_limit,
	    "reloads", (json_int_t)b->reloads,
	    "reloads_refused", (json_int_t)b->reloads_refused,
	    "deaths", (json_int_t)b->deaths, "stuck", (json_int_t)b->stuck,
	    "workers", workers(b));
}

static bool
wants_openmetrics(const struct http_request *req)
{
	struct span format = http_arg(req, "format");
	struct span accept = http_var(req, "HTTP_ACCEPT");

	if (format.p != NULL)
		return span_is(format, "openmetrics");
	return accept.p != NULL &&
	    memmem(accept.p, accept.len, "openmetrics", 11) != NULL;
}

void
status_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	(void)who;
	if (!wants_openmetrics(req)) {
		if (response_json(res, 200, whole(api->observer)) < 0)
			problem_answer(res, req,
			    api->settings->api_problem_base, PROBLEM_INTERNAL,
			    NULL);
		return;
	}
	metrics_pool(api, &res->body);
	openmetrics_end(&res->body);
	res->status = 200;
	res->content_type = OPENMETRICS_TYPE;
}
