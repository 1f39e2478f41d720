#ifndef API_DELIVERIES_H
#define API_DELIVERIES_H

#include "api/route.h"

/* /v1/webhooks/{id}/deliveries: what became of events; see route.h. */
route_fn deliveries_list;

#endif
