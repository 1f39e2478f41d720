#ifndef API_DELIVERY_H
#define API_DELIVERY_H

#include "api/route.h"

/* /v1/deliveries/{id}: one delivery with all that is known; see route.h. */
route_fn delivery_get;
/* /v1/deliveries/{id}/resend */
route_fn delivery_resend;

#endif
