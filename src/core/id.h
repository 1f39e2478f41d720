#ifndef CORE_ID_H
#define CORE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/* An id: a UUID in network byte order, as PostgreSQL stores it. */
struct id {
	unsigned char b[16];
};

#define ID_TEXT_LEN 37		/* 36 characters and NUL */
#define SHARDS 64		/* buckets of accounts, 0 .. SHARDS - 1 */

/*
 * A new UUIDv7 (RFC 9562) of the present time.  Ids made by one process
 * ascend, also within a millisecond.  Randomness comes from the kernel; safe
 * across fork.
 */
struct id id_new(void);
/*
 * What id_new needs of memory, before it may run out: ERR_NOMEM.  Otherwise
 * taken at the first use.
 */
int id_init(void) MUST_CHECK;
/* The smallest UUIDv7 of that time: bounds of partitions. */
struct id id_floor(int64_t real_us);
/* Milliseconds since 1970 in a UUIDv7. */
int64_t id_time_ms(const struct id *id);
char *id_text(const struct id *id, char out[ID_TEXT_LEN]);
/* Usual text form, either case; ERR_SYNTAX. */
int id_parse(struct span s, struct id *out) MUST_CHECK;

static inline bool
id_eq(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/*
 * The shard of an account: a fixed mixing function (splitmix64) of the
 * number, modulo SHARDS.  Never changes: it is stored in every key.
 */
int id_shard(int64_t account_id);

/*
 * SHA-256 of data.  Takes no memory; the process ends when it cannot be
 * computed.
 */
void id_sha256(struct span data, unsigned char out[32]);

#endif
