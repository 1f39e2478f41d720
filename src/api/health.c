/*
 * Health: /healthz says that a worker answers, /readyz that it can work,
 * which takes a database with a schema that this program knows.  Handlers
 * of the route table, for supervisors and load balancers.
 */
#include "config.h"

#include "api/api.h"
#include "api/health.h"
#include "api/response.h"
#include "core/db.h"
#include "core/settings.h"
#include "core/sql_statements.h"

void
health_live(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	(void)who;
	if (response_json(res, 200, json_pack("{s:s}", "status", "ok")) < 0)
		problem_answer(res, req, api->settings->api_problem_base,
		    PROBLEM_INTERNAL, NULL);
}

void
health_ready(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	const char *database = "ok", *schema = "ok";
	int rc;

	(void)who;
	rc = db_ready(api->db);
	if (rc == 0)
		rc = db_send(api->db, &sql_schema_version, NULL);
	if (rc == 0)
		rc = db_run(api->db);
	if (rc == ERR_SCHEMA) {
		schema = "unknown";
	} else if (rc < 0) {
		database = rc == ERR_DB_BUSY ? "busy" : "down";
		schema = "unknown";
		db_rollback(api->db);
	}
	if (response_json(res, rc == 0 ? 200 : 503, json_pack(
	    "{s:s, s:s, s:s, s:i}", "status", rc == 0 ? "ok" : "unavailable",
	    "database", database, "schema", schema,
	    "schema_version", db_schema(api->db))) < 0)
		problem_answer(res, req, api->settings->api_problem_base,
		    PROBLEM_INTERNAL, NULL);
	else if (rc < 0)
		response_header(res, "Retry-After", "1");
}
