/*
 * What comes back from a receiver, in callhook-sender: counted, cut off and
 * kept for the log, with the two headers that mean something to us.  Called by
 * transfer.c for each piece as it arrives; no I/O.
 */
#include "sender/receipt.h"

#include <string.h>
#include <strings.h>

enum {
	FREE_BYTES = 4096,		/* of memory kept between answers */
	BODY_EXTRA = 16 * 1024,		/* read, not kept: saves a connection */
};

void
receipt_init(struct receipt *r, size_t keep)
{
	*r = (struct receipt){ .cut = false };
	buf_init(&r->kept, keep);
}

void
receipt_free(struct receipt *r)
{
	buf_free(&r->kept);
}

void
receipt_reset(struct receipt *r)
{
	size_t keep = r->kept.max;

	buf_reset(&r->kept);
	if (r->kept.cap > FREE_BYTES) {
		buf_free(&r->kept);
		buf_init(&r->kept, keep);
	}
	r->body_seen = r->header_bytes = 0;
	r->header_lines = 0;
	r->cut = r->flooded = r->has_retry_after = false;
	r->location[0] = r->retry_after[0] = '\0';
}

void
receipt_sanitise(char *out, size_t size, struct span text)
{
	size_t i, len = text.len < size ? text.len : size - 1;

	for (i = 0; i < len; i++)
		out[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ?
		    text.p[i] : '?';
	out[len] = '\0';
}

static void
keep(struct receipt *r, struct span part)
{
	size_t room = r->kept.max - r->kept.len;

	buf_add(&r->kept, part.p, part.len < room ? part.len : room);
}

/* The value of the header of that name; p NULL when line is another one. */
static struct span
value_of(struct span line, const char *name)
{
	size_t len = strlen(name);

	if (line.len <= len || line.p[len] != ':' ||
	    strncasecmp(line.p, name, len) != 0)
		return (struct span){ NULL, 0 };
	line.p += len + 1;
	line.len -= len + 1;
	while (line.len > 0 && (*line.p == ' ' || *line.p == '\t')) {
		line.p++;
		line.len--;
	}
	while (line.len > 0 && strchr(" \t\r\n", line.p[line.len - 1]) != NULL)
		line.len--;
	return line;
}

int
receipt_header(struct receipt *r, struct span line)
{
	struct span value;

	r->header_lines++;
	r->header_bytes += (int64_t)line.len;
	if (r->header_lines > RECEIPT_HEADERS + 2 ||
	    r->header_bytes > RECEIPT_HEADER_BYTES) {
		r->flooded = true;
		return ERR_TOO_BIG;
	}
	if (line.len >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		buf_reset(&r->kept);	/* after a 1xx */
		r->location[0] = '\0';
		r->has_retry_after = false;
	}
	value = value_of(line, "Location");
	if (value.p != NULL)
		receipt_sanitise(r->location, sizeof(r->location), value);
	value = value_of(line, "Retry-After");
	if (value.p != NULL) {
		receipt_sanitise(r->retry_after, sizeof(r->retry_after),
		    value);
		r->has_retry_after = true;
	}
	keep(r, line);
	return 0;
}

int
receipt_body(struct receipt *r, struct span part)
{
	keep(r, part);
	r->body_seen += (int64_t)part.len;
	if (r->body_seen > (int64_t)r->kept.max + BODY_EXTRA) {
		r->cut = true;
		return ERR_TOO_BIG;
	}
	return 0;
}

struct span
receipt_retry_after(const struct receipt *r)
{
	return r->has_retry_after ? span_of(r->retry_after) :
	    (struct span){ NULL, 0 };
}
