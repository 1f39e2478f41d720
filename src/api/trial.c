/*
 * Tests of webhooks: one request, made by the sender in its production way, while
 * the client waits for what becomes of it.  The test is put into a table, the
 * sender is woken, and the exchange is put aside (response.h) until the row has
 * a result or nobody was there to make it.  Handlers of the route table.
 */
#include "config.h"

#include <stdlib.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/delivery.h"
#include "api/deliverydb.h"
#include "api/order.h"
#include "api/response.h"
#include "api/saving.h"
#include "api/shown.h"
#include "api/trial.h"
#include "api/value.h"
#include "api/webhookdb.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/fault.h"
#include "hook/webhook.h"

#define GRACE_US (5 * INT64_C(1000000))	/* beside the request's own time */
#define LOOK_US 10000
#define LOOK_MAX_US 200000

/* The columns of trial_collect after those of delivery_attempts. */
enum { COL_KIND = DELIVERYDB_A_RESPONSE + 1, COL_CALL, COL_DATA, COL_DONE };

/* A test that is waited for. */
struct waited {
	struct id id;
	int64_t begun, end;	/* mono us */
};

/* What is stored of one, besides the order. */
struct trial {
	struct id id, webhook;
	struct buf settings;
	struct buf login;	/* sealed; empty: none */
};

/* The webhook whose changed settings are tried. */
struct changed {
	struct id id;
	struct webhookdb_row row;
	struct webhook webhook;
};

/* ---- the result ---- */

static json_t *
request_json(const struct api *api, const struct identity *who,
    const struct id *id, const struct pg_result *r)
{
	struct request_of of = {
		.delivery_id = *id,
		.kind = (enum event_kind)dbresult_i16(r, 0, COL_KIND),
		.call_id = dbresult_span(r, 0, COL_CALL),
		.data = dbresult_span(r, 0, COL_DATA),
		.attempt = 1,
		.now = dbresult_time(r, 0, DELIVERYDB_A_AT),
		.test = true,
	};
	struct faults faults = { .v = NULL };
	struct webhook w = { .url = NULL };
	struct request request = { 0 };
	json_t *stored, *out = NULL;
	int rc;

	stored = webhookjson_stored(dbresult_span(r, 0, DELIVERYDB_A_SETTINGS),
	    who);
	if (stored == NULL)
		return NULL;
	rc = webhook_read(stored, NULL, &w, &faults);
	if (rc == 0)
		rc = order_render(api, &w, &of, &request);
	if (rc == 0)
		out = shown_request(&request);
	else if (rc != ERR_NOMEM)
		out = json_null();
	request_free(&request);
	webhook_free(&w);
	fault_free(&faults);
	json_decref(stored);
	return out;
}

static json_t *
result_json(const struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *id,
    const struct pg_result *r)
{
	char text[ID_TEXT_LEN], at[CLOCK_TEXT_LEN];

	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", id_text(id, text), "at",
	    clock_text(dbresult_time(r, 0, DELIVERYDB_A_AT), at),
	    "outcome", value_text_column(r, 0, DELIVERYDB_A_OUTCOME),
	    "status", dbresult_i16(r, 0, DELIVERYDB_A_STATUS),
	    "error", value_text_column(r, 0, DELIVERYDB_A_ERROR),
	    "error_text", delivery_why(r, 0, req->lang, who),
	    "address", value_text_column(r, 0, DELIVERYDB_A_ADDRESS),
	    "timings", delivery_timings(r, 0),
	    "request", request_json(api, who, id, r),
	    "response", delivery_response(r, 0, who));
}

static int
collect(struct db *db, const struct identity *who, const struct id *id,
    bool anyway)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	dbparam_bool(&p, anyway);
	rc = accountdb_send(db, rc, &sql_trial_collect, &p);
	return accountdb_commit(db, rc);
}

static void
nobody(const struct api *api, const struct http_request *req,
    struct response *res)
{
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_UNAVAILABLE, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ? "Отправка сейчас не работает: тестовый "
	    "запрос не был выполнен." : "Nothing is being sent at the moment: "
	    "the test was not made." });
}

