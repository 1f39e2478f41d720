/*
 * When the outbox is read, in callhook-sender.  Each open shard is idle or
 * reading; a pass is a round of reads from its cursor over all its
 * webhooks and back to where it began.  What is wanted (woken, hungry, due for
 * a look) begins a pass; feed_run alone starts reads.
 *
 * One statement looks at all idle shards at once, because 64 of them every
 * 250 ms would cost an idle machine more than all the rest.  A distributed
 * database that refuses it is polled shard by shard.
 */
#include "sender/feed.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/id.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/sql_statements.h"
#include "sender/delivery.h"
#include "sender/due.h"
#include "sender/lanes.h"

enum {
	READ_ROWS = 2048,	/* most rows of one read */
	READ_MIN = 16,		/* fewer are not worth a read */
	READ_SHARE = 4,		/* of the bytes, for one read */
	BUSY_US = 1000000,	/* so long after work it is looked at often */
	LATE_US = 5000000,	/* ids of what is new are not older */
	WHOLE_US = 2000000,	/* between looks that see what is older */
};

struct feed_shard {
	struct feed *feed;
	bool open;
	bool reading;
	bool wanted;		/* begin a pass */
	bool in_pass;
	bool wrapped;		/* the pass came to the end once */
	int turn;		/* changes when the shard is opened */
	int reading_turn;
	int reserved;		/* rows of the read under way */
	struct id began;	/* cursor at the beginning of the pass */
	struct id cursor;
	int64_t next_look;	/* mono us: a look before is not worth it */
	int64_t due_at;		/* mono us: more will be due; 0: unknown */
	int64_t found_at;	/* the same, as this pass found it so far */
	int64_t interval;	/* us between looks that find it owing */
};

struct feed {
	struct feed_options o;
	struct feed_shard shards[SHARDS];
	struct loop_timer *timer;
	struct loop_timer *due;	/* the first of the shards' due_at */
	int64_t rings_at;
	int64_t whole_look;	/* mono us: then a look sees old rows too */
	bool looking;
	bool single;		/* the look at all shards is refused */
	int first;		/* fairness: the shard to begin with */
	int reserved;
	int64_t interval;	/* us between looks */
	int64_t looks_at;	/* mono us: the next one */
	int64_t worked_at;
	int64_t row_bytes;	/* of late */
	int64_t reads, rows;
};

static void on_timer(void *cookie);
static void on_due(void *cookie);
static void await_due(struct feed *f, const struct feed_shard *s);

/*
 * After the interval at the latest.  Never later than it was to be: whoever
 * is always at work would not look at the others at all.
 */
static void
look_soon(struct feed *f)
{
	int64_t at = loop_now(f->o.loop) + f->interval;

	if (loop_timer_armed(f->timer) && f->looks_at <= at)
		return;
	f->looks_at = at;
	loop_timer_arm(f->timer, f->interval);
}

struct feed *
feed_new(const struct feed_options *options)
{
	struct feed *f = calloc(1, sizeof(*f));
	int i;

	if (f == NULL)
		return NULL;
	f->o = *options;
	f->row_bytes = 2048;
	f->interval = options->poll_busy * 1000;
	for (i = 0; i < SHARDS; i++)
		f->shards[i].feed = f;
	f->timer = loop_timer_new(f->o.loop, on_timer, f);
	f->due = loop_timer_new(f->o.loop, on_due, f);
	if (f->timer == NULL || f->due == NULL) {
		feed_free(f);
		return NULL;
	}
	look_soon(f);
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	loop_timer_free(f->timer);
	loop_timer_free(f->due);
	free(f);
}

void
feed_open(struct feed *f, int shard)
{
	struct feed_shard *s = &f->shards[shard];

	s->open = s->wanted = true;
	s->in_pass = s->wrapped = false;
	s->due_at = 0;
	s->turn++;
	memset(&s->cursor, 0, sizeof(s->cursor));
	s->interval = f->o.poll_busy * 1000;
}

void
feed_close(struct feed *f, int shard)
{
	f->shards[shard].open = false;
	f->shards[shard].in_pass = f->shards[shard].wanted = false;
}

void
feed_wake(struct feed *f, int shard)
{
	if (shard >= 0 && shard < SHARDS && f->shards[shard].open)
		f->shards[shard].wanted = true;
}

int64_t
feed_reads(const struct feed *f)
{
	return f->reads;
}

int64_t
feed_rows(const struct feed *f)
{
	return f->rows;
}

void
feed_release(struct delivery *d)
{
	due_release(d);
}

/* Has the pass seen all webhooks?  Moves the cursor. */
static bool
pass_is_over(struct feed_shard *s, const struct due_answer *a)
{
	struct id zero = { { 0 } };

	if (a->cut && a->lanes_n > 0) {
		s->cursor = a->lanes[a->lanes_n - 1].webhook;
		return s->wrapped &&
		    memcmp(s->cursor.b, s->began.b, sizeof(s->cursor.b)) >= 0;
	}
	s->cursor = zero;
	if (s->wrapped || id_eq(&s->began, &zero))
		return true;
	s->wrapped = true;
	return false;
}

