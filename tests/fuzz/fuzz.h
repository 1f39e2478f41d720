#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/span.h"

/* What libFuzzer, and driver.c without it, calls with every input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that has to hold for every input; not assert, NDEBUG or not. */
#define FUZZ_CHECK(what) do { \
	if (!(what)) { \
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
		abort(); \
	} \
} while (0)

static inline struct span
fuzz_span(const uint8_t *data, size_t size)
{
	return (struct span){ (const char *)data, size };
}

/* Cuts what stands before the first cut off *rest; all of it without one. */
static inline struct span
fuzz_take(struct span *rest, char cut)
{
	const char *end = rest->len ? memchr(rest->p, cut, rest->len) : NULL;
	struct span first = *rest;

	if (end == NULL) {
		rest->len = 0;
		return first;
	}
	first.len = (size_t)(end - rest->p);
	rest->p = end + 1;
	rest->len -= first.len + 1;
	return first;
}

#endif
