/*
 * The scheduler of callhook-sender: deliveries in hand, by lane.  Called by
 * feed.c (adds), sender.c (starts the next), attempt.c (done) and settle.c
 * (forgets); no I/O, no clock.
 *
 * A delivery is on its lane's waiting list (WAITING) or busy list
 * (IN_FLIGHT, SETTLING).  A lane is on the ready list exactly when something
 * waits, its window has room and nobody has found out since that all that
 * waits is blocked by the other half of its call.  lane_refresh alone moves
 * lanes on and off that list.
 */
#include "sender/lanes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "sender/delivery.h"

enum { LANE_BUCKETS = 4096, ID_BUCKETS = 8192, CALL_BUCKETS = 8192 };

TAILQ_HEAD(delivery_queue, delivery);
LIST_HEAD(delivery_chain, delivery);
TAILQ_HEAD(lane_queue, lane);
LIST_HEAD(lane_chain, lane);

struct lane {
	struct id webhook;
	int shard;
	struct delivery_queue waiting;
	struct delivery_queue busy;
	int waiting_n;
	int in_flight;
	int settling;
	int window;
	int credit;		/* successes since the window last changed */
	int era;		/* grows when the window is halved */
	bool more;		/* its shard owes more than is in hand */
	bool ready;		/* on the ready list */
	int64_t used_at;	/* read_at of the last delivery */
	TAILQ_ENTRY(lane) ready_link;
	LIST_ENTRY(lane) shard_link;
	LIST_ENTRY(lane) hash_link;
};

struct lanes {
	struct lanes_options o;
	struct lane_queue ready;
	struct lane_chain by_shard[SHARDS];
	struct lane_chain by_webhook[LANE_BUCKETS];
	struct delivery_chain by_id[ID_BUCKETS];
	struct delivery_chain by_call[CALL_BUCKETS];
	int in_shard[SHARDS];
	int held;
	int in_flight;
	int64_t bytes;
};

/* Ids are UUIDv7: their last bytes are random. */
static unsigned
id_hash(const struct id *id, unsigned buckets)
{
	uint32_t h;

	memcpy(&h, id->b + 12, sizeof(h));
	return h % buckets;
}

static unsigned
call_hash(const struct lane *lane, int64_t call)
{
	uint64_t h = (uint64_t)call ^ ((uint64_t)(uintptr_t)lane >> 4);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned)(h >> 40) % CALL_BUCKETS;
}

struct lanes *
lanes_new(const struct lanes_options *options)
{
	struct lanes *l = calloc(1, sizeof(*l));
	size_t i;

	assert(options->window >= 1 && options->in_flight >= 1);
	if (l == NULL)
		return NULL;
	l->o = *options;
	TAILQ_INIT(&l->ready);
	for (i = 0; i < SHARDS; i++)
		LIST_INIT(&l->by_shard[i]);
	for (i = 0; i < LANE_BUCKETS; i++)
		LIST_INIT(&l->by_webhook[i]);
	for (i = 0; i < ID_BUCKETS; i++)
		LIST_INIT(&l->by_id[i]);
	for (i = 0; i < CALL_BUCKETS; i++)
		LIST_INIT(&l->by_call[i]);
	return l;
}

static void
lane_free(struct lanes *l, struct lane *lane)
{
	assert(TAILQ_EMPTY(&lane->waiting) && TAILQ_EMPTY(&lane->busy));
	if (lane->ready)
		TAILQ_REMOVE(&l->ready, lane, ready_link);
	LIST_REMOVE(lane, shard_link);
	LIST_REMOVE(lane, hash_link);
	free(lane);
}

void
lanes_free(struct lanes *l)
{
	struct lane *lane;
	struct delivery *d;
	int i;

	if (l == NULL)
		return;
	l->o.hungry = NULL;
	for (i = 0; i < SHARDS; i++)
		while ((lane = LIST_FIRST(&l->by_shard[i])) != NULL) {
			while ((d = TAILQ_FIRST(&lane->busy)) != NULL)
				lanes_forget(l, d);
			while ((d = TAILQ_FIRST(&lane->waiting)) != NULL)
				lanes_forget(l, d);
			lane_free(l, lane);
		}
	free(l);
}

static struct lane *
lane_find(const struct lanes *l, const struct id *webhook)
{
	struct lane *lane;

	LIST_FOREACH(lane, &l->by_webhook[id_hash(webhook, LANE_BUCKETS)],
	    hash_link)
		if (id_eq(&lane->webhook, webhook))
			return lane;
	return NULL;
}

