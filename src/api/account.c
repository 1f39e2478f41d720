/*
 * GET /v1/account: who asks, what this account may do and how much of it is
 * used.  Handler of the route table.
 */
#include "config.h"

#include "api/account.h"
#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "core/sql_statements.h"
#include "hook/webhook.h"

static int
ask(struct db *db, const struct identity *who)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	rc = accountdb_send(db, rc, &sql_account_get, &p);
	accountdb_param(&p, who);
	rc = accountdb_send(db, rc, &sql_account_used, &p);
	return accountdb_commit(db, rc);
}

static json_t *
services_json(unsigned services)
{
	json_t *list = json_array();
	int s;

	for (s = 0; s < SERVICES; s++)
		if (services & 1u << s)
			json_array_append_new(list,
			    json_string(service_name((enum service)s)));
	return list;
}

static json_t *
used_json(const struct pg_result *r)
{
	int64_t used[SERVICES] = { 0 };
	json_t *json = json_object();
	int i, s;

	for (i = 0; i < dbresult_rows(r); i++) {
		s = dbresult_i16(r, i, 0);
		if (s >= 0 && s < SERVICES)
			used[s] = dbresult_i64(r, i, 1);
	}
	for (s = 0; s < SERVICES; s++)
		if (json_object_set_new(json, service_name((enum service)s),
		    json_integer((json_int_t)used[s])) < 0) {
			json_decref(json);
			return NULL;
		}
	return json;
}

static json_t *
account_json(const struct api *api, const struct identity *who)
{
	struct accountdb_limits l;

	accountdb_limits(api->settings, db_result(api->db, 0), &l);
	return json_pack("{s:I, s:s, s:o, s:{s:I, s:o, s:I}, s:{s:o}}",
	    "account_id", (json_int_t)who->account_id,
	    "role", who->viewer ? "viewer" : "owner",
	    "services", services_json(l.services),
	    "limits", "webhooks", (json_int_t)l.webhooks,
	    "events_per_second", l.events_per_second > 0 ?
	    json_integer((json_int_t)l.events_per_second) : json_null(),
	    "retention_days", (json_int_t)l.retention_days,
	    "used", "webhooks", used_json(db_result(api->db, 1)));
}

void
account_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	int rc;

	if (!answer_has_account(api, req, who, res))
		return;
	rc = ask(api->db, who);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200, account_json(api, who)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
