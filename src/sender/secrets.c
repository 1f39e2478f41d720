/*
 * The master key in callhook-sender, and the secrets of webhooks opened with
 * it when they are first needed; hooks.c keeps and wipes them.  A key file
 * that is missing is looked for again now and then, so that making it needs
 * no restart.  Called by attempt.c.
 */
#include "config.h"

#include "sender/secrets.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"
#include "core/vault.h"
#include "sender/hooks.h"

#define AGAIN_US INT64_C(1000000)	/* between two looks for the file */

enum { WHY_MAX = 4096, TEXT_MAX = 256 };

struct secrets {
	const char *key_file;	/* the configuration's */
	struct vault *vault;	/* NULL: not open */
	int64_t next_look;	/* mono us */
	bool missed;		/* said so in the log */
	bool wrong;		/* said that it is not the right one */
};

struct secrets *
secrets_new(const char *key_file)
{
	struct secrets *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->key_file = key_file;
	return s;
}

void
secrets_free(struct secrets *s)
{
	if (s == NULL)
		return;
	vault_free(s->vault);
	free(s);
}

static bool
has_vault(struct secrets *s)
{
	struct buf why = BUF_INIT(WHY_MAX);
	int64_t now = clock_mono_us();

	if (s->vault != NULL || now < s->next_look)
		return s->vault != NULL;
	s->next_look = now + AGAIN_US;
	if (vault_open(s->key_file, &s->vault, &why) != 0) {
		s->vault = NULL;
		if (!s->missed)
			log_error("sender.no_key", LS("why", buf_cstr(&why)),
			    LS("command", "callhookctl setup --key"));
		s->missed = true;
	} else if (s->missed) {
		log_info("sender.key", LS("file", s->key_file));
		s->missed = false;
	}
	buf_free(&why);
	return s->vault != NULL;
}

static int
open_secret(struct secrets *s, const struct hook *hook,
    struct hook_secret *secret)
{
	struct buf plain = BUF_INIT(TEXT_MAX);
	char context[ID_TEXT_LEN];
	int rc;

	rc = vault_unseal(s->vault, span_of(id_text(&hook->id, context)),
	    (struct span){ (const char *)secret->sealed, secret->sealed_len },
	    &plain);
	if (rc == 0)
		rc = sign_parse(buf_as_span(&plain), &secret->key);
	if (plain.p != NULL)
		OPENSSL_cleanse(plain.p, plain.cap);
	buf_free(&plain);
	secret->is_open = rc == 0;
	if (rc == 0)
		sign_prepare(&secret->key);
	if (rc != 0 && !s->wrong) {
		log_error("sender.wrong_key", LS("file", s->key_file),
		    LS("webhook", context), LS("why", err_text((enum err)rc)));
		s->wrong = true;
	}
	return rc;
}

int
secrets_keys(struct secrets *s, struct hook *hook, int64_t now,
    struct sign_key keys[SIGN_KEYS_MAX], size_t *n, const char **why)
{
	struct hook_secret *secret;
	size_t i;

	*n = 0;
	for (i = 0; i < hook->secrets_n && *n < SIGN_KEYS_MAX; i++) {
		secret = &hook->secrets[i];
		if (secret->until != 0 && secret->until <= now)
			continue;
		if (!secret->is_open && !has_vault(s)) {
			*why = "the key for stored secrets is missing";
			return ERR_DENIED;
		}
		if (!secret->is_open && open_secret(s, hook, secret) != 0) {
			*why = "the secret was stored with another key";
			return ERR_DENIED;
		}
		keys[(*n)++] = secret->key;
	}
	if (*n > 0 || hook->secrets_n == 0)
		return 0;
	*why = "all secrets have expired";
	return ERR_DENIED;
}

int
secrets_login(struct secrets *s, const struct hook *hook, struct buf *out,
    const char **why)
{
	struct buf context = BUF_INIT(WHY_MAX);
	char id[ID_TEXT_LEN];
	int rc = ERR_DENIED;

	if (hook->webhook.login.type == LOGIN_NONE)
		return 0;
	*why = "the key for stored secrets is missing";
	if (!has_vault(s))
		return ERR_DENIED;
	login_context(id_text(&hook->id, id), &context);
	if (hook->login_len > 0)
		rc = vault_unseal(s->vault, buf_as_span(&context),
		    (struct span){ (const char *)hook->login,
		    hook->login_len }, out);
	buf_free(&context);
	if (rc == ERR_NOMEM)
		return rc;
	*why = rc != 0 ? "the login was stored with another key" : NULL;
	return rc == 0 ? 0 : ERR_DENIED;
}
