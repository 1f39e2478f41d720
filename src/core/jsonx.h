#ifndef CORE_JSONX_H
#define CORE_JSONX_H

#include <jansson.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

#define JSONX_DEPTH 64		/* deepest nesting taken from outside */
#define JSONX_VALUES 20000	/* most values in one document, about */

/*
 * Strict parsing of a small document (settings, request bodies): UTF-8
 * without BOM, no U+0000, no duplicate keys, bounded depth and number of
 * values, nothing after the value.  On error *why (static English text or the
 * parser's own, valid until the next call, for logs) and *offset (bytes) are set:
 * ERR_SYNTAX, ERR_TOO_BIG for too much of it, ERR_RANGE for a number that does
 * not fit, ERR_NOMEM.
 */
int jsonx_parse(struct span text, json_t **out, const char **why,
    size_t *offset) MUST_CHECK;

/*
 * Applies a merge patch (RFC 7396) to target; both are objects.  Members that are null
 * in patch go, objects are merged, everything else is replaced.
 */
int jsonx_merge(json_t *target, json_t *patch) MUST_CHECK;

/*
 * Compact, UTF-8 unescaped, keys in order of insertion; numbers as people write
 * them, 0.887 and not 0.88700000000000001.
 */
void jsonx_write(struct buf *b, const json_t *value);

#endif
