/*
 * /v1/webhooks: list, create and show the settings of an account's webhooks
 * (webhookedit.c changes them).  Handlers of the route table; the statements
 * are in webhookdb.c, the rules in hook/webhook.c, this file speaks HTTP and JSON.
 */
#include "config.h"

#include <stdio.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/saving.h"
#include "api/webhookdb.h"
#include "api/webhookjson.h"
#include "api/webhooks.h"
#include "core/clock.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/webhook.h"

/* ---- list and show ---- */

enum { AROUND_MAX = 4096 };	/* what is answered beside the settings */

_Static_assert(ARGS_LIMIT_MAX * (WEBHOOK_SETTINGS_MAX + AROUND_MAX) <
    RESPONSE_BODY_MAX, "a page of webhooks, and of versions, fits");

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
	size_t i = 0;

	*out = (struct list_args){ .service = -1,
	    .limit = ARGS_LIMIT_DEFAULT };
	while ((a = args_next(req, &i, faults)) != NULL) {
		if (span_is(a->name, "service")) {
			args_service(a, &out->service, faults);
		} else if (span_is(a->name, "limit")) {
			args_limit(a, &out->limit, faults);
		} else if (span_is(a->name, "cursor")) {
			out->has_after = true;
			if (http_cursor_read(a->value, &out->after) < 0)
				args_no_cursor(faults);
		} else {
			args_unknown(a, faults);
		}
	}
}

/* One row more than asked for was read: it tells whether there is more. */
static json_t *
list_answer(const struct db *db, const struct identity *who, int limit)
{
	int i, rows = webhookdb_rows(db), n = rows > limit ? limit : rows;
	char cursor[HTTP_CURSOR_LEN] = "";
	struct webhookdb_row row;
	json_t *data = json_array();

	for (i = 0; i < n; i++) {
		webhookdb_row(db, i, &row);
		if (json_array_append_new(data,
		    webhookjson_row(&row, who)) < 0) {
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
	else if (response_json(res, 200,
	    list_answer(api->db, who, args.limit)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

void
webhooks_get(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;

	if (answer_path_id(api, req, who, res, &id))
		webhookjson_show(api, req, who, &id, res);
}

/* ---- create ---- */

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

/* The account has as many as it may have, or not this service at all. */
static void
refuse_more(const struct api *api, const struct http_request *req, int rc,
    const struct accountdb_limits *limits, struct response *res)
{
	struct faults faults = { .v = NULL };
	const char *other;
	char most[24];

	if (rc == ERR_TOO_BIG) {
		snprintf(most, sizeof(most), "%lld", (long long)limits->webhooks);
		fault_add(&faults, FAULT_LIMIT, most, "%s", "");
	} else {
		other = service_name(limits->services &
		    1u << SERVICE_CALLTRACKING ? SERVICE_CALLTRACKING :
		    SERVICE_CALLKEEPER);
		fault_add(&faults, FAULT_NOT_IN_LIST, other, "/service");
	}
	answer_refuse(api, req, res, rc == ERR_TOO_BIG ? PROBLEM_LIMIT :
	    PROBLEM_VALIDATION, &faults);
	fault_free(&faults);
}

/* Stores w under row's id and answers it. */
static void
store(struct api *api, const struct http_request *req,
    const struct identity *who, const struct webhook *w,
    const struct webhookdb_row *row, struct response *res)
{
	struct accountdb_limits limits;
	int rc;

	rc = webhookdb_create(api->db, who, &row->id, w, api->settings,
	    &limits, row->created_at);
	if (rc == ERR_TOO_BIG || rc == ERR_DENIED) {
		refuse_more(api, req, rc, &limits, res);
		return;
	}
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	answer_location(req, "webhooks", &row->id, res);
	webhookjson_answer(api, req, res, 201, 1,
	    webhookjson_settings(w, row, who));
}

static struct webhookdb_row
new_row(void)
{
	struct webhookdb_row row = { .version = 1, .id = id_new() };

	row.created_at = row.updated_at = clock_real_us();
	return row;
}

static void
create(struct api *api, const struct http_request *req,
    const struct identity *who, struct webhook *w, struct response *res)
{
	struct webhookdb_row row = new_row();
	struct faults faults = { .v = NULL };
	int rc;

	rc = saving_prepare(api, req, &row.id, NULL, w, &faults, res);
	if (rc == 0)
		store(api, req, who, w, &row, res);
	else if (rc != ERR_CLOSED)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	fault_free(&faults);
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

/* The settings of webhook from, switched off, to be stored as webhook to. */
static int
read_original(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *from, const struct id *to,
    struct webhook *w, struct response *res)
{
	struct webhookdb_row row;
	int rc = webhookdb_get(api->db, who, from);

	if (rc == 0) {
		webhookdb_row(api->db, 0, &row);
		rc = saving_stored(row.settings, w);
	}
	if (rc == 0)
		rc = saving_copy_login(api, req, from, row.auth, to, w, res);
	w->enabled = false;
	return rc;
}

void
webhooks_copy(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct webhookdb_row row = new_row();
	struct webhook w = { .url = NULL };
	struct id from;
	int rc;

	if (!answer_path_id(api, req, who, res, &from) ||
	    !answer_no_body(api, req, res))
		return;
	rc = read_original(api, req, who, &from, &row.id, &w, res);
	if (rc == 0)
		store(api, req, who, &w, &row, res);
	else if (rc != ERR_CLOSED)
		answer_error(api, req, res, rc);
	webhook_free(&w);
}
