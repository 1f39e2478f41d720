#ifndef HOOK_LATENCY_H
#define HOOK_LATENCY_H

#include <stdint.h>

/*
 * How long answers took, as a small histogram: counts by bucket.  The bounds
 * are what is stored, so they never change.
 */
enum { LATENCY_BUCKETS = 20 };

/* Where a time of us microseconds is counted. */
int latency_bucket(int64_t us);
/*
 * The time (us) within which per_mille of the answers came, as exactly as the
 * buckets tell; -1 when there are none.
 */
int64_t latency_percentile(const int64_t counts[LATENCY_BUCKETS],
    int per_mille);

#endif
