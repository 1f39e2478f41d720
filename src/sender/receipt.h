#ifndef SENDER_RECEIPT_H
#define SENDER_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

enum {
	RECEIPT_HEADERS = 100,		/* most lines of an answer */
	RECEIPT_HEADER_BYTES = 32 * 1024,
	RECEIPT_LOCATION = 512,
	RECEIPT_RETRY_AFTER = 64,
};

/* What a receiver answers, of which little is kept. */
struct receipt {
	struct buf kept;	/* status line, headers, body; cut off */
	int64_t body_seen;
	int64_t header_bytes;
	int header_lines;
	bool cut;		/* the body is longer than we read */
	bool flooded;		/* too many headers */
	char location[RECEIPT_LOCATION];
	char retry_after[RECEIPT_RETRY_AFTER];
	bool has_retry_after;
};

void receipt_init(struct receipt *r, size_t keep);
void receipt_free(struct receipt *r);
/* For the next answer. */
void receipt_reset(struct receipt *r);
/* A status line or header; ERR_TOO_BIG: there are too many. */
int receipt_header(struct receipt *r, struct span line) MUST_CHECK;
/* ERR_TOO_BIG: that is enough, break it off. */
int receipt_body(struct receipt *r, struct span part) MUST_CHECK;
/* The header Retry-After; p NULL when there was none. */
struct span receipt_retry_after(const struct receipt *r);
/* Printable ASCII of what a stranger said. */
void receipt_sanitise(char *out, size_t size, struct span text);

#endif
