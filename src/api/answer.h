#ifndef API_ANSWER_H
#define API_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "api/problem.h"
#include "core/id.h"

struct api;
struct faults;
struct identity;
struct response;
struct scan_error;

/*
 * What handlers have in common: refusals, and the parts of a request that
 * several of them read.  Where something is refused, res has the answer.
 */
void answer_refuse(const struct api *api, const struct http_request *req,
    struct response *res, enum problem p, const struct faults *faults);
/* rc is an error of ours; what is our own fault is logged. */
void answer_error(const struct api *api, const struct http_request *req,
    struct response *res, int rc);
/* False and refused: a platform key has no account that could be meant. */
bool answer_has_account(const struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res);
/* The account, and the id of a path /v1/THINGS/{id}…; false and refused. */
bool answer_path_id(const struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res, struct id *id);
/* The body is no JSON: which byte of it, and why. */
void answer_malformed(const struct api *api, const struct http_request *req,
    struct response *res, const struct scan_error *error);
/* The body as JSON, the caller's; NULL and refused. */
json_t *answer_read_json(const struct api *api,
    const struct http_request *req, struct response *res);
/*
 * Where the new one of things ("webhooks") is: under the prefix that the request
 * was made with.
 */
void answer_location(const struct http_request *req, const char *things,
    const struct id *id, struct response *res);
/* Tells the sender on this host of work in who's shard (enum wake_kind). */
void answer_wake(const struct api *api, const struct identity *who, int kind);

/* Refuses the arguments of the query as unknown: false, unless there are none. */
bool answer_no_args(const struct api *api, const struct http_request *req,
    struct response *res);
/* Has the request nothing to say: no body, or {}?  False and refused. */
bool answer_no_body(const struct api *api, const struct http_request *req,
    struct response *res);

#endif
