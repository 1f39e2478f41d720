/*
 * /v1/calls/{call_id}/hooks: which webhooks a call has called, in the words
 * of the platform's own calls API (hooks[] of a call), so that it can pass them on.
 * Handler of the route table; the statements are in calldb.c.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/calls.h"
#include "api/response.h"
#include "api/webhookjson.h"
#include "core/db.h"
#include "hook/event.h"
#include "hook/fault.h"
#include "hook/webhook.h"

enum { COL_KIND, COL_STATUS, COL_SETTINGS };

/* The settings that the request was made with; NULL: out of memory. */
static json_t *
hook_json(const struct pg_result *r, int i, const struct identity *who)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	json_t *settings, *out;
	int rc;

	settings = webhookjson_stored(dbresult_span(r, i, COL_SETTINGS), who);
	if (settings == NULL)
		return NULL;
	rc = webhook_read(settings, NULL, &w, &faults);
	out = json_pack("{s:s, s:s, s:s, s:i}",
	    "hookEventName", event_api_name(
	    (enum event_kind)dbresult_i16(r, i, COL_KIND)),
	    "hookAddress", rc == 0 ? w.url : "",
	    "hookMethod", webhook_method_name(w.method),
	    "hookResponseStatus", (int)dbresult_i16(r, i, COL_STATUS));
	webhook_free(&w);
	fault_free(&faults);
	json_decref(settings);
	return out;
}

static json_t *
hooks_answer(const struct pg_result *r, const struct identity *who)
{
	int i, n = dbresult_rows(r);
	json_t *hooks = json_array();

	for (i = 0; i < n; i++)
		if (json_array_append_new(hooks,
		    hook_json(r, i, who)) < 0) {
			json_decref(hooks);
			return NULL;
		}
	return json_pack("{s:o}", "hooks", hooks);
}

static int
read_service(const struct http_request *req, struct faults *faults)
{
	const struct http_arg *a;
	int service = -1;
	size_t i = 0;

	while ((a = args_next(req, &i, faults)) != NULL) {
		if (span_is(a->name, "service"))
			args_service(a, &service, faults);
		else
			args_unknown(a, faults);
	}
	return service;
}

void
calls_hooks(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct calldb_events events;
	int rc, service;

	if (!answer_has_account(api, req, who, res))
		return;
	service = read_service(req, &faults);
	if (faults.n > 0 || faults.err != ERR_OK) {
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
		return;
	}
	rc = calldb_find(api->db, who, service, 0, req->segments[2], &events);
	if (rc == 0)
		rc = events.n == 0 ? ERR_NOT_FOUND :
		    calldb_hooks(api->db, who, &events);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200,
	    hooks_answer(db_result(api->db, 0), who)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