/* The sooner of two times, 0: none. */
static int64_t
sooner(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Hands the rows of one lane over; look gets what was found. */
static int
take_lane(struct feed *f, struct delivery *const *v, int n,
    struct lanes_look *look)
{
	int i, rc, taken = 0;

	for (i = 0; i < n; i++) {
		look->id = v[i]->id;
		look->due = v[i]->due;
		rc = lanes_add(f->o.lanes, v[i]);
		if (rc == 0) {
			taken++;
			continue;
		}
		/* Nothing was claimed: it is read again. */
		due_release(v[i]);
		look->whole = look->whole && rc == ERR_EXISTS;
	}
	return taken;
}

static int
take(struct feed *f, struct feed_shard *s, const struct due_answer *a)
{
	int64_t now = loop_now(f->o.loop);
	int i, at = 0, n = 0;

	for (i = 0; i < a->lanes_n; i++) {
		const struct due_lane *lane = &a->lanes[i];
		struct lanes_look look = {
			.webhook = &lane->webhook, .at = a->at, .whole = true,
			.paused = lane->paused,
			.full = lane->rows > 0 && (lane->rows >= lane->room ||
			    (a->cut && i == a->lanes_n - 1)),
		};

		n += take_lane(f, a->deliveries + at, lane->rows, &look);
		at += lane->rows;
		lanes_looked(f->o.lanes, (int)(s - f->shards), &look);
		if (lane->wait >= 0)
			s->found_at = sooner(s->found_at, now + lane->wait);
	}
	assert(at == a->n);
	return n;
}

static void
on_read(void *cookie, enum err err, const struct due_answer *a)
{
	struct feed_shard *s = cookie;
	struct feed *f = s->feed;
	int64_t now = loop_now(f->o.loop), idle = f->o.poll_idle * 1000;
	int i, n, shard = (int)(s - f->shards);

	s->reading = false;
	f->reserved -= s->reserved;
	if (err != 0 || !s->open || s->turn != s->reading_turn) {
		for (i = 0; err == 0 && i < a->n; i++)
			due_release(a->deliveries[i]);
		if (err != 0 && err != ERR_DB_DOWN && err != ERR_CLOSED)
			log_warn("sender.read_failed", LI("shard", shard),
			    LS("error", err_text(err)),
			    LS("message", dbasync_error(f->o.db)));
		s->in_pass = false;
		s->next_look = now + idle;
		return;
	}
	n = take(f, s, a);
	f->rows += n;
	if (a->n > 0)
		f->row_bytes = (f->row_bytes * 3 + a->bytes / a->n) / 4 + 1;
	if (n > 0) {
		f->worked_at = now;
		f->interval = f->o.poll_busy * 1000;
		look_soon(f);
		s->interval = f->interval;
	} else if (s->interval < idle) {
		s->interval = s->interval * 2 < idle ? s->interval * 2 : idle;
	}
	s->next_look = now + s->interval;
	if (pass_is_over(s, a)) {
		s->in_pass = false;
		s->due_at = s->found_at;
		await_due(f, s);
	}
	f->o.fed(f->o.cookie);
}

static bool
read_shard(struct feed *f, struct feed_shard *s)
{
	struct due_options due = {
		.db = f->o.db, .hooks = f->o.hooks, .lanes = f->o.lanes,
		.shard = (int)(s - f->shards),
	};
	int64_t room = f->o.held - lanes_held(f->o.lanes) - f->reserved;
	int64_t bytes = (f->o.bytes - lanes_bytes(f->o.lanes)) /
	    f->row_bytes - f->reserved;

	room = room < READ_ROWS ? room : READ_ROWS;
	if (room < READ_MIN)
		return false;
	if (room > bytes)	/* large payloads: few at a time */
		room = bytes;
	if (room < 1)
		return false;
	due.rows = (int)room;
	due.bytes = f->o.bytes / READ_SHARE;
	due.per_lane = lanes_appetite(f->o.lanes);
	if (due.per_lane > due.rows)
		due.per_lane = due.rows;
	if (!s->in_pass) {
		s->in_pass = true;
		s->wrapped = false;
		s->wanted = false;
		s->due_at = s->found_at = 0;
		s->began = s->cursor;
	}
	due.after = s->cursor;
	s->reading_turn = s->turn;
	if (due_read(&due, on_read, s) != 0)
		return false;
	s->reading = true;
	s->reserved = due.rows;
	f->reserved += s->reserved;
	f->reads++;
	return true;
}

/* One timer for all shards: when the first of them has more that is due. */
static void
await_due(struct feed *f, const struct feed_shard *s)
{
	int64_t now = loop_now(f->o.loop), at = s->due_at;

	if (at == 0)
		return;
	if (at < s->next_look)
		at = s->next_look;
	if (loop_timer_armed(f->due) && f->rings_at <= at)
		return;
	f->rings_at = at;
	loop_timer_arm(f->due, at > now ? at - now : 0);
}

static void
on_due(void *cookie)
{
	struct feed *f = cookie;
	int64_t now = loop_now(f->o.loop);
	int i;

	for (i = 0; i < SHARDS; i++) {
		struct feed_shard *s = &f->shards[i];

		if (!s->open || s->due_at == 0)
			continue;
		if (s->due_at <= now && s->next_look <= now) {
			s->due_at = 0;
			s->wanted = true;
		} else {
			await_due(f, s);
		}
	}
	feed_run(f);
}

void
feed_expect(struct feed *f, int shard, int64_t due)
{
	struct feed_shard *s = &f->shards[shard];
	int64_t at = loop_now(f->o.loop) + due - clock_real_us();

	if (!s->open)
		return;
	s->due_at = sooner(s->due_at, at);
	s->found_at = sooner(s->found_at, at);
	await_due(f, s);
}

void
feed_run(struct feed *f)
{
	struct feed_shard *s;
	int i, at;

	if (!dbasync_is_up(f->o.db))
		return;
	for (i = 0; i < SHARDS; i++) {
		at = (f->first + i) % SHARDS;
		s = &f->shards[at];
		if (!s->open || s->reading || (!s->wanted && !s->in_pass))
			continue;
		if (!read_shard(f, s)) {
			f->first = at;	/* the first when there is room */
			return;
		}
	}
}

static void
look_singly(struct feed *f)
{
	int64_t now = loop_now(f->o.loop);
	int i;

	for (i = 0; i < SHARDS; i++)
		if (f->shards[i].open && f->shards[i].next_look <= now) {
			f->shards[i].wanted = true;
			f->o.errand(f->o.cookie, i,
			    FEED_TRIALS | FEED_RECOVERIES);
		}
}

static void
on_look(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct feed *f = cookie;
	int64_t now = loop_now(f->o.loop);
	int i, shard;

	f->looking = false;
	if (err == ERR_DB && strcmp(dbasync_sqlstate(f->o.db), "0A000") == 0) {
		log_info("sender.poll_singly",
		    LS("message", dbasync_error(f->o.db)));
		f->single = true;
	}
	if (err != 0)
		return;
	assert(n == 1);
	for (i = 0; i < dbresult_rows(results[0]); i++) {
		shard = dbresult_i16(results[0], i, 0);
		if (dbresult_i16(results[0], i, 1) != 0)
			f->o.errand(f->o.cookie, shard,
			    (unsigned)dbresult_i16(results[0], i, 1));
		else if (shard >= 0 && shard < SHARDS &&
		    f->shards[shard].next_look <= now)
			feed_wake(f, shard);
	}
	feed_run(f);
}

/* Our shards; or of them those of which nothing has been heard for a while. */
static int
param_shards(const struct feed *f, struct dbparam *p, bool silent)
{
	int64_t now = loop_now(f->o.loop);
	int i, n = 0;

	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < SHARDS; i++) {
		const struct feed_shard *s = &f->shards[i];

		if (!s->open || (silent && (s->reading || s->in_pass ||
		    s->wanted || s->next_look > now)))
			continue;
		dbparam_el_i16(p, (int16_t)i);
		n++;
	}
	dbparam_array_end(p);
	return n;
}

