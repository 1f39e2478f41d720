/*
 * The address of a webhook: what is typed in the form becomes the one
 * spelling that is called.  webhook.c joins when settings are read, the
 * sender splits what was joined, and everybody encodes with url_encode.
 * libcurl's URL API decides on syntax; this file refuses whatever that API
 * would repair in silence, because a repaired address is one the customer
 * never saw and the address policy never judged.
 */
#include "hook/url.h"

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static void
escape(struct buf *out, unsigned char c)
{
	static const char HEX[] = "0123456789ABCDEF";
	char triple[3] = { '%', HEX[c >> 4], HEX[c & 15] };

	buf_add(out, triple, sizeof(triple));
}

void
url_encode(struct span s, bool plus, struct buf *out)
{
	size_t i, from = 0;
	unsigned char c;

	if (s.len == 0)
		return;
	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (is_unreserved(c))
			continue;
		buf_add(out, s.p + from, i - from);
		from = i + 1;
		if (plus && c == ' ')
			buf_chr(out, '+');
		else
			escape(out, c);
	}
	buf_add(out, s.p + from, i - from);
}
