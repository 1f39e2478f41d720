#ifndef API_ORDER_H
#define API_ORDER_H

#include <jansson.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/id.h"
#include "core/span.h"
#include "hook/request.h"
#include "hook/webhook.h"

struct api;
struct faults;
struct http_request;
struct identity;
struct response;

/* A call that is to be shown or sent to try settings out. */
struct order {
	struct webhook webhook;
	bool has_id;
	struct id id;		/* whose changed settings they are */
	int kind;
	struct span call_id;	/* p NULL: an invented call */
	struct buf data;	/* of the invented one */
};

#define ORDER_INIT { .data = BUF_INIT(EVENT_DATA_MAX) }

/*
 * Reads {"webhook", "event", "call_id"?}; of one that is saved without the first,
 * of changed settings with "id".  json has to outlive the order.  ERR_INVALID
 * with faults.
 */
enum order_of { ORDER_SAVED, ORDER_SETTINGS, ORDER_CHANGED };
int order_read(json_t *json, const struct api *api, enum order_of of,
    struct order *o, struct faults *faults) MUST_CHECK;
void order_free(struct order *o);
/* rc is an error of what follows; a call that is not there is named. */
void order_refuse(const struct api *api, const struct http_request *req,
    const struct order *o, struct response *res, int rc);
/*
 * The data of the account's own call, or of the invented one; it points into
 * the order or into the database's result.  ERR_NOT_FOUND: no such call.
 */
int order_data(struct api *api, const struct identity *who, struct order *o,
    struct span *data) MUST_CHECK;
/* The call_id that the request carries. */
struct span order_call(const struct order *o);
/* The request that of makes of w in this installation; unsigned. */
int order_render(const struct api *api, const struct webhook *w,
    const struct request_of *of, struct request *out) MUST_CHECK;

#endif
