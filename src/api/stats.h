#ifndef API_STATS_H
#define API_STATS_H

#include "api/route.h"

/* /v1/webhooks/{id}/stats and /v1/stats; see route.h. */
route_fn stats_webhook;
route_fn stats_account;

#endif
