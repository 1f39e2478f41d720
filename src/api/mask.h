#ifndef API_MASK_H
#define API_MASK_H

#include <jansson.h>

#include "core/err.h"
#include "core/span.h"

struct buf;

/*
 * What somebody who may only look is not shown: secrets that stand in the
 * settings of a webhook.  Each is replaced by "***".
 */
/*
 * Appends path ("path/to?a=b") with what may be a secret masked: segments that
 * are not plainly words ("rest", "v1", "crm.lead.add.json"), and the
 * values of the query.
 */
void mask_path(struct span path, struct buf *out);
/* The same for the path of a whole address; text without "://" is a path. */
void mask_url(struct span url, struct buf *out);
/*
 * In place: the path, constants and templates of parameters, values of
 * headers, the login.  What is no such settings is left alone.
 */
int mask_settings(json_t *settings) MUST_CHECK;

#endif
