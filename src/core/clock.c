/*
 * Time: the two clocks, and RFC 3339 both ways.  The calendar is computed
 * here (days from the civil date, proleptic Gregorian) because timegm and
 * strptime depend on the locale or accept too much.  Pure but for the clocks.
 */
#include "config.h"

#include "core/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)
/* 9999-12-31T23:59:59.999999Z */
#define LAST_US INT64_C(253402300799999999)

static int64_t
now_us(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

int64_t
clock_real_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t
clock_days(int64_t year, int64_t month, int64_t day)
{
	/* Years begin in March, so that the leap day is the last. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;
	int64_t in_year = (153 * m + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

static void
date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t d = days + 719468;
	int64_t era = d / 146097;
	int64_t in_era = d % 146097;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 -
	    in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	*day = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2 ? 1 : 0));
}

char *
clock_text(int64_t real_us, char out[CLOCK_TEXT_LEN])
{
	int year, month, day, s, ms;

	/* Four digits a year is all that the form can say. */
	if (real_us < 0)
		real_us = 0;
	if (real_us > LAST_US)
		real_us = LAST_US;
	date_of(real_us / (DAY_S * SECOND_US), &year, &month, &day);
	s = (int)(real_us / SECOND_US % DAY_S);
	ms = (int)(real_us / 1000 % 1000);
	/* The remainders tell the compiler how wide each number can be. */
	(void)snprintf(out, CLOCK_TEXT_LEN,
	    "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000,
	    (unsigned)month % 100, (unsigned)day % 100,
	    (unsigned)s / 3600 % 24, (unsigned)s / 60 % 60, (unsigned)s % 60,
	    (unsigned)ms % 1000);
	return out;
}

/* What is left to read; ok goes false at the first thing unexpected. */
struct reader {
	const char *p;
	const char *end;
	bool ok;
};

static int64_t
take_digits(struct reader *r, int n)
{
	int64_t v = 0;

	while (n-- > 0) {
		if (r->p == r->end || *r->p < '0' || *r->p > '9') {
			r->ok = false;
			return 0;
		}
		v = v * 10 + (*r->p++ - '0');
	}
	return v;
}

/* One character, the upper or the lower one. */
static bool
take(struct reader *r, char upper, char lower)
{
	if (r->p == r->end || (*r->p != upper && *r->p != lower))
		return false;
	r->p++;
	return true;
}

static void
need(struct reader *r, char upper, char lower)
{
	if (!take(r, upper, lower))
		r->ok = false;
}

/* Microseconds of ".123456789"; 0 when there is no fraction. */
static int64_t
take_fraction(struct reader *r)
{
	int64_t us = 0, scale = SECOND_US / 10;
	int n = 0;

	if (!take(r, '.', '.'))
		return 0;
	while (r->p != r->end && *r->p >= '0' && *r->p <= '9') {
		us += (*r->p++ - '0') * scale;
		scale /= 10;
		n++;
	}
	if (n < 1 || n > 9)
		r->ok = false;
	return us;
}

/* Seconds east of UTC. */
static int64_t
take_offset(struct reader *r, bool *in_range)
{
	int64_t sign, hour, minute;

	if (take(r, 'Z', 'z'))
		return 0;
	sign = take(r, '-', '-') ? -1 : 1;
	if (sign == 1)
		need(r, '+', '+');
	hour = take_digits(r, 2);
	need(r, ':', ':');
	minute = take_digits(r, 2);
	*in_range = hour <= 23 && minute <= 59;
	return sign * (hour * 3600 + minute * 60);
}

static bool
is_date(int64_t year, int64_t month, int64_t day)
{
	static const char length[] =
	    { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= length[month - 1] + (month == 2 && leap ? 1 : 0);
}

int
clock_parse(struct span s, int64_t *real_us)
{
	struct reader r = { s.p, s.p + s.len, true };
	int64_t year, month, day, hour, minute, second, us, offset, t;
	bool in_range = true;

	if (s.len == 0)
		return ERR_SYNTAX;
	year = take_digits(&r, 4);
	need(&r, '-', '-');
	month = take_digits(&r, 2);
	need(&r, '-', '-');
	day = take_digits(&r, 2);
	need(&r, 'T', 't');
	hour = take_digits(&r, 2);
	need(&r, ':', ':');
	minute = take_digits(&r, 2);
	need(&r, ':', ':');
	second = take_digits(&r, 2);
	us = take_fraction(&r);
	offset = take_offset(&r, &in_range);
	if (!r.ok || r.p != r.end)
		return ERR_SYNTAX;
	if (!in_range || !is_date(year, month, day) || year < 1970 ||
	    hour > 23 || minute > 59 || second > 60)
		return ERR_RANGE;
	t = clock_days(year, month, day) * DAY_S + hour * 3600 + minute * 60 +
	    second - offset;
	/* A leap second is the last one of a day in UTC, nothing else. */
	if (second == 60 && t % DAY_S != 0)
		return ERR_RANGE;
	t = t * SECOND_US + us;
	if (t < 0 || t > LAST_US)
		return ERR_RANGE;
	*real_us = t;
	return 0;
}
