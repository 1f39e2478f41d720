#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

struct api;
struct http_request;
struct identity;
struct response;
struct route;

#define IDEMPOTENCY_HASH_LEN 32

/* A POST with an Idempotency-Key while it is done. */
struct idempotency {
	bool taken;		/* there is a key, and it is ours to answer */
	bool sealed;		/* the answer has a secret */
	unsigned char key[IDEMPOTENCY_HASH_LEN];
	unsigned char request[IDEMPOTENCY_HASH_LEN];
	int64_t at;
};

/*
 * Before the handler.  True: go on, and call idempotency_end when its answer is
 * known, which may be later (response.h).  False: res has the answer, the first
 * one's once more or a refusal.
 */
bool idempotency_begin(struct idempotency *i, struct api *api,
    const struct http_request *req, const struct route *route,
    const struct identity *who, struct response *res);
/* Keeps an answer of success; after any other the key is free again. */
void idempotency_end(const struct idempotency *i, struct api *api,
    const struct identity *who, const struct http_request *req,
    const struct response *res);

#endif
