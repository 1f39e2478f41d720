#ifndef API_WEBHOOKEDIT_H
#define API_WEBHOOKEDIT_H

#include <jansson.h>

#include "api/route.h"

struct id;

/* PUT, PATCH and DELETE of /v1/webhooks/{id}; see route.h. */
route_fn webhookedit_replace;
route_fn webhookedit_patch;
route_fn webhookedit_delete;

enum webhookedit_how {
	WEBHOOKEDIT_WHOLE,	/* wanted is all of the settings */
	WEBHOOKEDIT_MERGE,	/* wanted is a merge patch (RFC 7396) */
};

/*
 * Gives webhook id the wanted settings (borrowed) under the conditions that
 * all changes have (If-Match, the rules of hook/webhook.h, the same service)
 * and answers with the webhook.  action is what the history calls it.
 */
void webhookedit_apply(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, json_t *wanted,
    enum webhookedit_how how, const char *action, struct response *res);

#endif
