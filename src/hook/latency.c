/*
 * The histogram of answer times: bounds and arithmetic.  Pure functions; the
 * sender counts with them, the API reads percentiles from the sums.
 */
#include "hook/latency.h"

/* Upper bounds in milliseconds; the last one is where the scale ends. */
static const int bounds[LATENCY_BUCKETS] = { 2, 5, 10, 20, 30, 50, 75, 100,
	150, 200, 300, 500, 750, 1000, 2000, 3000, 5000, 10000, 30000, 60000 };

int
latency_bucket(int64_t us)
{
	int i;

	for (i = 0; i < LATENCY_BUCKETS - 1; i++)
		if (us <= (int64_t)bounds[i] * 1000)
			break;
	return i;
}

int64_t
latency_percentile(const int64_t counts[LATENCY_BUCKETS], int per_mille)
{
	int64_t all = 0, wanted, below = 0, low = 0, high = 0;
	int i;

	for (i = 0; i < LATENCY_BUCKETS; i++)
		all += counts[i];
	if (all == 0)
		return -1;
	wanted = (all * per_mille + 999) / 1000;
	if (wanted < 1)
		wanted = 1;
	for (i = 0; i < LATENCY_BUCKETS; i++) {
		high = (int64_t)bounds[i] * 1000;
		if (below + counts[i] >= wanted)
			break;
		below += counts[i];
		low = high;
	}
	/* As if those in one bucket were spread evenly. */
	return low + (high - low) * (wanted - below) / counts[i];
}
