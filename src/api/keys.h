#ifndef API_KEYS_H
#define API_KEYS_H

#include "api/route.h"

/* /v1/keys: the API keys of an account; see route.h. */
route_fn keys_list;
route_fn keys_create;
route_fn keys_label;
route_fn keys_revoke;

#endif
