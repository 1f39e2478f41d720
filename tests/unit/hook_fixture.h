#ifndef TESTS_UNIT_HOOK_FIXTURE_H
#define TESTS_UNIT_HOOK_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "hook/scan.h"

/* The files of tests/fixtures; include after cmocka.h. */

static inline void
fixture_load(const char *name, struct buf *out)
{
	struct buf path = BUF_INIT(4096);
	const char *dir = getenv("CALLHOOK_SRCDIR");
	char chunk[4096];
	size_t n;
	FILE *f;

	buf_fmt(&path, "%s/tests/fixtures/%s", dir ? dir : ".", name);
	if ((f = fopen(buf_cstr(&path), "rb")) == NULL)
		fail_msg("cannot open %s (CALLHOOK_SRCDIR?)", buf_cstr(&path));
	buf_init(out, 1 << 20);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
	buf_free(&path);
	assert_int_equal(buf_err(out), 0);
	assert_true(out->len > 0);
}

static inline struct span
fixture_proven(struct span text)
{
	struct scan_error error;
	struct span value;

	if (scan_check(text, &value, &error) != 0)
		fail_msg("%.*s: %s at %zu", (int)text.len, text.p,
		    scan_flaw_en(error.flaw), error.offset);
	return value;
}

static inline void
fixture_span_is(struct span s, const char *want)
{
	if (!span_is(s, want))
		fail_msg("%.*s, expected %s", (int)s.len, s.p ? s.p : "",
		    want);
}

#endif