/* See struct response_later. */
static bool
look(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res, void *state)
{
	struct waited *w = state;
	int64_t now = clock_mono_us(), pause = (now - w->begun) / 4;
	const struct pg_result *r;
	int rc;

	rc = collect(api->db, who, &w->id, now >= w->end);
	r = rc == 0 ? db_result(api->db, 0) : NULL;
	if (rc == 0 && dbresult_rows(r) == 1 &&
	    dbresult_bool(r, 0, COL_DONE)) {
		if (response_json(res, 200,
		    result_json(api, req, who, &w->id, r)) < 0)
			answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
		return true;
	}
	if (now < w->end && (rc == 0 || rc == ERR_DB_DOWN)) {
		res->later.at = now + (pause < LOOK_US ? LOOK_US :
		    pause > LOOK_MAX_US ? LOOK_MAX_US : pause);
		return false;
	}
	if (rc < 0)
		answer_error(api, req, res, rc);
	else
		nobody(api, req, res);
	return true;
}

/* ---- asking for one ---- */

/* ERR_EXISTS: another one is waited for. */
static int
insert(struct db *db, const struct identity *who, const struct order *o,
    const struct trial *t, struct span data, int64_t wait)
{
	int64_t now = clock_real_us();
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, &t->id);
	dbparam_id(&p, &t->webhook);
	dbparam_i16(&p, (int16_t)o->webhook.service);
	dbparam_i16(&p, (int16_t)o->kind);
	dbparam_text(&p, order_call(o));
	dbparam_text(&p, buf_as_span(&t->settings));
	dbparam_bytes(&p, buf_as_span(&t->login));
	dbparam_bytes(&p, data);
	dbparam_time(&p, now + wait);
	dbparam_time(&p, now);
	rc = accountdb_send(db, rc, &sql_trial_insert, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) == 0)
		rc = ERR_EXISTS;
	return rc;
}

