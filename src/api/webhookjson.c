/*
 * What a webhook looks like to those who ask the API.  Pure functions, but for
 * the one that puts it into an answer; called by all handlers that answer a
 * webhook.
 */
#include "config.h"

#include <assert.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/mask.h"
#include "api/response.h"
#include "api/webhookdb.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/webhook.h"

static json_t *
last_json(const struct webhookdb_row *row)
{
	char at[CLOCK_TEXT_LEN];

	if (!row->called)
		return json_null();
	return json_pack("{s:s, s:s%, s:i}", "at", clock_text(row->last_at, at),
	    "outcome", row->last_outcome.p ? row->last_outcome.p : "",
	    row->last_outcome.len, "status", row->last_status);
}

static int
add_rest(json_t *out, const char *url, const struct webhookdb_row *row)
{
	char created[CLOCK_TEXT_LEN], updated[CLOCK_TEXT_LEN];
	json_t *rest;
	int rc;

	rest = json_pack("{s:s?, s:o, s:b, s:I, s:I, s:o, s:s, s:s}", "url", url,
	    "disabled_reason", row->disabled_reason.p == NULL ? json_null() :
	    json_stringn(row->disabled_reason.p, row->disabled_reason.len),
	    "signed", (int)row->is_signed,
	    "sent_ok", (json_int_t)row->sent_ok,
	    "sent_failed", (json_int_t)row->sent_failed,
	    "last_delivery", last_json(row),
	    "created_at", clock_text(row->created_at, created),
	    "updated_at", clock_text(row->updated_at, updated));
	if (rest == NULL)
		return -1;
	rc = json_object_set_new(rest, "paused_at", row->paused_at == 0 ?
	    json_null() : json_string(clock_text(row->paused_at, created)));
	if (rc == 0 && row->pending >= 0)
		rc = json_object_set_new(rest, "pending",
		    json_integer((json_int_t)row->pending));
	if (rc == 0)
		rc = json_object_update(out, rest);
	json_decref(rest);
	return rc;
}

/* settings is borrowed. */
static json_t *
whole(json_t *settings, const char *url, const struct webhookdb_row *row)
{
	char id[ID_TEXT_LEN];
	json_t *out;

	out = json_pack("{s:s, s:i}", "id", id_text(&row->id, id),
	    "version", row->version);
	if (out == NULL)
		return NULL;
	if (json_object_update(out, settings) < 0 ||
	    add_rest(out, url, row) < 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

json_t *
webhookjson_stored(struct span settings, const struct identity *who)
{
	json_t *out;
	const char *why;
	size_t offset;

	if (jsonx_parse(settings, &out, &why, &offset) < 0)
		return NULL;
	if (who->viewer && mask_settings(out) < 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

json_t *
webhookjson_row(const struct webhookdb_row *row, const struct identity *who)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	json_t *settings = webhookjson_stored(row->settings, who), *out;
	int rc;

	if (settings == NULL)
		return NULL;
	rc = webhook_read(settings, NULL, &w, &faults);
	out = whole(settings, rc == 0 ? w.url : NULL, row);
	webhook_free(&w);
	fault_free(&faults);
	json_decref(settings);
	return out;
}

json_t *
webhookjson_settings(const struct webhook *w, const struct webhookdb_row *row,
    const struct identity *who)
{
	json_t *settings = webhook_json(w), *out;

	assert(!who->viewer);
	out = settings != NULL ? whole(settings, w->url, row) : NULL;
	json_decref(settings);
	return out;
}

void
webhookjson_answer(const struct api *api, const struct http_request *req,
    struct response *res, int status, int version, json_t *json)
{
	char etag[HTTP_ETAG_LEN];

	response_header(res, "ETag", http_etag(version, etag));
	if (response_json(res, status, json) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

void
webhookjson_show(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, struct response *res)
{
	struct webhookdb_row row;
	int rc = webhookdb_get(api->db, who, id);

	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	webhookdb_row(api->db, 0, &row);
	webhookjson_answer(api, req, res, 200, row.version,
	    webhookjson_row(&row, who));
}
