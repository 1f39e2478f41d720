#ifndef API_PREVIEW_H
#define API_PREVIEW_H

#include "api/route.h"

/* POST /v1/webhooks/preview: what would be sent; see route.h. */
route_fn preview_show;

#endif
