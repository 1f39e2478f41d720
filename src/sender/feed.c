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
	BUSY_US = 1000000,	/* so long after work it is looked at often */
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
	int64_t interval;	/* us between looks that find it owing */
};

struct feed {
	struct feed_options o;
	struct feed_shard shards[SHARDS];
	struct loop_timer *timer;
	bool looking;
	bool single;		/* the look at all shards is refused */
	int first;		/* fairness: the shard to begin with */
	int reserved;
	int64_t interval;	/* us between looks */
	int64_t worked_at;
	int64_t row_bytes;	/* of late */
	int64_t reads, rows;
};

static void on_timer(void *cookie);

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
	if (f->timer == NULL) {
		free(f);
		return NULL;
	}
	loop_timer_arm(f->timer, f->interval);
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	loop_timer_free(f->timer);
	free(f);
}

void
feed_open(struct feed *f, int shard)
{
	struct feed_shard *s = &f->shards[shard];

	s->open = s->wanted = true;
	s->in_pass = s->wrapped = false;
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

static int
take(struct feed *f, int shard, const struct due_answer *a)
{
	struct due_last { struct id id; int64_t due; bool whole; } last;
	struct delivery *d;
	int i, k, rc, at = 0, n = 0;

	for (i = 0; i < a->lanes_n; i++) {
		const struct due_lane *lane = &a->lanes[i];

		lanes_set_more(f->o.lanes, shard, &lane->webhook, false);
		last.whole = true;
		for (k = 0; k < lane->rows; k++) {
			d = a->deliveries[at++];
			last.id = d->id;
			last.due = d->due;
			rc = lanes_add(f->o.lanes, d);
			if (rc == 0) {
				n++;
				continue;
			}
			/* Nothing was claimed: it is read again. */
			due_release(d);
			last.whole = last.whole && rc == ERR_EXISTS;
		}
		if (lane->rows == 0 || (lane->rows < lane->room &&
		    !(a->cut && i == a->lanes_n - 1)))
			continue;
		lanes_set_more(f->o.lanes, shard, &lane->webhook, true);
		if (last.whole)
			lanes_read_on(f->o.lanes, &lane->webhook, last.due,
			    &last.id);
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
	n = take(f, shard, a);
	f->rows += n;
	if (a->n > 0)
		f->row_bytes = (f->row_bytes * 3 + a->bytes / a->n) / 4 + 1;
	if (n > 0) {
		f->worked_at = now;
		f->interval = f->o.poll_busy * 1000;
		loop_timer_arm(f->timer, f->interval);
		s->interval = f->interval;
	} else if (s->interval < idle) {
		s->interval = s->interval * 2 < idle ? s->interval * 2 : idle;
	}
	if (pass_is_over(s, a))
		s->in_pass = false;
	s->next_look = now + s->interval;
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
	due.per_lane = lanes_appetite(f->o.lanes);
	if (due.per_lane > due.rows)
		due.per_lane = due.rows;
	if (!s->in_pass) {
		s->in_pass = true;
		s->wrapped = false;
		s->wanted = false;
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

static void
look(struct feed *f)
{
	struct dbasync_unit *u;
	struct dbparam p;
	int i, rc, n = 0;

	dbparam_init(&p);
	dbparam_array(&p, DBPARAM_I16);
	for (i = 0; i < SHARDS; i++)
		if (f->shards[i].open && !f->shards[i].reading) {
			dbparam_el_i16(&p, (int16_t)i);
			n++;
		}
	dbparam_array_end(&p);
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
	loop_timer_arm(f->timer, f->interval);
	if (!dbasync_is_up(f->o.db) || f->looking)
		return;
	if (f->single) {
		look_singly(f);
		feed_run(f);
	} else {
		look(f);
	}
}
