/*
 * Taking the text of a call's tags apart.  Filters compare them, the parameter
 * tags_list sends them.
 */
#include "config.h"

#include <string.h>

#include "hook/scan_text.h"
#include "hook/tags.h"

bool
tags_next(struct scan_iter *it, struct span text, struct span *tag)
{
	const char *p, *end, *stop, *last;

	if (!it->started) {
		it->started = true;
		it->rest = (struct span){ text.p + 1, text.len - 2 };
	}
	end = it->rest.p + it->rest.len;
	for (p = it->rest.p; p < end; p = stop < end ? stop + 1 : end) {
		stop = memchr(p, ',', (size_t)(end - p));
		if (!stop)
			stop = end;
		p = scan_text_skip_blanks(p, stop);
		for (last = stop; last > p && scan_text_is_blank(last[-1]); )
			last--;
		if (last == p)
			continue;
		*tag = (struct span){ p, (size_t)(last - p) };
		p = stop < end ? stop + 1 : end;
		it->rest = (struct span){ p, (size_t)(end - p) };
		return true;
	}
	it->rest = (struct span){ end, 0 };
	return false;
}
