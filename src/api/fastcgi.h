#ifndef API_FASTCGI_H
#define API_FASTCGI_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/*
 * One FastCGI connection with one request.  Connections are accepted by
 * the worker and closed after one request, whatever the web server asks for:
 * a kept connection is a lost worker, and what is left in it could be read
 * as a request.
 */
struct fastcgi;

#define FASTCGI_PARAMS_MAX (64 * 1024)

struct fastcgi *fastcgi_new(void);
void fastcgi_free(struct fastcgi *c);

/*
 * Takes the blocking descriptor fd over (also on error) and reads the
 * parameters.  Every read or write on it waits at most timeout_ms; the
 * request as a whole has to be here within twice that, and the answer, from
 * when it is known, to be gone.
 * ERR_CLOSED: nothing to answer to (gone, too slow, not FastCGI).
 * ERR_TOO_BIG: more than FASTCGI_PARAMS_MAX, or than 1024 of them; can be
 * answered, though fastcgi_vars may have none of them.
 */
int fastcgi_open(struct fastcgi *c, int fd, int64_t timeout_ms) MUST_CHECK;
/* "NAME=value" strings up to a NULL; until fastcgi_close. */
char *const *fastcgi_vars(const struct fastcgi *c);
/*
 * Exactly length bytes of body (0: none) up to the end of the stream:
 * ERR_CLOSED when there are fewer, ERR_SYNTAX when there are more,
 * ERR_TIMEOUT, ERR_NOMEM.
 */
int fastcgi_body(struct fastcgi *c, size_t length, struct buf *out) MUST_CHECK;
/* Sends the answer and closes; the caller may be gone, nobody is told. */
void fastcgi_answer(struct fastcgi *c, struct span answer);
/* Closes without an answer; does nothing when closed. */
void fastcgi_close(struct fastcgi *c);

#endif