static struct lane *
lane_get(struct lanes *l, int shard, const struct id *webhook)
{
	struct lane *lane = lane_find(l, webhook);

	if (lane != NULL)
		return lane;
	lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return NULL;
	lane->webhook = *webhook;
	lane->shard = shard;
	lane->window = LANES_WINDOW_START < l->o.window ?
	    LANES_WINDOW_START : l->o.window;
	TAILQ_INIT(&lane->waiting);
	TAILQ_INIT(&lane->busy);
	LIST_INSERT_HEAD(&l->by_shard[shard], lane, shard_link);
	LIST_INSERT_HEAD(&l->by_webhook[id_hash(webhook, LANE_BUCKETS)],
	    lane, hash_link);
	return lane;
}

/* Enough to fill the window again while the next read is under way. */
static int
lane_capacity(const struct lane *lane)
{
	return 2 * lane->window;
}

static int
lane_load(const struct lane *lane)
{
	return lane->waiting_n + lane->in_flight;
}

static void
lane_refresh(struct lanes *l, struct lane *lane)
{
	bool ready = lane->waiting_n > 0 && lane->in_flight < lane->window;

	if (ready && !lane->ready)
		TAILQ_INSERT_TAIL(&l->ready, lane, ready_link);
	if (!ready && lane->ready)
		TAILQ_REMOVE(&l->ready, lane, ready_link);
	lane->ready = ready;
	if (lane->more && l->o.hungry != NULL &&
	    2 * lane_load(lane) <= lane_capacity(lane))
		l->o.hungry(l->o.cookie, lane->shard);
}

/* Final: the delivery is no longer owed once this is settled. */
static bool
is_final(const struct delivery *d)
{
	return d->state == DELIVERY_SETTLING && d->ended != OUTCOME_RETRY;
}

static bool
same_story(const struct delivery *a, const struct delivery *b)
{
	return a->lane == b->lane && a->call == b->call &&
	    a->kind != b->kind;
}

int
lanes_add(struct lanes *l, struct delivery *d)
{
	struct delivery *other;
	struct lane *lane;
	unsigned at = id_hash(&d->id, ID_BUCKETS);

	LIST_FOREACH(other, &l->by_id[at], by_id)
		if (id_eq(&other->id, &d->id))
			return ERR_EXISTS;
	lane = lane_get(l, d->shard, &d->webhook_id);
	if (lane == NULL)
		return ERR_NOMEM;
	lane->used_at = d->read_at;
	if (lane_load(lane) >= lane_capacity(lane)) {
		lane->more = true;
		return ERR_TOO_BIG;
	}
	d->lane = lane;
	d->state = DELIVERY_WAITING;
	if (d->kind == EVENT_CALL_START)
		LIST_FOREACH(other, &l->by_call[call_hash(lane, d->call)],
		    by_call)
			if (same_story(d, other) && is_final(other))
				d->superseded = true;
	LIST_INSERT_HEAD(&l->by_id[at], d, by_id);
	LIST_INSERT_HEAD(&l->by_call[call_hash(lane, d->call)], d, by_call);
	TAILQ_INSERT_TAIL(&lane->waiting, d, link);
	lane->waiting_n++;
	l->in_shard[d->shard]++;
	l->held++;
	l->bytes += (int64_t)(d->data.len + d->call_id.len);
	lane_refresh(l, lane);
	return 0;
}

/*
 * Whoever of d's story may go now: d, its start when d is an end and both
 * wait, or nobody while the other half is in flight.
 */
static struct delivery *
first_of_story(const struct lanes *l, struct delivery *d)
{
	struct delivery *first = d, *other;

	LIST_FOREACH(other, &l->by_call[call_hash(d->lane, d->call)],
	    by_call) {
		if (!same_story(d, other))
			continue;
		if (other->state == DELIVERY_IN_FLIGHT)
			return NULL;
		if (other->state == DELIVERY_WAITING &&
		    other->kind == EVENT_CALL_START)
			first = other;
	}
	return first;
}

struct delivery *
lanes_next(struct lanes *l)
{
	struct delivery *d, *first = NULL;
	struct lane *lane;

	if (l->in_flight >= l->o.in_flight)
		return NULL;
	while ((lane = TAILQ_FIRST(&l->ready)) != NULL) {
		TAILQ_REMOVE(&l->ready, lane, ready_link);
		lane->ready = false;
		TAILQ_FOREACH(d, &lane->waiting, link)
			if ((first = first_of_story(l, d)) != NULL)
				break;
		if (first != NULL)
			break;
	}
	if (first == NULL)
		return NULL;
	TAILQ_REMOVE(&lane->waiting, first, link);
	TAILQ_INSERT_TAIL(&lane->busy, first, link);
	first->state = DELIVERY_IN_FLIGHT;
	first->era = lane->era;
	lane->waiting_n--;
	lane->in_flight++;
	l->in_flight++;
	lane_refresh(l, lane);
	return first;
}

/*
 * The window learns.  Of many requests that fail together only those started
 * since the last halving count: one outage halves once a round.
 */
