#ifndef API_HEALTH_H
#define API_HEALTH_H

#include "api/route.h"

/* Is the process alive, can it work?  Open to anybody; see route.h. */
route_fn health_live;
route_fn health_ready;

#endif
