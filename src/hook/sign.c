/*
 * Standard Webhooks signatures with libcrypto.  No state but the HMAC
 * algorithm, fetched once per process, and what a key owns; called by the sender for each request.
 */
#include "config.h"

#include "hook/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SIGNATURE_MAX 64	/* bytes: Ed25519; HMAC-SHA256 has 32 */

static const char hmac_prefix[] = "whsec_";
static const char seed_prefix[] = "whsk_";
static const char public_prefix[] = "whpk_";

static void
base64(const unsigned char *data, size_t len, struct buf *out)
{
	unsigned char text[4 * ((SIGNATURE_MAX + 2) / 3) + 1];

	EVP_EncodeBlock(text, data, (int)len);
	buf_str(out, (const char *)text);
}

static bool
is_base64(struct span s, size_t pad)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.len - pad; i++)
		if (memchr(alphabet, s.p[i], sizeof(alphabet) - 1) == NULL)
			return false;
	return true;
}

/* Strict: whole groups, nothing else; at most max bytes. */
static int
unbase64(struct span s, unsigned char *out, size_t max, size_t *len)
{
	unsigned char whole[3 * (4 * ((SIGN_SECRET_MAX + 2) / 3) / 4)];
	size_t pad = 0;
	int n;

	if (s.len == 0 || s.len % 4 != 0)
		return ERR_SYNTAX;
	if (s.len / 4 * 3 > sizeof(whole))
		return ERR_RANGE;
	while (pad < 2 && s.p[s.len - 1 - pad] == '=')
		pad++;
	if (!is_base64(s, pad))
		return ERR_SYNTAX;
	n = EVP_DecodeBlock(whole, (const unsigned char *)s.p, (int)s.len);
	if (n < 0)
		return ERR_SYNTAX;
	*len = (size_t)n - pad;
	if (*len <= max)
		memcpy(out, whole, *len);
	OPENSSL_cleanse(whole, sizeof(whole));
	return *len <= max ? 0 : ERR_RANGE;
}

int
sign_parse(struct span text, struct sign_key *out)
{
	size_t skip;
	int err;

	memset(out, 0, sizeof(*out));
	if (text.len > 6 && memcmp(text.p, hmac_prefix, 6) == 0) {
		out->kind = SIGN_HMAC;
		skip = 6;
	} else if (text.len > 5 && memcmp(text.p, seed_prefix, 5) == 0) {
		out->kind = SIGN_ED25519;
		skip = 5;
	} else
		return ERR_SYNTAX;
	err = unbase64((struct span){ text.p + skip, text.len - skip },
	    out->secret, sizeof(out->secret), &out->len);
	if (err)
		return err;
	if (out->kind == SIGN_HMAC && out->len < SIGN_SECRET_MIN)
		return ERR_RANGE;
	if (out->kind == SIGN_ED25519 && out->len != SIGN_SEED_LEN)
		return ERR_RANGE;
	return 0;
}

int
sign_make(enum sign_kind kind, struct sign_key *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	out->len = SIGN_SEED_LEN;
	return RAND_bytes(out->secret, SIGN_SEED_LEN) == 1 ? 0 : ERR_IO;
}

void
sign_text(const struct sign_key *key, struct buf *out)
{
	buf_str(out, key->kind == SIGN_HMAC ? hmac_prefix : seed_prefix);
	base64(key->secret, key->len, out);
}

/* Counted: the caller frees it. */
static EVP_PKEY *
ed25519(const struct sign_key *key)
{
	if (key->made != NULL && EVP_PKEY_up_ref(key->made) == 1)
		return key->made;
	if (key->kind != SIGN_ED25519 || key->len != SIGN_SEED_LEN)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->secret,
	    key->len);
}

void
sign_prepare(struct sign_key *key)
{
	if (key->made == NULL)
		key->made = ed25519(key);
}

void
sign_wipe(struct sign_key *key)
{
	EVP_PKEY_free(key->made);
	OPENSSL_cleanse(key, sizeof(*key));
}

int
sign_public(const struct sign_key *key, struct buf *out)
{
	unsigned char raw[SIGN_SEED_LEN];
	size_t len = sizeof(raw);
	EVP_PKEY *pkey = ed25519(key);
	int ok;

	if (pkey == NULL)
		return ERR_INVALID;
	ok = EVP_PKEY_get_raw_public_key(pkey, raw, &len);
	EVP_PKEY_free(pkey);
	if (ok != 1)
		return ERR_INVALID;
	buf_str(out, public_prefix);
	base64(raw, len, out);
	return (int)buf_err(out);
}

/* The fetched algorithm; fetching anew for each request costs microseconds. */
static EVP_MAC *
hmac_algorithm(void)
{
	static EVP_MAC *mac;

	if (mac == NULL)
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	return mac;
}

static int
sign_hmac(const struct sign_key *key, const struct span *parts, size_t n,
    unsigned char out[SIGNATURE_MAX], size_t *len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac_algorithm());
	int ok;

	if (ctx == NULL)
		return ERR_NOMEM;
	ok = EVP_MAC_init(ctx, key->secret, key->len, params);
	for (size_t i = 0; ok == 1 && i < n; i++)
		ok = EVP_MAC_update(ctx, (const unsigned char *)parts[i].p,
		    parts[i].len);
	if (ok == 1)
		ok = EVP_MAC_final(ctx, out, len, SIGNATURE_MAX);
	EVP_MAC_CTX_free(ctx);
	return ok == 1 ? 0 : ERR_NOMEM;
}

/* Ed25519 takes its message in one piece. */
static int
sign_ed25519(const struct sign_key *key, const struct span *parts, size_t n,
    unsigned char out[SIGNATURE_MAX], size_t *len)
{
	struct buf message = BUF_INIT(4 * 1024 * 1024);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey = ed25519(key);
	int ok = 0;

	for (size_t i = 0; i < n; i++)
		buf_span(&message, parts[i]);
	*len = SIGNATURE_MAX;
	if (ctx != NULL && pkey != NULL && buf_err(&message) == ERR_OK &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1)
		ok = EVP_DigestSign(ctx, out, len,
		    (const unsigned char *)message.p, message.len);
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(ctx);
	buf_free(&message);
	return ok == 1 ? 0 : ERR_INVALID;
}

int
sign_header(const struct sign_key *keys, size_t n, const char *id,
    int64_t timestamp, struct span payload, struct buf *out)
{
	unsigned char signature[SIGNATURE_MAX];
	char middle[32];
	struct span parts[3];
	size_t len;
	int err;

	snprintf(middle, sizeof(middle), ".%lld.", (long long)timestamp);
	parts[0] = span_of(id);
	parts[1] = span_of(middle);
	parts[2] = payload;
	for (size_t i = 0; i < n; i++) {
		if (keys[i].kind == SIGN_HMAC)
			err = sign_hmac(&keys[i], parts, 3, signature, &len);
		else
			err = sign_ed25519(&keys[i], parts, 3, signature, &len);
		if (err)
			return err;
		buf_str(out, i > 0 ? " " : "");
		buf_str(out, keys[i].kind == SIGN_HMAC ? "v1," : "v1a,");
		base64(signature, len, out);
	}
	return (int)buf_err(out);
}
