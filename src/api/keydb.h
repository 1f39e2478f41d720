#ifndef API_KEYDB_H
#define API_KEYDB_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

struct db;
struct identity;

/* Columns of result 0 of keydb_list and keydb_label. */
enum { KEYDB_PREFIX, KEYDB_SCOPES, KEYDB_LABEL, KEYDB_CREATED, KEYDB_EXPIRES,
	KEYDB_REVOKED, KEYDB_USED };

/* A new key of an account; sha256 has APIKEY_HASH_LEN bytes. */
struct keydb_new {
	struct span prefix, sha256, label;
	const char *const *scopes;
	int scopes_n;
	int64_t now;
	int64_t expires_at;	/* 0: never */
};

/* The newest keys of who's account, at most limit. */
int keydb_list(struct db *db, const struct identity *who, int limit)
    MUST_CHECK;
/* ERR_TOO_BIG when max keys work already. */
int keydb_create(struct db *db, const struct identity *who,
    const struct keydb_new *key, int max) MUST_CHECK;
/* ERR_NOT_FOUND without such a key that was not revoked, here and below. */
int keydb_label(struct db *db, const struct identity *who, struct span prefix,
    struct span label) MUST_CHECK;
int keydb_revoke(struct db *db, const struct identity *who, struct span prefix,
    int64_t now) MUST_CHECK;

#endif
