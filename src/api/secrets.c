/*
 * /v1/webhooks/{id}/secret: what a webhook's requests are signed with: show
 * (never the secret itself), rotate, delete.  Handlers of the route table.
 * Opens the master key when it is first needed, by saving.c too, and again
 * until it can be opened, so that making the key file needs no restart.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/secrets.h"
#include "api/value.h"
#include "api/webhookdb.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/vault.h"
#include "hook/fault.h"
#include "hook/rotation.h"
#include "hook/sign.h"

enum {
	WHY_MAX = 4096,
	TEXT_MAX = 256,		/* of a secret, a key, a sealed one */
};

/* Deleting is the one thing that works without the key. */
bool
secrets_ready(struct api *api, const struct http_request *req,
    struct response *res)
{
	struct buf why = BUF_INIT(WHY_MAX);

	if (api->vault == NULL && vault_open(api->settings->secrets_key_file,
	    &api->vault, &why) < 0) {
		if (!api->vault_missed)
			log_error("secrets.no_key", LS("why", buf_cstr(&why)),
			    LS("command", "callhookctl setup --key"));
		api->vault = NULL;
		api->vault_missed = true;
		problem_answer(res, req, api->settings->api_problem_base,
		    PROBLEM_UNAVAILABLE, &(struct problem_more){ .detail =
		    req->lang == HTTP_RU ?
		    "Хранение секретов не настроено: на сервере нет ключа для "
		    "них." :
		    "Secrets are not set up: the server has no key to store "
		    "them with." });
	} else {
		api->vault_missed = false;
	}
	buf_free(&why);
	return api->vault != NULL;
}

/* ---- show ---- */

/* NULL: cannot be unsealed, or out of memory. */
static json_t *
public_key(const struct api *api, const struct id *webhook,
    const struct webhookdb_secret *s)
{
	struct buf plain = BUF_INIT(TEXT_MAX), text = BUF_INIT(TEXT_MAX);
	struct sign_key key = { .len = 0 };
	char context[ID_TEXT_LEN];
	json_t *json = NULL;

	if (vault_unseal(api->vault, span_of(id_text(webhook, context)),
	    s->sealed, &plain) == 0 &&
	    sign_parse(buf_as_span(&plain), &key) == 0 &&
	    sign_public(&key, &text) == 0)
		json = json_string(buf_cstr(&text));
	OPENSSL_cleanse(&key, sizeof(key));
	if (plain.p != NULL)
		OPENSSL_cleanse(plain.p, plain.cap);
	buf_free(&plain);
	buf_free(&text);
	return json;
}

/* A secret as it may be shown; key takes over, NULL: none to be shown. */
static json_t *
secret_json(const struct webhookdb_secret *s, json_t *key)
{
	char id[ID_TEXT_LEN];
	json_t *json;

	json = json_pack("{s:s, s:s, s:o, s:o}", "id", id_text(&s->id, id),
	    "kind", rotation_kind_name((enum sign_kind)s->kind),
	    "created_at", value_time(s->created_at),
	    "expires_at", value_time(s->expires_at));
	if (key != NULL && json_object_set_new(json, "public_key", key) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

void
secrets_refuse(const struct api *api, const struct http_request *req,
    struct response *res, const struct id *webhook)
{
	char id[ID_TEXT_LEN];

	log_error("secrets.sealed", LS("request", req->id),
	    LS("webhook", id_text(webhook, id)),
	    LS("file", api->settings->secrets_key_file));
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_UNAVAILABLE, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ?
	    "Секреты этого вебхука сохранены с другим ключом сервера." :
	    "The secrets of this webhook were stored with another key of the "
	    "server." });
}

