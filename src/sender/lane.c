/*
 * How much one lane may hold, and from where it is looked at: arithmetic.
 * The first on its window and on the pace at which its receiver answers.  A
 * fast lane is read in large gulps, because a read costs the database more
 * than the rows it brings; a slow one holds little, because what waits for
 * long has to be read again.
 *
 * The second on what earlier looks have seen.  What a lane has left behind
 * stands in the index until it is vacuumed, for as long as anybody has an old
 * transaction open, so a look begins at the lane's floor.  Called by lanes.c;
 * pure.
 */
#include "sender/lane.h"

int
lane_load(const struct lane *lane)
{
	return lane->waiting_n + lane->in_flight;
}

static bool
are_large(const struct lane *lane)
{
	int n = lane_load(lane) + lane->settling;

	return n > 0 && lane->bytes / n >= LANE_LARGE;
}

int
lane_capacity(const struct lane *lane, int share)
{
	int two, gulp;

	if (lane->window.state == WINDOW_CLOSED)
		return 0;
	if (lane->window.state == WINDOW_PROBE)
		return 2;
	if (are_large(lane))
		return (int)lane->window.size;
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
	    lane->used_at >= idle || lane->traces >= LANE_TRACES)
		return false;
	return lane->window.state == WINDOW_OPEN ||
	    lane->window.until_us + WINDOW_PAUSE_GROWTH *
	    lane->window.first_us < idle;
}

void
lane_begin_look(struct lane *lane, int64_t now)
{
	if (!lane->reads_on && now - lane->whole_at >= LANE_WHOLE_US) {
		lane->whole_at = now;
		lane->floor = LANE_START;
	}
	lane->looks_on = lane->reads_on;
	lane->marked = true;
}

/*
 * The floor follows at a distance, because rows are committed after the time
 * at which they are due; what reads on has seen all that was there when it
 * left the floor.
 */
void
lane_looked(struct lane *lane, int64_t at, bool full, int64_t due)
{
	int64_t to;

	if (!lane->marked)
		return;
	if (!lane->looks_on)
		lane->chain = at;
	to = lane->chain - LANE_LATE_US;
	if (full && due < to)
		to = due;
	if (to > lane->floor)
		lane->floor = to;
}

void
lane_owes(struct lane *lane, int64_t due)
{
	lane->marked = false;
	if (due < lane->floor)
		lane->floor = due;
}

bool
lane_is_known(const struct lane *lane)
{
	return lane->window.state != WINDOW_OPEN || lane->settling > 0 ||
	    lane_load(lane) > 0 || lane->reads_on ||
	    lane->ended > 0 || lane->pace > 0 ||
	    lane->traces >= LANE_TRACES;
}
