/*
 * What the handlers of the route table have in common: how they refuse, how
 * they read the id and the body of a request, and how they wake the sender.
 * No state.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/args.h"
#include "api/auth.h"
#include "api/response.h"
#include "core/db.h"
#include "core/jsonx.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/wake.h"
#include "hook/fault.h"
#include "hook/scan.h"

void
answer_refuse(const struct api *api, const struct http_request *req,
    struct response *res, enum problem p, const struct faults *faults)
{
	problem_answer(res, req, api->settings->api_problem_base, p,
	    &(struct problem_more){ .faults = faults });
}

void
answer_error(const struct api *api, const struct http_request *req,
    struct response *res, int rc)
{
	if (problem_status(problem_of(rc)) >= 500)
		log_warn("api.failed", LS("request", req->id),
		    LS("why", err_text((enum err)rc)),
		    LS("sqlstate", db_sqlstate(api->db)),
		    LS("message", db_error(api->db)));
	answer_refuse(api, req, res, problem_of(rc), NULL);
}

bool
answer_has_account(const struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	if (who->account_id > 0)
		return true;
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_FORBIDDEN, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ? "Ключ не привязан к аккаунту." :
	    "The key is not bound to an account." });
	return false;
}

/* What is no id belongs to nobody. */
bool
answer_path_id(const struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res, struct id *id)
{
	if (!answer_has_account(api, req, who, res))
		return false;
	if (id_parse(req->segments[2], id) == 0)
		return true;
	answer_refuse(api, req, res, PROBLEM_NOT_FOUND, NULL);
	return false;
}

void
answer_malformed(const struct api *api, const struct http_request *req,
    struct response *res, const struct scan_error *error)
{
	char detail[200];

	if (req->lang == HTTP_RU)
		snprintf(detail, sizeof(detail), "Байт %zu: %s.",
		    error->offset, scan_flaw_ru(error->flaw));
	else
		snprintf(detail, sizeof(detail), "Byte %zu: %s.",
		    error->offset, scan_flaw_en(error->flaw));
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_MALFORMED_JSON, &(struct problem_more){ .detail = detail });
}

/* JSON, but more than is taken here. */
static void
beyond(const struct api *api, const struct http_request *req,
    struct response *res, int rc)
{
	bool ru = req->lang == HTTP_RU;

	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_MALFORMED_JSON, &(struct problem_more){ .detail =
	    rc == ERR_RANGE ? ru ?
	    "Слишком большое число: целые допустимы до 9223372036854775807." :
	    "A number is too large; integers may go to 9223372036854775807." :
	    ru ? "Слишком много значений в одном документе." :
	    "Too many values in one document." });
}

/* jansson reads it, and the scanner of events says what is wrong with it. */
json_t *
answer_read_json(const struct api *api, const struct http_request *req,
    struct response *res)
{
	struct scan_error error;
	struct span value;
	const char *why;
	size_t offset;
	json_t *json;
	int rc;

	rc = jsonx_parse(req->body, &json, &why, &offset);
	if (rc == 0)
		return json;
	if (rc == ERR_NOMEM)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	else if (scan_check(req->body, &value, &error) < 0)
		answer_malformed(api, req, res, &error);
	else
		beyond(api, req, res, rc);
	return NULL;
}

bool
answer_no_args(const struct api *api, const struct http_request *req,
    struct response *res)
{
	struct faults faults = { .v = NULL };
	const struct http_arg *a;
	size_t i = 0;

	while ((a = args_next(req, &i, &faults)) != NULL)
		args_unknown(a, &faults);
	if (i > 0)
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
	fault_free(&faults);
	return i == 0;
}

bool
answer_no_body(const struct api *api, const struct http_request *req,
    struct response *res)
{
	struct faults faults = { .v = NULL };
	json_t *json, *value;
	const char *key;
	bool empty;

	if (req->body.len == 0)
		return true;
	json = answer_read_json(api, req, res);
	if (json == NULL)
		return false;
	empty = json_is_object(json) && json_object_size(json) == 0;
	if (!empty) {
		json_object_foreach(json, key, value)
			fault_add_field(&faults, FAULT_UNKNOWN_FIELD, "", key);
		if (!json_is_object(json))
			fault_add(&faults, FAULT_WRONG_TYPE, "object", "%s", "");
		answer_refuse(api, req, res, PROBLEM_VALIDATION, &faults);
		fault_free(&faults);
	}
	json_decref(json);
	return empty;
}

void
answer_location(const struct http_request *req, const char *things,
    const struct id *id, struct response *res)
{
	struct span uri = http_var(req, "REQUEST_URI");
	struct buf b = BUF_INIT(HTTP_PATH_MAX + 128);
	const char *end = uri.p == NULL ? NULL :
	    memmem(uri.p, uri.len, "/v1/webhooks", 12);
	char text[ID_TEXT_LEN];

	if (end == NULL)
		return;
	uri.len = (size_t)(end - uri.p);
	buf_span(&b, uri);
	buf_fmt(&b, "/v1/%s/%s", things, id_text(id, text));
	if (buf_err(&b) == ERR_OK)
		response_header(res, "Location", buf_cstr(&b));
	buf_free(&b);
}

void
answer_wake(const struct api *api, const struct identity *who, int kind)
{
	unsigned char byte = (unsigned char)(id_shard(who->account_id) + kind);

	if (api->wake_fd >= 0)
		wake_send(api->wake_fd, api->settings->sender_wake, &byte, 1);
}
