#ifndef SENDER_LINES_H
#define SENDER_LINES_H

#include <stddef.h>

#include "core/err.h"

struct curl_slist;
struct request;

/*
 * The header lines of a request as libcurl takes them: linked, v the first.
 * All zero to begin with; the memory is used again for the next request.
 */
struct lines {
	struct curl_slist *v;		/* one array */
	size_t n, cap;
	struct curl_slist *copies;	/* of those that are written otherwise */
};

/*
 * The request's own lines and no others of curl's but Host and length; r has to
 * live until lines_reset.  ERR_NOMEM: to be reset all the same.
 */
int lines_make(struct lines *l, const struct request *r) MUST_CHECK;
void lines_reset(struct lines *l);
void lines_free(struct lines *l);

#endif
