/*
 * callhookctl maintain: what goes before its partition does.  Accounts may keep
 * events and attempts for a shorter time than the installation; answers to
 * Idempotency-Keys are kept for a day.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

#define DAY_US (INT64_C(86400) * 1000000)

/* An account with a retention of its own. */
struct account {
	int shard;
	int64_t id;
	int64_t until;		/* what is older goes */
};

static int
forget_of(struct db *db, const struct account *a,
    const struct sql_statement *s, int64_t *n)
{
	struct id limit = id_floor(a->until);
	struct dbparam p;
	int err;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)a->shard);
	dbparam_i64(&p, a->id);
	dbparam_id(&p, &limit);
	err = ctl_run_owner(db, s, &p);
	dbparam_free(&p);
	if (err == 0)
		*n += dbresult_touched(db_result(db, 1));
	return err;
}

static int
forget_accounts(struct db *db, int shard, int64_t today, int64_t days,
    int64_t *n)
{
	struct account list[64];
	const struct pg_result *r;
	int64_t after = 0;
	struct dbparam p;
	int err, i, rows;

	do {
		dbparam_init(&p);
		dbparam_i16(&p, (int16_t)shard);
		dbparam_i64(&p, after);
		dbparam_i64(&p, days);
		dbparam_i64(&p, 64);
		err = ctl_run_owner(db, &sql_account_retention, &p);
		dbparam_free(&p);
		if (err < 0)
			return err;
		r = db_result(db, 1);
		rows = dbresult_rows(r);
		for (i = 0; i < rows; i++) {
			list[i].shard = shard;
			list[i].id = after = dbresult_i64(r, i, 0);
			list[i].until = today - dbresult_i32(r, i, 1) * DAY_US;
		}
		for (i = 0; i < rows && err == 0; i++) {
			err = forget_of(db, &list[i], &sql_attempt_forget, n);
			if (err == 0)
				err = forget_of(db, &list[i], &sql_event_forget, n);
		}
	} while (err == 0 && rows == 64);
	return err;
}

static int
forget_answers(struct db *db, int shard)
{
	struct dbparam p;
	int err;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)shard);
	dbparam_time(&p, clock_real_us() - DAY_US);
	err = ctl_run_owner(db, &sql_idempotency_trim, &p);
	dbparam_free(&p);
	return err;
}

int
ctl_forget(struct db *db, int64_t today, int64_t days)
{
	int64_t n = 0;
	int err = 0, shard;

	for (shard = 0; shard < SHARDS && err == 0; shard++) {
		err = forget_accounts(db, shard, today, days, &n);
		if (err == 0)
			err = forget_answers(db, shard);
	}
	if (err < 0)
		return ctl_fail("forgetting", err, db);
	if (n > 0)
		printf("forgot %" PRId64 " rows of accounts that keep less\n", n);
	return CTL_OK;
}
