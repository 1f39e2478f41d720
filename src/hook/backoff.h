#ifndef HOOK_BACKOFF_H
#define HOOK_BACKOFF_H

#include <stddef.h>
#include <stdint.h>

#include "core/span.h"

/*
 * When to try again: pure arithmetic.  schedule holds the delays before
 * attempt 2, 3, … in ms; attempt is the number of the one that failed (from
 * 1).  random is uniform in 0 .. 2^32-1; jitter_pct spreads the delay by
 * ± that many percent, so that what failed together does not come back
 * together.  Returns ms, or -1 when the schedule is used up.
 */
int64_t backoff_delay(const int64_t *schedule, size_t n, int attempt,
    int64_t jitter_pct, uint32_t random);
/*
 * What a Retry-After says (RFC 9110: seconds or an HTTP date) at now_us (real
 * time): ms from now, 0 when the date has passed, -1 when it is neither.
 */
int64_t backoff_retry_after(struct span value, int64_t now_us);

#endif
