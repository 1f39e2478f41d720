#ifndef HOOK_SIGN_H
#define HOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/*
 * Signatures of Standard Webhooks 1.0 (standardwebhooks.com): over
 * "ID.TIMESTAMP.PAYLOAD", "v1," with HMAC-SHA256 and "v1a," with Ed25519.
 * Secrets travel as whsec_BASE64 (24 to 64 bytes) and whsk_BASE64 (the 32
 * byte seed); a public key as whpk_BASE64.
 */
enum sign_kind { SIGN_HMAC, SIGN_ED25519 };

#define SIGN_SECRET_MIN 24
#define SIGN_SECRET_MAX 64
#define SIGN_SEED_LEN 32
#define SIGN_KEYS_MAX 4		/* on one request: current and retiring */

struct sign_key {
	enum sign_kind kind;
	unsigned char secret[SIGN_SECRET_MAX];
	size_t len;
	struct evp_pkey_st *made;	/* by sign_prepare; copies borrow it */
};

/* ERR_SYNTAX: neither whsec_… nor whsk_…; ERR_RANGE: of a wrong length. */
int sign_parse(struct span text, struct sign_key *out) MUST_CHECK;
/*
 * What an Ed25519 key is worked out to, which takes longer than to sign: for
 * one that signs often.  Without it each signature does it anew.
 */
void sign_prepare(struct sign_key *key);
/* Frees that and wipes the key; not for copies. */
void sign_wipe(struct sign_key *key);
/* A new secret of 32 random bytes; ERR_IO when there is no randomness. */
int sign_make(enum sign_kind kind, struct sign_key *out) MUST_CHECK;
/* whsec_… or whsk_…, what the customer is shown once. */
void sign_text(const struct sign_key *key, struct buf *out);
/* whpk_… of an Ed25519 key. */
int sign_public(const struct sign_key *key, struct buf *out) MUST_CHECK;
/*
 * The value of webhook-signature: one signature per key, blank-separated.
 * timestamp in seconds; payload is the body, or the request target of a
 * request without one.
 */
int sign_header(const struct sign_key *keys, size_t n, const char *id,
    int64_t timestamp, struct span payload, struct buf *out) MUST_CHECK;

#endif
