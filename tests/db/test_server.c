/*
 * Old primaries, against a real server that is made one by what this process
 * claims to have seen elsewhere: refused at connecting, in a session that was
 * good before, and behind a pooler in each transaction.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/dbresult.h"
#include "core/sql_statements.h"
#include "core/timeline.h"
#include "tests/db/pgtest.h"

PG_STATEMENT(insert_row, "INSERT INTO t VALUES (1)");
PG_STATEMENT(count_rows, "SELECT count(*) FROM t");

#define ELSEWHERE 42		/* another cluster */
#define PAUSE_US 150000		/* until a vain try may be repeated */

static int64_t cluster;

/* What is known is this server and its timeline 1, as at a start. */
static int
setup(void **state)
{
	struct db *db = pg_open("", 0);
	const struct pg_result *r;

	assert_true(timeline_accept(ELSEWHERE, 1));
	r = pg_run(db, &sql_server_timeline, NULL);
	cluster = dbresult_i64(r, 0, 0);
	assert_int_equal(dbresult_i64(r, 0, 1), 1);
	assert_int_equal(timeline_known(), 1);
	pg_script(db, "DROP TABLE IF EXISTS t; CREATE TABLE t (a integer);");
	*state = db;
	return 0;
}

static int
teardown(void **state)
{
	db_free(*state);
	return 0;
}

static int
insert(struct db *db)
{
	int err = db_begin(db);

	if (err == 0)
		err = db_send(db, &insert_row, NULL);
	if (err == 0)
		err = db_commit(db);
	if (err == 0)
		return db_run(db);
	db_rollback(db);
	return err;
}

static int64_t
rows(struct db *db)
{
	return dbresult_i64(pg_run(db, &count_rows, NULL), 0, 0);
}

static void
test_a_promotion_was_seen(void **state)
{
	struct db *db = *state;
	uint64_t before = timeline_refused();

	assert_int_equal(insert(db), 0);
	assert_true(timeline_accept(cluster, 2));	/* a sibling has */
	assert_int_equal(insert(db), ERR_DB_DOWN);
	assert_non_null(strstr(db_error(db), "is an old primary: its timeline "
	    "is 1, and 2 was seen"));
	assert_int_equal(timeline_refused() - before, 1);
	usleep(PAUSE_US);
	assert_int_equal(insert(db), ERR_DB_DOWN);
	assert_true(timeline_accept(ELSEWHERE, 1));	/* as after a start */
	usleep(PAUSE_US);
	assert_int_equal(rows(db), 1);
}

/* Every host behind it is tried; the lists of a connection string go together. */
static void
test_all_hosts(void **state)
{
	const char *host = getenv("PGHOST"), *port = getenv("PGPORT");
	uint64_t before = timeline_refused();
	char conninfo[1000];
	struct db *db;

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "host=%s,/nowhere,%s port=%s,1,%s",
	    host, host, port, port);
	db = pg_open(conninfo, 0);
	assert_true(timeline_accept(cluster, 2));
	assert_int_equal(db_ready(db), ERR_DB_DOWN);
	/* The first, and the third by itself and behind the second. */
	assert_int_equal(timeline_refused() - before, 3);
	db_free(db);
	snprintf(conninfo, sizeof(conninfo), "host=%s,%s port=%s", host, host,
	    port);
	db = pg_open(conninfo, 0);
	before = timeline_refused();
	assert_int_equal(db_ready(db), ERR_DB_DOWN);
	assert_int_equal(timeline_refused() - before, 2);
	db_free(db);
}

/* The pooler has led a transaction to another server than the session's first. */
static void
test_behind_a_pooler(void **state)
{
	const struct db_options options = {
		.conninfo = "", .application = "test", .pooled = true,
		.statement_timeout_ms = 1000, .lock_timeout_ms = 200,
	};
	struct db *db = db_new(&options);

	assert_non_null(db);
	assert_int_equal(insert(db), 0);
	/* Of another cluster: the session is not known to be old. */
	assert_true(timeline_accept(ELSEWHERE, 2));
	assert_int_equal(insert(db), ERR_DB_DOWN);
	assert_string_equal(db_sqlstate(db), "2201E");
	assert_int_equal(rows(*state), 1);
	/* Asked at its beginning, the next session says which cluster it is. */
	usleep(PAUSE_US);
	assert_int_equal(insert(db), 0);
	assert_int_equal(rows(*state), 2);
	db_free(db);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_promotion_was_seen),
		TEST(test_all_hosts),
		TEST(test_behind_a_pooler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