/* Stores it, and puts the exchange aside. */
static int
begin(struct api *api, const struct identity *who, struct order *o,
    const struct trial *t, struct response *res)
{
	int64_t now = clock_mono_us(), wait = GRACE_US + 1000 *
	    (o->webhook.timeout > 0 ? o->webhook.timeout :
	    api->settings->sender_timeout);
	struct waited *w;
	struct span data;
	int rc;

	rc = order_data(api, who, o, &data);
	if (rc == 0 && o->call_id.p != NULL) {
		/* The result goes with the next statement. */
		buf_span(&o->data, data);
		data = buf_as_span(&o->data);
		rc = (int)buf_err(&o->data);
	}
	if (rc == 0)
		rc = insert(api->db, who, o, t, data, wait);
	if (rc < 0)
		return rc;
	w = malloc(sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	*w = (struct waited){ .id = t->id, .begun = now, .end = now + wait };
	res->later = (struct response_later){ .look = look, .state = w,
		.at = now + LOOK_US };
	answer_wake(api, who, WAKE_ERRANDS);
	return 0;
}

static void
make(struct api *api, const struct http_request *req,
    const struct identity *who, struct order *o, const struct trial *t,
    struct response *res)
{
	int rc = begin(api, who, o, t, res);

	if (rc == ERR_EXISTS)
		problem_answer(res, req, api->settings->api_problem_base,
		    PROBLEM_TOO_MANY_REQUESTS, &(struct problem_more){ .detail =
		    req->lang == HTTP_RU ? "Предыдущий тест ещё не закончен." :
		    "The test before is not over yet." });
	else if (rc < 0)
		order_refuse(api, req, o, res, rc);
}

/* May one more answer be left for later here? */
static bool
has_room(const struct api *api, const struct http_request *req,
    struct response *res)
{
	if (api->may_wait > 0)
		return true;
	answer_refuse(api, req, res, PROBLEM_BUSY, NULL);
	return false;
}

static struct trial
new_trial(void)
{
	return (struct trial){
		.id = id_new(),
		.settings = BUF_INIT(WEBHOOK_SETTINGS_MAX),
		.login = BUF_INIT(WEBHOOK_SETTINGS_MAX),
	};
}

static void
trial_free(struct trial *t)
{
	buf_free(&t->settings);
	buf_free(&t->login);
}

/* The webhook as it is; row points into the database's result. */
static int
read_row(struct api *api, const struct identity *who, const struct id *id,
    struct webhookdb_row *row, struct webhook *w)
{
	int rc = webhookdb_get(api->db, who, id);

	if (rc < 0)
		return rc;
	webhookdb_row(api->db, 0, row);
	return saving_stored(row->settings, w);
}

/*
 * Makes the settings ready to be stored as the trial's; errors of saving.h.  What
 * is stored of the webhook that they are of (NULL: of none) is used only for
 * the server that it calls now.
 */
static int
prepare(struct api *api, const struct http_request *req,
    const struct changed *of, struct trial *t, struct webhook *w,
    struct faults *faults, struct response *res)
{
	struct faults inside = { .v = NULL };
	bool same = of != NULL && webhook_same_origin(&of->webhook, w);
	size_t i;
	int rc;

	t->webhook = same ? of->id : t->id;
	rc = saving_prepare(api, req, &t->webhook, of != NULL ? &of->row : NULL,
	    w, &inside, res);
	for (i = 0; i < inside.n; i++)
		fault_add(faults, inside.v[i].code, inside.v[i].arg,
		    "/webhook%s", inside.v[i].pointer);
	fault_free(&inside);
	if (rc == 0)
		rc = webhook_write(w, &t->settings);
	/* What is kept without a row is refused by saving_prepare. */
	if (rc == 0 && of != NULL && w->login.keep)
		buf_span(&t->login, of->row.auth);
	else if (rc == 0)
		buf_add(&t->login, w->login.sealed, w->login.sealed_len);
	return rc == 0 ? (int)buf_err(&t->login) : rc;
}

void
trial_unsaved(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct order o = ORDER_INIT;
	struct trial t = new_trial();
	struct changed of = { .id = t.id };
	json_t *json;
	int rc;

	if (!answer_has_account(api, req, who, res) ||
	    !has_room(api, req, res) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = order_read(json, api, ORDER_CHANGED, &o, &faults);
	if (rc == 0 && o.has_id) {
		of.id = o.id;
		rc = read_row(api, who, &of.id, &of.row, &of.webhook);
	}
	if (rc == 0)
		rc = prepare(api, req, o.has_id ? &of : NULL, &t, &o.webhook,
		    &faults, res);
	if (rc < 0 && rc != ERR_CLOSED)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	else if (rc == 0)
		make(api, req, who, &o, &t, res);
	trial_free(&t);
	order_free(&o);
	webhook_free(&of.webhook);
	fault_free(&faults);
	json_decref(json);
}

/* The settings as they are stored; also of one that is paused or off. */
static int
read_stored(struct api *api, const struct identity *who, struct trial *t,
    struct webhook *w)
{
	struct webhookdb_row row;
	int rc = read_row(api, who, &t->webhook, &row, w);

	if (rc < 0)
		return rc;
	buf_span(&t->settings, row.settings);
	buf_span(&t->login, row.auth);
	return (int)buf_err(&t->settings);
}

void
trial_saved(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct order o = ORDER_INIT;
	struct trial t = new_trial();
	json_t *json = NULL;
	int rc;

	if (!answer_path_id(api, req, who, res, &t.webhook) ||
	    !has_room(api, req, res) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = order_read(json, api, ORDER_SAVED, &o, &faults);
	if (rc < 0) {
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	} else {
		rc = read_stored(api, who, &t, &o.webhook);
		if (rc < 0)
			answer_error(api, req, res, rc);
		else
			make(api, req, who, &o, &t, res);
	}
	trial_free(&t);
	order_free(&o);
	fault_free(&faults);
	json_decref(json);
}
