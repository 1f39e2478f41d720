#ifndef API_CALLS_H
#define API_CALLS_H

#include "api/route.h"

/* /v1/calls/{call_id}/hooks: as the calls API has it; see route.h. */
route_fn calls_hooks;

#endif