static void
look(struct feed *f)
{
	int64_t now = loop_now(f->o.loop);
	struct id since = { { 0 } };
	struct dbasync_unit *u;
	struct dbparam p;
	int rc, n;

	if (now >= f->whole_look)
		f->whole_look = now + WHOLE_US;
	else
		since = id_floor(clock_real_us() - LATE_US);
	dbparam_init(&p);
	n = param_shards(f, &p, false);
	dbparam_id(&p, &since);
	param_shards(f, &p, true);
	u = n > 0 ? dbasync_unit_new() : NULL;
	if (u == NULL || dbparam_err(&p) != 0 ||
	    dbasync_unit_add(u, &sql_due_shards, &p) != 0) {
		dbasync_unit_free(u);
		dbparam_free(&p);
		return;
	}
	dbparam_free(&p);
	rc = dbasync_submit(f->o.db, u, on_look, f);
	f->looking = rc == 0;
}

static void
on_timer(void *cookie)
{
	struct feed *f = cookie;
	int64_t now = loop_now(f->o.loop), idle = f->o.poll_idle * 1000;

	if (now - f->worked_at > BUSY_US)
		f->interval = f->interval * 2 < idle ? f->interval * 2 : idle;
	look_soon(f);
	if (!dbasync_is_up(f->o.db) || f->looking)
		return;
	if (f->single) {
		look_singly(f);
		feed_run(f);
	} else {
		look(f);
	}
}
