#ifndef API_SECRETS_H
#define API_SECRETS_H

#include "api/route.h"

/* /v1/webhooks/{id}/secret: what a webhook signs with; see route.h. */
route_fn secrets_show;
route_fn secrets_rotate;
route_fn secrets_delete;

#endif
