/*
 * All settings of an account as one document, out and in again.  An import is
 * one transaction under the account's lock: either all of it is good and done, or
 * nothing is.  States of one: read, compared webhook by webhook with what is stored,
 * then committed or rolled back.  Handlers of the route table.
 */
#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/saving.h"
#include "api/transfer.h"
#include "api/webhookdb.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/jsonx.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/fault.h"
#include "hook/webhook.h"

#define FORMAT "callhook/1"

enum { ALL = 1000000, RUN_EACH = 50 };

/* ---- out ---- */

/* What an import would not take. */
static const char *const no_settings[] = { "version", "url",
	"disabled_reason", "signed", "sent_ok", "sent_failed",
	"last_delivery", "created_at", "updated_at", "paused_at", "pending" };

static json_t *
export_json(const struct db *db, const struct identity *who)
{
	json_t *list = json_array(), *one;
	struct webhookdb_row row;
	char at[CLOCK_TEXT_LEN];
	size_t k;
	int i;

	for (i = 0; i < webhookdb_rows(db); i++) {
		webhookdb_row(db, i, &row);
		one = webhookjson_row(&row, who);
		for (k = 0; one != NULL && k < sizeof(no_settings) /
		    sizeof(no_settings[0]); k++)
			json_object_del(one, no_settings[k]);
		if (json_array_append_new(list, one) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:s, s:o}", "format", FORMAT, "exported_at",
	    clock_text(clock_real_us(), at), "webhooks", list);
}

