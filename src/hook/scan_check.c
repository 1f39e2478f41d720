/*
 * scan_check, the gate that every byte from outside goes through, once, in an
 * API worker.  It is iterative (a stack of frames, one for each open
 * container), never copies, and allocates only for texts with more than
 * KEYS_INLINE keys open at once.
 *
 * Duplicate keys: the first KEYS_COMPARED members of an object are compared
 * with each other as they come (a small filter spares nearly all of that),
 * larger objects are sorted when they close, so nothing is quadratic and there
 * is no hash to attack.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "hook/scan.h"
#include "hook/scan_text.h"

#define KEYS_INLINE 128
#define KEYS_COMPARED 32

/* What is between the quotes of a key. */
struct key {
	const char *p;
	size_t len;
	bool escaped;
};

struct frame {
	bool object;
	bool escaped;		/* one of its keys has escapes */
	size_t first;		/* its first in keys */
	uint64_t seen[4];	/* filter over the first KEYS_COMPARED keys */
};

struct scanner {
	const char *begin, *p, *end;
	struct scan_error *error;
	int err;
	int depth;
	struct key *keys;
	size_t keys_n, keys_cap;
	struct frame stack[SCAN_DEPTH];
	struct key keys_inline[KEYS_INLINE];
};

static bool
fail(struct scanner *s, int err, const char *at, enum scan_flaw flaw)
{
	s->err = err;
	s->error->offset = (size_t)(at - s->begin);
	s->error->flaw = flaw;
	return false;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Skips what needs no look: printable ASCII but quote and backslash. */
static inline const char *
skip_plain(const char *p, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t high = ones * 0x80;
	uint64_t w, quote, slash, hit;
	unsigned char c;

	while (end - p >= 8) {
		memcpy(&w, p, 8);
		quote = w ^ ones * '"';
		slash = w ^ ones * '\\';
		hit = (((w - ones * ' ') | (quote - ones) | (slash - ones)) |
		    w) & high;
		if (hit != 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			/* Borrows run upwards: the lowest hit is a true one. */
			return p + __builtin_ctzll(hit) / 8;
#else
			break;
#endif
		}
		p += 8;
	}
	for (; p < end; p++) {
		c = (unsigned char)*p;
		if (c < ' ' || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return p;
}

/* p is at a backslash; returns what is after the escape, NULL when bad. */
static const char *
check_escape(struct scanner *s, const char *p)
{
	int unit, low;

	if (s->end - p < 2)
		goto bad;
	if (p[1] != 'u') {
		if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL)
			goto bad;
		return p + 2;
	}
	if ((unit = scan_text_hex4(p + 2, s->end)) < 0)
		goto bad;
	if (unit == 0) {
		fail(s, ERR_SYNTAX, p, SCAN_NUL);
		return NULL;
	}
	if (unit < 0xd800 || unit > 0xdfff)
		return p + 6;
	if (unit < 0xdc00 && s->end - p >= 8 && p[6] == '\\' && p[7] == 'u' &&
	    (low = scan_text_hex4(p + 8, s->end)) >= 0xdc00 && low <= 0xdfff)
		return p + 12;
	fail(s, ERR_SYNTAX, p, SCAN_SURROGATE);
	return NULL;
bad:
	fail(s, ERR_SYNTAX, p, SCAN_ESCAPE);
	return NULL;
}

/* s->p is behind the opening quote and goes behind the closing one. */
static bool
check_string(struct scanner *s, bool *escaped)
{
	const char *p = s->p;
	size_t len;

	*escaped = false;
	for (;;) {
		p = skip_plain(p, s->end);
		if (p == s->end)
			return fail(s, ERR_SYNTAX, p, SCAN_ENDS_IN_STRING);
		if (*p == '"') {
			s->p = p + 1;
			return true;
		}
		if (*p == '\\') {
			*escaped = true;
			if ((p = check_escape(s, p)) == NULL)
				return false;
			continue;
		}
		if (*p == '\0')
			return fail(s, ERR_SYNTAX, p, SCAN_NUL);
		if ((unsigned char)*p < ' ')
			return fail(s, ERR_SYNTAX, p, SCAN_CONTROL);
		do {
			if ((len = scan_text_utf8(p, s->end)) == 0)
				return fail(s, ERR_SYNTAX, p, SCAN_UTF8);
			p += len;
		} while (p < s->end && (unsigned char)*p >= 0x80);
	}
}

/* At least one digit. */
static bool
check_digits(struct scanner *s)
{
	const char *p = s->p;

	while (p < s->end && is_digit(*p))
		p++;
	if (p == s->p)
		return fail(s, ERR_SYNTAX, p, SCAN_NO_DIGIT);
	s->p = p;
	return true;
}

static bool
check_number(struct scanner *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!check_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!check_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!check_digits(s))
			return false;
	}
	return true;
}

