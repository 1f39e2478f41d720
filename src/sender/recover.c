/*
 * Recoveries in callhook-sender: which there are, and when each makes its next
 * step (recover_step.c).  States of one: waiting for the timer, or busy with a
 * step; doomed while busy, when its shard was lost.  Called by sender.c.
 */
#include "sender/recover.h"

#include <stdlib.h>

#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/loop.h"
#include "core/sql_statements.h"
#include "sender/recovery.h"

enum { POLL_US = 1000000 };	/* so often polling may ask for a shard's */

struct look {
	struct recoveries *home;
	int shard;
};

static void on_timer(void *cookie);

struct recoveries *
recover_new(const struct recover_options *options)
{
	struct recoveries *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->o = *options;
	LIST_INIT(&r->all);
	r->timer = loop_timer_new(r->o.loop, on_timer, r);
	if (r->timer == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
recovery_free(struct recovery *x)
{
	LIST_REMOVE(x, link);
	free(x);
}

void
recover_free(struct recoveries *r)
{
	struct recovery *x, *next;

	if (r == NULL)
		return;
	for (x = LIST_FIRST(&r->all); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		recovery_free(x);
	}
	loop_timer_free(r->timer);
	free(r);
}

void
recover_drop(struct recoveries *r, int shard)
{
	struct recovery *x, *next;

	r->asked_at[shard] = 0;
	for (x = LIST_FIRST(&r->all); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		if (x->shard != shard)
			continue;
		if (x->busy)
			x->doomed = true;
		else
			recovery_free(x);
	}
}

static void
on_timer(void *cookie)
{
	struct recoveries *r = cookie;
	struct recovery *x, *next;
	int64_t now = loop_now(r->o.loop), soonest = 0;

	for (x = LIST_FIRST(&r->all); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		if (!x->busy && x->next <= now)
			recovery_step(x);
	}
	LIST_FOREACH(x, &r->all, link)
		if (!x->busy && (soonest == 0 || x->next < soonest))
			soonest = x->next;
	if (soonest != 0)
		loop_timer_arm(r->timer, soonest > now ? soonest - now : 0);
}

/* ---- finding them ---- */

static bool
is_known(const struct recoveries *r, const struct id *id)
{
	const struct recovery *x;

	LIST_FOREACH(x, &r->all, link)
		if (id_eq(&x->id, id))
			return true;
	return false;
}

static void
on_list(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct look *look = cookie;
	struct recoveries *r = look->home;
	struct recovery *x;
	struct id id;
	int i;

	(void)n;
	for (i = 0; err == 0 && i < dbresult_rows(results[0]); i++) {
		id = dbresult_id(results[0], i, 0);
		if (is_known(r, &id) ||
		    r->o.epoch(r->o.cookie, look->shard) == 0)
			continue;
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			break;		/* polling comes back to it */
		x->home = r;
		x->shard = look->shard;
		x->id = id;
		x->webhook = dbresult_id(results[0], i, 1);
		x->counted = dbresult_id(results[0], i, 2);
		x->looked = dbresult_id(results[0], i, 3);
		x->stop = id_floor(dbresult_time(results[0], i, 4));
		LIST_INSERT_HEAD(&r->all, x, link);
		loop_timer_arm(r->timer, 0);
	}
	free(look);
}

static int
ask_list(struct look *look)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)look->shard);
	return dbasync_ask(look->home->o.db, &sql_recover_list, &p, on_list,
	    look);
}

void
recover_look(struct recoveries *r, int shard, bool woken)
{
	int64_t now = loop_now(r->o.loop);
	struct look *look;

	if (r->o.epoch(r->o.cookie, shard) == 0 || !dbasync_is_up(r->o.db) ||
	    (!woken && now - r->asked_at[shard] < POLL_US))
		return;
	r->asked_at[shard] = now;
	look = calloc(1, sizeof(*look));
	if (look == NULL)
		return;
	look->home = r;
	look->shard = shard;
	if (ask_list(look) != 0)
		free(look);
}
