#ifndef API_WEBHOOKJSON_H
#define API_WEBHOOKJSON_H

#include <jansson.h>

#include "core/span.h"

struct api;
struct http_request;
struct id;
struct identity;
struct response;
struct webhook;
struct webhookdb_row;

/*
 * A webhook as the API answers it: its settings, and around them what is not
 * the customer's to set.  NULL: out of memory.
 */
/* Settings as they are stored, for who's eyes (mask.h). */
json_t *webhookjson_stored(struct span settings, const struct identity *who);
/*
 * A stored webhook, for who's eyes; its url is null when it breaks a rule of
 * today.
 */
json_t *webhookjson_row(const struct webhookdb_row *row,
    const struct identity *who);
/*
 * One that its owner has stored just now; only numbers and times of row count.
 */
json_t *webhookjson_settings(const struct webhook *w,
    const struct webhookdb_row *row, const struct identity *who);
/* Takes json over and answers it with its version as ETag. */
void webhookjson_answer(const struct api *api, const struct http_request *req,
    struct response *res, int status, int version, json_t *json);
/* Reads a webhook and answers 200 with it, or why not. */
void webhookjson_show(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, struct response *res);

#endif
