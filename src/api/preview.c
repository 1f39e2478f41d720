/*
 * POST /v1/webhooks/preview: the request that settings would make of a call, an
 * invented one or one of the account's own, and a PHP script that reads it.
 * Nothing is stored or sent.  Handler of the route table.
 */
#include "config.h"

#include <stdio.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/order.h"
#include "api/preview.h"
#include "api/response.h"
#include "api/shown.h"
#include "core/clock.h"
#include "hook/fault.h"
#include "hook/request.h"
#include "hook/snippet.h"
#include "hook/webhook.h"

#define SNIPPET_MAX (1024 * 1024)

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

/* The call has more to say than a request may be long. */
static void
refuse_long(const struct api *api, const struct http_request *req,
    const struct webhook *w, struct response *res)
{
	struct faults faults = { .v = NULL };
	char most[24];

	snprintf(most, sizeof(most), "%d", w->method == WEBHOOK_GET ?
	    REQUEST_URL_MAX : REQUEST_BODY_MAX);
	fault_add(&faults, FAULT_TOO_LONG, most, "/webhook/params");
	answer_refuse(api, req, res, faults.n > 0 ? PROBLEM_VALIDATION :
	    PROBLEM_INTERNAL, &faults);
	fault_free(&faults);
}

static void
answer(struct api *api, const struct http_request *req,
    const struct identity *who, struct order *o, struct response *res)
{
	struct request_of of = {
		.delivery_id = id_new(),
		.kind = (enum event_kind)o->kind,
		.call_id = order_call(o),
		.attempt = 1,
		.now = clock_real_us(),
	};
	struct request request = { 0 };
	int rc;

	rc = order_data(api, who, o, &of.data);
	if (rc == 0)
		rc = order_render(api, &o->webhook, &of, &request);
	if (rc == ERR_TOO_BIG)
		refuse_long(api, req, &o->webhook, res);
	else if (rc < 0)
		order_refuse(api, req, o, res, rc);
	else if (response_json(res, 200,
	    preview_json(&request, &o->webhook, req->lang)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	request_free(&request);
}

void
preview_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct order o = ORDER_INIT;
	struct faults faults = { .v = NULL };
	json_t *json;
	int rc;

	if (!answer_has_account(api, req, who, res) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = order_read(json, api, ORDER_SETTINGS, &o, &faults);
	if (rc < 0)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	else
		answer(api, req, who, &o, res);
	order_free(&o);
	fault_free(&faults);
	json_decref(json);
}
