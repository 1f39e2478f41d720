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

enum scan_flaw { SCAN_FINE, SCAN_NO_MEMORY, SCAN_ENDS_IN_STRING, SCAN_CONTROL,
	SCAN_ESCAPE, SCAN_NO_DIGIT, SCAN_NO_VALUE, SCAN_NO_KEY, SCAN_NO_COLON,
	SCAN_NO_COMMA_OBJECT, SCAN_NO_COMMA_ARRAY, SCAN_NUL, SCAN_SURROGATE,
	SCAN_UTF8, SCAN_BOM, SCAN_DUPLICATE_KEY, SCAN_TRAILING, SCAN_DEEP,
	SCAN_MANY_MEMBERS, SCAN_FLAWS };

struct scan_error {
	size_t offset;		/* byte where it went wrong */
	enum scan_flaw flaw;
};

/* What is wrong, in words that fit behind "Byte 7: ". */
const char *scan_flaw_en(enum scan_flaw flaw);
const char *scan_flaw_ru(enum scan_flaw flaw);

/*
 * Proves that text is one JSON value; value is it without blanks around.
 * ERR_SYNTAX, ERR_TOO_BIG (too deep, too many members) or ERR_NOMEM, and
 * what is wrong in error.
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
