/*
 * Characters of JSON strings: escapes and the order of strings that have
 * them.  scan_check.c proves texts with this, scan.c reads them.
 */
#include "config.h"

#include <string.h>

#include "hook/scan_text.h"
#include "core/num.h"

/* A raw string's content, byte after byte as it is after unescaping. */
struct cursor {
	const char *p, *end;
	unsigned char pending[4];
	int n, at;
};

int
scan_text_hex4(const char *p, const char *end)
{
	int i, v, value = 0;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((v = num_hex(p[i])) < 0)
			return -1;
		value = value << 4 | v;
	}
	return value;
}

/* Writes code point c (no surrogate) as UTF-8; returns its length. */
static int
utf8_put(unsigned c, unsigned char out[4])
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

int
scan_text_decode(const char **p, const char *end, unsigned char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *q = *p + 1, *at;
	unsigned c;

	if (*q == 'u') {
		c = (unsigned)scan_text_hex4(q + 1, end);
		q += 5;
		if (c >= 0xd800 && c <= 0xdbff) {
			c = 0x10000 + ((c - 0xd800) << 10) +
			    ((unsigned)scan_text_hex4(q + 2, end) - 0xdc00);
			q += 6;
		}
		*p = q;
		return utf8_put(c, out);
	}
	at = strchr(from, *q);
	out[0] = (unsigned char)(at ? to[at - from] : *q);
	*p = q + 1;
	return 1;
}

/* The next byte, -1 at the end. */
static int
cursor_next(struct cursor *c)
{
	if (c->at < c->n)
		return c->pending[c->at++];
	if (c->p == c->end)
		return -1;
	if (*c->p != '\\')
		return (unsigned char)*c->p++;
	c->n = scan_text_decode(&c->p, c->end, c->pending);
	c->at = 1;
	return c->pending[0];
}

int
scan_text_order(struct span a, struct span b)
{
	struct cursor x = { .p = a.p, .end = a.p + a.len };
	struct cursor y = { .p = b.p, .end = b.p + b.len };
	int c, d;

	do {
		c = cursor_next(&x);
		d = cursor_next(&y);
	} while (c == d && c >= 0);
	return c - d;
}
