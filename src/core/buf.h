#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stddef.h>

#include "core/err.h"
#include "core/span.h"

/*
 * A growing byte buffer with a maximum.  The error is sticky: after a failed
 * add (ERR_NOMEM, ERR_TOO_BIG) every further add does nothing, so a writer
 * may add a hundred pieces and ask buf_err() once.  The content is kept
 * NUL-terminated (the NUL is not counted in len); p is NULL only while
 * nothing was ever added.
 */
struct buf {
	char *p;
	size_t len;
	size_t cap;
	size_t max;		/* longest content in bytes */
	enum err err;
};

#define BUF_INIT(maximum) ((struct buf){ .max = (maximum) })

void buf_init(struct buf *b, size_t max);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_span(struct buf *b, struct span s);
void buf_str(struct buf *b, const char *s);
void buf_chr(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends s as a JSON string with quotes; s must be valid UTF-8. */
void buf_json_str(struct buf *b, struct span s);
/* Forgets the content and the error, keeps the memory. */
void buf_reset(struct buf *b);
void buf_free(struct buf *b);
/* The content as a C string; "" while empty. */
const char *buf_cstr(const struct buf *b);
/* Hands the content over to the caller (free()); NULL when buf_err(). */
char *buf_take(struct buf *b) MUST_CHECK;

static inline enum err
buf_err(const struct buf *b)
{
	return b->err;
}

static inline struct span
buf_as_span(const struct buf *b)
{
	return (struct span){ b->p, b->len };
}

#endif
