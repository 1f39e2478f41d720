#ifndef API_STATUS_H
#define API_STATUS_H

#include "api/route.h"

struct scoreboard;

/* What the observer knows beside what a worker has; see api.h. */
struct status_observer {
	const struct scoreboard *board;
	int listen_fd;		/* of the pool */
};

/*
 * GET /status: the pool and each worker as JSON, or the pool in OpenMetrics
 * with format=openmetrics or when Accept asks for it.  Needs no database.
 */
route_fn status_show;

#endif
