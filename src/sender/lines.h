#ifndef SENDER_LINES_H
#define SENDER_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct request;

/* A header line as libcurl wants it written. */
struct line {
	char *text;	/* of the request, or a copy */
	bool copied;
};

/*
 * The header lines of a request.  All zero to begin with; the memory is used
 * again for the next request.
 */
struct lines {
	struct line *v;
	size_t n, cap;
};

/*
 * The request's own lines and no others of curl's but Host and length; r has to
 * live until lines_reset.  ERR_NOMEM: to be reset all the same.
 */
int lines_make(struct lines *l, const struct request *r) MUST_CHECK;
void lines_reset(struct lines *l);
void lines_free(struct lines *l);

#endif
