#ifndef CORE_APIKEY_H
#define CORE_APIKEY_H

#include <stdbool.h>

#include "core/err.h"
#include "core/span.h"

/*
 * The text of an API key: "callhook_" prefix "_" secret.  The prefix is the
 * shard in two lower-case hexadecimal digits and ten characters of a-z2-7:
 * it finds the row and may be shown and logged.  The secret is 40 characters
 * of a-z2-7 (200 random bits).  Only the SHA-256 of the whole text is stored.
 */
enum {
	APIKEY_PREFIX_LEN = 12,
	APIKEY_SECRET_LEN = 40,
	/* with both separators and the NUL */
	APIKEY_TEXT_LEN = 9 + APIKEY_PREFIX_LEN + 1 + APIKEY_SECRET_LEN + 1,
	APIKEY_HASH_LEN = 32,
	APIKEY_LABEL_MAX = 200,		/* bytes of what its owner calls it */
};

/* A new key of that shard; ERR_IO when there is no randomness. */
int apikey_make(int shard, char out[APIKEY_TEXT_LEN]) MUST_CHECK;
/*
 * ERR_SYNTAX unless text has exactly that form and its shard exists.
 * *prefix points into text.
 */
int apikey_parse(struct span text, int *shard, struct span *prefix)
    MUST_CHECK;
/* The hash that is stored. */
void apikey_hash(struct span text, unsigned char out[APIKEY_HASH_LEN]);
/* Are they the same hash?  In constant time; false unless b is 32 bytes. */
bool apikey_equal(const unsigned char a[APIKEY_HASH_LEN], struct span b);

#endif
