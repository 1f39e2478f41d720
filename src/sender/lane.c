/*
 * How much one lane may hold: arithmetic on its window and on the pace at
 * which its receiver answers.  A fast lane is read in large gulps, because a
 * read costs the database more than the rows it brings; a slow one holds
 * little, because what waits for long has to be read again.  Called by
 * lanes.c; pure.
 */
#include "sender/lane.h"

#include "sender/delivery.h"

int
lane_load(const struct lane *lane)
{
	return lane->waiting_n + lane->in_flight;
}

int
lane_capacity(const struct lane *lane, int share)
{
	int two, gulp;

	if (lane->window.state == WINDOW_CLOSED)
		return 0;
	if (lane->window.state == WINDOW_PROBE)
		return 2;
	two = 2 * (int)lane->window.size;
	gulp = 2 * (lane->pace > lane->ended ? lane->pace : lane->ended);
	if (gulp > share)
		gulp = share;
	return gulp > two ? gulp : two;
}

void
lane_count(struct lane *lane, int64_t now)
{
	if (now - lane->counted_at >= LANE_PACE_US) {
		/* Of the past only what is just past. */
		lane->pace = now - lane->counted_at < 2 * LANE_PACE_US ?
		    lane->ended : 0;
		lane->ended = 0;
		lane->counted_at = now;
	}
	lane->ended++;
}

void
lane_rest(struct lane *lane, int64_t now)
{
	if (now - lane->counted_at >= 2 * LANE_PACE_US)
		lane->pace = lane->ended = 0;
}

bool
lane_is_idle(const struct lane *lane, int64_t idle)
{
	if (lane->settling > 0 || lane_load(lane) > 0 ||
	    lane->used_at >= idle)
		return false;
	return lane->window.state == WINDOW_OPEN ||
	    lane->window.until_us + WINDOW_PAUSE_GROWTH *
	    lane->window.first_us < idle;
}
