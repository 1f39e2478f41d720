/*
 * /v1/deliveries/{id}: one delivery with its event and its attempts, each with
 * the request, made again from the event and the settings of that time, and the
 * answer; and the button «Повторить», which puts it into the outbox once more.
 * Handlers of the route table; the statements are in deliverydb.c.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/delivery.h"
#include "api/deliverydb.h"
#include "api/explain.h"
#include "api/mask.h"
#include "api/response.h"
#include "api/shown.h"
#include "api/value.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/settings.h"
#include "core/wake.h"
#include "hook/event.h"
#include "hook/fault.h"
#include "hook/request.h"
#include "hook/webhook.h"

enum { ATTEMPTS_MAX = 50 };		/* the newest are shown */

/* ---- the event ---- */

static json_t *
event_json(const struct pg_result *r, int64_t account_id)
{
	struct id id;

	if (dbresult_rows(r) == 0)
		return json_null();
	id = dbresult_id(r, 0, CALLDB_ID);
	return json_pack("{s:o, s:I, s:s, s:s, s:o, s:o}", "id", value_id(&id),
	    "account_id", (json_int_t)account_id, "service",
	    service_name((enum service)dbresult_i16(r, 0, CALLDB_SERVICE)),
	    "event",
	    event_name((enum event_kind)dbresult_i16(r, 0, CALLDB_KIND)),
	    "call_id", value_text_column(r, 0, CALLDB_CALL_ID),
	    "occurred_at", value_time_column(r, 0, CALLDB_OCCURRED_AT));
}

/* ---- an attempt ---- */

/* Was there anything to send, and did it come to trying? */
static bool
was_made(struct span outcome, struct span error)
{
	return span_is(outcome, "delivered") || (error.p != NULL &&
	    !span_is(error, "event_gone") && !span_is(error, "render") &&
	    !span_is(error, "secret") && !span_is(error, "crash"));
}

static json_t *
render(const struct api *api, const struct id *id, const struct webhook *w,
    const struct pg_result *event, int n, int64_t at)
{
	const struct request_style style = {
		.user_agent = api->settings->request_user_agent,
		.prefix = api->settings->request_prefix,
	};
	const struct request_of of = {
		.delivery_id = *id,
		.kind = (enum event_kind)dbresult_i16(event, 0, CALLDB_KIND),
		.call_id = dbresult_span(event, 0, CALLDB_CALL_ID),
		.data = dbresult_span(event, 0, CALLDB_DATA),
		.attempt = n,
		.now = at,
	};
	struct request request;
	json_t *json;
	int rc;

	rc = request_render(w, &style, &of, &request);
	if (rc < 0)
		return rc == ERR_NOMEM ? NULL : json_null();
	json = shown_request(&request);
	request_free(&request);
	return json;
}

/* What was sent, but for the signature; null when it cannot be known. */
static json_t *
request_json(const struct api *api, const struct identity *who,
    const struct id *id, const struct pg_result *r, int i,
    const struct pg_result *event)
{
	struct span settings = dbresult_span(r, i, DELIVERYDB_A_SETTINGS);
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	json_t *stored, *out = NULL;
	int rc;

	if (settings.p == NULL || dbresult_rows(event) == 0 ||
	    !was_made(dbresult_span(r, i, DELIVERYDB_A_OUTCOME),
	    dbresult_span(r, i, DELIVERYDB_A_ERROR)))
		return json_null();
	stored = webhookjson_stored(settings, who);
	if (stored == NULL)
		return NULL;
	rc = webhook_read(stored, NULL, &w, &faults);
	if (rc == 0)
		out = render(api, id, &w, event,
		    dbresult_i16(r, i, DELIVERYDB_A_N),
		    dbresult_time(r, i, DELIVERYDB_A_AT));
	else if (rc != ERR_NOMEM)
		out = json_null();
	webhook_free(&w);
	fault_free(&faults);
	json_decref(stored);
	return out;
}

