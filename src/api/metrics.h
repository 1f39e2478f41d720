#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdint.h>

#include "api/route.h"
#include "core/openmetrics.h"

struct buf;
struct scoreboard_slot;

/* What the cells of a scoreboard slot count in callhook-api. */
enum metrics_cell {
	METRICS_2XX, METRICS_3XX, METRICS_4XX, METRICS_5XX,
	METRICS_UNAVAILABLE,		/* 503 among them */
	METRICS_SLOW,			/* took longer than [api] slow */
	METRICS_DB_US,			/* waited for PostgreSQL */
	METRICS_NARROWED,		/* the listen queue, in overload */
	METRICS_LATENCY,		/* of requests but for events */
	METRICS_EVENTS_LATENCY = METRICS_LATENCY + OPENMETRICS_LATENCY_CELLS,
	METRICS_BATCH = METRICS_EVENTS_LATENCY + OPENMETRICS_LATENCY_CELLS,
	METRICS_CELLS = METRICS_BATCH + OPENMETRICS_SIZE_CELLS
};

/* A request was answered: events says whether it was an event post. */
void metrics_request(struct scoreboard_slot *slot, int status, bool events,
    int64_t us);
/* A transaction of so many events was tried. */
void metrics_batch(struct scoreboard_slot *slot, int64_t events);
/* The listen queue stood and was narrowed. */
void metrics_narrowed(struct scoreboard_slot *slot);

/* The pool's families; needs no database.  api has an observer. */
void metrics_pool(const struct api *api, struct buf *out);
/* GET /metrics: the pool, all senders, the queue and the tables. */
route_fn metrics_show;

#endif
