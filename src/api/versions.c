/*
 * /v1/webhooks/{id}/versions: every saved version of a webhook, the newest first,
 * also of one that was deleted.  Handler of the route table.
 */
#include "config.h"

#include <limits.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/versions.h"
#include "core/clock.h"
#include "core/jsonx.h"
#include "core/num.h"
#include "core/sql_statements.h"
#include "hook/fault.h"

enum { LIST_DEFAULT = 50, LIST_MAX = 100 };
enum { COL_VERSION, COL_ACTION, COL_WHO, COL_AT, COL_SETTINGS };

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
read_args(const struct http_request *req, int *before, int64_t *limit,
    struct faults *faults)
{
	const struct http_arg *a;
	size_t i;

	*before = INT_MAX;
	*limit = LIST_DEFAULT;
	for (i = 0; i < req->args_n; i++) {
		a = &req->args[i];
		if (span_is(a->name, "limit")) {
			if (num_i64(a->value, 1, LIST_MAX, limit) < 0)
				fault_add(faults, FAULT_OUT_OF_RANGE, "1..100",
				    "?limit");
		} else if (span_is(a->name, "cursor")) {
			if (read_place(a->value, before) < 0)
				fault_add(faults, FAULT_BAD_CHARACTER, NULL,
				    "?cursor");
		} else {
			fault_add(faults, FAULT_UNKNOWN_FIELD, NULL, "?%.*s",
			    (int)a->name.len, a->name.p);
		}
	}
}

static int
ask(struct db *db, const struct identity *who, const struct id *id,
    int before, int64_t limit)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	dbparam_i32(&p, before);
	dbparam_i64(&p, limit + 1);
	rc = accountdb_send(db, rc, &sql_version_list, &p);
	accountdb_param(&p, who);
	dbparam_id(&p, id);
	rc = accountdb_send(db, rc, &sql_webhook_known, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && !dbresult_bool(db_result(db, 1), 0, 0))
		rc = ERR_NOT_FOUND;
	return rc;
}

static json_t *
row_json(const struct pg_result *r, int i)
{
	struct span action = dbresult_span(r, i, COL_ACTION);
	struct span by = dbresult_span(r, i, COL_WHO);
	char at[CLOCK_TEXT_LEN];
	json_t *settings;
	const char *why;
	size_t offset;

	if (jsonx_parse(dbresult_span(r, i, COL_SETTINGS), &settings, &why,
	    &offset) < 0)
		return NULL;
	return json_pack("{s:i, s:s%, s:s%, s:s, s:o}",
	    "version", dbresult_i32(r, i, COL_VERSION),
	    "action", action.p, action.len, "who", by.p, by.len,
	    "at", clock_text(dbresult_time(r, i, COL_AT), at),
	    "settings", settings);
}

static json_t *
list_answer(const struct pg_result *r, int limit)
{
	int i, rows = dbresult_rows(r), n = rows > limit ? limit : rows;
	char cursor[HTTP_CURSOR_LEN];
	json_t *data = json_array();
	struct id place;

	for (i = 0; i < n; i++)
		if (json_array_append_new(data, row_json(r, i)) < 0) {
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
	int rc, before;
	int64_t limit;
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
	    (int)limit)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
