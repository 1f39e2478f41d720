/*
 * /v1/keys: an account's API keys, for the tab «API ключ»: list, make, name,
 * revoke.  A key is shown once; what is stored is its SHA-256.  Handlers of the
 * route table; the statements are in keydb.c.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/keydb.h"
#include "api/keys.h"
#include "api/response.h"
#include "api/value.h"
#include "core/apikey.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/log.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/text.h"

enum {
	KEYS_MAX = 50,		/* of an account that work */
	LIST_MAX = 200,
};

/* What customers may give to their keys. */
static const char *const grantable[] = { "webhooks", "events" };
#define GRANTABLE ((int)(sizeof(grantable) / sizeof(grantable[0])))

/* ---- what a key looks like ---- */

static const char *
state_of(const struct pg_result *r, int i)
{
	if (!dbresult_null(r, i, KEYDB_REVOKED))
		return "revoked";
	if (!dbresult_null(r, i, KEYDB_EXPIRES) &&
	    dbresult_time(r, i, KEYDB_EXPIRES) <= clock_real_us())
		return "expired";
	return "active";
}

/* Words between blanks. */
static json_t *
words_json(struct span words)
{
	json_t *list = json_array();
	size_t i, start = 0;

	for (i = 0; i <= words.len; i++) {
		if (i < words.len && words.p[i] != ' ')
			continue;
		if (i > start && json_array_append_new(list,
		    json_stringn(words.p + start, i - start)) < 0) {
			json_decref(list);
			return NULL;
		}
		start = i + 1;
	}
	return list;
}

static json_t *
row_json(const struct pg_result *r, int i)
{
	struct span prefix = dbresult_span(r, i, KEYDB_PREFIX);
	struct span label = dbresult_span(r, i, KEYDB_LABEL);

	return json_pack("{s:s%, s:s%, s:o, s:s, s:o, s:o, s:o, s:o}",
	    "prefix", prefix.p, prefix.len, "label", label.p, label.len,
	    "scopes", words_json(dbresult_span(r, i, KEYDB_SCOPES)),
	    "state", state_of(r, i),
	    "created_at", value_time_column(r, i, KEYDB_CREATED),
	    "expires_at", value_time_column(r, i, KEYDB_EXPIRES),
	    "revoked_at", value_time_column(r, i, KEYDB_REVOKED),
	    "last_used_at", value_time_column(r, i, KEYDB_USED));
}

void
keys_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	const struct pg_result *r;
	json_t *data;
	int i, rc;

	if (!answer_has_account(api, req, who, res))
		return;
	rc = keydb_list(api->db, who, LIST_MAX);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	r = db_result(api->db, 0);
	data = json_array();
	for (i = 0; i < dbresult_rows(r); i++)
		if (json_array_append_new(data, row_json(r, i)) < 0) {
			json_decref(data);
			data = NULL;
			break;
		}
	if (response_json(res, 200, json_pack("{s:o}", "data", data)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- what is asked for ---- */

struct order {
	struct span label;	/* p NULL: not given */
	bool granted[GRANTABLE];
	int64_t expires_at;	/* 0: never */
};

static void
read_label(const json_t *value, struct order *out, struct faults *faults)
{
	char most[8];

	if (!json_is_string(value)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/label");
		return;
	}
	out->label = (struct span){ json_string_value(value),
		json_string_length(value) };
	snprintf(most, sizeof(most), "%d", APIKEY_LABEL_MAX);
	if (out->label.len > APIKEY_LABEL_MAX)
		fault_add(faults, FAULT_TOO_LONG, most, "/label");
	else if (!text_is_clean(out->label))
		fault_add(faults, FAULT_BAD_CHARACTER, NULL, "/label");
}

static void
read_scopes(const json_t *value, struct order *out, struct faults *faults)
{
	const json_t *entry;
	size_t i;
	int g;

	if (!json_is_array(value)) {
		fault_add(faults, FAULT_WRONG_TYPE, "array", "/scopes");
		return;
	}
	if (json_array_size(value) == 0)
		fault_add(faults, FAULT_EMPTY, NULL, "/scopes");
	json_array_foreach(value, i, entry) {
		if (!json_is_string(entry)) {
			fault_add(faults, FAULT_WRONG_TYPE, "string",
			    "/scopes/%zu", i);
			continue;
		}
		for (g = 0; g < GRANTABLE; g++)
			if (span_is((struct span){ json_string_value(entry),
			    json_string_length(entry) }, grantable[g]))
				break;
		if (g == GRANTABLE)
			fault_add(faults, FAULT_NOT_IN_LIST,
			    "webhooks, events", "/scopes/%zu", i);
		else if (out->granted[g])
			fault_add(faults, FAULT_DUPLICATE, NULL, "/scopes/%zu",
			    i);
		else
			out->granted[g] = true;
	}
}

static void
read_expires(const json_t *value, struct order *out, struct faults *faults)
{
	if (json_is_null(value))
		return;
	if (!json_is_string(value))
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/expires_at");
	else if (clock_parse((struct span){ json_string_value(value),
	    json_string_length(value) }, &out->expires_at) < 0)
		fault_add(faults, FAULT_BAD_TIME, NULL, "/expires_at");
	else if (out->expires_at <= clock_real_us())
		fault_add(faults, FAULT_IN_THE_PAST, NULL, "/expires_at");
}

/* only_label: nothing else can be changed. */
static int
read_order(const json_t *json, bool only_label, struct order *out,
    struct faults *faults)
{
	const char *key;
	json_t *value;

	*out = (struct order){ .expires_at = 0 };
	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return ERR_INVALID;
	}
	json_object_foreach((json_t *)(uintptr_t)json, key, value) {
		if (span_is(span_of(key), "label"))
			read_label(value, out, faults);
		else if (!only_label && span_is(span_of(key), "scopes"))
			read_scopes(value, out, faults);
		else if (!only_label && span_is(span_of(key), "expires_at"))
			read_expires(value, out, faults);
		else
			fault_add_field(faults, FAULT_UNKNOWN_FIELD, "", key);
	}
	if (json_object_get(json, "label") == NULL)
		fault_add(faults, FAULT_REQUIRED, NULL, "/label");
	if (!only_label && json_object_get(json, "scopes") == NULL)
		fault_add(faults, FAULT_REQUIRED, NULL, "/scopes");
	if (faults->err != ERR_OK)
		return (int)faults->err;
	return faults->n > 0 ? ERR_INVALID : 0;
}

/* The body, which order points into, or NULL and refused. */
static json_t *
read_body(const struct api *api, const struct http_request *req,
    bool only_label, struct order *out, struct response *res)
{
	json_t *json = answer_read_json(api, req, res);
	struct faults faults = { .v = NULL };
	int rc;

	if (json == NULL)
		return NULL;
	rc = read_order(json, only_label, out, &faults);
	if (rc < 0) {
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
		json_decref(json);
		json = NULL;
	}
	fault_free(&faults);
	return json;
}

/* ---- make ---- */

static void
refuse_more(const struct api *api, const struct http_request *req,
    struct response *res)
{
	struct faults faults = { .v = NULL };
	char most[8];

	snprintf(most, sizeof(most), "%d", KEYS_MAX);
	fault_add(&faults, FAULT_LIMIT, most, "%s", "");
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_LIMIT, &(struct problem_more){ .faults = &faults,
	    .detail = req->lang == HTTP_RU ?
	    "У аккаунта уже максимальное количество ключей." :
	    "The account has as many keys as it may have." });
	fault_free(&faults);
}

