#ifndef API_EXPLAIN_H
#define API_EXPLAIN_H

#include "api/http.h"
#include "core/buf.h"
#include "core/span.h"

/*
 * Appends a sentence for a customer: why an attempt failed and what to do
 * about it.  error: the class, as stored; detail: where a redirect leads, or
 * what the library said; p NULL when there is none.
 */
void explain(enum http_lang lang, struct span error, int status,
    struct span detail, struct buf *out);

#endif
