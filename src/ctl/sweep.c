/*
 * Part of callhookctl maintain: forgets what is small but grows, shard by
 * shard: figures by the hour, tests that nobody fetched, recoveries that are
 * long over.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/db.h"
#include "core/id.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

#define HOUR_US INT64_C(3600000000)
#define FIGURES_HOURS (401 * 24)	/* as far back as the cabinet draws */

static int
sweep(struct db *db, const struct sql_statement *s, bool hours, int64_t before,
    int64_t *n)
{
	struct dbparam p;
	int err = 0, shard;

	dbparam_init(&p);
	for (shard = 0; shard < SHARDS && err == 0; shard++) {
		dbparam_reset(&p);
		dbparam_i16(&p, (int16_t)shard);
		if (hours)
			dbparam_i32(&p, (int32_t)(before / HOUR_US));
		else
			dbparam_time(&p, before);
		err = ctl_run_owner(db, s, &p);
		if (err == 0)
			*n += dbresult_touched(db_result(db, 1));
	}
	dbparam_free(&p);
	return err;
}

int
ctl_sweep(struct db *db, int64_t now, int64_t recoveries_before)
{
	int64_t figures = 0, rest = 0;
	int err;

	err = sweep(db, &sql_hour_trim, true, now - FIGURES_HOURS * HOUR_US,
	    &figures);
	if (err == 0)
		err = sweep(db, &sql_trial_trim, false, now - HOUR_US, &rest);
	if (err == 0)
		err = sweep(db, &sql_recovery_trim, false, recoveries_before,
		    &rest);
	if (err < 0)
		return ctl_fail("sweeping", err, db);
	if (figures > 0)
		printf("forgot the figures of %" PRId64 " hours\n", figures);
	if (rest > 0)
		printf("forgot %" PRId64 " tests and recoveries\n", rest);
	return CTL_OK;
}
