#ifndef API_PAUSE_H
#define API_PAUSE_H

#include "api/route.h"

/* POST /v1/webhooks/{id}/pause and /resume; see route.h. */
route_fn pause_begin;
route_fn pause_end;

#endif
