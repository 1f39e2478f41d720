/*
 * Makes phone numbers and secrets unreadable in what is about to be logged:
 * the last wall, behind the rule that neither is logged in the first place.
 * Messages of PostgreSQL or of libraries may quote data that nobody meant to
 * show.  Pure; called by log.c for every string.
 */
#include "config.h"

#include "core/logmask.h"

#include <stdbool.h>
#include <string.h>

enum {
	DIGITS_MIN = 10, DIGITS_MAX = 15,	/* E.164 and what is dialled here */
	HEAD = 4, TAIL = 2,			/* digits that stay */
	SECRET_HEAD = 4,			/* of a secret that stay */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What a number is not a part of: words, ids with dashes, fractions. */
static bool
is_glue(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

/* What keys, base64 and the like are made of. */
static bool
is_secret_byte(char c)
{
	return is_glue(c) || c == '+' || c == '/' || c == '=' || c == '~';
}

/* What a secret stands behind; shorter is none: callhook_sender is a role. */
struct mark {
	const char *text;
	size_t shortest;
};

/* The mark that stands at p; NULL: there is none. */
static const struct mark *
mark_at(const char *p, size_t left)
{
	static const struct mark marks[] = { { "callhook_", 16 },
		{ "whsec_", 1 }, { "whsk_", 1 }, { "Bearer ", 1 },
		{ "Basic ", 1 }, { "password=", 1 } };
	size_t i, n;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strlen(marks[i].text);
		if (left > n && memcmp(p, marks[i].text, n) == 0)
			return &marks[i];
	}
	return NULL;
}

static size_t
span_of_class(const char *p, size_t left, bool (*is_class)(char))
{
	size_t n = 0;

	while (n < left && is_class(p[n]))
		n++;
	return n;
}

/* Copies on the first change only. */
static void
hide(const char *text, size_t len, char *out, bool *copied, size_t at,
    size_t n)
{
	if (!*copied)
		memcpy(out, text, len);
	*copied = true;
	memset(out + at, '*', n);
}

const char *
logmask_text(const char *text, size_t len, char *out)
{
	bool copied = false;
	const struct mark *mark;
	size_t i = 0, n, head;

	while (i < len) {
		mark = mark_at(text + i, len - i);
		if (mark != NULL) {
			i += strlen(mark->text);
			n = span_of_class(text + i, len - i, is_secret_byte);
			head = n > 3 * SECRET_HEAD ? SECRET_HEAD : 0;
			if (n >= mark->shortest)
				hide(text, len, out, &copied, i + head,
				    n - head);
			i += n;
			continue;
		}
		n = is_glue(text[i]) ? span_of_class(text + i, len - i,
		    is_digit) : 0;
		if (n >= DIGITS_MIN && n <= DIGITS_MAX &&
		    (i == 0 || !is_glue(text[i - 1])) &&
		    (i + n == len || !is_glue(text[i + n]) ||
		    text[i + n] == '.'))
			hide(text, len, out, &copied, i + HEAD,
			    n - HEAD - TAIL);
		i += n > 0 ? n : 1;
	}
	return copied ? out : text;
}
