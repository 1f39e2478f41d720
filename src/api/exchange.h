#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/auth.h"
#include "api/events.h"
#include "api/http.h"
#include "api/idempotency.h"
#include "api/response.h"

struct api;
struct fastcgi;
struct route;

/* One request and its answer.  Used again and again by its worker. */
struct exchange {
	struct fastcgi *conn;
	struct http_request req;
	struct response res;
	struct buf body;
	struct buf out;			/* the answer on its way */
	const struct route *route;	/* NULL: none found */
	struct identity who;
	struct idempotency once;	/* of a handler's request */
	struct events_post post;
	int64_t begun_us;
};

int exchange_init(struct exchange *x, int64_t max_body) MUST_CHECK;
void exchange_free(struct exchange *x);

/*
 * Reads a request from fd (taken over).  True: it is an event post, now in
 * x->post, and exchange_finish is due after the ingest.  False: nothing more
 * to do, it has been answered or the connection had no request; unless it
 * waits for its answer (exchange_is_waiting).
 */
bool exchange_take(struct exchange *x, struct api *api, int fd) MUST_CHECK;
/* After exchange_take: its answer is not known yet. */
bool exchange_is_waiting(const struct exchange *x);
/* Looks whether it is; true: it has been answered. */
bool exchange_look(struct exchange *x, struct api *api) MUST_CHECK;
/* Answers an event post after the ingest. */
void exchange_finish(struct exchange *x, struct api *api);

#endif
