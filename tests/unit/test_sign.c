/*
 * hook/sign.c: the published example of Standard Webhooks, RFC 8032's first
 * Ed25519 key, overlap of two secrets, refusal of bad secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>

#include "hook/sign.h"

static struct buf out;

static struct sign_key
key_of(const char *text)
{
	struct sign_key key;

	assert_int_equal(sign_parse(span_of(text), &key), 0);
	return key;
}

/* The example of the reference libraries' own tests. */
static void
hmac_of_the_specification(void **state)
{
	struct sign_key key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

	(void)state;
	buf_reset(&out);
	assert_int_equal(sign_header(&key, 1, "msg_p5jXN8AQM9LWM0D4loKWxJek",
	    1614265330, SPAN("{\"test\": 2432232314}"), &out), 0);
	assert_string_equal(buf_cstr(&out),
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
ed25519_of_rfc8032(void **state)
{
	/* seed 9d61b19d…7f60, public d75a9801…511a */
	struct sign_key key =
	    key_of("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
	unsigned char signature[96];
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx;
	const char *signed_text = "id.7.body";
	unsigned char raw[48];

	(void)state;
	buf_reset(&out);
	assert_int_equal(sign_public(&key, &out), 0);
	assert_string_equal(buf_cstr(&out),
	    "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
	assert_int_equal(EVP_DecodeBlock(raw,
	    (const unsigned char *)buf_cstr(&out) + 5, 44), 33);
	buf_reset(&out);
	assert_int_equal(sign_header(&key, 1, "id", 7, SPAN("body"), &out), 0);
	assert_memory_equal(buf_cstr(&out), "v1a,", 4);
	assert_int_equal(EVP_DecodeBlock(signature,
	    (const unsigned char *)buf_cstr(&out) + 4, 88), 66);
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, 32);
	ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature, 64,
	    (const unsigned char *)signed_text, 9), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static void
two_keys_two_signatures(void **state)
{
	struct sign_key keys[2];
	char first[64];

	(void)state;
	assert_int_equal(sign_make(SIGN_HMAC, &keys[0]), 0);
	assert_int_equal(sign_make(SIGN_HMAC, &keys[1]), 0);
	buf_reset(&out);
	assert_int_equal(sign_header(keys, 1, "a", 1, SPAN("x"), &out), 0);
	assert_int_equal(out.len, 3 + 44);
	memcpy(first, out.p, out.len + 1);
	buf_reset(&out);
	assert_int_equal(sign_header(keys, 2, "a", 1, SPAN("x"), &out), 0);
	assert_int_equal(out.len, 2 * (3 + 44) + 1);
	assert_memory_equal(out.p, first, 47);
	assert_int_equal(out.p[47], ' ');
	assert_memory_not_equal(out.p + 48, first, 47);
}

static void
secrets_come_back_as_shown(void **state)
{
	struct sign_key made, read;

	(void)state;
	for (int kind = SIGN_HMAC; kind <= SIGN_ED25519; kind++) {
		assert_int_equal(sign_make((enum sign_kind)kind, &made), 0);
		buf_reset(&out);
		sign_text(&made, &out);
		assert_int_equal(sign_parse(buf_as_span(&out), &read), 0);
		assert_int_equal(read.kind, made.kind);
		assert_int_equal(read.len, made.len);
		assert_memory_equal(read.secret, made.secret, made.len);
	}
}

/* A prepared key signs like the one that it was made from; so do its copies. */
static void
prepared_key_signs_the_same(void **state)
{
	struct sign_key key = key_of(
	    "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), copy;
	char before[256];

	(void)state;
	buf_reset(&out);
	assert_int_equal(sign_header(&key, 1, "id", 7, SPAN("body"), &out), 0);
	assert_true(out.len < sizeof(before));
	memcpy(before, buf_cstr(&out), out.len + 1);
	sign_prepare(&key);
	assert_non_null(key.made);
	copy = key;
	for (int i = 0; i < 3; i++) {
		buf_reset(&out);
		assert_int_equal(sign_header(&copy, 1, "id", 7, SPAN("body"),
		    &out), 0);
		assert_string_equal(buf_cstr(&out), before);
	}
	sign_wipe(&key);
	assert_null(key.made);
	assert_int_equal(key.len, 0);
	key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
	sign_prepare(&key);	/* there is nothing to work out */
	assert_null(key.made);
}

static void
bad_secrets_are_refused(void **state)
{
	static const struct { const char *text; int err; } cases[] = {
		{ "", ERR_SYNTAX },
		{ "whsec_", ERR_SYNTAX },
		{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ERR_SYNTAX },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", ERR_SYNTAX },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa!w", ERR_SYNTAX },
		{ "whsec_ MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", ERR_SYNTAX },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw----", ERR_SYNTAX },
		{ "whsec_MfKQ=r8GKYqrTwjUPD8ILPZIo2LaLaSw", ERR_SYNTAX },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL===", ERR_SYNTAX },
		{ "whsec_c2hvcnQ=", ERR_RANGE },
		{ "whsk_c2hvcnQ=", ERR_RANGE },
		{ "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		    ERR_SYNTAX },
	};
	struct sign_key key;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(sign_parse(span_of(cases[i].text), &key),
		    cases[i].err);
	buf_reset(&out);
	buf_str(&out, "whsec_");
	for (int i = 0; i < 100; i++)
		buf_str(&out, "AAAA");
	assert_int_equal(sign_parse(buf_as_span(&out), &key), ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_of_the_specification),
		cmocka_unit_test(ed25519_of_rfc8032),
		cmocka_unit_test(two_keys_two_signatures),
		cmocka_unit_test(secrets_come_back_as_shown),
		cmocka_unit_test(prepared_key_signs_the_same),
		cmocka_unit_test(bad_secrets_are_refused),
	};
	int failed;

	buf_init(&out, 4096);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&out);
	return failed;
}
