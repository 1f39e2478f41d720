#ifndef API_PARAMETERS_H
#define API_PARAMETERS_H

#include "api/route.h"

/* /v1/parameters: what a mapping can send; see route.h. */
route_fn parameters_list;

#endif
