/*
 * API keys: making them (callhookctl), taking them apart and comparing them
 * (the API's authentication).  Pure but for the randomness.
 */
#include "config.h"

#include "core/apikey.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/id.h"

static const char intro[] = "callhook_";
static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char hex[] = "0123456789abcdef";

enum {
	INTRO_LEN = sizeof(intro) - 1,
	MARK_LEN = APIKEY_PREFIX_LEN - 2,	/* the prefix after the shard */
	SECRET_AT = INTRO_LEN + APIKEY_PREFIX_LEN + 1,
	TEXT_LEN = APIKEY_TEXT_LEN - 1,
};

int
apikey_make(int shard, char out[APIKEY_TEXT_LEN])
{
	unsigned char random[MARK_LEN + APIKEY_SECRET_LEN];
	char *o = out;
	size_t i;

	assert(shard >= 0 && shard < SHARDS);
	if (RAND_bytes(random, sizeof(random)) != 1)
		return ERR_IO;
	memcpy(o, intro, INTRO_LEN);
	o += INTRO_LEN;
	*o++ = hex[shard >> 4 & 0x0f];
	*o++ = hex[shard & 0x0f];
	/* 32 letters: five bits of each byte, all equally likely. */
	for (i = 0; i < sizeof(random); i++) {
		if (i == MARK_LEN)
			*o++ = '_';
		*o++ = letters[random[i] & 31];
	}
	*o = '\0';
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}

static bool
is_letters(const char *p, size_t n)
{
	while (n-- > 0) {
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '2' && *p <= '7')))
			return false;
		p++;
	}
	return true;
}

static int
hex_digit(char c)
{
	const char *at = c != '\0' ? strchr(hex, c) : NULL;

	return at != NULL ? (int)(at - hex) : -1;
}

int
apikey_parse(struct span text, int *shard, struct span *prefix)
{
	const char *p = text.p;
	int hi, lo;

	if (text.len != TEXT_LEN || memcmp(p, intro, INTRO_LEN) != 0 ||
	    p[SECRET_AT - 1] != '_')
		return ERR_SYNTAX;
	hi = hex_digit(p[INTRO_LEN]);
	lo = hex_digit(p[INTRO_LEN + 1]);
	if (hi < 0 || lo < 0 || hi * 16 + lo >= SHARDS ||
	    !is_letters(p + INTRO_LEN + 2, MARK_LEN) ||
	    !is_letters(p + SECRET_AT, APIKEY_SECRET_LEN))
		return ERR_SYNTAX;
	*shard = hi * 16 + lo;
	*prefix = (struct span){ p + INTRO_LEN, APIKEY_PREFIX_LEN };
	return 0;
}

void
apikey_hash(struct span text, unsigned char out[APIKEY_HASH_LEN])
{
	id_sha256(text, out);
}

bool
apikey_equal(const unsigned char a[APIKEY_HASH_LEN], struct span b)
{
	return b.len == APIKEY_HASH_LEN &&
	    CRYPTO_memcmp(a, b.p, APIKEY_HASH_LEN) == 0;
}
