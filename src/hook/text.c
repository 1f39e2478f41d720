/*
 * What text from outside may consist of.  Used by the readers of settings;
 * no state.
 */
#include "hook/text.h"

bool
text_is_clean(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i, k, more;
	unsigned long c, least;

	for (i = 0; i < s.len; i += more + 1) {
		c = p[i];
		if (c < 0x80) {
			more = 0;
			least = 0;
		} else if (c >= 0xc2 && c < 0xe0) {
			more = 1;
			least = 0x80;
			c &= 0x1f;
		} else if (c >= 0xe0 && c < 0xf0) {
			more = 2;
			least = 0x800;
			c &= 0x0f;
		} else if (c >= 0xf0 && c < 0xf5) {
			more = 3;
			least = 0x10000;
			c &= 0x07;
		} else {
			return false;
		}
		if (s.len - i <= more)
			return false;
		for (k = 1; k <= more; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i + k] & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return false;
	}
	return true;
}
