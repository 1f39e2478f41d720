/*
 * /v1/webhooks/{id}/versions: every saved version of a webhook, the newest first,
 * also of one that was deleted; one of them with what it changed; and the way
 * back to it.  Handlers of the route table.
 */
#include "config.h"

#include <limits.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/difference.h"
#include "api/response.h"
#include "api/value.h"
#include "api/versions.h"
#include "api/webhookdb.h"
#include "api/webhookedit.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/num.h"
#include "core/sql_statements.h"
#include "hook/fault.h"

enum { COL_VERSION, COL_ACTION, COL_WHO, COL_AT, COL_SETTINGS, COL_ADDRESS,
	COL_REQUEST };

/* A version as a place in a list: in the last bytes of an id. */
static struct id
place_of(int version)
{
	struct id id = { .b = { 0 } };
	int i;

	for (i = 0; i < 4; i++)
		id.b[12 + i] = (unsigned char)((unsigned)version >>
		    (24 - 8 * i));
	return id;
}

static int
read_place(struct span text, int *before)
{
	unsigned v = 0;
	struct id id;
	int i;

	if (http_cursor_read(text, &id) < 0)
		return ERR_SYNTAX;
	for (i = 0; i < 4; i++)
		v = v << 8 | id.b[12 + i];
	if (v > INT_MAX)
		return ERR_SYNTAX;
	*before = (int)v;
	return 0;
}

static void
read_args(const struct http_request *req, int *before, int *limit,
    struct faults *faults)
{
	const struct http_arg *a;
	size_t i = 0;

	*before = INT_MAX;
	*limit = ARGS_LIMIT_DEFAULT;
	while ((a = args_next(req, &i, faults)) != NULL) {
		if (span_is(a->name, "limit"))
			args_limit(a, limit, faults);
		else if (!span_is(a->name, "cursor"))
			args_unknown(a, faults);
		else if (read_place(a->value, before) < 0)
			args_no_cursor(faults);
	}
}

static int
ask(struct db *db, const struct identity *who, const struct id *id,
    int before, int limit)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	dbparam_i32(&p, before);
	dbparam_i64(&p, limit + 1);
	rc = accountdb_send(db, rc, &sql_version_list, &p);
	rc = webhookdb_send_known(db, rc, who, id);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && !dbresult_bool(db_result(db, 1), 0, 0))
		rc = ERR_NOT_FOUND;
	return rc;
}

static json_t *
settings_json(const struct pg_result *r, int i, const struct identity *who)
{
	return webhookjson_stored(dbresult_span(r, i, COL_SETTINGS), who);
}

static json_t *
row_json(const struct pg_result *r, int i, const struct identity *who)
{
	char at[CLOCK_TEXT_LEN];

	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:s, s:o}",
	    "version", dbresult_i32(r, i, COL_VERSION),
	    "action", value_text_column(r, i, COL_ACTION),
	    "who", value_text_column(r, i, COL_WHO),
	    "address", value_text_column(r, i, COL_ADDRESS),
	    "request_id", value_text_column(r, i, COL_REQUEST),
	    "at", clock_text(dbresult_time(r, i, COL_AT), at),
	    "settings", settings_json(r, i, who));
}

static json_t *
list_answer(const struct pg_result *r, int limit, const struct identity *who)
{
	int i, rows = dbresult_rows(r), n = rows > limit ? limit : rows;
	char cursor[HTTP_CURSOR_LEN];
	json_t *data = json_array();
	struct id place;

	for (i = 0; i < n; i++)
		if (json_array_append_new(data, row_json(r, i, who)) < 0) {
			json_decref(data);
			return NULL;
		}
	if (rows <= limit)
		return json_pack("{s:o, s:n}", "data", data, "next_cursor");
	place = place_of(dbresult_i32(r, n - 1, COL_VERSION));
	return json_pack("{s:o, s:s}", "data", data, "next_cursor",
	    http_cursor(&place, cursor));
}

void
versions_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	int rc, before, limit;
	struct id id;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	read_args(req, &before, &limit, &faults);
	if (faults.n > 0 || faults.err != ERR_OK) {
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
		return;
	}
	rc = ask(api->db, who, &id, before, limit);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200, list_answer(db_result(api->db, 0),
	    limit, who)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- one of them ---- */

/*
 * The version that the path names, row 0 of result 0, and the one before it, row
 * 1 when there is one; false and refused.
 */
static bool
find(struct api *api, const struct http_request *req,
    const struct identity *who, struct id *id, struct response *res)
{
	const struct pg_result *r;
	struct dbparam p;
	int64_t version;
	int rc;

	if (!answer_path_id(api, req, who, res, id))
		return false;
	if (num_i64(req->segments[4], 1, INT_MAX, &version) < 0) {
		answer_refuse(api, req, res, PROBLEM_NOT_FOUND, NULL);
		return false;
	}
	rc = accountdb_begin(api->db, who);
	accountdb_param(&p, who);
	dbparam_id(&p, id);
	dbparam_i32(&p, (int32_t)version);
	rc = accountdb_send(api->db, rc, &sql_version_get, &p);
	rc = accountdb_commit(api->db, rc);
	r = rc == 0 ? db_result(api->db, 0) : NULL;
	if (rc == 0 && (dbresult_rows(r) == 0 ||
	    dbresult_i32(r, 0, COL_VERSION) != version))
		rc = ERR_NOT_FOUND;
	if (rc < 0)
		answer_error(api, req, res, rc);
	return rc == 0;
}

static json_t *
show_answer(const struct pg_result *r, const struct identity *who)
{
	json_t *before, *out = row_json(r, 0, who), *changes = NULL;

	before = dbresult_rows(r) > 1 ? settings_json(r, 1, who) :
	    json_object();
	if (out != NULL && before != NULL)
		changes = difference(before, json_object_get(out, "settings"));
	json_decref(before);
	if (changes == NULL ||
	    json_object_set_new(out, "changes", changes) < 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

void
versions_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;

	if (find(api, req, who, &id, res) && response_json(res, 200,
	    show_answer(db_result(api->db, 0), who)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

void
versions_restore(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	json_t *settings;
	struct id id;

	if (!answer_no_body(api, req, res) || !find(api, req, who, &id, res))
		return;
	settings = settings_json(db_result(api->db, 0), 0, who);
	if (settings == NULL) {
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
		return;
	}
	webhookedit_apply(api, req, who, &id, settings, WEBHOOKEDIT_WHOLE,
	    "restored", res);
	json_decref(settings);
}
