/*
 * Signing secrets and signatures: a secret's text is the one text of its
 * bytes; what was signed verifies with libcrypto, done here by hand, and
 * does not once a byte of it is another.  First line: a secret; the rest: the payload.
 */
#include "config.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <string.h>

#include "core/buf.h"
#include "hook/sign.h"
#include "fuzz.h"

#define ID "msg_018f0000-0000-7000-8000-000000000000"
#define TIME INT64_C(1795343000)

static bool
verify_ed25519(const struct sign_key *key, const struct buf *signed_,
    const unsigned char *sig, size_t n)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    key->secret, key->len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	FUZZ_CHECK(pkey != NULL && ctx != NULL);
	FUZZ_CHECK(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1);
	ok = EVP_DigestVerify(ctx, sig, n, (unsigned char *)signed_->p,
	    signed_->len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

static bool
verify(const struct sign_key *key, const struct buf *text, const char *header)
{
	unsigned char sig[80], mac[32];
	const char *b64 = strchr(header, ',') + 1;
	int n = EVP_DecodeBlock(sig, (const unsigned char *)b64,
	    (int)strlen(b64));

	if (key->kind == SIGN_ED25519) {
		FUZZ_CHECK(n == 66 && strncmp(header, "v1a,", 4) == 0);
		return verify_ed25519(key, text, sig, 64);
	}
	FUZZ_CHECK(n == 33 && strncmp(header, "v1,", 3) == 0);
	HMAC(EVP_sha256(), key->secret, (int)key->len,
	    (unsigned char *)text->p, text->len, mac, NULL);
	return memcmp(mac, sig, 32) == 0;
}

static void
check_key(const struct sign_key *key, struct span payload)
{
	struct buf text = BUF_INIT(1000), header = BUF_INIT(4000),
	    all = BUF_INIT(1 << 20);
	struct sign_key again;

	sign_text(key, &text);
	FUZZ_CHECK(buf_err(&text) == 0);
	FUZZ_CHECK(sign_parse(buf_as_span(&text), &again) == 0);
	FUZZ_CHECK(again.kind == key->kind && again.len == key->len &&
	    memcmp(again.secret, key->secret, key->len) == 0);
	FUZZ_CHECK(sign_header(key, 1, ID, TIME, payload, &header) == 0);
	buf_fmt(&all, "%s.%lld.", ID, (long long)TIME);
	buf_span(&all, payload);
	FUZZ_CHECK(buf_err(&all) == 0);
	FUZZ_CHECK(verify(key, &all, buf_cstr(&header)));
	all.p[all.len - 1] ^= 1;
	FUZZ_CHECK(!verify(key, &all, buf_cstr(&header)));
	buf_free(&text);
	buf_free(&header);
	buf_free(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = fuzz_span(data, size), secret;
	struct sign_key key = { 0 };
	int err;

	secret = fuzz_take(&rest, '\n');
	err = sign_parse(secret, &key);
	FUZZ_CHECK(err == 0 || err == ERR_SYNTAX || err == ERR_RANGE);
	if (err != 0) {
		if (secret.len < SIGN_SECRET_MIN)
			return 0;
		/* Any bytes will do as a secret of either kind. */
		key.kind = size & 1 ? SIGN_HMAC : SIGN_ED25519;
		key.len = SIGN_SECRET_MIN;
		memcpy(key.secret, secret.p, key.len);
		if (key.kind == SIGN_ED25519)
			key.len = SIGN_SEED_LEN;
	}
	check_key(&key, rest);
	return 0;
}
