/*
 * What concerns many lanes at once: opening those whose pause is over,
 * dropping what waits, sweeping, and what a read has to know of them.  The
 * second half of lanes.c, called by sender.c, feed.c and due.c.
 */
#include "sender/lanes.h"

#include <assert.h>
#include <stddef.h>

#include "sender/delivery.h"
#include "sender/lane.h"

int64_t
lanes_opens_at(const struct lanes *l)
{
	return l->opens_at;
}

void
lanes_open(struct lanes *l, int64_t now)
{
	struct lane *lane;
	int i;

	l->now = now;
	l->opens_at = 0;
	for (i = 0; i < SHARDS; i++)
		LIST_FOREACH(lane, &l->by_shard[i], shard_link)
			lanes_refresh(l, lane);
}

void
lanes_drop_waiting(struct lanes *l, int shard)
{
	struct delivery *d;
	struct lane *lane;
	int i;

	for (i = 0; i < SHARDS; i++) {
		if (shard >= 0 && i != shard)
			continue;
		LIST_FOREACH(lane, &l->by_shard[i], shard_link) {
			while ((d = TAILQ_FIRST(&lane->waiting)) != NULL) {
				lane->more = false;
				lanes_forget(l, d);
			}
			lane->floor = LANE_START;
		}
	}
}

void
lanes_drop_flying(struct lanes *l)
{
	struct delivery *d, *next;
	struct lane *lane;
	int i;

	for (i = 0; i < SHARDS; i++)
		LIST_FOREACH(lane, &l->by_shard[i], shard_link)
			for (d = TAILQ_FIRST(&lane->busy); d != NULL;
			    d = next) {
				next = TAILQ_NEXT(d, link);
				if (d->state == DELIVERY_IN_FLIGHT)
					lanes_forget(l, d);
			}
}

void
lanes_drop(struct lanes *l, int shard)
{
	struct delivery *d;
	struct lane *lane;

	lanes_drop_waiting(l, shard);
	LIST_FOREACH(lane, &l->by_shard[shard], shard_link) {
		lane->more = false;
		while ((d = TAILQ_FIRST(&lane->busy)) != NULL)
			lanes_forget(l, d);
	}
}

void
lanes_sweep(struct lanes *l, int64_t then, int64_t idle)
{
	struct lane *lane, *next_lane;
	struct delivery *d, *next;
	int i;

	for (i = 0; i < SHARDS; i++) {
		for (lane = LIST_FIRST(&l->by_shard[i]); lane != NULL;
		    lane = next_lane) {
			next_lane = LIST_NEXT(lane, shard_link);
			lane->reads_on = false;
			lane->traces -= lane->traces / LANE_TRACES;
			for (d = TAILQ_FIRST(&lane->waiting); d != NULL;
			    d = next) {
				next = TAILQ_NEXT(d, link);
				if (d->read_at >= then)
					continue;
				lane->more = true;
				lanes_forget(l, d);
			}
			lane_rest(lane, l->now);
			if (lane_is_idle(lane, idle))
				lanes_remove(l, lane);
		}
	}
}

int
lanes_held(const struct lanes *l)
{
	return l->held;
}

int
lanes_in_flight(const struct lanes *l)
{
	return l->in_flight;
}

int64_t
lanes_bytes(const struct lanes *l)
{
	return l->bytes - l->flying;
}

int
lanes_in_shard(const struct lanes *l, int shard)
{
	return l->in_shard[shard];
}

int
lanes_appetite(const struct lanes *l)
{
	return 2 * (l->o.window.cap < WINDOW_START ?
	    l->o.window.cap : WINDOW_START);
}

int
lanes_takes(const struct lanes *l, const struct id *webhook)
{
	const struct lane *lane = lanes_find(l, webhook);

	return lane == NULL ? lanes_appetite(l) : lanes_capacity(l, lane);
}

void
lanes_each_room(struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct lanes_room *room), void *cookie)
{
	struct lanes_room room;
	struct lane *lane;
	int load, most;

	LIST_FOREACH(lane, &l->by_shard[shard], shard_link) {
		lane_begin_look(lane, l->now);
		if (!lane_is_known(lane))
			continue;
		load = lane_load(lane);
		most = lanes_capacity(l, lane);
		if (most == 0 || 2 * load > most) {
			lane->more = true;
			most = load;
		}
		room.webhook = &lane->webhook;
		room.rows = most - load;
		room.after = lane->reads_on ? &lane->after : NULL;
		room.after_due = lane->reads_on ? lane->after_due :
		    lane->floor;
		room.from_start = !lane->reads_on && lane->floor == LANE_START;
		fn(cookie, &room);
	}
}

void
lanes_each_in_hand(const struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct id *delivery), void *cookie)
{
	const struct lane *lane;
	const struct delivery *d;

	LIST_FOREACH(lane, &l->by_shard[shard], shard_link) {
		if (lane->reads_on)
			continue;
		TAILQ_FOREACH(d, &lane->busy, link)
			fn(cookie, &d->id);
		TAILQ_FOREACH(d, &lane->waiting, link)
			fn(cookie, &d->id);
	}
}

void
lanes_looked(struct lanes *l, int shard, const struct lanes_look *look)
{
	struct lane *lane = lanes_find(l, look->webhook);

	assert(lane == NULL || lane->shard == shard);
	if (lane == NULL)
		return;
	lane->more = !look->paused && (look->full || !look->whole);
	lane->reads_on = !look->paused && look->full && look->whole &&
	    lane->marked;
	if (!look->paused && look->whole)
		lane_looked(lane, look->at, look->full, look->due);
	lane->after_due = look->due;
	lane->after = look->id;
}

int
lanes_window(const struct lanes *l, const struct id *webhook)
{
	const struct lane *lane = lanes_find(l, webhook);

	if (lane == NULL || lane->window.state == WINDOW_CLOSED)
		return 0;
	return lane->window.state == WINDOW_PROBE ? 1 :
	    (int)lane->window.size;
}

void
lanes_count(const struct lanes *l, int *open, int *closed)
{
	const struct lane *lane;
	int i;

	*open = *closed = 0;
	for (i = 0; i < SHARDS; i++)
		LIST_FOREACH(lane, &l->by_shard[i], shard_link)
			++*(lane->window.state == WINDOW_OPEN ? open : closed);
}
