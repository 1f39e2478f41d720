/*
 * callhookctl maintain: what has to happen once a day.  Makes partitions
 * ahead, drops those that are past retention, forgets old event keys.  Safe to
 * run from several hosts (advisory lock) and at any time: it gives up waiting
 * for a lock after two seconds instead of standing in everybody's way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

#define DAY_US INT64_C(86400000000)
#define DAY_TEXT 11			/* 2026-11-22 and NUL */
#define TRIES 5				/* when a lock is not to be had */
#define KEYS 5000			/* looked at in one transaction */

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_maintain = {
	.name = "maintain",
	.usage = "",
	.help = "Makes partitions ahead and drops what is past retention; "
	    "once a day.",
	.run = run,
};

static const char *const tables[] = { "event", "attempt" };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static int64_t
today(void)
{
	int64_t now = clock_real_us();

	return now - now % DAY_US;
}

static void
day_text(int64_t day_us, char out[DAY_TEXT])
{
	char text[CLOCK_TEXT_LEN];

	clock_text(day_us, text);
	memcpy(out, text, DAY_TEXT - 1);
	out[DAY_TEXT - 1] = '\0';
}

/* One statement as the owner of the schema, in a transaction of its own. */
static int
run_once(struct db *db, const struct sql_statement *s, const struct dbparam *p)
{
	int err = db_begin(db);

	if (err == 0)
		err = db_send(db, &sql_as_owner, NULL);
	if (err == 0)
		err = db_send(db, s, p);
	if (err == 0)
		err = db_commit(db);
	if (err == 0)
		err = db_run(db);
	return err;
}

/* The same, again when a lock was not to be had; the result is number 1. */
int
ctl_run_owner(struct db *db, const struct sql_statement *s,
    const struct dbparam *p)
{
	const struct timespec pause = { .tv_nsec = 300000000 };
	int err, i;

	for (i = 1;; i++) {
		err = run_once(db, s, p);
		if ((err != ERR_DB_BUSY && err != ERR_CONFLICT) || i == TRIES)
			return err;
		nanosleep(&pause, NULL);
	}
}

/* partition_make or partition_drop of one day; *done is what it answered. */
static int
partition(struct db *db, const struct sql_statement *s, const char *table,
    int64_t day_us, bool *done)
{
	struct id low = id_floor(day_us), high = id_floor(day_us + DAY_US);
	char day[DAY_TEXT];
	struct dbparam p;
	int err;

	day_text(day_us, day);
	dbparam_init(&p);
	dbparam_text(&p, span_of(table));
	dbparam_text(&p, span_of(day));
	dbparam_id(&p, &low);
	dbparam_id(&p, &high);
	err = ctl_run_owner(db, s, &p);
	dbparam_free(&p);
	if (err == 0)
		*done = dbresult_bool(db_result(db, 1), 0, 0);
	return err;
}

int
ctl_make_partitions(struct db *db, int64_t ahead)
{
	int64_t day, first = today() - DAY_US, last = today() + ahead * DAY_US;
	char text[DAY_TEXT];
	bool made = false;
	size_t i;
	int err, n = 0;

	for (i = 0; i < TABLES; i++)
		for (day = first; day <= last; day += DAY_US) {
			err = partition(db, &sql_partition_make, tables[i],
			    day, &made);
			if (err < 0)
				return ctl_fail("making partitions", err, db);
			if (!made)
				continue;
			day_text(day, text);
			printf("made partition %s of %s\n", text, tables[i]);
			n++;
		}
	if (n == 0)
		puts("partitions are there");
	return CTL_OK;
}

static int
drop_day(struct db *db, const char *table, const char *text)
{
	char full[CLOCK_TEXT_LEN + 1];
	int64_t day;
	bool dropped = false;
	int err;

	snprintf(full, sizeof(full), "%sT00:00:00Z", text);
	err = clock_parse(span_of(full), &day);
	if (err == 0)
		err = partition(db, &sql_partition_drop, table, day, &dropped);
	if (err < 0)
		return ctl_fail("dropping partitions", err, db);
	if (dropped)
		printf("dropped partition %s of %s\n", text, table);
	else
		printf("kept partition %s of %s: deliveries are owed\n", text,
		    table);
	return CTL_OK;
}

