/*
 * The growing byte buffer that everything textual is built in.  It owns its
 * memory until buf_take; its first error stays and silences every later add.
 * Called from all programs, keeps no state of its own.
 */
#include "config.h"

#include "core/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 64 };	/* bytes of the first allocation */

void
buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

/* Makes room for len more bytes and the NUL. */
static bool
reserve(struct buf *b, size_t len)
{
	size_t need, cap, most;
	char *p;

	if (b->err != ERR_OK)
		return false;
	if (b->len > b->max || len > b->max - b->len ||
	    b->len + len == SIZE_MAX) {
		b->err = ERR_TOO_BIG;
		return false;
	}
	need = b->len + len + 1;
	if (need <= b->cap)
		return true;
	most = b->max == SIZE_MAX ? SIZE_MAX : b->max + 1;
	cap = b->cap == 0 ? BUF_FIRST : b->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;
	if (cap > most)
		cap = most;
	p = realloc(b->p, cap);
	if (p == NULL) {
		b->err = ERR_NOMEM;
		return false;
	}
	p[b->len] = '\0';
	b->p = p;
	b->cap = cap;
	return true;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->p + b->len, data, len);
	b->len += len;
	b->p[b->len] = '\0';
}

void
buf_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.len);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_chr(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		if (b->err == ERR_OK)
			b->err = ERR_NOMEM;
		return;
	}
	if (!reserve(b, (size_t)n))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

/* Appends the escape of c, which is a control character, '"' or '\\'. */
static void
json_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"': buf_add(b, "\\\"", 2); break;
	case '\\': buf_add(b, "\\\\", 2); break;
	case '\b': buf_add(b, "\\b", 2); break;
	case '\f': buf_add(b, "\\f", 2); break;
	case '\n': buf_add(b, "\\n", 2); break;
	case '\r': buf_add(b, "\\r", 2); break;
	case '\t': buf_add(b, "\\t", 2); break;
	default: buf_fmt(b, "\\u%04x", c); break;
	}
}

void
buf_json_str(struct buf *b, struct span s)
{
	size_t i, plain = 0;

	buf_chr(b, '"');
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		if (i > plain)
			buf_add(b, s.p + plain, i - plain);
		json_escape(b, c);
		plain = i + 1;
	}
	if (s.len > plain)
		buf_add(b, s.p + plain, s.len - plain);
	buf_chr(b, '"');
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = ERR_OK;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->p);
	*b = BUF_INIT(b->max);
}

const char *
buf_cstr(const struct buf *b)
{
	return b->p != NULL ? b->p : "";
}

char *
buf_take(struct buf *b)
{
	char *p;

	if (b->err == ERR_OK && b->p == NULL)
		(void)reserve(b, 0);
	if (b->err != ERR_OK)
		return NULL;
	p = b->p;
	*b = BUF_INIT(b->max);
	return p;
}