/* The one answer that has the key. */
static json_t *
shown_once(const struct keydb_new *k, const char *text)
{
	json_t *scopes = json_array();
	int i;

	for (i = 0; i < k->scopes_n; i++)
		json_array_append_new(scopes, json_string(k->scopes[i]));
	return json_pack("{s:s%, s:s, s:s%, s:o, s:s, s:o, s:o, s:n, s:n}",
	    "prefix", k->prefix.p, k->prefix.len, "key", text,
	    "label", k->label.p, k->label.len, "scopes", scopes,
	    "state", "active", "created_at", value_time(k->now),
	    "expires_at", value_time(k->expires_at), "revoked_at",
	    "last_used_at");
}

static void
create(struct api *api, const struct http_request *req,
    const struct identity *who, const struct order *order,
    struct response *res)
{
	struct keydb_new k = { .label = order->label,
		.expires_at = order->expires_at, .now = clock_real_us() };
	unsigned char hash[APIKEY_HASH_LEN];
	const char *scopes[GRANTABLE];
	char text[APIKEY_TEXT_LEN];
	int g, rc, shard;

	for (g = 0; g < GRANTABLE; g++)
		if (order->granted[g])
			scopes[k.scopes_n++] = grantable[g];
	k.scopes = scopes;
	rc = apikey_make(id_shard(who->account_id), text);
	if (rc == 0)
		rc = apikey_parse(span_of(text), &shard, &k.prefix);
	if (rc == 0) {
		apikey_hash(span_of(text), hash);
		k.sha256 = (struct span){ (char *)hash, sizeof(hash) };
		rc = keydb_create(api->db, who, &k, KEYS_MAX);
	}
	if (rc == ERR_TOO_BIG)
		refuse_more(api, req, res);
	else if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 201, shown_once(&k, text)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	if (rc == 0)
		log_info("keys.created", LS("request", req->id),
		    LS("who", who->who), LI("account", who->account_id),
		    LI("scopes", k.scopes_n));
	OPENSSL_cleanse(text, sizeof(text));
}

void
keys_create(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct order order;
	json_t *json;

	if (!answer_has_account(api, req, who, res))
		return;
	json = read_body(api, req, false, &order, res);
	if (json != NULL)
		create(api, req, who, &order, res);
	json_decref(json);
}

/* ---- name, revoke ---- */

/* The key that the path names; what is no prefix of a key belongs to nobody. */
static bool
read_prefix(const struct api *api, const struct http_request *req,
    const struct identity *who, struct span *prefix, struct response *res)
{
	size_t i;

	if (!answer_has_account(api, req, who, res))
		return false;
	*prefix = req->segments[2];
	for (i = 0; i < prefix->len; i++)
		if ((prefix->p[i] < '0' || prefix->p[i] > '9') &&
		    (prefix->p[i] < 'a' || prefix->p[i] > 'z'))
			break;
	if (i == APIKEY_PREFIX_LEN && i == prefix->len)
		return true;
	answer_refuse(api, req, res, PROBLEM_NOT_FOUND, NULL);
	return false;
}

void
keys_label(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct span prefix;
	struct order order;
	json_t *json;
	int rc;

	if (!read_prefix(api, req, who, &prefix, res))
		return;
	json = read_body(api, req, true, &order, res);
	if (json == NULL)
		return;
	rc = keydb_label(api->db, who, prefix, order.label);
	if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 200,
	    row_json(db_result(api->db, 0), 0)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	json_decref(json);
}

void
keys_revoke(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct span prefix;
	int rc;

	if (!read_prefix(api, req, who, &prefix, res))
		return;
	rc = keydb_revoke(api->db, who, prefix, clock_real_us());
	if (rc < 0)
		answer_error(api, req, res, rc);
	else
		res->status = 204;
}
