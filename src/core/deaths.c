/*
 * Counts deaths within a window of time, in a ring of the last ones.  Used by
 * the master of prefork.c to tell a crash from a loop of crashes.
 */
#include "config.h"

#include "core/deaths.h"

#include <stdlib.h>

int
deaths_init(struct deaths *d, int max, int64_t window_us)
{
	size_t ring = (size_t)max + 1;
	int64_t *at = calloc(ring, sizeof(*at));

	if (at == NULL)
		return ERR_NOMEM;
	free(d->at);
	*d = (struct deaths){ .at = at, .ring = ring, .window_us = window_us };
	return 0;
}

void
deaths_free(struct deaths *d)
{
	free(d->at);
	*d = (struct deaths){ .at = NULL };
}

bool
deaths_add(struct deaths *d, int64_t now_us)
{
	d->at[d->n % d->ring] = now_us;
	d->n++;
	if (d->n < d->ring)
		return false;
	return now_us - d->at[d->n % d->ring] <= d->window_us;
}
