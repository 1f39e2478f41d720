/*
 * The window of a lane: additive growth, halving, circuit breaker with a
 * probe, rate limit.  The model is Postfix's queue manager: what fails in a
 * row closes, what opens again opens slowly.  Pure; called by sender/lanes.c.
 */
#include "hook/window.h"

/* What the rate limit grants at once after a rest: this much time's worth. */
#define BURST_US 100000

void
window_init(struct window *w, const struct window_rules *rules)
{
	*w = (struct window){
		.state = WINDOW_OPEN,
		.cap = rules->cap,
		.size = WINDOW_START < rules->cap ? WINDOW_START : rules->cap,
		.first_us = rules->pause_us,
		.pause_us = rules->pause_us,
		.rate_us = rules->rate > 0 ? 1000000 / rules->rate : 0,
	};
}

/* How many starts the rate limit grants now. */
static int
rate_room(const struct window *w, int64_t now_us)
{
	int64_t behind;

	if (w->rate_us == 0)
		return w->cap;
	behind = now_us - w->next_us;
	if (behind < 0)
		return 0;
	if (behind > BURST_US)
		behind = BURST_US;
	return (int)(behind / w->rate_us) + 1;
}

int
window_room(struct window *w, int in_flight, int64_t now_us)
{
	int room, rate;

	if (w->state == WINDOW_CLOSED && now_us >= w->until_us)
		w->state = WINDOW_PROBE;
	switch (w->state) {
	case WINDOW_CLOSED:
		return 0;
	case WINDOW_PROBE:
		room = 1 - in_flight;
		break;
	case WINDOW_OPEN:
	default:
		room = (int)w->size - in_flight;
		break;
	}
	rate = rate_room(w, now_us);
	if (room > rate)
		room = rate;
	return room > 0 ? room : 0;
}

int
window_started(struct window *w, int64_t now_us)
{
	if (w->rate_us != 0) {
		if (w->next_us < now_us - BURST_US)
			w->next_us = now_us - BURST_US;
		w->next_us += w->rate_us;
	}
	return w->era;
}

void
window_success(struct window *w)
{
	w->failures = 0;
	w->pause_us = w->first_us;
	if (w->state == WINDOW_PROBE) {
		w->state = WINDOW_OPEN;
		w->size = 1;
	} else if (w->state == WINDOW_OPEN) {
		w->size += w->steady ? 1 / w->size : 1;
	}
	if (w->size > w->cap)
		w->size = w->cap;
}

/* For the breaker's own pause, which doubles. */
static void
close_window(struct window *w, int64_t now_us)
{
	w->state = WINDOW_CLOSED;
	w->era++;
	w->until_us = now_us + w->pause_us;
	w->pause_us *= 2;
	if (w->pause_us > WINDOW_PAUSE_GROWTH * w->first_us)
		w->pause_us = WINDOW_PAUSE_GROWTH * w->first_us;
}

void
window_failure(struct window *w, int era, int64_t now_us)
{
	w->steady = true;
	if (w->state == WINDOW_CLOSED)
		return;
	if (w->failures < WINDOW_FAILURES)
		w->failures++;
	if (w->state == WINDOW_PROBE) {
		if (era == w->era)
			close_window(w, now_us);
		return;
	}
	if (era == w->era) {
		w->era++;
		w->size /= 2;
		if (w->size < 1)
			w->size = 1;
	}
	if (w->failures >= WINDOW_FAILURES)
		close_window(w, now_us);
}

void
window_pause(struct window *w, int era, int64_t until_us, int64_t now_us)
{
	w->steady = true;
	if (w->state != WINDOW_CLOSED && (until_us > now_us || era == w->era))
		close_window(w, now_us);
	else if (w->state != WINDOW_CLOSED)
		return;
	else if (until_us <= w->until_us)
		return;
	if (until_us > now_us)
		w->until_us = until_us;
}

int64_t
window_opens_at(const struct window *w, int64_t now_us)
{
	if (w->state == WINDOW_CLOSED)
		return w->until_us;
	if (w->rate_us != 0 && w->next_us > now_us)
		return w->next_us;
	return 0;
}
