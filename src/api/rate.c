/*
 * Events per second of an account.  The memory that workers share has a slot
 * for each account that posts and has a limit: the moment at which all that it
 * has posted would have been due at its rate (GCRA).  A second's worth may
 * come at once.  A slot whose moment has passed says nothing any more and may be
 * taken by another account, so slots are found by looking at a few places.  The
 * master makes the memory; workers use it without locks.
 */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "api/accountdb.h"
#include "api/rate.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/sql_statements.h"

#define SECOND_US 1000000

enum {
	SLOTS = 32768,
	LOOK = 16,		/* places that an account may be at */
};

struct slot {
	_Atomic int64_t account;	/* 0: nobody's */
	_Atomic int64_t due;		/* clock_mono_us */
};

struct limit {
	int64_t account, rate;
};

struct rate {
	int64_t usual;		/* 0: any number */
	struct limit *own;	/* by account */
	size_t own_n;
	int64_t read_us;	/* 0: never */
};

static struct slot *shared;

int
rate_share(void)
{
	if (shared != NULL)
		return 0;
	shared = mmap(NULL, SLOTS * sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared != MAP_FAILED)
		return 0;
	shared = NULL;
	return ERR_NOMEM;
}

struct rate *
rate_new(const struct settings *settings)
{
	struct rate *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->usual = settings->api_events_per_second;
	return r;
}

void
rate_free(struct rate *r)
{
	if (r != NULL)
		free(r->own);
	free(r);
}

/* ---- limits ---- */

static int
by_account(const void *a, const void *b)
{
	const struct limit *l = a, *m = b;

	return (l->account > m->account) - (l->account < m->account);
}

static int
ask(struct db *db)
{
	struct dbparam p;
	int rc, shard;

	dbparam_init(&p);
	dbparam_array(&p, DBPARAM_I16);
	for (shard = 0; shard < SHARDS; shard++)
		dbparam_el_i16(&p, (int16_t)shard);
	dbparam_array_end(&p);
	rc = accountdb_begin_scope(db, "events");
	rc = accountdb_send(db, rc, &sql_account_rates, &p);
	return accountdb_commit(db, rc);
}

static int
keep(struct rate *r, const struct pg_result *result)
{
	size_t i, n = (size_t)dbresult_rows(result);
	struct limit *own = calloc(n + 1, sizeof(*own));

	if (own == NULL)
		return ERR_NOMEM;
	for (i = 0; i < n; i++)
		own[i] = (struct limit){ dbresult_i64(result, (int)i, 0),
			dbresult_i32(result, (int)i, 1) };
	qsort(own, n, sizeof(*own), by_account);
	free(r->own);
	r->own = own;
	r->own_n = n;
	return 0;
}

void
rate_read(struct rate *r, struct db *db)
{
	int64_t now = clock_mono_us();
	int rc;

	if (r->read_us != 0 && now - r->read_us < RATE_READ_MS * 1000)
		return;
	r->read_us = now;
	rc = ask(db);
	if (rc == 0)
		rc = keep(r, db_result(db, 0));
	if (rc < 0)
		log_warn("rate.not_read", LS("why", err_text((enum err)rc)),
		    LS("message", db_error(db)));
}

static int64_t
rate_of(const struct rate *r, int64_t account_id)
{
	const struct limit key = { .account = account_id }, *found;

	if (r->own_n == 0)
		return r->usual;
	found = bsearch(&key, r->own, r->own_n, sizeof(key), by_account);
	return found != NULL ? found->rate : r->usual;
}

/* ---- counting ---- */

/* The account's slot, or one that it takes over; NULL: all are in use. */
static struct slot *
slot_of(int64_t account_id, int64_t now_us)
{
	size_t i, at = (size_t)((uint64_t)account_id *
	    UINT64_C(0x9e3779b97f4a7c15) >> 32);
	struct slot *s;
	int64_t held;

	for (i = 0; i < LOOK; i++) {
		s = &shared[(at + i) % SLOTS];
		if (atomic_load(&s->account) == account_id)
			return s;
	}
	for (i = 0; i < LOOK; i++) {
		s = &shared[(at + i) % SLOTS];
		held = atomic_load(&s->account);
		if (held == account_id)
			return s;
		if (atomic_load(&s->due) <= now_us &&
		    atomic_compare_exchange_strong(&s->account, &held,
		    account_id))
			return s;
	}
	return NULL;
}

bool
rate_take(struct rate *r, int64_t account_id, int64_t now_us)
{
	int64_t rate = rate_of(r, account_id), step, due, from;
	struct slot *s;

	if (rate == 0 || shared == NULL)
		return true;
	step = SECOND_US / rate;
	s = slot_of(account_id, now_us);
	if (s == NULL)
		return true;
	due = atomic_load(&s->due);
	do {
		from = due > now_us ? due : now_us;
		if (from - now_us > SECOND_US - step)
			return false;
	} while (!atomic_compare_exchange_weak(&s->due, &due, from + step));
	return true;
}
