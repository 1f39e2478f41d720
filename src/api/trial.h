#ifndef API_TRIAL_H
#define API_TRIAL_H

#include "api/route.h"

/* POST /v1/webhooks/test and /v1/webhooks/{id}/test; see route.h. */
route_fn trial_unsaved;
route_fn trial_saved;

#endif
