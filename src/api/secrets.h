#ifndef API_SECRETS_H
#define API_SECRETS_H

#include <stdbool.h>

#include "api/route.h"

struct id;

/* /v1/webhooks/{id}/secret: what a webhook signs with; see route.h. */
route_fn secrets_show;
route_fn secrets_rotate;
route_fn secrets_delete;

/* Opens api->vault when it is not; false: there is no key, answered with 503. */
bool secrets_ready(struct api *api, const struct http_request *req,
    struct response *res);
/* Answers that what is stored for the webhook cannot be unsealed. */
void secrets_refuse(const struct api *api, const struct http_request *req,
    struct response *res, const struct id *webhook);

#endif