static json_t *
ms_json(const struct pg_result *r, int i, int col)
{
	int32_t us;

	if (dbresult_null(r, i, col))
		return json_null();
	us = dbresult_i32(r, i, col);
	return us < 0 ? json_null() : json_real((double)us / 1000);
}

json_t *
delivery_timings(const struct pg_result *r, int i)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
	    "dns_ms", ms_json(r, i, DELIVERYDB_A_DNS),
	    "connect_ms", ms_json(r, i, DELIVERYDB_A_CONNECT),
	    "tls_ms", ms_json(r, i, DELIVERYDB_A_TLS),
	    "first_byte_ms", ms_json(r, i, DELIVERYDB_A_FIRST_BYTE),
	    "total_ms", ms_json(r, i, DELIVERYDB_A_TOTAL));
}

json_t *
delivery_why(const struct pg_result *r, int i, enum http_lang lang,
    const struct identity *who)
{
	struct span detail = dbresult_span(r, i, DELIVERYDB_A_DETAIL);
	struct buf masked = BUF_INIT(64 * 1024);
	struct span error = dbresult_span(r, i, DELIVERYDB_A_ERROR);
	struct buf text = BUF_INIT(64 * 1024);
	json_t *json;

	if (error.p == NULL)
		return json_null();
	/* Where a redirect leads. */
	if (who->viewer && detail.p != NULL &&
	    dbresult_i16(r, i, DELIVERYDB_A_STATUS) / 100 == 3) {
		mask_url(detail, &masked);
		detail = buf_as_span(&masked);
	}
	explain(lang, error, dbresult_i16(r, i, DELIVERYDB_A_STATUS),
	    detail, &text);
	buf_free(&masked);
	json = shown_bytes(buf_as_span(&text));
	buf_free(&text);
	return json;
}

json_t *
delivery_response(const struct pg_result *r, int i, const struct identity *who)
{
	struct span bytes = dbresult_span(r, i, DELIVERYDB_A_RESPONSE);

	/* A redirect says the address once more. */
	if (who->viewer && dbresult_i16(r, i, DELIVERYDB_A_STATUS) / 100 == 3)
		return json_null();
	return bytes.p == NULL ? json_null() : shown_bytes(bytes);
}

static json_t *
attempt_json(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id, const struct pg_result *r, int i,
    const struct pg_result *event)
{
	return json_pack("{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:i, s:o, "
	    "s:o}", "n", dbresult_i16(r, i, DELIVERYDB_A_N),
	    "at", value_time_column(r, i, DELIVERYDB_A_AT),
	    "outcome", value_text_column(r, i, DELIVERYDB_A_OUTCOME),
	    "status", dbresult_i16(r, i, DELIVERYDB_A_STATUS),
	    "error", value_text_column(r, i, DELIVERYDB_A_ERROR),
	    "error_text", delivery_why(r, i, req->lang, who),
	    "address", value_text_column(r, i, DELIVERYDB_A_ADDRESS),
	    "timings", delivery_timings(r, i),
	    "webhook_version", dbresult_i32(r, i, DELIVERYDB_A_VERSION),
	    "request", request_json(api, who, id, r, i, event),
	    "response", delivery_response(r, i, who));
}

