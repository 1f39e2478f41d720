#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How many workers there should be: grows at once, twice as fast with each
 * look that finds too few idle ones, and shrinks by one a second.  Pure
 * arithmetic, for prefork.c.
 */
struct pool {
	int min, max;			/* 1 <= min <= max */
	int spare_min, spare_max;	/* of idle workers */
	int wanted;			/* the answer */
	int step;			/* next growth */
	int64_t calm_us;		/* it was last changed or too small */
	bool at_limit;			/* more are wanted than max */
};

/*
 * Takes new bounds over; wanted stays where they allow it, and begins with
 * the spare ones.
 */
void pool_bounds(struct pool *p, int min, int max, int spare_min,
    int spare_max);
/* idle: those that wait or are being started.  Returns p->wanted. */
int pool_next(struct pool *p, int idle, int64_t now_us);

#endif
