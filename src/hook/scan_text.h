#ifndef HOOK_SCAN_TEXT_H
#define HOOK_SCAN_TEXT_H

#include <stdbool.h>

#include "core/span.h"

/* What scan.c and scan_check.c both know of the characters of JSON. */

static inline bool
scan_text_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *
scan_text_skip_blanks(const char *p, const char *end)
{
	while (p < end && scan_text_is_blank(*p))
		p++;
	return p;
}

/* A continuation byte of UTF-8. */
static inline bool
scan_text_is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length of the well-formed sequence at p (lead >= 0x80), 0 when it is not. */
static inline size_t
scan_text_utf8(const char *p, const char *end)
{
	unsigned char lead = (unsigned char)p[0], second;
	size_t left = (size_t)(end - p);

	if (left < 2 || lead < 0xc2 || lead > 0xf4 || !scan_text_is_tail(p[1]))
		return 0;
	if (lead < 0xe0)
		return 2;
	second = (unsigned char)p[1];
	if (left < 3 || !scan_text_is_tail(p[2]))
		return 0;
	if (lead < 0xf0) {
		if ((lead == 0xe0 && second < 0xa0) ||
		    (lead == 0xed && second > 0x9f))
			return 0;
		return 3;
	}
	if (left < 4 || !scan_text_is_tail(p[3]) ||
	    (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
		return 0;
	return 4;
}

/* The four digits of a \u escape; -1 when they are not. */
int scan_text_hex4(const char *p, const char *end);
/*
 * A proven escape at *p: its UTF-8 goes into out, *p behind the escape (both
 * of them when they are a surrogate pair); returns the length, 1 to 4.
 */
int scan_text_decode(const char **p, const char *end, unsigned char out[4]);
/*
 * Like memcmp on what two proven strings are after unescaping; a and b are
 * without their quotes.
 */
int scan_text_order(struct span a, struct span b);

#endif
