#ifndef CORE_TIMELINE_H
#define CORE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/*
 * A promotion raises the timeline of a PostgreSQL cluster.  Whoever has
 * worked with the promoted server knows an old primary, started again as it was, by
 * its lower one, and keeps away from it.  What one process of a pool has seen
 * the others know.  A process without that knowledge (just started, its master
 * too) takes the first primary that it meets.
 */

/* Before forking: the knowledge is shared from now on. */
int timeline_share(void) MUST_CHECK;
/*
 * May we work with a server of this cluster (system identifier) and timeline
 * (0: unknown, always)?  Remembers the highest; another cluster begins anew.
 * False: it is an old primary, which is counted.
 */
bool timeline_accept(int64_t cluster, int64_t timeline) MUST_CHECK;
/* Has somebody seen a higher one since it was accepted? */
bool timeline_is_old(int64_t cluster, int64_t timeline);
/* The highest that was seen, 0: none yet. */
int64_t timeline_known(void);
/* So many old primaries were refused. */
uint64_t timeline_refused(void);
/* Is it time for a line in the log about that?  Once a minute for all. */
bool timeline_tells(int64_t now_us);

#endif
