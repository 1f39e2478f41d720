#ifndef HOOK_LOGIN_H
#define HOOK_LOGIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/span.h"

struct reader;

/* How a webhook says who it is; the secret stands nowhere in the settings. */
enum login_type { LOGIN_NONE, LOGIN_BASIC, LOGIN_BEARER, LOGIN_TYPES };

#define LOGIN_USER_MAX 255	/* bytes */
#define LOGIN_SECRET_MAX 4096
#define LOGIN_SEALED_MAX (LOGIN_SECRET_MAX + 64)

struct login {
	enum login_type type;
	char *user;		/* LOGIN_BASIC */
	/*
	 * Password or token as posted; NULL: the stored one is meant.  Wiped when
	 * it is freed.
	 */
	char *secret;
	/* What is to be stored (the API seals secret); keep: what is there. */
	unsigned char *sealed;
	size_t sealed_len;
	bool keep;
};

/* Reads "auth" (NULL or null: none). */
void login_read(struct reader *r, const json_t *json, struct login *out);
void login_free(struct login *a);
/* Without the secret; null for none. */
json_t *login_json(const struct login *a);
/* Are both of the same kind and user? */
bool login_same(const struct login *a, const struct login *b);
/* Pointer of the field that holds the secret: /auth/password or /auth/token. */
const char *login_secret_pointer(const struct login *a);
/* What a stored secret is bound to (core/vault.h): its webhook. */
void login_context(const char *webhook_id, struct buf *out);
/*
 * The value of Authorization with this secret; p NULL writes *** in place
 * of all that is secret.
 */
void login_value(const struct login *a, struct span secret, struct buf *out);

#endif
