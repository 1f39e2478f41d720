/*
 * Ids and digests.  Ids are UUIDv7: 48 bits of milliseconds, 12 bits that
 * begin at random in the lower half and count up within a millisecond, 62
 * random bits.  The state (last time and count, a stock of random bytes)
 * belongs to one process with one thread; a forked child starts afresh.  Used
 * by all programs.
 */
#include "config.h"

/* OpenSSL's newer functions take memory for each digest; memory runs out. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "core/id.h"

#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/num.h"

enum {
	STOCK = 640,		/* random bytes fetched at a time */
	PER_ID = 10,		/* two to start the count, eight as they are */
};

static struct {
	bool watched;		/* a fork is noticed */
	uint64_t last;		/* milliseconds << 12 | count */
	size_t left;		/* unused bytes at the end of stock */
	unsigned char stock[STOCK];
} state;

/* Of the kernel: OpenSSL's generator takes memory, and breaks without. */
static void
fill_stock(void)
{
	size_t at = 0;
	ssize_t n;

	while (at < STOCK) {
		n = getrandom(state.stock + at, STOCK - at, 0);
		/* Ids that could be guessed or repeat are worse than none. */
		if (n < 0 && errno != EINTR)
			abort();
		at += n > 0 ? (size_t)n : 0;
	}
	state.left = STOCK;
}

static const unsigned char *
random_bytes(void)
{
	const unsigned char *p;

	if (state.left < PER_ID)
		fill_stock();
	p = state.stock + (STOCK - state.left);
	state.left -= PER_ID;
	return p;
}

/* stamp is milliseconds << 12 | count. */
static void
put_stamp(struct id *id, uint64_t stamp)
{
	uint64_t ms = stamp >> 12;
	int i;

	for (i = 0; i < 6; i++)
		id->b[i] = (unsigned char)(ms >> (40 - 8 * i) & 0xff);
	id->b[6] = (unsigned char)(0x70 | (stamp >> 8 & 0x0f));
	id->b[7] = (unsigned char)(stamp & 0xff);
}

/* In a forked child: what is in stock is its parent's. */
static void
forget(void)
{
	state.left = 0;
}

int
id_init(void)
{
	if (!state.watched && pthread_atfork(NULL, NULL, forget) != 0)
		return ERR_NOMEM;
	state.watched = true;
	return 0;
}

struct id
id_new(void)
{
	const unsigned char *r;
	struct id id;
	uint64_t stamp;

	if (!state.watched && id_init() != 0)
		abort();
	r = random_bytes();
	stamp = (uint64_t)(clock_real_us() / 1000) << 12 |
	    ((uint64_t)r[0] << 8 | r[1]) % 2048;
	/* Same millisecond, or a clock set back: count on, also over ms. */
	if (stamp <= state.last)
		stamp = state.last + 1;
	state.last = stamp;
	put_stamp(&id, stamp);
	memcpy(id.b + 8, r + 2, 8);
	id.b[8] = (unsigned char)((id.b[8] & 0x3f) | 0x80);
	return id;
}

struct id
id_floor(int64_t real_us)
{
	struct id id;

	memset(&id, 0, sizeof(id));
	put_stamp(&id, real_us > 0 ? (uint64_t)(real_us / 1000) << 12 : 0);
	id.b[8] = 0x80;
	return id;
}

int64_t
id_time_ms(const struct id *id)
{
	int64_t ms = 0;
	int i;

	for (i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms;
}

char *
id_text(const struct id *id, char out[ID_TEXT_LEN])
{
	static const char hex[] = "0123456789abcdef";
	char *o = out;
	int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*o++ = '-';
		*o++ = hex[id->b[i] >> 4];
		*o++ = hex[id->b[i] & 0x0f];
	}
	*o = '\0';
	return out;
}

int
id_parse(struct span s, struct id *out)
{
	struct id id;
	size_t at = 0;
	int i;

	if (s.len != ID_TEXT_LEN - 1)
		return ERR_SYNTAX;
	for (i = 0; i < 16; i++) {
		int hi, lo;

		if ((i == 4 || i == 6 || i == 8 || i == 10) &&
		    s.p[at++] != '-')
			return ERR_SYNTAX;
		hi = num_hex(s.p[at++]);
		lo = num_hex(s.p[at++]);
		if (hi < 0 || lo < 0)
			return ERR_SYNTAX;
		id.b[i] = (unsigned char)(hi << 4 | lo);
	}
	*out = id;
	return 0;
}

int
id_shard(int64_t account_id)
{
	uint64_t z = (uint64_t)account_id;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (int)(z % SHARDS);
}

void
id_sha256(struct span data, unsigned char out[32])
{
	SHA256_CTX sum;

	/* A digest that is not one would open doors: better no process. */
	if (SHA256_Init(&sum) != 1 ||
	    SHA256_Update(&sum, data.p, data.len) != 1 ||
	    SHA256_Final(out, &sum) != 1)
		abort();
}
