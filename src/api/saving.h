#ifndef API_SAVING_H
#define API_SAVING_H

#include <stdbool.h>

#include "core/err.h"
#include "core/span.h"

struct api;
struct faults;
struct http_request;
struct id;
struct response;
struct webhook;
struct webhookdb_row;

/*
 * Settings as they are stored.  ERR_INVALID: they break a rule of today.
 * webhook_free(out) also after errors.
 */
int saving_stored(struct span settings, struct webhook *out) MUST_CHECK;
/*
 * What settings need between webhook_read and being stored as webhook id: the
 * login's secret is sealed, or the stored one kept when it was left out (before is the
 * row as it is, NULL: there is none), for the server that it was given for only;
 * headers that are this installation's own are refused, and what is longer in all than
 * WEBHOOK_LENGTH_MAX.  0; ERR_INVALID: faults has
 * them; ERR_CLOSED: res has the answer.
 */
int saving_prepare(struct api *api, const struct http_request *req,
    const struct id *id, const struct webhookdb_row *before,
    struct webhook *w, struct faults *faults, struct response *res) MUST_CHECK;
/* Would storing w, which is prepared, leave settings as they are stored? */
bool saving_same(const struct webhook *w, struct span settings);
/*
 * Seals the stored login of webhook from (sealed, p NULL: none) for webhook id:
 * it becomes w's.  Errors as above, without ERR_INVALID.
 */
int saving_copy_login(struct api *api, const struct http_request *req,
    const struct id *from, struct span sealed, const struct id *id,
    struct webhook *w, struct response *res) MUST_CHECK;

#endif
