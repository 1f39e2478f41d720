#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/*
 * Decimal integers, all of s, no sign but a leading '-', no blanks, no
 * leading zeros (but "0").  ERR_SYNTAX or ERR_RANGE; *out is set on success only.
 */
int num_i64(struct span s, int64_t min, int64_t max, int64_t *out) MUST_CHECK;
/* A duration such as 250ms, 10s, 5m, 2h, 7d in milliseconds. */
int num_duration_ms(struct span s, int64_t min, int64_t max, int64_t *out)
    MUST_CHECK;
/* A size such as 4096, 16k, 1m in bytes. */
int num_size(struct span s, int64_t min, int64_t max, int64_t *out)
    MUST_CHECK;

/* The value of a hexadecimal digit of either case, -1 when c is none. */
static inline int
num_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif
