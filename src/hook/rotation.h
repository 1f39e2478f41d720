#ifndef HOOK_ROTATION_H
#define HOOK_ROTATION_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"
#include "hook/sign.h"

struct faults;

#define ROTATION_OVERLAP_HOURS 24	/* unless said otherwise */
#define ROTATION_OVERLAP_MAX 168

/* A new secret for a webhook: "kind", "secret", "overlap_hours", or none. */
struct rotation {
	struct sign_key key;	/* given, or made here */
	int64_t overlap_us;	/* how long those before sign along */
};

/* "hmac", "ed25519" */
const char *rotation_kind_name(enum sign_kind kind);
/*
 * ERR_INVALID: faults says why.  Without a kind it is that of the secret
 * given, else HMAC.  On success the caller wipes out->key.
 */
int rotation_read(const json_t *json, struct rotation *out,
    struct faults *faults) MUST_CHECK;

#endif
