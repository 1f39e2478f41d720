/*
 * Numbers from text: decimal integers, durations and sizes, always with
 * bounds.  Pure functions; used by configuration, routes and scanners.
 */
#include "config.h"

#include "core/num.h"

#include <stdbool.h>
#include <stddef.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", INT64_C(60) * 1000 },
	{ "h", INT64_C(60) * 60 * 1000 },
	{ "d", INT64_C(24) * 60 * 60 * 1000 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "k", INT64_C(1) << 10 },
	{ "m", INT64_C(1) << 20 },
	{ "g", INT64_C(1) << 30 },
	{ NULL, 0 },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * The digits of s as a number with the given sign.  s holds at least one
 * character.  Syntax is judged before range: a long wrong text is wrong.
 */
static int
digits(struct span s, bool negative, int64_t *out)
{
	int64_t v = 0;
	bool over = false;
	size_t i;

	if (s.p[0] == '0' && (s.len > 1 || negative))
		return ERR_SYNTAX;
	for (i = 0; i < s.len; i++) {
		int64_t d;

		if (!is_digit(s.p[i]))
			return ERR_SYNTAX;
		d = s.p[i] - '0';
		/* Counted below zero, where INT64_MIN has its place. */
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, d, &v))
			over = true;
	}
	if (over || (!negative && v == INT64_MIN))
		return ERR_RANGE;
	*out = negative ? v : -v;
	return 0;
}

int
num_i64(struct span s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.len > 0 && s.p[0] == '-';
	int64_t v = 0;
	int err;

	if (negative) {
		s.p++;
		s.len--;
	}
	if (s.len == 0)
		return ERR_SYNTAX;
	err = digits(s, negative, &v);
	if (err < 0)
		return err;
	if (v < min || v > max)
		return ERR_RANGE;
	*out = v;
	return 0;
}

static int
with_unit(struct span s, const struct unit *units, int64_t min, int64_t max,
    int64_t *out)
{
	const struct unit *u;
	struct span name;
	int64_t v = 0;
	size_t n = 0;
	int err;

	while (n < s.len && is_digit(s.p[n]))
		n++;
	if (n == 0)
		return ERR_SYNTAX;
	name = (struct span){ s.p + n, s.len - n };
	for (u = units; u->name != NULL; u++)
		if (span_is(name, u->name))
			break;
	if (u->name == NULL)
		return ERR_SYNTAX;
	err = digits((struct span){ s.p, n }, false, &v);
	if (err < 0)
		return err;
	if (__builtin_mul_overflow(v, u->factor, &v) || v < min || v > max)
		return ERR_RANGE;
	*out = v;
	return 0;
}

int
num_duration_ms(struct span s, int64_t min, int64_t max, int64_t *out)
{
	return with_unit(s, durations, min, max, out);
}

int
num_size(struct span s, int64_t min, int64_t max, int64_t *out)
{
	return with_unit(s, sizes, min, max, out);
}
