/*
 * /v1/webhooks: list, create, show, replace and delete the settings of an
 * account's webhooks.  Handlers of the route table; the statements are in webhookdb.c,
 * the rules in hook/webhook.c, this file speaks HTTP and JSON.
 */
#include "config.h"

#include <stdio.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/webhookdb.h"
#include "api/webhooks.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/jsonx.h"
#include "core/num.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/webhook.h"

enum {
	LIST_DEFAULT = 50,
	LIST_MAX = 100,
	TRIES = 3,		/* of a change without If-Match */
};

/* ---- what a webhook looks like ---- */

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
	rc = json_object_update(out, rest);
	json_decref(rest);
	return rc;
}

/* settings is borrowed. */
static json_t *
webhook_answer(json_t *settings, const char *url,
    const struct webhookdb_row *row)
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

/* A stored webhook; its url is null when it breaks a rule of today. */
static json_t *
row_answer(const struct webhookdb_row *row)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	json_t *settings, *out;
	const char *why;
	size_t offset;
	int rc;

	if (jsonx_parse(row->settings, &settings, &why, &offset) < 0)
		return NULL;
	rc = webhook_read(settings, NULL, &w, &faults);
	out = webhook_answer(settings, rc == 0 ? w.url : NULL, row);
	webhook_free(&w);
	fault_free(&faults);
	json_decref(settings);
	return out;
}

static void
answer_one(const struct api *api, const struct http_request *req,
    struct response *res, int status, int version, json_t *json)
{
	char etag[HTTP_ETAG_LEN];

	response_header(res, "ETag", http_etag(version, etag));
	if (response_json(res, status, json) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- list and show ---- */

struct list_args {
	int service;
	int limit;
	bool has_after;
	struct id after;
};

static void
read_args(const struct http_request *req, struct list_args *out,
    struct faults *faults)
{
	const struct http_arg *a;
	int64_t limit;
	size_t i;

	*out = (struct list_args){ .service = -1, .limit = LIST_DEFAULT };
	for (i = 0; i < req->args_n; i++) {
		a = &req->args[i];
		if (span_is(a->name, "service")) {
			out->service = service_parse(a->value);
			if (out->service < 0)
				fault_add(faults, FAULT_NOT_IN_LIST,
				    "calltracking, callkeeper", "?service");
		} else if (span_is(a->name, "limit")) {
			if (num_i64(a->value, 1, LIST_MAX, &limit) < 0)
				fault_add(faults, FAULT_OUT_OF_RANGE, "1..100",
				    "?limit");
			else
				out->limit = (int)limit;
		} else if (span_is(a->name, "cursor")) {
			out->has_after = true;
			if (http_cursor_read(a->value, &out->after) < 0)
				fault_add(faults, FAULT_BAD_CHARACTER, NULL,
				    "?cursor");
		} else {
			fault_add(faults, FAULT_UNKNOWN_FIELD, NULL, "?%.*s",
			    (int)a->name.len, a->name.p);
		}
	}
}

/* One row more than asked for was read: it tells whether there is more. */
static json_t *
list_answer(const struct db *db, int limit)
{
	int i, rows = webhookdb_rows(db), n = rows > limit ? limit : rows;
	char cursor[HTTP_CURSOR_LEN] = "";
	struct webhookdb_row row;
	json_t *data = json_array();

	for (i = 0; i < n; i++) {
		webhookdb_row(db, i, &row);
		if (json_array_append_new(data, row_answer(&row)) < 0) {
			json_decref(data);
			return NULL;
		}
		if (i == n - 1 && rows > limit)
			http_cursor(&row.id, cursor);
	}
	return json_pack("{s:o, s:s?}", "data", data, "next_cursor",
	    cursor[0] != '\0' ? cursor : NULL);
}

void
webhooks_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct list_args args;
	int rc;

	if (!answer_has_account(api, req, who, res))
		return;
	read_args(req, &args, &faults);
	if (faults.n > 0 || faults.err != ERR_OK) {
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
		return;
	}
	rc = webhookdb_list(api->db, who, args.service,
	    args.has_after ? &args.after : NULL, args.limit + 1);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200, list_answer(api->db, args.limit)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

void
webhooks_get(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct webhookdb_row row;
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	rc = webhookdb_get(api->db, who, &id);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	webhookdb_row(api->db, 0, &row);
	answer_one(api, req, res, 200, row.version, row_answer(&row));
}

/* ---- create, replace, delete ---- */

static bool
read_body(const struct api *api, const struct http_request *req,
    struct webhook *w, struct faults *faults, struct response *res)
{
	json_t *json = answer_read_json(api, req, res);
	int rc;

	if (json == NULL)
		return false;
	rc = webhook_read(json, api->policy, w, faults);
	json_decref(json);
	if (rc < 0)
		answer_refuse(api, req, res, faults->n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), faults);
	return rc == 0;
}

static json_t *
settings_answer(const struct webhook *w, const struct webhookdb_row *row)
{
	json_t *settings = webhook_json(w), *out;

	out = settings != NULL ? webhook_answer(settings, w->url, row) : NULL;
	json_decref(settings);
	return out;
}

/* Location is relative to the same prefix that the request was made with. */
static void
location(const struct http_request *req, const struct id *id,
    struct response *res)
{
	struct span uri = http_var(req, "REQUEST_URI");
	struct buf b = BUF_INIT(HTTP_PATH_MAX + ID_TEXT_LEN + 1);
	const char *end = memchr(uri.p, '?', uri.len);
	char text[ID_TEXT_LEN];

