/*
 * The size of a prefork pool that follows the work: pure arithmetic over what
 * the master has counted.  Called by prefork.c ten times a second when the
 * number of workers is not fixed.
 */
#include "config.h"

#include "core/pool.h"

enum {
	STEP_MAX = 32,
	CALM_US = 1000 * 1000,	/* between two that are let go */
};

static int
between(int n, int min, int max)
{
	return n < min ? min : n > max ? max : n;
}

void
pool_bounds(struct pool *p, int min, int max, int spare_min, int spare_max)
{
	p->min = min;
	p->max = max;
	p->spare_min = spare_min;
	p->spare_max = spare_max > spare_min ? spare_max : spare_min + 1;
	p->wanted = between(p->wanted > 0 ? p->wanted : spare_min, min, max);
	p->step = 1;
}

int
pool_next(struct pool *p, int idle, int64_t now_us)
{

	p->at_limit = false;
	if (idle < p->spare_min) {
		p->at_limit = p->wanted == p->max;
		p->wanted = between(p->wanted + p->step, p->min, p->max);
		if (p->step < STEP_MAX)
			p->step *= 2;
		p->calm_us = now_us;
	} else {
		p->step = 1;
		if (idle <= p->spare_max || p->wanted == p->min) {
			p->calm_us = now_us;
		} else if (now_us - p->calm_us >= CALM_US) {
			p->wanted--;
			p->calm_us = now_us;
		}
	}
	return p->wanted;
}