static void
lane_learn(const struct lanes *l, struct lane *lane,
    const struct delivery *d, enum outcome_health health)
{
	if (health == OUTCOME_HEALTHY && ++lane->credit >= lane->window) {
		lane->credit = 0;
		if (lane->window < l->o.window)
			lane->window++;
	} else if (health == OUTCOME_SICK && d->era == lane->era) {
		lane->credit = 0;
		lane->era++;
		if (lane->window > 1)
			lane->window /= 2;
	}
}

/* What waits beyond a window that has shrunk is left to a later read. */
static void
lane_trim(struct lanes *l, struct lane *lane)
{
	struct delivery *d;

	while (lane->waiting_n > 0 && lane_load(lane) > lane_capacity(lane)) {
		d = TAILQ_LAST(&lane->waiting, delivery_queue);
		lane->more = true;
		lanes_forget(l, d);
	}
}

void
lanes_done(struct lanes *l, struct delivery *d, enum outcome ended,
    enum outcome_health health)
{
	struct lane *lane = d->lane;
	struct delivery *other;

	assert(d->state == DELIVERY_IN_FLIGHT);
	d->state = DELIVERY_SETTLING;
	d->ended = ended;
	lane->in_flight--;
	lane->settling++;
	l->in_flight--;
	if (d->kind == EVENT_CALL_END && is_final(d))
		LIST_FOREACH(other, &l->by_call[call_hash(lane, d->call)],
		    by_call)
			if (same_story(d, other))
				other->superseded = true;
	lane_learn(l, lane, d, health);
	lane_trim(l, lane);
	lane_refresh(l, lane);
}

void
lanes_forget(struct lanes *l, struct delivery *d)
{
	struct lane *lane = d->lane;

	if (d->state == DELIVERY_WAITING) {
		TAILQ_REMOVE(&lane->waiting, d, link);
		lane->waiting_n--;
	} else {
		TAILQ_REMOVE(&lane->busy, d, link);
		if (d->state == DELIVERY_IN_FLIGHT) {
			lane->in_flight--;
			l->in_flight--;
		} else {
			lane->settling--;
		}
	}
	LIST_REMOVE(d, by_id);
	LIST_REMOVE(d, by_call);
	l->in_shard[d->shard]--;
	l->held--;
	l->bytes -= (int64_t)(d->data.len + d->call_id.len);
	l->o.release(d);
	lane_refresh(l, lane);
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
		LIST_FOREACH(lane, &l->by_shard[i], shard_link)
			while ((d = TAILQ_FIRST(&lane->waiting)) != NULL) {
				lane->more = false;
				lanes_forget(l, d);
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
			for (d = TAILQ_FIRST(&lane->waiting); d != NULL;
			    d = next) {
				next = TAILQ_NEXT(d, link);
				if (d->read_at >= then)
					continue;
				lane->more = true;
				lanes_forget(l, d);
			}
			if (lane->used_at < idle && lane->settling == 0 &&
			    lane_load(lane) == 0)
				lane_free(l, lane);
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
	return l->bytes;
}

int
lanes_in_shard(const struct lanes *l, int shard)
{
	return l->in_shard[shard];
}

int
lanes_appetite(const struct lanes *l, int shard)
{
	int most = 2 * (l->o.window < LANES_WINDOW_START ?
	    l->o.window : LANES_WINDOW_START);
	const struct lane *lane;
	int room;

	LIST_FOREACH(lane, &l->by_shard[shard], shard_link) {
		room = lane_capacity(lane) - lane_load(lane);
		if (room > most)
			most = room;
	}
	return most;
}

void
lanes_each_full(const struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct id *webhook), void *cookie)
{
	struct lane *lane;

	LIST_FOREACH(lane, &l->by_shard[shard], shard_link)
		if (2 * lane_load(lane) > lane_capacity(lane)) {
			lane->more = true;
			fn(cookie, &lane->webhook);
		}
}

void
lanes_each_in_hand(const struct lanes *l, int shard,
    void (*fn)(void *cookie, const struct id *delivery), void *cookie)
{
	const struct lane *lane;
	const struct delivery *d;

	LIST_FOREACH(lane, &l->by_shard[shard], shard_link) {
		TAILQ_FOREACH(d, &lane->busy, link)
			fn(cookie, &d->id);
		TAILQ_FOREACH(d, &lane->waiting, link)
			fn(cookie, &d->id);
	}
}

void
lanes_set_more(struct lanes *l, int shard, const struct id *webhook,
    bool more)
{
	struct lane *lane = lane_find(l, webhook);

	assert(lane == NULL || lane->shard == shard);
	if (lane != NULL)
		lane->more = more;
}

int
lanes_window(const struct lanes *l, const struct id *webhook)
{
	const struct lane *lane = lane_find(l, webhook);

	return lane == NULL ? 0 : lane->window;
}
