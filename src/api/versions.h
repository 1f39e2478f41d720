#ifndef API_VERSIONS_H
#define API_VERSIONS_H

#include "api/route.h"

/* /v1/webhooks/{id}/versions: who changed what; see route.h. */
route_fn versions_list;
route_fn versions_show;
route_fn versions_restore;

#endif