static bool
check_word(struct scanner *s, struct span word)
{
	if ((size_t)(s->end - s->p) < word.len ||
	    memcmp(s->p, word.p, word.len) != 0)
		return fail(s, ERR_SYNTAX, s->p, SCAN_NO_VALUE);
	s->p += word.len;
	return true;
}

/* Order of the unescaped bytes. */
static int
key_order(const struct key *a, const struct key *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int c;

	if (a->escaped || b->escaped)
		return scan_text_order((struct span){ a->p, a->len },
		    (struct span){ b->p, b->len });
	c = len ? memcmp(a->p, b->p, len) : 0;
	return c ? c : (a->len > b->len) - (a->len < b->len);
}

/* Equal keys stand in order of the text, for the sake of the message. */
static int
key_compare(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;
	int c = key_order(a, b);

	return c ? c : (a->p > b->p) - (a->p < b->p);
}

static bool
duplicate(struct scanner *s, const struct key *k)
{
	return fail(s, ERR_SYNTAX, k->p - 1, SCAN_DUPLICATE_KEY);
}

/* A number 0..255 that equal keys without escapes share. */
static inline unsigned
key_filter(const char *p, size_t len)
{
	uint64_t a = 0, b = 0;

	if (len >= 8) {
		memcpy(&a, p, 8);
		memcpy(&b, p + len - 8, 8);
	} else {
		memcpy(&a, p, len);
	}
	a = (a ^ (b << 17 | b >> 47) ^ len) * UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)((a ^ a >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 56);
}

static bool
keys_grow(struct scanner *s)
{
	size_t cap = s->keys_cap * 2;
	struct key *keys;

	keys = s->keys == s->keys_inline ? NULL : s->keys;
	if ((keys = realloc(keys, cap * sizeof(*keys))) == NULL)
		return fail(s, ERR_NOMEM, s->p, SCAN_NO_MEMORY);
	if (s->keys == s->keys_inline)
		memcpy(keys, s->keys_inline, sizeof(s->keys_inline));
	s->keys = keys;
	s->keys_cap = cap;
	return true;
}