/* The days of table before limit, ten characters each, in one string. */
static int
old_days(struct db *db, const char *table, const char *limit, struct buf *days)
{
	struct dbparam p;
	struct span day;
	int err, i;

	dbparam_init(&p);
	dbparam_text(&p, span_of(table));
	err = db_send(db, &sql_partition_days, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_run(db);
	if (err < 0)
		return err;
	for (i = 0; i < dbresult_rows(db_result(db, 0)); i++) {
		day = dbresult_span(db_result(db, 0), i, 0);
		if (day.len == DAY_TEXT - 1 &&
		    memcmp(day.p, limit, day.len) < 0)
			buf_span(days, day);
	}
	return buf_err(days);
}

static int
drop_partitions(struct db *db, const char *table, int64_t limit_us)
{
	struct buf days = BUF_INIT(1024 * 1024);
	char limit[DAY_TEXT], day[DAY_TEXT];
	int err, status = CTL_OK;
	size_t i;

	day_text(limit_us, limit);
	err = old_days(db, table, limit, &days);
	if (err < 0)
		status = ctl_fail("dropping partitions", err, db);
	for (i = 0; i < days.len && status == CTL_OK; i += DAY_TEXT - 1) {
		memcpy(day, days.p + i, DAY_TEXT - 1);
		day[DAY_TEXT - 1] = '\0';
		status = drop_day(db, table, day);
	}
	buf_free(&days);
	return status;
}

/* Rows that no partition took and that are past retention. */
static int
trim_defaults(struct db *db, int64_t limit_us)
{
	static const struct sql_statement *const trim[TABLES] = {
		&sql_event_default_trim, &sql_attempt_default_trim,
	};
	struct id low = id_floor(limit_us);
	struct dbparam p;
	int64_t n;
	size_t i;
	int err = 0;

	dbparam_init(&p);
	dbparam_id(&p, &low);
	for (i = 0; i < TABLES && err == 0; i++) {
		err = ctl_run_owner(db, trim[i], &p);
		n = err == 0 ? dbresult_touched(db_result(db, 1)) : 0;
		if (n > 0)
			printf("forgot %" PRId64 " rows of %s without "
			    "partition\n", n, tables[i]);
	}
	dbparam_free(&p);
	return err < 0 ? ctl_fail("trimming", err, db) : CTL_OK;
}

/* Walks the keys of one shard in pieces; adds what was forgotten to *n. */
static int
trim_keys_of(struct db *db, int shard, const struct id *limit, int64_t *n)
{
	const struct pg_result *r;
	struct id after = { { 0 } };
	struct dbparam p;
	int err;

	dbparam_init(&p);
	for (;;) {
		dbparam_reset(&p);
		dbparam_i16(&p, (int16_t)shard);
		dbparam_id(&p, &after);
		dbparam_id(&p, limit);
		dbparam_i64(&p, KEYS);
		err = ctl_run_owner(db, &sql_event_key_trim, &p);
		if (err < 0)
			break;
		r = db_result(db, 1);
		if (dbresult_null(r, 0, 0))
			break;
		after = dbresult_id(r, 0, 0);
		*n += dbresult_i64(r, 0, 1);
	}
	dbparam_free(&p);
	return err;
}

static int
trim_keys(struct db *db, int64_t limit_us)
{
	struct id limit = id_floor(limit_us);
	int64_t n = 0;
	int err = 0, shard;

	for (shard = 0; shard < SHARDS && err == 0; shard++)
		err = trim_keys_of(db, shard, &limit, &n);
	if (err < 0)
		return ctl_fail("forgetting event keys", err, db);
	if (n > 0)
		printf("forgot %" PRId64 " event keys\n", n);
	return CTL_OK;
}

static int
maintain(struct ctl *ctl, struct db *db)
{
	const struct settings *s = &ctl->settings;
	int64_t limit = today() - s->retention_days * DAY_US;
	int err, status;
	size_t i;

	err = db_send(db, &sql_maintain_lock, NULL);
	if (err == 0)
		err = db_run(db);
	if (err < 0)
		return ctl_fail("maintain", err, db);
	if (!dbresult_bool(db_result(db, 0), 0, 0)) {
		puts("another callhookctl maintains this database now");
		return CTL_OK;
	}
	status = ctl_make_partitions(db, s->retention_ahead);
	for (i = 0; i < TABLES && status == CTL_OK; i++)
		status = drop_partitions(db, tables[i], limit);
	if (status == CTL_OK)
		status = trim_defaults(db, limit);
	if (status == CTL_OK)
		status = trim_keys(db, today() - s->retention_dedupe * DAY_US);
	if (status == CTL_OK)
		status = ctl_forget(db, today(), s->retention_days);
	if (status == CTL_OK)
		status = ctl_sweep(db, clock_real_us(), limit);
	return status;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	struct db *db;
	int status;

	if (argc != 1)
		return ctl_too_much(argv[1]);
	status = ctl_connect(ctl, NULL, true, &db);
	if (status != CTL_OK)
		return status;
	status = maintain(ctl, db);
	db_free(db);
	return status;
}
