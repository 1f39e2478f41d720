#ifndef API_EVENTS_H
#define API_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "api/ingest.h"
#include "core/err.h"
#include "hook/fault.h"

struct api;
struct http_request;
struct identity;
struct response;

struct events_item {
	struct ingest_item ingest;
	int problem;		/* enum problem: not ingested */
	struct faults faults;
};

/* The body of one POST /v1/events: one event, or an array of them. */
struct events_post {
	struct events_item *items;
	size_t n;
	bool array;
};

/*
 * Reads req->body.  True when there is something to ingest; otherwise res has the
 * answer.  The items point into the body.  events_free in any case.
 */
bool events_read(const struct api *api, const struct http_request *req,
    const struct identity *who, struct events_post *out, struct response *res)
    MUST_CHECK;
/* After the commit (or its failure): the answer. */
void events_answer(const struct api *api, const struct http_request *req,
    const struct events_post *post, struct response *res);
void events_free(struct events_post *post);

#endif