void
transfer_export(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	int rc;

	if (!answer_has_account(api, req, who, res))
		return;
	rc = webhookdb_list(api->db, who, -1, NULL, ALL);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200, export_json(api->db, who)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- in: what is there ---- */

struct stored {
	struct id id;
	int version;
	char *settings;
	char *auth;			/* sealed */
	size_t auth_len;
	enum service service;
	bool kept;			/* the document has it */
};

struct import {
	struct api *api;
	const struct http_request *req;
	const struct identity *who;
	struct response *res;
	struct faults faults;
	struct accountdb_limits limits;
	const json_t *webhooks;
	bool replace, dry_run;
	struct stored *stored;
	int stored_n;
	int64_t now;
	int64_t count[SERVICES];	/* in the end */
	int created[SERVICES];
	int changed, deleted, unchanged;
	int queued;
};

static void
import_free(struct import *m)
{
	int i;

	for (i = 0; i < m->stored_n; i++) {
		free(m->stored[i].settings);
		free(m->stored[i].auth);
	}
	free(m->stored);
	fault_free(&m->faults);
}

static char *
copy(struct span s)
{
	char *p = malloc(s.len + 1);

	if (p != NULL && s.len > 0)
		memcpy(p, s.p, s.len);
	if (p != NULL)
		p[s.len] = '\0';
	return p;
}

static int
keep(struct import *m, int i)
{
	struct stored *s = &m->stored[m->stored_n++];
	struct webhookdb_row row;
	json_t *settings;
	const char *why;
	size_t offset;
	int service, rc;

	webhookdb_row(m->api->db, i, &row);
	s->id = row.id;
	s->version = row.version;
	s->settings = copy(row.settings);
	s->auth = copy(row.auth);
	s->auth_len = row.auth.len;
	if (s->settings == NULL || s->auth == NULL)
		return ERR_NOMEM;
	rc = jsonx_parse(row.settings, &settings, &why, &offset);
	if (rc < 0)
		return rc;
	service = service_parse(span_of(json_string_value(
	    json_object_get(settings, "service"))));
	json_decref(settings);
	s->service = service < 0 ? SERVICE_CALLTRACKING :
	    (enum service)service;
	m->count[s->service]++;
	return 0;
}

/* Begins the transaction, with the lock, and reads all there is. */
static int
read_stored(struct import *m)
{
	struct db *db = m->api->db;
	struct dbparam p;
	int i, n, rc;

	rc = accountdb_lock(db, accountdb_begin(db, m->who), m->who);
	if (rc == 0)
		rc = db_run(db);
	if (rc < 0)
		return rc;
	accountdb_limits(m->api->settings, db_result(db, 0), &m->limits);
	accountdb_param(&p, m->who);
	dbparam_null(&p);
	dbparam_id(&p, NULL);
	dbparam_i64(&p, ALL);
	rc = accountdb_send(db, 0, &sql_webhook_list, &p);
	if (rc == 0)
		rc = db_run(db);
	if (rc < 0)
		return rc;
	n = webhookdb_rows(db);
	m->stored = calloc((size_t)n + 1, sizeof(*m->stored));
	if (m->stored == NULL)
		return ERR_NOMEM;
	for (i = 0; i < n && rc == 0; i++)
		rc = keep(m, i);
	return rc;
}

/* ---- in: webhook by webhook ---- */

/* Runs what is queued now and then: a pipeline is no heap. */
static int
queued(struct import *m, int rc)
{
	if (rc == 0 && ++m->queued % RUN_EACH == 0)
		rc = db_run(m->api->db);
	return rc;
}

static struct stored *
find(struct import *m, const struct id *id)
{
	int i;

	for (i = 0; i < m->stored_n; i++)
		if (id_eq(&m->stored[i].id, id))
			return &m->stored[i];
	return NULL;
}

/* The stored webhook that item means; NULL: it is new, or a fault. */
static struct stored *
meant(struct import *m, const json_t *item, size_t i)
{
	const json_t *value = json_object_get(item, "id");
	struct stored *s;
	struct id id;

	if (value == NULL)
		return NULL;
	if (!json_is_string(value)) {
		fault_add(&m->faults, FAULT_WRONG_TYPE, "string",
		    "/webhooks/%zu/id", i);
		return NULL;
	}
	if (id_parse(span_of(json_string_value(value)), &id) < 0) {
		fault_add(&m->faults, FAULT_BAD_ID, NULL, "/webhooks/%zu/id", i);
		return NULL;
	}
	s = m->replace ? find(m, &id) : NULL;
	if (s != NULL && s->kept) {
		fault_add(&m->faults, FAULT_DUPLICATE, NULL,
		    "/webhooks/%zu/id", i);
		return NULL;
	}
	return s;
}

static int
insert(struct import *m, const struct webhook *w, const struct id *id)
{
	m->created[w->service]++;
	m->count[w->service]++;
	return queued(m, webhookdb_send_insert(m->api->db, m->who, id, w,
	    m->now));
}

static int
change(struct import *m, const struct webhook *w, struct stored *s, size_t i)
{
	assert(s->settings != NULL);	/* as keep left it */
	s->kept = true;
	if (w->service != s->service) {
		fault_add(&m->faults, FAULT_NOT_IN_LIST,
		    service_name(s->service), "/webhooks/%zu/service", i);
		return 0;
	}
	if (saving_same(w, span_of(s->settings))) {
		m->unchanged++;
		return 0;
	}
	m->changed++;
	return queued(m, webhookdb_send_replace(m->api->db, m->who, &s->id,
	    s->version, w, "changed", m->now));
}

static int
take(struct import *m, const json_t *item, size_t i)
{
	struct stored *s = meant(m, item, i);
	struct webhookdb_row before = { .version = 0 };
	struct faults inside = { .v = NULL };
	struct webhook w = { .url = NULL };
	json_t *settings = json_copy((json_t *)item);
	struct id id = s != NULL ? s->id : id_new();
	size_t k;
	int rc;

	if (json_is_object(settings))
		json_object_del(settings, "id");
	rc = webhook_read(settings, m->api->policy, &w, &inside);
	if (s != NULL) {
		before.settings = span_of(s->settings);
		before.auth = (struct span){ s->auth, s->auth_len };
	}
	if (rc == 0)
		rc = saving_prepare(m->api, m->req, &id,
		    s != NULL ? &before : NULL, &w, &inside, m->res);
	for (k = 0; k < inside.n; k++)
		fault_add(&m->faults, inside.v[k].code, inside.v[k].arg,
		    "/webhooks/%zu%s", i, inside.v[k].pointer);
	if (rc == ERR_INVALID || m->faults.n > 0)
		rc = rc == ERR_INVALID ? 0 : rc;
	else if (rc == 0)
		rc = s != NULL ? change(m, &w, s, i) : insert(m, &w, &id);
	if (s != NULL)
		s->kept = true;
	fault_free(&inside);
	webhook_free(&w);
	json_decref(settings);
	return rc;
}

static int
delete_rest(struct import *m)
{
	struct stored *s;
	int i, rc = 0;

	for (i = 0; i < m->stored_n && rc == 0; i++) {
		s = &m->stored[i];
		if (s->kept)
			continue;
		m->deleted++;
		m->count[s->service]--;
		rc = queued(m, webhookdb_send_delete(m->api->db, m->who,
		    &s->id, s->version, span_of(s->settings), m->now));
	}
	return rc;
}

static void
add_limit(struct import *m)
{
	char most[24];

	snprintf(most, sizeof(most), "%lld", (long long)m->limits.webhooks);
	fault_add(&m->faults, FAULT_LIMIT, most, "/webhooks");
}

/* More than can be good in the end are not tried first, under the lock. */
static void
check_size(struct import *m)
{
	if ((int64_t)json_array_size(m->webhooks) > m->stored_n +
	    SERVICES * m->limits.webhooks)
		add_limit(m);
}

/* What was there before stays, whatever has become of the limits. */
static void
check_limits(struct import *m)
{
	int i;

	for (i = 0; i < SERVICES; i++)
		if (m->created[i] > 0 && m->count[i] > m->limits.webhooks)
			add_limit(m);
		else if (m->created[i] > 0 && !(m->limits.services & 1u << i))
			fault_add(&m->faults, FAULT_NOT_IN_LIST,
			    service_name((enum service)!i), "/webhooks");
}

/* ERR_INVALID: faults; ERR_CLOSED: res has the answer. */
static int
import_all(struct import *m)
{
	json_t *item;
	size_t i;
	int rc = read_stored(m);

	if (rc == 0)
		check_size(m);
	if (rc == 0 && m->faults.n == 0)
		json_array_foreach((json_t *)m->webhooks, i, item) {
			rc = take(m, item, i);
			if (rc < 0 || m->faults.n == FAULTS_MAX)
				break;
		}
	if (rc == 0 && m->replace && m->faults.n == 0)
		rc = delete_rest(m);
	if (rc == 0 && m->faults.n == 0)
		check_limits(m);
	if (rc == 0 && m->faults.err != ERR_OK)
		rc = (int)m->faults.err;
	if (rc == 0 && m->faults.n > 0)
		rc = ERR_INVALID;
	if (rc == 0)
		rc = db_run(m->api->db);
	if (rc == 0 && !m->dry_run)
		return accountdb_commit(m->api->db, rc);
	db_rollback(m->api->db);
	return rc == ERR_EXISTS ? ERR_CONFLICT : rc;
}

/* ---- in: the order ---- */

static void
read_field(struct import *m, const char *key, const json_t *value)
{
	struct span text = { json_string_value(value),
		json_string_length(value) };

	if (span_is(span_of(key), "format")) {
		if (!span_is(text, FORMAT))
			fault_add(&m->faults, FAULT_NOT_IN_LIST, FORMAT,
			    "/format");
	} else if (span_is(span_of(key), "mode")) {
		m->replace = span_is(text, "replace");
		if (!m->replace && !span_is(text, "add"))
			fault_add(&m->faults, FAULT_NOT_IN_LIST,
			    "add, replace", "/mode");
	} else if (span_is(span_of(key), "dry_run")) {
		m->dry_run = json_is_true(value);
		if (!json_is_boolean(value))
			fault_add(&m->faults, FAULT_WRONG_TYPE, "boolean",
			    "/dry_run");
	} else if (span_is(span_of(key), "webhooks")) {
		m->webhooks = value;
		if (!json_is_array(value))
			fault_add(&m->faults, FAULT_WRONG_TYPE, "array",
			    "/webhooks");
	} else if (!span_is(span_of(key), "exported_at")) {
		fault_add_field(&m->faults, FAULT_UNKNOWN_FIELD, "", key);
	}
}

static int
read_order(struct import *m, json_t *json)
{
	static const char *const needed[] = { "format", "webhooks", "mode" };
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(json)) {
		fault_add(&m->faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return ERR_INVALID;
	}
	json_object_foreach(json, key, value)
		read_field(m, key, value);
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (json_object_get(json, needed[i]) == NULL)
			fault_add(&m->faults, FAULT_REQUIRED, NULL, "/%s",
			    needed[i]);
	return m->faults.err != ERR_OK ? (int)m->faults.err :
	    m->faults.n > 0 ? ERR_INVALID : 0;
}

static void
answer(struct import *m, int rc)
{
	if (rc == ERR_CLOSED)
		return;
	if (rc < 0 && m->faults.n > 0)
		answer_refuse(m->api, m->req, m->res, PROBLEM_VALIDATION,
		    &m->faults);
	else if (rc < 0)
		answer_error(m->api, m->req, m->res, rc);
	else if (response_json(m->res, 200, json_pack(
	    "{s:i, s:i, s:i, s:i, s:b}", "created",
	    m->created[SERVICE_CALLTRACKING] + m->created[SERVICE_CALLKEEPER],
	    "changed", m->changed, "deleted", m->deleted,
	    "unchanged", m->unchanged, "dry_run", (int)m->dry_run)) < 0)
		answer_refuse(m->api, m->req, m->res, PROBLEM_INTERNAL, NULL);
}

void
transfer_import(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct import m = { .api = api, .req = req, .who = who, .res = res,
		.now = clock_real_us() };
	json_t *json;
	int rc;

	if (!answer_has_account(api, req, who, res) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = read_order(&m, json);
	if (rc == 0)
		rc = import_all(&m);
	if (rc == 0 && !m.dry_run)
		answer_wake(api, who, WAKE_ANEW);
	answer(&m, rc);
	import_free(&m);
	json_decref(json);
}
