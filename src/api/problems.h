#ifndef API_PROBLEMS_H
#define API_PROBLEMS_H

#include "api/route.h"

/* /v1/problems: what the types of problems mean; see route.h. */
route_fn problems_show;

#endif
