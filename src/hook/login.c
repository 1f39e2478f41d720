/*
 * How a webhook says who it is (Basic, Bearer): read and checked from its
 * settings, written back without the secret, and the header's value made of
 * it.  A secret that was posted lives in the struct until the API has sealed
 * it; nothing writes it anywhere.
 */
#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "hook/fault.h"
#include "hook/login.h"
#include "hook/reader.h"
#include "hook/text.h"

static const char *const TYPES[] = { "basic", "bearer" };
static const char *const BASIC_FIELDS[] = { "type", "user", "password", NULL };
static const char *const BEARER_FIELDS[] = { "type", "token", NULL };

const char *
login_secret_pointer(const struct login *a)
{
	return a->type == LOGIN_BASIC ? "/auth/password" : "/auth/token";
}

/* Visible ASCII: what a token may consist of. */
static bool
is_visible(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static void
read_user(struct reader *r, const json_t *v, struct login *out)
{
	struct span s = reader_string(v);

	if (!json_is_string(v))
		reader_bad(r, v ? FAULT_WRONG_TYPE : FAULT_REQUIRED,
		    v ? "string" : NULL, "/auth/user");
	else if (s.len == 0)
		reader_bad(r, FAULT_REQUIRED, NULL, "/auth/user");
	else if (s.len > LOGIN_USER_MAX)
		reader_bad(r, FAULT_TOO_LONG, "255", "/auth/user");
	else if (!text_is_clean(s) || memchr(s.p, ':', s.len))
		reader_bad(r, FAULT_BAD_CHARACTER, NULL, "/auth/user");
	else
		out->user = reader_copy(r, s);
}

static void
read_secret(struct reader *r, const json_t *v, struct login *out)
{
	bool token = out->type == LOGIN_BEARER;
	const char *pointer = login_secret_pointer(out);
	struct span s = reader_string(v);

	if (!v)
		return;
	if (!json_is_string(v))
		reader_bad(r, FAULT_WRONG_TYPE, "string", pointer);
	else if (s.len == 0)
		reader_bad(r, FAULT_EMPTY, NULL, pointer);
	else if (s.len > LOGIN_SECRET_MAX)
		reader_bad(r, FAULT_TOO_LONG, "4096", pointer);
	else if (token && !is_visible(s))
		reader_bad(r, FAULT_ALLOWED_CHARACTERS, "! … ~ (ASCII)",
		    pointer);
	else if (!text_is_clean(s))
		reader_bad(r, FAULT_BAD_CHARACTER, NULL, pointer);
	else
		out->secret = reader_copy(r, s);
}

void
login_read(struct reader *r, const json_t *json, struct login *out)
{
	const json_t *type;
	int i;

	*out = (struct login){ .type = LOGIN_NONE };
	if (!json || json_is_null(json))
		return;
	if (!json_is_object(json)) {
		reader_bad(r, FAULT_WRONG_TYPE, "object", "/auth");
		return;
	}
	type = json_object_get(json, "type");
	if (!type) {
		reader_bad(r, FAULT_REQUIRED, NULL, "/auth/type");
		return;
	}
	i = reader_choice(r, type, TYPES, 2, "basic, bearer", -1,
	    "/auth/type");
	if (i < 0)
		return;
	out->type = i == 0 ? LOGIN_BASIC : LOGIN_BEARER;
	reader_fields(r, json, i == 0 ? BASIC_FIELDS : BEARER_FIELDS,
	    "/auth");
	if (out->type == LOGIN_BASIC)
		read_user(r, json_object_get(json, "user"), out);
	read_secret(r, json_object_get(json, i == 0 ? "password" : "token"),
	    out);
}

void
login_free(struct login *a)
{
	if (a->secret)
		OPENSSL_cleanse(a->secret, strlen(a->secret));
	free(a->secret);
	free(a->sealed);
	free(a->user);
	*a = (struct login){ .type = LOGIN_NONE };
}

json_t *
login_json(const struct login *a)
{
	if (a->type == LOGIN_BASIC)
		return json_pack("{s:s, s:s}", "type", "basic", "user",
		    a->user);
	return a->type == LOGIN_BEARER ? json_pack("{s:s}", "type",
	    "bearer") : json_null();
}

bool
login_same(const struct login *a, const struct login *b)
{
	return a->type == b->type && (a->type != LOGIN_BASIC ||
	    strcmp(a->user, b->user) == 0);
}

void
login_context(const char *webhook_id, struct buf *out)
{
	buf_str(out, "auth:");
	buf_str(out, webhook_id);
}

void
login_value(const struct login *a, struct span secret, struct buf *out)
{
	struct buf pair = BUF_INIT(LOGIN_USER_MAX + 1 + LOGIN_SECRET_MAX);
	unsigned char text[4 * ((LOGIN_USER_MAX + LOGIN_SECRET_MAX) / 3) + 8];

	buf_str(out, a->type == LOGIN_BASIC ? "Basic " : "Bearer ");
	if (!secret.p) {
		buf_str(out, "***");
		return;
	}
	if (a->type == LOGIN_BEARER) {
		buf_span(out, secret);
		return;
	}
	buf_str(&pair, a->user);
	buf_chr(&pair, ':');
	buf_span(&pair, secret);
	if (buf_err(&pair) == ERR_OK) {
		EVP_EncodeBlock(text, (const unsigned char *)pair.p,
		    (int)pair.len);
		buf_str(out, (const char *)text);
	} else if (out->err == ERR_OK) {
		out->err = buf_err(&pair);
	}
	OPENSSL_cleanse(text, sizeof(text));
	if (pair.p)
		OPENSSL_cleanse(pair.p, pair.cap);
	buf_free(&pair);
}
