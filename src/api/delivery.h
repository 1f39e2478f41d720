#ifndef API_DELIVERY_H
#define API_DELIVERY_H

#include <jansson.h>

#include "api/route.h"

struct pg_result;

/* /v1/deliveries/{id}: one delivery with all that is known; see route.h. */
route_fn delivery_get;
/* /v1/deliveries/{id}/resend */
route_fn delivery_resend;

/*
 * Parts of an attempt, for who shows one: row i of a result that has the
 * columns DELIVERYDB_A_* of deliverydb.h.  JSON's null where there is nothing to
 * show, or a viewer may not see it; NULL: out of memory.
 */
json_t *delivery_timings(const struct pg_result *r, int i);
json_t *delivery_why(const struct pg_result *r, int i, enum http_lang lang,
    const struct identity *who);
json_t *delivery_response(const struct pg_result *r, int i,
    const struct identity *who);

#endif
