#ifndef API_WEBHOOKS_H
#define API_WEBHOOKS_H

#include "api/route.h"

/* /v1/webhooks: the settings of an account's webhooks; see route.h. */
route_fn webhooks_list;
route_fn webhooks_create;
/* POST /v1/webhooks/{id}/copy */
route_fn webhooks_copy;
route_fn webhooks_get;

#endif
