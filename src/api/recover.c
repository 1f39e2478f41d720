/*
 * Recoveries: all deliveries of a webhook that failed in a span of time, once
 * more.  Here they are ordered, shown and stopped; the sender that owns the
 * shard does the work.  Handlers of the route table.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/recover.h"
#include "api/response.h"
#include "api/value.h"
#include "api/webhookdb.h"
#include "core/clock.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/fault.h"

enum { NEWEST = 20 };

/* The columns of recovery_get. */
enum { COL_ID, COL_WEBHOOK, COL_STATE, COL_SINCE, COL_UNTIL, COL_FOUND,
	COL_RESENT, COL_CREATED, COL_FINISHED };

static json_t *
row_json(const struct pg_result *r, int i)
{
	struct span state = dbresult_span(r, i, COL_STATE);

	return json_pack("{s:o, s:o, s:s%, s:o, s:o, s:I, s:I, s:o, s:o}",
	    "id", value_id_column(r, i, COL_ID),
	    "webhook_id", value_id_column(r, i, COL_WEBHOOK),
	    "state", state.p, state.len,
	    "since", value_time_column(r, i, COL_SINCE),
	    "until", value_time_column(r, i, COL_UNTIL),
	    "found", (json_int_t)dbresult_i64(r, i, COL_FOUND),
	    "resent", (json_int_t)dbresult_i64(r, i, COL_RESENT),
	    "created_at", value_time_column(r, i, COL_CREATED),
	    "finished_at", value_time_column(r, i, COL_FINISHED));
}

static void
answer_row(const struct api *api, const struct http_request *req,
    struct response *res, int status, int rc)
{
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, status,
	    row_json(db_result(api->db, 0), 0)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- beginning ---- */

struct span_of_time { int64_t since, until; };

static void
read_time(const json_t *json, const char *name, int64_t *out,
    struct faults *faults)
{
	const json_t *value = json_object_get(json, name);
	struct span text = { json_string_value(value),
		json_string_length(value) };

	if (value == NULL)
		return;
	if (!json_is_string(value))
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/%s", name);
	else if (clock_parse(text, out) < 0)
		fault_add(faults, FAULT_BAD_TIME, NULL, "/%s", name);
}

static int
read_order(const json_t *json, int64_t now, struct span_of_time *out,
    struct faults *faults)
{
	const char *key;
	const json_t *value;

	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return ERR_INVALID;
	}
	json_object_foreach((json_t *)json, key, value)
		if (!span_is(span_of(key), "since") &&
		    !span_is(span_of(key), "until"))
			fault_add_field(faults, FAULT_UNKNOWN_FIELD, "", key);
	if (json_object_get(json, "since") == NULL)
		fault_add(faults, FAULT_REQUIRED, NULL, "/since");
	out->since = 0;
	out->until = now;
	read_time(json, "since", &out->since, faults);
	read_time(json, "until", &out->until, faults);
	if (out->until > now)
		out->until = now;	/* what comes later is another matter */
	if (faults->n == 0 && out->since >= out->until)
		fault_add(faults, FAULT_NOT_EARLIER, "until", "/since");
	return faults->err != ERR_OK ? (int)faults->err :
	    faults->n > 0 ? ERR_INVALID : 0;
}

/* ERR_EXISTS: one runs already. */
static int
insert(struct db *db, const struct identity *who, const struct id *webhook,
    const struct span_of_time *span, int64_t now)
{
	/* No attempt has the smallest id of a moment. */
	struct id id = id_new(), from = id_floor(span->since);
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, &id);
	dbparam_id(&p, webhook);
	dbparam_id(&p, &from);
	dbparam_time(&p, span->since);
	dbparam_time(&p, span->until);
	dbparam_time(&p, now);
	dbparam_text(&p, span_of(who->who));
	rc = accountdb_send(db, rc, &sql_recovery_insert, &p);
	return accountdb_commit(db, rc);
}

static void
refuse(const struct api *api, const struct http_request *req,
    struct response *res, const char *english, const char *russian)
{
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_CONFLICT, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ? russian : english });
}

static void
begin(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *webhook,
    const struct span_of_time *span, int64_t now, struct response *res)
{
	struct webhookdb_row row;
	struct id id;
	int rc = webhookdb_get(api->db, who, webhook);

	if (rc == 0) {
		webhookdb_row(api->db, 0, &row);
		if (!row.enabled) {
			refuse(api, req, res,
			    "The webhook is switched off; switch it on first.",
			    "Вебхук отключён: сначала включите его.");
			return;
		}
		rc = insert(api->db, who, webhook, span, now);
	}
	if (rc == ERR_EXISTS) {
		refuse(api, req, res, "Such a recovery is under way already.",
		    "Повторная отправка уже идёт.");
		return;
	}
	if (rc == 0) {
		answer_wake(api, who, WAKE_ERRANDS);
		id = dbresult_id(db_result(api->db, 0), 0, COL_ID);
		answer_location(req, "recoveries", &id, res);
	}
	answer_row(api, req, res, 202, rc);
}

void
recover_begin(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	int64_t now = clock_real_us();
	struct span_of_time span;
	struct id webhook;
	json_t *json;
	int rc;

	if (!answer_path_id(api, req, who, res, &webhook) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = read_order(json, now, &span, &faults);
	if (rc < 0)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	else
		begin(api, req, who, &webhook, &span, now, res);
	fault_free(&faults);
	json_decref(json);
}

/* ---- showing and stopping ---- */

static void
param_one(struct dbparam *p, const struct identity *who, const struct id *id)
{
	accountdb_param(p, who);
	dbparam_id(p, id);
}

/* Reads it and ends the transaction. */
static int
get(struct db *db, int rc, const struct identity *who, const struct id *id)
{
	struct dbparam p;

	param_one(&p, who, id);
	rc = accountdb_send(db, rc, &sql_recovery_get, &p);
	rc = accountdb_commit(db, rc);
	return rc == 0 && dbresult_rows(db_result(db, 0)) == 0 ?
	    ERR_NOT_FOUND : rc;
}

void
recover_get(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;

	if (answer_path_id(api, req, who, res, &id))
		answer_row(api, req, res, 200, get(api->db,
		    accountdb_begin(api->db, who), who, &id));
}

/* What is over already stays as it ended. */
static int
cancel(struct db *db, const struct identity *who, const struct id *id)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	param_one(&p, who, id);
	dbparam_time(&p, clock_real_us());
	rc = accountdb_send(db, rc, &sql_recovery_cancel, &p);
	if (rc == 0)
		rc = db_run(db);
	return get(db, rc, who, id);
}

void
recover_cancel(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;

	if (answer_path_id(api, req, who, res, &id))
		answer_row(api, req, res, 200, cancel(api->db, who, &id));
}

static json_t *
list_json(const struct pg_result *r)
{
	json_t *data = json_array();
	int i;

	for (i = 0; i < dbresult_rows(r); i++)
		if (json_array_append_new(data, row_json(r, i)) < 0) {
			json_decref(data);
			return NULL;
		}
	return json_pack("{s:o}", "data", data);
}

void
recover_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct dbparam p;
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	rc = accountdb_begin(api->db, who);
	param_one(&p, who, &id);
	dbparam_i64(&p, NEWEST);
	rc = accountdb_send(api->db, rc, &sql_recovery_list, &p);
	rc = webhookdb_send_known(api->db, rc, who, &id);
	rc = accountdb_commit(api->db, rc);
	if (rc == 0 && !dbresult_bool(db_result(api->db, 1), 0, 0))
		rc = ERR_NOT_FOUND;
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200,
	    list_json(db_result(api->db, 0))) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
