#ifndef API_ACCOUNT_H
#define API_ACCOUNT_H

#include "api/route.h"

/* GET /v1/account; see route.h. */
route_fn account_show;

#endif
