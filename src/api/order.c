/*
 * What a request says of settings that are to be tried out with a call, an
 * invented one or one of the account's own.  Called by preview.c and trial.c.
 */
#include "config.h"

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/order.h"
#include "core/db.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/sample.h"

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
read_event(const json_t *json, struct order *o, struct faults *faults)
{
	if (json == NULL) {
		fault_add(faults, FAULT_REQUIRED, NULL, "/event");
	} else if (!json_is_string(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/event");
	} else {
		o->kind = event_parse(string_of(json));
		if (o->kind == 0)
			fault_add(faults, FAULT_NOT_IN_LIST,
			    "call_start, call_end, call_change", "/event");
	}
}

static void
read_call(const json_t *json, struct order *o, struct faults *faults)
{
	if (json == NULL)
		return;
	if (!json_is_string(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/call_id");
		return;
	}
	o->call_id = string_of(json);
	(void)event_call_id_check(o->call_id, "/call_id", faults);
}

static void
read_id(const json_t *json, struct order *o, struct faults *faults)
{
	if (json == NULL)
		return;
	o->has_id = true;
	if (!json_is_string(json))
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/id");
	else if (id_parse(string_of(json), &o->id) < 0)
		fault_add(faults, FAULT_BAD_ID, NULL, "/id");
}

static bool
is_known(struct span key, enum order_of of)
{
	return (of != ORDER_SAVED && span_is(key, "webhook")) ||
	    (of == ORDER_CHANGED && span_is(key, "id")) ||
	    span_is(key, "event") || span_is(key, "call_id");
}

int
order_read(json_t *json, const struct api *api, enum order_of of,
    struct order *o, struct faults *faults)
{
	const char *key;
	json_t *value;
	int rc = 0;

	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return ERR_INVALID;
	}
	json_object_foreach(json, key, value)
		if (!is_known(span_of(key), of))
			fault_add_field(faults, FAULT_UNKNOWN_FIELD, "", key);
	if (of == ORDER_CHANGED)
		read_id(json_object_get(json, "id"), o, faults);
	if (of != ORDER_SAVED)
		rc = read_settings(json_object_get(json, "webhook"), api,
		    &o->webhook, faults);
	read_event(json_object_get(json, "event"), o, faults);
	read_call(json_object_get(json, "call_id"), o, faults);
	if (faults->err != ERR_OK)
		return (int)faults->err;
	return rc == 0 && faults->n > 0 ? ERR_INVALID : rc;
}

void
order_free(struct order *o)
{
	webhook_free(&o->webhook);
	buf_free(&o->data);
}

static int
find_data(struct api *api, const struct identity *who, const struct order *o,
    struct span *data)
{
	struct calldb_events events;
	int rc;

	rc = calldb_find(api->db, who, (int)o->webhook.service, o->kind,
	    o->call_id, &events);
	if (rc == 0)
		rc = events.n == 0 ? ERR_NOT_FOUND :
		    calldb_event(api->db, who, &events.id[0]);
	if (rc == 0)
		*data = dbresult_span(db_result(api->db, 0), 0, CALLDB_DATA);
	return rc;
}

int
order_data(struct api *api, const struct identity *who, struct order *o,
    struct span *data)
{
	if (o->call_id.p != NULL)
		return find_data(api, who, o, data);
	sample_data(o->webhook.service, (enum event_kind)o->kind, &o->data);
	*data = buf_as_span(&o->data);
	return (int)buf_err(&o->data);
}

void
order_refuse(const struct api *api, const struct http_request *req,
    const struct order *o, struct response *res, int rc)
{
	if (rc != ERR_NOT_FOUND || o->call_id.p == NULL) {
		answer_error(api, req, res, rc);
		return;
	}
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_NOT_FOUND, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ? "Такого звонка с таким событием нет, или его "
	    "данные уже не хранятся." : "There is no such call with such an "
	    "event, or its data is no longer kept." });
}

struct span
order_call(const struct order *o)
{
	return o->call_id.p != NULL ? o->call_id : SPAN(SAMPLE_CALL_ID);
}

int
order_render(const struct api *api, const struct webhook *w,
    const struct request_of *of, struct request *out)
{
	const struct request_style style = {
		.user_agent = api->settings->request_user_agent,
		.prefix = api->settings->request_prefix,
	};

	return request_render(w, &style, of, out);
}