void
secrets_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct webhookdb_secret s;
	json_t *data, *key;
	struct id id;
	int i, rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	rc = webhookdb_secrets(api->db, who, &id, clock_real_us());
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	if (!secrets_ready(api, req, res))
		return;
	data = json_array();
	for (i = 0; i < webhookdb_rows(api->db); i++) {
		webhookdb_secret(api->db, i, &s);
		key = NULL;
		if (s.kind == SIGN_ED25519 &&
		    (key = public_key(api, &id, &s)) == NULL) {
			json_decref(data);
			secrets_refuse(api, req, res, &id);
			return;
		}
		if (json_array_append_new(data, secret_json(&s, key)) < 0) {
			json_decref(data);
			answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
			return;
		}
	}
	if (response_json(res, 200, json_pack("{s:o}", "data", data)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
}

/* ---- rotate ---- */

static void
refuse_more(const struct api *api, const struct http_request *req,
    struct response *res)
{
	struct faults faults = { .v = NULL };
	char most[8];

	snprintf(most, sizeof(most), "%d", SIGN_KEYS_MAX);
	fault_add(&faults, FAULT_SECRET_LIMIT, most, "%s", "");
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_LIMIT, &(struct problem_more){ .faults = &faults,
	    .detail = req->lang == HTTP_RU ?
	    "У вебхука уже максимальное количество секретов." :
	    "The webhook has as many secrets as it may have." });
	fault_free(&faults);
}

/* The one answer that has the secret. */
static json_t *
shown_once(const struct webhookdb_secret *s, const struct sign_key *key,
    const struct buf *text)
{
	struct buf public = BUF_INIT(TEXT_MAX);
	json_t *json;

	if (key->kind == SIGN_ED25519 && sign_public(key, &public) < 0) {
		buf_free(&public);
		return NULL;
	}
	json = secret_json(s, key->kind == SIGN_ED25519 ?
	    json_string(buf_cstr(&public)) : NULL);
	buf_free(&public);
	if (json != NULL && json_object_set_new(json, "secret",
	    json_string(buf_cstr(text))) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static void
add(struct api *api, const struct http_request *req,
    const struct identity *who, const struct id *webhook,
    const struct rotation *r, struct response *res)
{
	struct buf text = BUF_INIT(TEXT_MAX), sealed = BUF_INIT(TEXT_MAX);
	struct webhookdb_secret s = { .kind = (int)r->key.kind };
	char context[ID_TEXT_LEN];
	int rc;

	s.id = id_new();
	s.created_at = clock_real_us();
	sign_text(&r->key, &text);
	rc = (int)buf_err(&text);
	if (rc == 0)
		rc = vault_seal(api->vault, span_of(id_text(webhook, context)),
		    buf_as_span(&text), &sealed);
	s.sealed = buf_as_span(&sealed);
	if (rc == 0)
		rc = webhookdb_secret_add(api->db, who, webhook, &s,
		    s.created_at + r->overlap_us, SIGN_KEYS_MAX);
	if (rc == ERR_TOO_BIG)
		refuse_more(api, req, res);
	else if (rc < 0)
		answer_error(api, req, res, rc);
	else if (response_json(res, 201, shown_once(&s, &r->key, &text)) < 0)
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.cap);
	buf_free(&text);
	buf_free(&sealed);
}

void
secrets_rotate(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct rotation r;
	struct id id;
	json_t *json;
	int rc;

	if (!answer_path_id(api, req, who, res, &id) ||
	    (json = answer_read_json(api, req, res)) == NULL)
		return;
	rc = rotation_read(json, &r, &faults);
	json_decref(json);
	if (rc < 0)
		answer_refuse(api, req, res, faults.n > 0 ?
		    PROBLEM_VALIDATION : problem_of(rc), &faults);
	else if (secrets_ready(api, req, res))
		add(api, req, who, &id, &r, res);
	OPENSSL_cleanse(&r, sizeof(r));
	fault_free(&faults);
}

void
secrets_delete(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id))
		return;
	rc = webhookdb_secret_delete(api->db, who, &id, clock_real_us());
	if (rc < 0)
		answer_error(api, req, res, rc);
	else
		res->status = 204;
}
