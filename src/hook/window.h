#ifndef HOOK_WINDOW_H
#define HOOK_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How much one receiver may be asked at a time: pure arithmetic on the
 * monotonic clock (microseconds), one struct per lane.
 *
 *	OPEN	up to `size` requests in flight.  Until the first failure
 *		every success adds 1, so that the window doubles per round;
 *		later it adds 1/size, which is one per round.  A failure
 *		halves it.
 *	CLOSED	nothing until `until_us`.  Entered after WINDOW_FAILURES
 *		failures in a row, or when the receiver asked for a pause
 *		(429, 503, Retry-After).
 *	PROBE	one request.  A success opens the window at 1, a failure
 *		closes it for twice as long.
 *
 * OPEN → CLOSED → (time) → PROBE → OPEN or CLOSED.
 *
 * Requests that fail together are one failure of the receiver: each carries
 * the era in which it was started, every halving and closing begins a new
 * one, and what an older era reports neither halves nor closes again.
 */
enum window_state { WINDOW_OPEN, WINDOW_CLOSED, WINDOW_PROBE };

#define WINDOW_START 4		/* size of a fresh window */
#define WINDOW_FAILURES 10	/* in a row, then it closes */
#define WINDOW_PAUSE_GROWTH 60	/* longest pause ÷ first one */

struct window {
	enum window_state state;
	int cap;		/* largest size */
	double size;
	int failures;		/* in a row */
	int era;
	bool steady;		/* it has failed: no more doubling */
	int64_t first_us;	/* pause after the first closing */
	int64_t pause_us;	/* the next pause by failures */
	int64_t until_us;	/* while CLOSED */
	int64_t rate_us;	/* between two starts; 0: no rate limit */
	int64_t next_us;	/* the rate limit's next start */
};

/* What all windows of a sender have in common. */
struct window_rules {
	int cap;		/* largest size */
	int rate;		/* most starts per second, 0 for any */
	int64_t pause_us;	/* first pause */
};

void window_init(struct window *w, const struct window_rules *rules);
/*
 * How many more requests may start now with in_flight of them running.
 * CLOSED turns into PROBE here when its time is over.
 */
int window_room(struct window *w, int in_flight, int64_t now_us);
/* A request starts: feeds the rate limit.  Returns its era. */
int window_started(struct window *w, int64_t now_us);
void window_success(struct window *w);
void window_failure(struct window *w, int era, int64_t now_us);
/*
 * The receiver asked for a pause until then; 0: it did not say how long,
 * so that the pause is the breaker's own, which doubles each time.
 */
void window_pause(struct window *w, int era, int64_t until_us,
    int64_t now_us);
/* When window_room may say more than 0 again; 0: it depends on answers only. */
int64_t window_opens_at(const struct window *w, int64_t now_us);

#endif
