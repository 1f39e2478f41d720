#ifndef API_SHOWN_H
#define API_SHOWN_H

#include <jansson.h>
#include <stdbool.h>

#include "core/span.h"

struct request;

#define SHOWN_BODY_MAX (64 * 1024)	/* bytes; longer ones are cut */

/*
 * A request as people read it: {"line", "url", "headers", "body",
 * "truncated"}.  The body is null when there is none.  NULL: out of memory.
 */
json_t *shown_request(const struct request *r);
/*
 * Bytes of a stranger as a string that is harmless to show: line ends become
 * \n; other control characters, also those that turn the direction of
 * writing, and what is no UTF-8 become \xNN for each byte.
 */
json_t *shown_bytes(struct span bytes);
/* Is the character of n bytes at p so?  n is 0 when it is no UTF-8. */
bool shown_is_harmless(const unsigned char *p, size_t n);

#endif
