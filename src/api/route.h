#ifndef API_ROUTE_H
#define API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "api/http.h"
#include "api/problem.h"

struct api;
struct identity;
struct response;

/*
 * Answers a request.  who is NULL on open routes.  Leaves a complete answer
 * in res whatever happens.
 */
typedef void route_fn(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res);

/* Beside the scope. */
enum {
	ROUTE_NO_BODY = 1 << 8,		/* a POST may come without one */
	ROUTE_SECRET = 1 << 9,		/* its answer has a secret, shown once */
	ROUTE_ARGS = 1 << 10,		/* its handler reads the query */
};

struct route {
	enum http_method method;
	const char *pattern;	/* "/v1/webhooks/{id}" */
	route_fn *fn;		/* NULL: event posts, which the worker collects */
	unsigned scope;		/* SCOPE_*, 0: open to anybody; and ROUTE_* */
};

/* The table, for tests and for comparing with the OpenAPI document. */
extern const struct route route_table[];
extern const size_t route_table_n;

/*
 * PROBLEM_NONE and *out, or PROBLEM_NOT_FOUND, or PROBLEM_METHOD_NOT_ALLOWED.
 * HEAD goes where GET goes.  *allowed are the methods of the path, as bits.
 */
enum problem route_find(const struct http_request *req,
    const struct route **out, unsigned *allowed) MUST_CHECK;
/* Is it the pool's (POST /v1/events …), or the observer's (/metrics)? */
bool route_answers(const struct route *route, bool observer) MUST_CHECK;
/* "GET, HEAD, OPTIONS" */
#define ROUTE_ALLOW_LEN 64
char *route_allow(unsigned allowed, char out[ROUTE_ALLOW_LEN]);

#endif