/* Remembers a key of the innermost object and refuses what it had already. */
static bool
key_add(struct scanner *s, struct key k)
{
	struct frame *f = &s->stack[s->depth - 1];
	size_t i, n = s->keys_n - f->first;
	unsigned bit;
	bool look;

	if (n == SCAN_MEMBERS)
		return fail(s, ERR_TOO_BIG, k.p - 1, SCAN_MANY_MEMBERS);
	if (n < KEYS_COMPARED) {
		bit = k.escaped ? 0 : key_filter(k.p, k.len);
		look = k.escaped || f->escaped ||
		    (f->seen[bit / 64] >> bit % 64 & 1) != 0;
		for (i = f->first; look && i < s->keys_n; i++)
			if (key_order(&s->keys[i], &k) == 0)
				return duplicate(s, &k);
		f->escaped |= k.escaped;
		f->seen[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	if (s->keys_n == s->keys_cap && !keys_grow(s))
		return false;
	s->keys[s->keys_n++] = k;
	return true;
}

/* Closes the innermost container. */
static bool
pop(struct scanner *s)
{
	struct frame *f = &s->stack[s->depth - 1];
	const struct key *k, *worst = NULL;
	size_t i, n;

	if (f->object) {
		n = s->keys_n - f->first;
		if (n > KEYS_COMPARED) {
			qsort(s->keys + f->first, n, sizeof(*k), key_compare);
			for (i = f->first + 1; i < s->keys_n; i++) {
				k = &s->keys[i];
				if (key_order(k - 1, k) == 0 &&
				    (worst == NULL || k->p < worst->p))
					worst = k;
			}
		}
		if (worst != NULL)
			return duplicate(s, worst);
		s->keys_n = f->first;
	}
	s->depth--;
	return true;
}

/* The key of a member and its colon; s->p goes to the value. */
static bool
check_key(struct scanner *s)
{
	struct key k;

	s->p = scan_text_skip_blanks(s->p, s->end);
	if (s->p == s->end || *s->p != '"')
		return fail(s, ERR_SYNTAX, s->p, SCAN_NO_KEY);
	k.p = ++s->p;
	if (!check_string(s, &k.escaped))
		return false;
	k.len = (size_t)(s->p - k.p) - 1;
	if (!key_add(s, k))
		return false;
	s->p = scan_text_skip_blanks(s->p, s->end);
	if (s->p == s->end || *s->p != ':')
		return fail(s, ERR_SYNTAX, s->p, SCAN_NO_COLON);
	s->p++;
	return true;
}

/* Goes into a container; *inside says that a value is due next. */
static bool
push(struct scanner *s, bool *inside)
{
	struct frame *f;

	if (s->depth == SCAN_DEPTH)
		return fail(s, ERR_TOO_BIG, s->p, SCAN_DEEP);
	f = &s->stack[s->depth++];
	f->object = *s->p++ == '{';
	f->escaped = false;
	f->first = s->keys_n;
	memset(f->seen, 0, sizeof(f->seen));
	s->p = scan_text_skip_blanks(s->p, s->end);
	if (s->p < s->end && *s->p == (f->object ? '}' : ']')) {
		s->p++;
		*inside = false;
		return pop(s);
	}
	*inside = true;
	return !f->object || check_key(s);
}

/* One scalar, or the way into a container. */
static bool
check_value(struct scanner *s, bool *inside)
{
	bool escaped;

	*inside = false;
	s->p = scan_text_skip_blanks(s->p, s->end);
	if (s->p == s->end)
		return fail(s, ERR_SYNTAX, s->p, SCAN_NO_VALUE);
	switch (*s->p) {
	case '"':
		s->p++;
		return check_string(s, &escaped);
	case '{':
	case '[':
		return push(s, inside);
	case 't':
		return check_word(s, SPAN("true"));
	case 'f':
		return check_word(s, SPAN("false"));
	case 'n':
		return check_word(s, SPAN("null"));
	default:
		if (*s->p == '-' || is_digit(*s->p))
			return check_number(s);
		return fail(s, ERR_SYNTAX, s->p, SCAN_NO_VALUE);
	}
}

/* After a value: closes what closes here; *due when one more value follows. */
static bool
check_after(struct scanner *s, bool *due)
{
	bool object;

	*due = false;
	while (s->depth > 0) {
		object = s->stack[s->depth - 1].object;
		s->p = scan_text_skip_blanks(s->p, s->end);
		if (s->p < s->end && *s->p == ',') {
			s->p++;
			*due = true;
			return !object || check_key(s);
		}
		if (s->p == s->end || *s->p != (object ? '}' : ']'))
			return fail(s, ERR_SYNTAX, s->p, object ?
			    SCAN_NO_COMMA_OBJECT : SCAN_NO_COMMA_ARRAY);
		s->p++;
		if (!pop(s))
			return false;
	}
	return true;
}

static bool
check_text(struct scanner *s, struct span *value)
{
	const char *start;
	bool due = true;

	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return fail(s, ERR_SYNTAX, s->p, SCAN_BOM);
	start = s->p = scan_text_skip_blanks(s->p, s->end);
	while (due) {
		if (!check_value(s, &due))
			return false;
		if (!due && !check_after(s, &due))
			return false;
	}
	*value = (struct span){ start, (size_t)(s->p - start) };
	s->p = scan_text_skip_blanks(s->p, s->end);
	if (s->p != s->end)
		return fail(s, ERR_SYNTAX, s->p, SCAN_TRAILING);
	return true;
}

int
scan_check(struct span text, struct span *value, struct scan_error *error)
{
	struct scanner s;

	/* Not zeroed as a whole: most of it is never touched. */
	s.begin = s.p = text.len ? text.p : "";
	s.end = s.begin + text.len;
	s.error = error;
	s.err = 0;
	s.depth = 0;
	s.keys = s.keys_inline;
	s.keys_n = 0;
	s.keys_cap = KEYS_INLINE;
	*value = (struct span){ NULL, 0 };
	*error = (struct scan_error){ 0, SCAN_FINE };
	if (!check_text(&s, value))
		*value = (struct span){ NULL, 0 };
	if (s.keys != s.keys_inline)
		free(s.keys);
	return s.err;
}
