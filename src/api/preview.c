/*
 * POST /v1/webhooks/preview: the request that settings would make of a call, an
 * invented one or one of the account's own, and a PHP script that reads it.
 * Nothing is stored or sent.  Handler of the route table.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/preview.h"
#include "api/response.h"
#include "api/shown.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/request.h"
#include "hook/sample.h"
#include "hook/snippet.h"
#include "hook/webhook.h"

#define SNIPPET_MAX (1024 * 1024)

/* What is to be shown. */
struct preview {
	struct webhook webhook;
	int kind;
	struct span call_id;	/* p NULL: an invented call */
	struct buf data;	/* of the invented one */
};

/* ---- the body of the request ---- */

static struct span
string_of(const json_t *value)
{
	return (struct span){ json_string_value(value),
		json_string_length(value) };
}

static int
read_settings(const json_t *json, const struct api *api, struct webhook *w,
    struct faults *faults)
{
	struct faults inside = { .v = NULL };
	size_t i;
	int rc;

	if (json == NULL) {
		fault_add(faults, FAULT_REQUIRED, NULL, "/webhook");
		return ERR_INVALID;
	}
	rc = webhook_read(json, api->policy, w, &inside);
	if (rc == 0)
		rc = header_check_prefix(&w->headers,
		    api->settings->request_prefix, &inside);
	for (i = 0; i < inside.n; i++)
		fault_add(faults, inside.v[i].code, inside.v[i].arg,
		    "/webhook%s", inside.v[i].pointer);
	fault_free(&inside);
	return rc;
}

static void
read_event(const json_t *json, struct preview *p, struct faults *faults)
{
	if (json == NULL) {
		fault_add(faults, FAULT_REQUIRED, NULL, "/event");
	} else if (!json_is_string(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/event");
	} else {
		p->kind = event_parse(string_of(json));
		if (p->kind == 0)
			fault_add(faults, FAULT_NOT_IN_LIST,
			    "call_start, call_end, call_change", "/event");
	}
}

static void
read_call(const json_t *json, struct preview *p, struct faults *faults)
{
	if (json == NULL)
		return;
	if (!json_is_string(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/call_id");
		return;
	}
	p->call_id = string_of(json);
	if (!event_call_id_ok(p->call_id))
		fault_add(faults, FAULT_BAD_CHARACTER, NULL, "/call_id");
}

static int
read_preview(json_t *json, const struct api *api, struct preview *p,
    struct faults *faults)
{
	const char *key;
	json_t *value;
	int rc;

	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return ERR_INVALID;
	}
	json_object_foreach(json, key, value)
		if (!span_is(span_of(key), "webhook") &&
		    !span_is(span_of(key), "event") &&
		    !span_is(span_of(key), "call_id"))
			fault_add_field(faults, FAULT_UNKNOWN_FIELD, "", key);
	rc = read_settings(json_object_get(json, "webhook"), api, &p->webhook,
	    faults);
	read_event(json_object_get(json, "event"), p, faults);
	read_call(json_object_get(json, "call_id"), p, faults);
	if (faults->err != ERR_OK)
		return (int)faults->err;
	return rc == 0 && faults->n > 0 ? ERR_INVALID : rc;
}

/* ---- the answer ---- */

static json_t *
snippet_json(const struct webhook *w, enum http_lang lang)
{
	struct buf text = BUF_INIT(SNIPPET_MAX);
	json_t *json = NULL;

	snippet_php(w, lang == HTTP_RU, &text);
	if (buf_err(&text) == ERR_OK)
		json = json_string(buf_cstr(&text));
	buf_free(&text);
	return json;
}

static json_t *
preview_json(const struct request *r, const struct webhook *w,
    enum http_lang lang)
{
	json_t *out = shown_request(r);

	if (out != NULL && json_object_set_new(out, "php",
	    snippet_json(w, lang)) < 0) {
		json_decref(out);
		return NULL;
	}
	return out;
}

/* The data of the account's own call; ERR_NOT_FOUND. */
static int
find_data(struct api *api, const struct identity *who, struct preview *p,
    struct span *data)
{
	struct calldb_events events;
	int rc;

	rc = calldb_find(api->db, who, (int)p->webhook.service, p->kind,
	    p->call_id, &events);
	if (rc == 0)
		rc = events.n == 0 ? ERR_NOT_FOUND :
		    calldb_event(api->db, who, &events.id[0]);
	if (rc == 0)
		*data = dbresult_span(db_result(api->db, 0), 0, CALLDB_DATA);
	return rc;
}

static int
render(const struct api *api, const struct preview *p, struct span data,
    struct request *out)
{
	const struct request_style style = {
		.user_agent = api->settings->request_user_agent,
		.prefix = api->settings->request_prefix,
	};
	const struct request_of of = {
		.delivery_id = id_new(),
		.kind = (enum event_kind)p->kind,
		.call_id = p->call_id.p != NULL ? p->call_id :
		    SPAN(SAMPLE_CALL_ID),
		.data = data,
		.attempt = 1,
		.now = clock_real_us(),
	};

	return request_render(&p->webhook, &style, &of, out);
}

static void
answer(struct api *api, const struct http_request *req,
    const struct identity *who, struct preview *p, struct response *res)
{
	struct request request = { 0 };
	struct span data;
	int rc = 0;

	if (p->call_id.p != NULL) {
		rc = find_data(api, who, p, &data);
	} else {
		sample_data(p->webhook.service, (enum event_kind)p->kind,
		    &p->data);
		rc = (int)buf_err(&p->data);
		data = buf_as_span(&p->data);
	}
	if (rc == 0)
		rc = render(api, p, data, &request);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200,
	    preview_json(&request, &p->webhook, req->lang)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	request_free(&request);
}

void
preview_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct preview p = { .data = BUF_INIT(EVENT_DATA_MAX) };
	struct faults faults = { .v = NULL };
	json_t *json;
	int rc;

	if (!answer_has_account(api, req, who, res) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = read_preview(json, api, &p, &faults);
	if (rc < 0)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	else
		answer(api, req, who, &p, res);
	webhook_free(&p.webhook);
	buf_free(&p.data);
	fault_free(&faults);
	json_decref(json);
}
