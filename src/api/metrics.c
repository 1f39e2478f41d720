/*
 * Counts what the workers do, in their slots of the scoreboard, and shows it
 * as OpenMetrics together with what the database knows of queue, tables and
 * senders.  /metrics is answered by the observer; its statements are bounded
 * (so many rows, so many webhooks of a shard), so that a look is cheap
 * whatever is owed.
 */
#include "config.h"

#include "api/metrics.h"

#include "api/api.h"
#include "api/metricsdb.h"
#include "api/response.h"
#include "api/status.h"
#include "core/clock.h"
#include "core/listenqueue.h"
#include "core/scoreboard.h"
#include "core/timeline.h"

_Static_assert((int)METRICS_CELLS <= (int)SCOREBOARD_COUNTERS,
    "a slot has room for what is counted");

void
metrics_request(struct scoreboard_slot *slot, int status, bool events,
    int64_t us)
{
	int class = status / 100;

	slot->counters[class == 2 ? METRICS_2XX : class == 3 ? METRICS_3XX :
	    class == 4 ? METRICS_4XX : METRICS_5XX]++;
	slot->counters[METRICS_UNAVAILABLE] += status == 503;
	openmetrics_observe(&openmetrics_latency, slot->counters +
	    (events ? METRICS_EVENTS_LATENCY : METRICS_LATENCY), us);
}

void
metrics_batch(struct scoreboard_slot *slot, int64_t events)
{
	openmetrics_observe(&openmetrics_size, slot->counters + METRICS_BATCH,
	    events);
}

void
metrics_narrowed(struct scoreboard_slot *slot)
{
	slot->counters[METRICS_NARROWED]++;
}

static void
counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
	openmetrics_family(out, name, "counter", help);
	openmetrics_counter(out, name, "", value);
}

static void
show_workers(struct buf *out, const struct scoreboard *b,
    const struct scoreboard_sum *sum)
{
	static const char name[] = "callhook_api_workers";

	openmetrics_family(out, name, "gauge", "Worker processes by state.");
	openmetrics_gauge(out, name, "state=\"starting\"", sum->starting);
	openmetrics_gauge(out, name, "state=\"idle\"", sum->idle);
	openmetrics_gauge(out, name, "state=\"busy\"", sum->busy);
	openmetrics_gauge(out, name, "state=\"draining\"", sum->draining);
	openmetrics_one(out, "callhook_api_workers_max",
	    "Worker processes at most.", b->workers);
	openmetrics_one(out, "callhook_api_workers_busy_most",
	    "Most workers that were busy at a time.", b->busy_most);
	counter(out, "callhook_api_workers_max_reached",
	    "How often more workers were wanted than there may be.",
	    b->at_limit);
	counter(out, "callhook_api_worker_deaths",
	    "Workers that ended by themselves and with an error.", b->deaths);
	counter(out, "callhook_api_workers_stuck",
	    "Workers that were ended because a request took too long.",
	    b->stuck);
	counter(out, "callhook_api_reloads", "Reloads that were carried out.",
	    b->reloads);
	counter(out, "callhook_api_reloads_refused",
	    "Reloads refused for a wrong configuration.", b->reloads_refused);
}

static void
show_queue(struct buf *out, const struct status_observer *o,
    const struct scoreboard_sum *sum)
{
	int waiting, limit;

	counter(out, "callhook_api_listen_queue_narrowed",
	    "How often a worker found that the queue stands, and made it short.",
	    sum->counters[METRICS_NARROWED]);
	if (listenqueue_get(o->listen_fd, &waiting, &limit) < 0)
		return;
	openmetrics_one(out, "callhook_api_listen_queue",
	    "Connections that wait for a worker.", waiting);
	openmetrics_one(out, "callhook_api_listen_queue_most",
	    "Most that were seen waiting.", waiting > o->board->queue_most ?
	    waiting : o->board->queue_most);
	openmetrics_one(out, "callhook_api_listen_queue_limit",
	    "Connections that may wait.", limit);
}

static void
show_requests(struct buf *out, const struct scoreboard_sum *sum)
{
	static const char name[] = "callhook_api_requests";
	static const char took[] = "callhook_api_request_seconds";
	const uint64_t *c = sum->counters;

	openmetrics_family(out, name, "counter",
	    "Requests answered, by class of status.");
	openmetrics_counter(out, name, "class=\"2xx\"", c[METRICS_2XX]);
	openmetrics_counter(out, name, "class=\"3xx\"", c[METRICS_3XX]);
	openmetrics_counter(out, name, "class=\"4xx\"", c[METRICS_4XX]);
	openmetrics_counter(out, name, "class=\"5xx\"", c[METRICS_5XX]);
	counter(out, "callhook_api_unavailable", "Requests answered 503.",
	    c[METRICS_UNAVAILABLE]);
	counter(out, "callhook_api_slow_requests",
	    "Requests that took longer than [api] slow.", c[METRICS_SLOW]);
	counter(out, "callhook_api_events", "Events accepted.", sum->events);
	openmetrics_family(out, took, "histogram",
	    "From the first byte of a request to the last of its answer.");
	openmetrics_histogram(out, took, "kind=\"events\"",
	    &openmetrics_latency, c + METRICS_EVENTS_LATENCY);
	openmetrics_histogram(out, took, "kind=\"other\"",
	    &openmetrics_latency, c + METRICS_LATENCY);
	openmetrics_family(out, "callhook_api_database_seconds", "counter",
	    "Time that workers waited for PostgreSQL.");
	openmetrics_seconds(out, "callhook_api_database_seconds_total", "",
	    (int64_t)c[METRICS_DB_US]);
	counter(out, "callhook_api_old_primaries",
	    "Sessions refused because the server was an old primary.",
	    timeline_refused());
	openmetrics_family(out, "callhook_api_batch_events", "histogram",
	    "Events stored in one transaction.");
	openmetrics_histogram(out, "callhook_api_batch_events", "",
	    &openmetrics_size, c + METRICS_BATCH);
}

void
metrics_pool(const struct api *api, struct buf *out)
{
	const struct scoreboard *b = api->observer->board;
	struct scoreboard_sum sum;

	scoreboard_sum(b, &sum);
	openmetrics_family(out, "callhook_build", "info", "What runs here.");
	buf_str(out, "callhook_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	openmetrics_family(out, "callhook_api_start_time_seconds", "gauge",
	    "When the master was started.");
	openmetrics_seconds(out, "callhook_api_start_time_seconds", "",
	    b->started_us);
	show_workers(out, b, &sum);
	show_queue(out, api->observer, &sum);
	show_requests(out, &sum);
}

void
metrics_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	int64_t began = clock_mono_us();

	(void)req;
	(void)who;
	metrics_pool(api, &res->body);
	metricsdb_show(api->db, &res->body);
	openmetrics_family(&res->body, "callhook_metrics_seconds", "gauge",
	    "What it took to make this page.");
	openmetrics_seconds(&res->body, "callhook_metrics_seconds", "",
	    clock_mono_us() - began);
	openmetrics_end(&res->body);
	res->status = 200;
	res->content_type = OPENMETRICS_TYPE;
}
