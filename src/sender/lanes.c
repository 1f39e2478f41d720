/*
 * The scheduler of callhook-sender: deliveries in hand, by lane.  Called by
 * feed.c (adds), sender.c (starts the next), attempt.c (done) and settle.c
 * (forgets); no I/O, the time is told.
 *
 * A delivery is on its lane's waiting list (WAITING) or busy list
 * (IN_FLIGHT, SETTLING).  A lane is on the ready list exactly when something
 * waits, its window has room and nobody has found out since that all that
 * waits is blocked by another event of its call.  When as many are in flight to
 * its host as may be, it is put on the blocked list instead, until one of
 * them ends: what would wait for a connection anyway has no place in flight.
 */
#include "sender/lanes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "sender/delivery.h"
#include "sender/hooks.h"
#include "sender/lane.h"

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

	assert(options->window.cap >= 1 && options->in_flight >= 1 &&
	    options->flying_bytes >= 1);
	if (l == NULL)
		return NULL;
	l->o = *options;
	if (getrandom(&l->seed, sizeof(l->seed), GRND_NONBLOCK) < 0)
		l->seed = (uint64_t)(uintptr_t)l;
	TAILQ_INIT(&l->ready);
	TAILQ_INIT(&l->blocked);
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

void
lanes_remove(struct lanes *l, struct lane *lane)
{
	assert(TAILQ_EMPTY(&lane->waiting) && TAILQ_EMPTY(&lane->busy));
	if (lane->ready)
		TAILQ_REMOVE(&l->ready, lane, ready_link);
	if (lane->blocked)
		TAILQ_REMOVE(&l->blocked, lane, ready_link);
	l->busy -= lane->busy_lane;
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
			lanes_remove(l, lane);
		}
	free(l);
}

struct lane *
lanes_find(const struct lanes *l, const struct id *webhook)
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
	struct lane *lane = lanes_find(l, webhook);

	if (lane != NULL)
		return lane;
	lane = calloc(1, sizeof(*lane));
	if (lane == NULL)
		return NULL;
	lane->webhook = *webhook;
	lane->shard = shard;
	lane->floor = LANE_START;
	lane->whole_at = l->now;
	lane->marked = true;
	window_init(&lane->window, &l->o.window);
	TAILQ_INIT(&lane->waiting);
	TAILQ_INIT(&lane->busy);
	LIST_INSERT_HEAD(&l->by_shard[shard], lane, shard_link);
	LIST_INSERT_HEAD(&l->by_webhook[id_hash(webhook, LANE_BUCKETS)],
	    lane, hash_link);
	return lane;
}

/* A busy lane's part of what may be in hand in all. */
static int
share_of(const struct lanes *l)
{
	int64_t rows = l->o.gulp_rows, each, most;

	if (l->held > 0 && l->bytes > 0) {
		each = l->bytes / l->held + 1;
		most = l->o.gulp_bytes / each;
		if (rows > most)
			rows = most;
	}
	return (int)(l->busy > 1 ? rows / l->busy : rows);
}

int
lanes_capacity(const struct lanes *l, const struct lane *lane)
{
	return lane_capacity(lane, share_of(l));
}

void
lanes_refresh(struct lanes *l, struct lane *lane)
{
	/* Asked always: it turns CLOSED into PROBE when the time has come. */
	int room = window_room(&lane->window, lane->in_flight, l->now);
	bool ready = lane->waiting_n > 0 && room > 0;
	bool busy = lane_load(lane) > 0;
	int64_t at;

	if (lane->blocked && !ready) {
		TAILQ_REMOVE(&l->blocked, lane, ready_link);
		lane->blocked = false;
	}
	ready = ready && !lane->blocked;
	if (ready && !lane->ready)
		TAILQ_INSERT_TAIL(&l->ready, lane, ready_link);
	if (!ready && lane->ready)
		TAILQ_REMOVE(&l->ready, lane, ready_link);
	lane->ready = ready;
	l->busy += (int)busy - (int)lane->busy_lane;
	lane->busy_lane = busy;
	at = window_opens_at(&lane->window, l->now);
	if (at != 0 && (lane->more || lane->waiting_n > 0) &&
	    (l->opens_at == 0 || at < l->opens_at))
		l->opens_at = at;
	if (lane->more && l->o.hungry != NULL &&
	    lane->window.state != WINDOW_CLOSED &&
	    2 * lane_load(lane) <= lanes_capacity(l, lane))
		l->o.hungry(l->o.cookie, lane->shard);
}