	if (end != NULL)
		uri.len = (size_t)(end - uri.p);
	buf_span(&b, uri);
	buf_fmt(&b, "/%s", id_text(id, text));
	if (buf_err(&b) == ERR_OK)
		response_header(res, "Location", buf_cstr(&b));
	buf_free(&b);
}

static void
create(struct api *api, const struct http_request *req,
    const struct identity *who, const struct webhook *w, struct response *res)
{
	struct webhookdb_row row = { .version = 1 };
	int64_t max = api->settings->api_max_webhooks;
	struct faults faults = { .v = NULL };
	char most[24];
	int rc;

	row.id = id_new();
	row.created_at = row.updated_at = clock_real_us();
	rc = webhookdb_create(api->db, who, &row.id, w, max, row.created_at);
	if (rc == ERR_TOO_BIG) {
		snprintf(most, sizeof(most), "%lld", (long long)max);
		fault_add(&faults, FAULT_LIMIT, most, "%s", "");
		answer_refuse(api, req, res, PROBLEM_LIMIT, &faults);
		fault_free(&faults);
		return;
	}
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	location(req, &row.id, res);
	answer_one(api, req, res, 201, 1, settings_answer(w, &row));
}

void
webhooks_create(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };

	if (!answer_has_account(api, req, who, res))
		return;
	if (read_body(api, req, &w, &faults, res))
		create(api, req, who, &w, res);
	webhook_free(&w);
	fault_free(&faults);
}

/*
 * Reads what is to be changed and compares If-Match with it: 0, or an error
 * for which res has the answer.
 */
static int
present(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id,
    struct webhookdb_row *row, struct response *res)
{
	struct span if_match = http_var(req, "HTTP_IF_MATCH");
	int rc = webhookdb_get(api->db, who, id);

	if (rc < 0) {
		answer_error(api, req, res, rc);
		return rc;
	}
	webhookdb_row(api->db, 0, row);
	if (if_match.len > 0 && !http_if_match(if_match, row->version)) {
		answer_refuse(api, req, res, PROBLEM_PRECONDITION_FAILED, NULL);
		return ERR_CONFLICT;
	}
	return 0;
}

/* A race is lost: with If-Match the client is told, otherwise once more. */
static bool
once_more(const struct http_request *req, int rc, int tries)
{
	return rc == ERR_CONFLICT && tries < TRIES &&
	    http_var(req, "HTTP_IF_MATCH").len == 0;
}

static void
refuse_change(const struct api *api, const struct http_request *req,
    struct response *res, int rc)
{
	if (rc == ERR_CONFLICT && http_var(req, "HTTP_IF_MATCH").len > 0)
		answer_refuse(api, req, res, PROBLEM_PRECONDITION_FAILED, NULL);
	else
		answer_error(api, req, res, rc);
}

/* A webhook stays with its service: its mapping names that one's parameters. */
static bool
same_service(const struct api *api, const struct http_request *req,
    const struct webhookdb_row *row, const struct webhook *w,
    struct response *res)
{
	struct faults faults = { .v = NULL };
	json_t *settings;
	const char *why, *service = NULL;
	bool same;
	size_t offset;

	if (jsonx_parse(row->settings, &settings, &why, &offset) < 0) {
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
		return false;
	}
	service = json_string_value(json_object_get(settings, "service"));
	same = service != NULL && span_is(span_of(service),
	    service_name(w->service));
	if (!same) {
		fault_add(&faults, FAULT_NOT_IN_LIST, service, "/service");
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
	}
	json_decref(settings);
	return same;
}

static void
replace(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, const struct webhook *w,
    struct response *res)
{
	struct webhookdb_row row;
	int rc, tries = 0;
	int64_t now;

	do {
		if (present(api, req, who, id, &row, res) < 0 ||
		    !same_service(api, req, &row, w, res))
			return;
		now = clock_real_us();
		rc = webhookdb_replace(api->db, who, id, row.version, w, now);
	} while (once_more(req, rc, ++tries));
	/* What the result pointed to has gone with the next statement. */
	if (rc == 0)
		rc = webhookdb_get(api->db, who, id);
	if (rc < 0) {
		refuse_change(api, req, res, rc);
		return;
	}
	webhookdb_row(api->db, 0, &row);
	answer_one(api, req, res, 200, row.version, row_answer(&row));
}

void
webhooks_replace(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	struct id id;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	if (read_body(api, req, &w, &faults, res))
		replace(api, req, who, &id, &w, res);
	webhook_free(&w);
	fault_free(&faults);
}

void
webhooks_delete(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct webhookdb_row row;
	int rc, tries = 0;
	struct id id;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	do {
		if (present(api, req, who, &id, &row, res) < 0)
			return;
		rc = webhookdb_delete(api->db, who, &id, row.version,
		    clock_real_us());
	} while (once_more(req, rc, ++tries));
	if (rc < 0)
		refuse_change(api, req, res, rc);
	else
		res->status = 204;
}
