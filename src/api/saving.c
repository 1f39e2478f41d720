/*
 * Between reading settings and storing them: what only the API can do,
 * because it has the installation's prefix and the master key.  Called by all
 * handlers that store a webhook.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/saving.h"
#include "api/secrets.h"
#include "api/webhookdb.h"
#include "core/jsonx.h"
#include "core/settings.h"
#include "core/vault.h"
#include "hook/fault.h"
#include "hook/webhook.h"

enum { CONTEXT_MAX = 64 };

static int
seal(const struct api *api, const struct id *id, struct span secret,
    struct login *login)
{
	struct buf context = BUF_INIT(CONTEXT_MAX);
	struct buf sealed = BUF_INIT(LOGIN_SEALED_MAX);
	char text[ID_TEXT_LEN];
	int rc;

	login_context(id_text(id, text), &context);
	rc = vault_seal(api->vault, buf_as_span(&context), secret, &sealed);
	if (rc == 0) {
		login->sealed_len = sealed.len;
		login->sealed = (unsigned char *)buf_take(&sealed);
	}
	if (rc == 0 && login->sealed == NULL)
		rc = ERR_NOMEM;
	buf_free(&context);
	buf_free(&sealed);
	return rc;
}

int
saving_stored(struct span settings, struct webhook *out)
{
	struct faults faults = { .v = NULL };
	json_t *json = NULL;
	const char *why;
	size_t offset;
	int rc;

	rc = jsonx_parse(settings, &json, &why, &offset);
	if (rc == 0)
		rc = webhook_read(json, NULL, out, &faults);
	fault_free(&faults);
	json_decref(json);
	return rc;
}

/*
 * The stored login goes on being w's when its kind, user and server are the
 * same: who may change a webhook may not have a password that he does not know
 * sent to a server of his own.
 */
static int
keep_login(const struct webhookdb_row *before, struct webhook *w,
    struct faults *faults)
{
	struct webhook stored = { .url = NULL };
	struct login *login = &w->login;
	int rc = ERR_INVALID;

	if (before != NULL && before->auth.len > 0)
		rc = saving_stored(before->settings, &stored);
	if (rc == 0 && !login_same(login, &stored.login))
		rc = ERR_INVALID;
	if (rc == ERR_INVALID) {
		fault_add(faults, FAULT_REQUIRED, NULL, "%s",
		    login_secret_pointer(login));
	} else if (rc == 0 && !webhook_same_origin(w, &stored)) {
		fault_add(faults, FAULT_LOGIN_AGAIN, NULL, "%s",
		    login_secret_pointer(login));
		rc = ERR_INVALID;
	}
	login->keep = rc == 0;
	webhook_free(&stored);
	return rc;
}

static int
prepare_login(struct api *api, const struct http_request *req,
    const struct id *id, const struct webhookdb_row *before,
    struct webhook *w, struct faults *faults, struct response *res)
{
	struct login *login = &w->login;
	int rc;

	if (login->type == LOGIN_NONE)
		return 0;
	if (login->secret == NULL)
		return keep_login(before, w, faults);
	if (!secrets_ready(api, req, res))
		return ERR_CLOSED;
	rc = seal(api, id, span_of(login->secret), login);
	OPENSSL_cleanse(login->secret, strlen(login->secret));
	free(login->secret);
	login->secret = NULL;
	return rc;
}

static int
check_length(const struct webhook *w, struct faults *faults)
{
	struct buf text = BUF_INIT(WEBHOOK_LENGTH_MAX);
	char most[16];
	int rc = webhook_write(w, &text);

	if (rc == ERR_TOO_BIG) {
		snprintf(most, sizeof(most), "%d", WEBHOOK_LENGTH_MAX);
		fault_add(faults, FAULT_TOO_LONG, most, "%s", "");
		rc = ERR_INVALID;
	}
	buf_free(&text);
	return rc;
}

int
saving_prepare(struct api *api, const struct http_request *req,
    const struct id *id, const struct webhookdb_row *before,
    struct webhook *w, struct faults *faults, struct response *res)
{
	int rc = header_check_prefix(&w->headers,
	    api->settings->request_prefix, faults);

	if (rc == 0)
		rc = check_length(w, faults);
	if (rc == 0)
		rc = prepare_login(api, req, id, before, w, faults, res);
	return rc;
}

bool
saving_same(const struct webhook *w, struct span settings)
{
	struct buf text = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	bool same;

	/* A secret that was given is stored anew, if it is another or not. */
	same = w->login.sealed_len == 0 && webhook_write(w, &text) == 0 &&
	    span_eq(buf_as_span(&text), settings);
	buf_free(&text);
	return same;
}

int
saving_copy_login(struct api *api, const struct http_request *req,
    const struct id *from, struct span sealed, const struct id *id,
    struct webhook *w, struct response *res)
{
	struct buf context = BUF_INIT(CONTEXT_MAX);
	struct buf secret = BUF_INIT(LOGIN_SECRET_MAX);
	char text[ID_TEXT_LEN];
	int rc;

	if (w->login.type == LOGIN_NONE)
		return 0;
	if (!secrets_ready(api, req, res))
		return ERR_CLOSED;
	login_context(id_text(from, text), &context);
	rc = vault_unseal(api->vault, buf_as_span(&context), sealed, &secret);
	if (rc == 0)
		rc = seal(api, id, buf_as_span(&secret), &w->login);
	if (rc == ERR_DENIED || rc == ERR_SYNTAX) {
		secrets_refuse(api, req, res, from);
		rc = ERR_CLOSED;
	}
	if (secret.p != NULL)
		OPENSSL_cleanse(secret.p, secret.cap);
	buf_free(&secret);
	buf_free(&context);
	return rc;
}
