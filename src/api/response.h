#ifndef API_RESPONSE_H
#define API_RESPONSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct api;
struct http_request;
struct identity;
struct response;

#define RESPONSE_BODY_MAX (16 * 1024 * 1024)
#define RESPONSE_HEADERS_MAX 4096

/*
 * An answer that is not known yet.  look is asked again and again, with what
 * the handler was given, until it has made the answer complete (true); state
 * is freed with free().
 */
struct response_later {
	bool (*look)(struct api *api, const struct http_request *req,
	    const struct identity *who, struct response *res, void *state);
	void *state;
	int64_t at;		/* mono us: look then */
};

/* An answer while it is made.  Used again for the next request. */
struct response {
	int status;
	const char *content_type;	/* of body; static; NULL: no body */
	struct buf headers;		/* further lines, each with CR LF */
	struct buf body;
	struct response_later later;	/* look NULL: it is known */
};

void response_init(struct response *res);
/* Back to "nothing said yet"; keeps memory unless it is much. */
void response_reset(struct response *res);
void response_free(struct response *res);

/* value has no CR, LF or NUL: names, ETags, paths of our own making. */
void response_header(struct response *res, const char *name, const char *value);
/* Takes json over (NULL: out of memory) and makes it the body. */
int response_json(struct response *res, int status, json_t *json) MUST_CHECK;
/* The reason phrase; "Unknown" for what we never send. */
const char *response_reason(int status);
/* Everything as CGI wants it; ERR_NOMEM or ERR_TOO_BIG when it does not fit. */
int response_write(const struct response *res, const struct http_request *req,
    struct buf *out) MUST_CHECK;

#endif