/* In the order they were made. */
static json_t *
attempts_json(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id)
{
	const struct pg_result *r = db_result(api->db, DELIVERYDB_ATTEMPTS);
	const struct pg_result *event = db_result(api->db, DELIVERYDB_EVENT);
	json_t *list = json_array();
	int i;

	for (i = dbresult_rows(r); i-- > 0; )
		if (json_array_append_new(list,
		    attempt_json(api, req, who, id, r, i, event)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
delivery_json(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id)
{
	const struct pg_result *a = db_result(api->db, DELIVERYDB_ATTEMPTS);
	const struct pg_result *o = db_result(api->db, DELIVERYDB_WAITS);
	bool owed = dbresult_rows(o) > 0;
	struct id webhook = owed ? dbresult_id(o, 0, 0) :
	    dbresult_id(a, 0, DELIVERYDB_A_WEBHOOK);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", value_id(id),
	    "webhook_id", value_id(&webhook), "event",
	    event_json(db_result(api->db, DELIVERYDB_EVENT), who->account_id),
	    "outcome", owed && dbresult_i16(o, 0, 3) == 0 ?
	    json_string("pending") : dbresult_rows(a) == 0 ?
	    json_string("retry") : value_text_column(a, 0, DELIVERYDB_A_OUTCOME),
	    "next_attempt_at", owed ? value_time_column(o, 0, 2) :
	    json_null(), "attempts", attempts_json(api, req, who, id));
}

void
delivery_get(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	rc = deliverydb_get(api->db, who, &id, ATTEMPTS_MAX);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200,
	    delivery_json(api, req, who, &id)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- once more ---- */

enum obstacle { NO_OBSTACLE, STILL_OWED, WEBHOOK_GONE, WEBHOOK_OFF,
	EVENT_GONE, START_LATE };

static const char *const obstacles[][2] = {
	[STILL_OWED] = { "This delivery is still going to be sent.",
	    "Эта отправка ещё не завершена, она будет выполнена." },
	[WEBHOOK_GONE] = { "The webhook was deleted.", "Вебхук удалён." },
	[WEBHOOK_OFF] = { "The webhook is switched off; switch it on first.",
	    "Вебхук отключён: сначала включите его." },
	[EVENT_GONE] = { "The data of this call is no longer kept.",
	    "Данные этого звонка уже удалены." },
	[START_LATE] = { "The start of a call is not sent so late.",
	    "О начале звонка поздно сообщать." },
};

/* Looks at the results of deliverydb_get; out is filled when none is found. */
static enum obstacle
find_obstacle(const struct api *api, const struct identity *who,
    struct deliverydb_again *out)
{
	const struct pg_result *e = db_result(api->db, DELIVERYDB_EVENT);
	const struct pg_result *w = db_result(api->db, DELIVERYDB_WEBHOOK);
	int64_t ttl = api->settings->sender_start_ttl * 1000;
	struct event event = { .account_id = who->account_id };

	if (dbresult_rows(db_result(api->db, DELIVERYDB_WAITS)) > 0)
		return STILL_OWED;
	if (dbresult_rows(w) == 0)
		return WEBHOOK_GONE;
	if (!dbresult_bool(w, 0, 1))
		return WEBHOOK_OFF;
	if (dbresult_rows(e) == 0)
		return EVENT_GONE;
	event.service = (enum service)dbresult_i16(e, 0, CALLDB_SERVICE);
	event.kind = (enum event_kind)dbresult_i16(e, 0, CALLDB_KIND);
	event.call_id = dbresult_span(e, 0, CALLDB_CALL_ID);
	out->webhook = dbresult_id(w, 0, 0);
	out->event = dbresult_id(e, 0, CALLDB_ID);
	out->kind = (int)event.kind;
	out->call = event_call_hash(&event);
	if (event.kind == EVENT_CALL_START &&
	    out->now - id_time_ms(&out->event) * 1000 > ttl)
		return START_LATE;
	return NO_OBSTACLE;
}

static void
refuse(const struct api *api, const struct http_request *req,
    struct response *res, enum obstacle why)
{
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_CONFLICT, &(struct problem_more){
	    .detail = obstacles[why][req->lang] });
}

void
delivery_resend(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct deliverydb_again again = { .now = clock_real_us() };
	enum obstacle why;
	int rc;

	if (!answer_path_id(api, req, who, res, &again.id) ||
	    !answer_no_body(api, req, res))
		return;
	rc = deliverydb_get(api->db, who, &again.id, 1);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	why = find_obstacle(api, who, &again);
	if (why == NO_OBSTACLE) {
		rc = deliverydb_again(api->db, who, &again);
		if (rc == ERR_EXISTS)	/* somebody else was quicker */
			why = STILL_OWED;
	}
	if (why != NO_OBSTACLE) {
		refuse(api, req, res, why);
		return;
	}
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	answer_wake(api, who, WAKE_DUE);
	if (response_json(res, 202, json_pack("{s:o}", "id",
	    value_id(&again.id))) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}
