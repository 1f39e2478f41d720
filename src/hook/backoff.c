/*
 * When a failed delivery is tried again.  Pure arithmetic without state:
 * settle.c in the sender asks once per failed attempt, callhookctl shows the
 * same figures.
 */
#include "hook/backoff.h"

/* No delay is longer, so that adding it to a time cannot overflow. */
#define DELAY_MAX (INT64_MAX / 4)

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
