#ifndef HOOK_SCAN_H
#define HOOK_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/*
 * A strict JSON scanner (RFC 8259) that yields spans of the text and never
 * changes a byte: numbers keep their digits, strings their escapes.  It
 * accepts every legal number of any size.  UTF-8 is checked (no overlong
 * forms, no surrogates, no BOM), \u escapes have to be paired surrogates,
 * \u0000 and U+0000 are refused, duplicate keys are refused in scan_check's
 * objects (compared after unescaping).  Nothing recurses.
 */
#define SCAN_DEPTH 64
#define SCAN_MEMBERS 4096	/* in one object */

enum scan_type { SCAN_NONE, SCAN_OBJECT, SCAN_ARRAY, SCAN_STRING, SCAN_NUMBER,
	SCAN_TRUE, SCAN_FALSE, SCAN_NULL };

struct scan_error {
	size_t offset;		/* byte where it went wrong */
	const char *why;	/* static English text */
	const char *code;	/* see scan_check */
};

/*
 * Proves that text is one JSON value; value is it without blanks around.
 * ERR_SYNTAX with code syntax, utf8, nul, surrogate, duplicate_key or trailing;
 * ERR_TOO_BIG with code depth or members (static texts); ERR_NOMEM.
 */
int scan_check(struct span text, struct span *value, struct scan_error *error)
    MUST_CHECK;

/* Everything below takes spans that scan_check has proven. */
enum scan_type scan_type(struct span value);

/* Members or elements in order: zeroed it, then until it returns false. */
struct scan_iter {
	struct span rest;
	bool started;
};
/* key is the raw string with quotes (objects); for arrays key->p is NULL. */
bool scan_next(struct scan_iter *it, struct span container, struct span *key,
    struct span *value);
/* The value under the unescaped key of an object; p NULL when absent. */
struct span scan_get(struct span object, const char *key);
/* Follows a dotted path, "visit_info.session.pgs". */
struct span scan_path(struct span object, const char *path);
struct span scan_path_of(struct span object, struct span path);

/* A string's content unescaped, appended to out. */
void scan_unescape(struct span string, struct buf *out);
/* Is a string equal to s after unescaping? */
bool scan_string_is(struct span string, const char *s);
/* The value without white space between its tokens, appended to out. */
void scan_compact(struct span value, struct buf *out);

#endif
