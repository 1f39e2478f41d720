/*
 * When a failed delivery is tried again.  Pure arithmetic without state:
 * settle.c in the sender asks once per failed attempt, callhookctl shows the
 * same figures.
 */
#include "hook/backoff.h"

#include <string.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/num.h"

/*
 * No delay is longer (142,000 years): adding it to a time cannot overflow, and
 * a double, in which the jitter is computed, still holds it to the millisecond.
 */
#define DELAY_MAX (INT64_C(1) << 52)

int64_t
backoff_delay(const int64_t *schedule, size_t n, int attempt,
    int64_t jitter_pct, uint32_t random)
{
	int64_t delay, spread;

	if (attempt < 1 || (size_t)attempt > n)
		return -1;
	delay = schedule[attempt - 1];
	if (delay < 0)
		delay = 0;
	if (delay > DELAY_MAX)
		delay = DELAY_MAX;
	if (jitter_pct <= 0)
		return delay;
	if (jitter_pct > 100)
		jitter_pct = 100;
	/* In two parts, because delay * jitter_pct could overflow. */
	spread = delay / 100 * jitter_pct + delay % 100 * jitter_pct / 100;
	return delay + (int64_t)((double)spread *
	    ((double)random / (double)UINT32_MAX * 2.0 - 1.0));
}

/* Two digits as a number; -1 when they are not. */
static int
two(const char *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" in seconds since 1970; -1: it is not. */
static int64_t
http_date(struct span s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, month, hour, minute, second, i;
	int64_t year;

	if (s.len != 29 || memcmp(s.p + 3, ", ", 2) != 0 || s.p[7] != ' ' ||
	    s.p[11] != ' ' || s.p[16] != ' ' || s.p[19] != ':' ||
	    s.p[22] != ':' || memcmp(s.p + 25, " GMT", 4) != 0)
		return -1;
	for (month = 0, i = 0; i < 12; i++)
		if (memcmp(months + 3 * i, s.p + 8, 3) == 0)
			month = i + 1;
	day = two(s.p + 5);
	hour = two(s.p + 17);
	minute = two(s.p + 20);
	second = two(s.p + 23);
	if (two(s.p + 12) < 0 || two(s.p + 14) < 0)
		return -1;
	year = two(s.p + 12) * 100 + two(s.p + 14);
	if (month == 0 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 60 ||
	    year < 1970)
		return -1;
	return clock_days(year, month, day) * 86400 + hour * 3600 +
	    minute * 60 + second;
}

int64_t
backoff_retry_after(struct span value, int64_t now_us)
{
	int64_t seconds, at;

	switch (num_i64(value, 0, DELAY_MAX / 1000, &seconds)) {
	case 0:
		return seconds * 1000;
	case ERR_RANGE:
		return value.len > 0 && value.p[0] != '-' ? DELAY_MAX : -1;
	default:
		break;
	}
	at = http_date(value);
	if (at < 0)
		return -1;
	at = at * 1000 - now_us / 1000;
	return at > 0 ? at : 0;
}
