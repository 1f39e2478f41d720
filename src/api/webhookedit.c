/*
 * Changing a webhook: replace, patch, delete, and restore for versions.c.  They
 * have in common that the client names the version that it has seen (If-Match),
 * so that nobody overwrites what he does not know; "*" is any version.  Handlers
 * of the route table.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/saving.h"
#include "api/webhookdb.h"
#include "api/webhookedit.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/jsonx.h"
#include "core/wake.h"
#include "hook/fault.h"
#include "hook/webhook.h"

enum { TRIES = 3 };		/* of a change of any version */

/*
 * Reads webhook id into *row and compares If-Match with it: 0, or an error for
 * which res has the answer (404, 428, 412 with the present ETag).
 */
MUST_CHECK static int
read_present(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id,
    struct webhookdb_row *row, struct response *res)
{
	struct span if_match = http_var(req, "HTTP_IF_MATCH");
	char etag[HTTP_ETAG_LEN];
	int rc = webhookdb_get(api->db, who, id);

	if (rc < 0) {
		answer_error(api, req, res, rc);
		return rc;
	}
	webhookdb_row(api->db, 0, row);
	if (if_match.len > 0 && http_if_match(if_match, row->version))
		return 0;
	response_header(res, "ETag", http_etag(row->version, etag));
	answer_refuse(api, req, res, if_match.len == 0 ?
	    PROBLEM_PRECONDITION_REQUIRED : PROBLEM_PRECONDITION_FAILED, NULL);
	return ERR_CONFLICT;
}

/* A webhook stays with its service: its mapping names that one's parameters. */
static void
check_service(const json_t *stored, const struct webhook *w,
    struct faults *faults)
{
	const char *service;

	service = json_string_value(json_object_get(stored, "service"));
	if (service == NULL || !span_is(span_of(service),
	    service_name(w->service)))
		fault_add(faults, FAULT_NOT_IN_LIST, service, "/service");
}

/* Reads what the settings become; stored is changed by a merge. */
static int
read_wanted(const struct api *api, json_t *stored, json_t *wanted,
    enum webhookedit_how how, struct webhook *w, struct faults *faults)
{
	json_t *whole = wanted;
	int rc = 0;

	if (how == WEBHOOKEDIT_MERGE) {
		if (!json_is_object(wanted)) {
			fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
			return ERR_INVALID;
		}
		/* A change of the service is found below. */
		whole = json_deep_copy(stored);
		rc = jsonx_merge(whole, wanted);
	}
	if (rc == 0)
		rc = webhook_read(whole, api->policy, w, faults);
	if (how == WEBHOOKEDIT_MERGE)
		json_decref(whole);
	if (rc == 0)
		check_service(stored, w, faults);
	if (faults->err != ERR_OK)
		return (int)faults->err;
	return rc == 0 && faults->n > 0 ? ERR_INVALID : rc;
}

/* One try: 0, an error, or ERR_CLOSED when res has the answer already. */
static int
try_apply(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, json_t *wanted,
    enum webhookedit_how how, const char *action, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	struct webhookdb_row row;
	const char *why;
	json_t *stored;
	size_t offset;
	int rc;

	if (read_present(api, req, who, id, &row, res) < 0)
		return ERR_CLOSED;
	if (jsonx_parse(row.settings, &stored, &why, &offset) < 0)
		return ERR_NOMEM;
	rc = read_wanted(api, stored, wanted, how, &w, &faults);
	json_decref(stored);
	if (rc == 0)
		rc = saving_prepare(api, req, id, &row, &w, &faults, res);
	if (rc == 0 && saving_same(&w, row.settings)) {
		/* Nothing changes: no version either, the present one is told. */
		webhookjson_answer(api, req, res, 200, row.version,
		    webhookjson_row(&row, who));
		rc = ERR_CLOSED;
	} else if (rc == 0) {
		rc = webhookdb_replace(api->db, who, id, row.version, &w, action,
		    clock_real_us());
	} else if (faults.n > 0) {
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		rc = ERR_CLOSED;
	}
	webhook_free(&w);
	fault_free(&faults);
	return rc;
}

void
webhookedit_apply(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, json_t *wanted,
    enum webhookedit_how how, const char *action, struct response *res)
{
	int rc, tries = 0;

	/* After a race that was lost, If-Match does not match any more. */
	do {
		rc = try_apply(api, req, who, id, wanted, how, action, res);
	} while (rc == ERR_CONFLICT && ++tries < TRIES);
	if (rc == ERR_CLOSED)
		return;
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	answer_wake(api, who, WAKE_ANEW);
	webhookjson_show(api, req, who, id, res);
}

static void
change(struct api *api, const struct http_request *req,
    const struct identity *who, enum webhookedit_how how, struct response *res)
{
	json_t *json;
	struct id id;

	if (!answer_path_id(api, req, who, res, &id) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	webhookedit_apply(api, req, who, &id, json, how, "changed", res);
	json_decref(json);
}

void
webhookedit_replace(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	change(api, req, who, WEBHOOKEDIT_WHOLE, res);
}

void
webhookedit_patch(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	change(api, req, who, WEBHOOKEDIT_MERGE, res);
}

void
webhookedit_delete(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct webhookdb_row row;
	int rc, tries = 0;
	struct id id;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	do {
		if (read_present(api, req, who, &id, &row, res) < 0)
			return;
		rc = webhookdb_delete(api->db, who, &id, row.version,
		    clock_real_us());
	} while (rc == ERR_CONFLICT && ++tries < TRIES);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	answer_wake(api, who, WAKE_ANEW);
	res->status = 204;
}
