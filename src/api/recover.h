#ifndef API_RECOVER_H
#define API_RECOVER_H

#include "api/route.h"

/* /v1/webhooks/{id}/recover, …/recoveries and /v1/recoveries/{id}; see route.h. */
route_fn recover_begin;
route_fn recover_list;
route_fn recover_get;
route_fn recover_cancel;

#endif