/* Final: the delivery is no longer owed once this is settled. */
static bool
is_final(const struct delivery *d)
{
	return d->state == DELIVERY_SETTLING && d->ended != OUTCOME_RETRY;
}

/* Of one call, at one webhook. */
static bool
same_story(const struct delivery *a, const struct delivery *b)
{
	return a != b && a->lane == b->lane && a->call == b->call;
}

/* Start, end, then the changes as they came. */
static bool
is_before(const struct delivery *a, const struct delivery *b)
{
	return a->kind != b->kind ? a->kind < b->kind :
	    memcmp(a->event_id.b, b->event_id.b, sizeof(a->event_id.b)) < 0;
}

static int64_t
bytes_of(const struct delivery *d)
{
	return (int64_t)(d->data.len + d->call_id.len);
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
	if (lane_load(lane) >= lanes_capacity(l, lane)) {
		lane->more = true;
		lane->reads_on = false;
		lane_owes(lane, d->due);
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
	l->bytes += bytes_of(d);
	lane->bytes += bytes_of(d);
	lanes_refresh(l, lane);
	return 0;
}

/*
 * Whoever of d's story may go now: the first of those that wait, or nobody
 * while one of them is in flight.
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
		    is_before(other, first))
			first = other;
	}
	return first;
}

/* Its bucket: two hosts that share one share their room. */
static int
host_of(const struct lanes *l, const struct delivery *d)
{
	uint64_t h = l->seed;
	const char *p;

	if (l->o.host == 0 || d->hook == NULL)
		return -1;
	for (p = d->hook->url.host; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ (uint64_t)d->hook->url.port) * UINT64_C(0x9e3779b97f4a7c15);
	return (int)((h >> 40) % HOST_BUCKETS);
}

/* One of those in flight has ended: whoever waited for it tries again. */
static void
leave_host(struct lanes *l, const struct delivery *d)
{
	struct lane *lane, *next;

	if (d->host < 0)
		return;
	l->hosts[d->host]--;
	for (lane = TAILQ_FIRST(&l->blocked); lane != NULL; lane = next) {
		next = TAILQ_NEXT(lane, ready_link);
		if (lane->host != d->host)
			continue;
		TAILQ_REMOVE(&l->blocked, lane, ready_link);
		lane->blocked = false;
		TAILQ_INSERT_TAIL(&l->ready, lane, ready_link);
		lane->ready = true;
	}
}

/* The lane's first that may go, or NULL: it has none, or its host is full. */
static struct delivery *
first_of_lane(struct lanes *l, struct lane *lane)
{
	struct delivery *d, *first = NULL;

	TAILQ_FOREACH(d, &lane->waiting, link)
		if ((first = first_of_story(l, d)) != NULL)
			break;
	if (first == NULL)
		return NULL;
	first->host = host_of(l, first);
	if (first->host < 0 || l->hosts[first->host] < l->o.host)
		return first;
	lane->blocked = true;
	lane->host = first->host;
	TAILQ_INSERT_TAIL(&l->blocked, lane, ready_link);
	return NULL;
}

struct delivery *
lanes_next(struct lanes *l, int64_t now)
{
	struct delivery *first = NULL;
	struct lane *lane;

	l->now = now;
	if (l->in_flight >= l->o.in_flight || l->flying >= l->o.flying_bytes)
		return NULL;
	while ((lane = TAILQ_FIRST(&l->ready)) != NULL) {
		TAILQ_REMOVE(&l->ready, lane, ready_link);
		lane->ready = false;
		first = first_of_lane(l, lane);
		if (first != NULL)
			break;
	}
	if (first == NULL)
		return NULL;
	TAILQ_REMOVE(&lane->waiting, first, link);
	TAILQ_INSERT_TAIL(&lane->busy, first, link);
	first->state = DELIVERY_IN_FLIGHT;
	first->era = window_started(&lane->window, now);
	if (first->host >= 0)
		l->hosts[first->host]++;
	lane->waiting_n--;
	lane->in_flight++;
	l->in_flight++;
	l->flying += bytes_of(first);
	lanes_refresh(l, lane);
	return first;
}

/* What waits beyond a window that has shrunk is left to a later read. */
static void
lane_trim(struct lanes *l, struct lane *lane)
{
	struct delivery *d;
	int most = lanes_capacity(l, lane);

	while (lane->waiting_n > 0 && lane_load(lane) > most) {
		d = TAILQ_LAST(&lane->waiting, delivery_queue);
		lane->more = true;
		lanes_forget(l, d);
	}
}

void
lanes_pause(struct lanes *l, struct delivery *d, int64_t until, int64_t now)
{
	assert(d->state == DELIVERY_IN_FLIGHT);
	l->now = now;
	window_pause(&d->lane->window, d->era, until, now);
}

void
lanes_done(struct lanes *l, struct delivery *d, enum outcome ended,
    enum outcome_health health, int64_t now)
{
	struct lane *lane = d->lane;
	struct delivery *other;

	l->now = now;
	assert(d->state == DELIVERY_IN_FLIGHT);
	d->state = DELIVERY_SETTLING;
	d->ended = ended;
	lane->in_flight--;
	lane->settling++;
	l->in_flight--;
	leave_host(l, d);
	if (d->kind != EVENT_CALL_START && is_final(d))
		LIST_FOREACH(other, &l->by_call[call_hash(lane, d->call)],
		    by_call)
			if (same_story(d, other) &&
			    other->kind == EVENT_CALL_START)
				other->superseded = true;
	lane_count(lane, now);
	if (health == OUTCOME_HEALTHY)
		window_success(&lane->window);
	else if (health == OUTCOME_SICK)
		window_failure(&lane->window, d->era, now);
	if (lane->window.state == WINDOW_CLOSED)
		lane->more = true;	/* until a read says otherwise */
	if (health != OUTCOME_HEALTHY)
		lane_trim(l, lane);
	lanes_refresh(l, lane);
}

void
lanes_give_back(struct lanes *l, const struct id *webhook)
{
	struct lane *lane = lanes_find(l, webhook);
	struct delivery *d;

	if (lane == NULL)
		return;
	while ((d = TAILQ_FIRST(&lane->waiting)) != NULL) {
		lane->more = true;
		lanes_forget(l, d);
	}
}

void
lanes_forget(struct lanes *l, struct delivery *d)
{
	struct lane *lane = d->lane;

	if (d->state != DELIVERY_SETTLING) {	/* it is still owed */
		lane->reads_on = false;
		lane_owes(lane, d->due);
	} else {
		lane->traces++;
		if (d->ended == OUTCOME_RETRY && d->due < lane->floor)
			lane->floor = d->due;
	}
	if (d->state == DELIVERY_WAITING) {
		TAILQ_REMOVE(&lane->waiting, d, link);
		lane->waiting_n--;
	} else {
		TAILQ_REMOVE(&lane->busy, d, link);
		if (d->state == DELIVERY_IN_FLIGHT) {
			lane->in_flight--;
			l->in_flight--;
			leave_host(l, d);
		} else {
			lane->settling--;
		}
	}
	LIST_REMOVE(d, by_id);
	LIST_REMOVE(d, by_call);
	l->in_shard[d->shard]--;
	l->held--;
	l->bytes -= bytes_of(d);
	lane->bytes -= bytes_of(d);
	if (d->state != DELIVERY_WAITING)
		l->flying -= bytes_of(d);
	l->o.release(d);
	lanes_refresh(l, lane);
}
