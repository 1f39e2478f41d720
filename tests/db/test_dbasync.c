/*
 * The session on a loop against a real server: order, errors that stay with
 * their unit, backends that vanish, servers that fall silent, and that every
 * callback runs exactly once.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/loop.h"
#include "tests/db/pgtest.h"

PG_STATEMENT(add_one, "SELECT $1::integer + 1");
PG_STATEMENT(divide, "SELECT 1 / $1::integer");
PG_STATEMENT(insert_row, "INSERT INTO t VALUES ($1)");
PG_STATEMENT(count_rows, "SELECT count(*) FROM t");
PG_STATEMENT(wrong_table, "SELECT 1 FROM does_not_exist");
PG_STATEMENT(my_pid, "SELECT pg_backend_pid()");
PG_STATEMENT(suicide, "SELECT pg_terminate_backend(pg_backend_pid())");
PG_STATEMENT(session, "SET application_name = 'prepared session'");
PG_STATEMENT(my_name, "SELECT current_setting('application_name')");

#define UNITS 3000
#define LIMIT_US 20000000	/* a test that hangs fails */

struct fixture {
	struct loop *loop;
	struct loop_timer *limit;
	struct dbasync *db;
	struct db *other;
	int ups, downs;
	int answered;		/* callbacks so far */
	int good;
	int stop_at;		/* answers */
	int last_err;
	char last_state[6];
	char last_text[256];
	int64_t last_number;
	int order[UNITS + 10];
	bool free_inside;
};

struct ticket {
	struct fixture *f;
	int number;
	int calls;
	int err;
	char state[6];
};

static struct ticket tickets[UNITS + 10];

static void
on_up(void *cookie)
{
	struct fixture *f = cookie;

	f->ups++;
	loop_stop(f->loop);
}

static void
on_down(void *cookie, enum err err, const char *message)
{
	struct fixture *f = cookie;

	assert_int_equal(err, ERR_DB_DOWN);
	assert_int_not_equal(message[0], '\0');
	f->downs++;
}

static void
on_limit(void *cookie)
{
	(void)cookie;
	fail_msg("the test takes too long");
}

static void
on_answer(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct ticket *t = cookie;
	struct fixture *f = t->f;

	t->calls++;
	f->order[f->answered++] = t->number;
	f->last_err = t->err = err;
	snprintf(f->last_state, sizeof(f->last_state), "%s",
	    dbasync_sqlstate(f->db));
	memcpy(t->state, f->last_state, sizeof(t->state));
	snprintf(f->last_text, sizeof(f->last_text), "%s",
	    dbasync_error(f->db));
	if (err == 0) {
		f->good++;
		assert_true(n > 0);
		f->last_number = -1;
		if (dbresult_rows(results[0]) == 1 &&
		    dbresult_span(results[0], 0, 0).len == 4)
			f->last_number = dbresult_i32(results[0], 0, 0);
	} else {
		assert_int_equal(n, 0);
		assert_null(results);
	}
	if (f->free_inside && f->db != NULL) {
		struct dbasync *db = f->db;

		f->free_inside = false;
		dbasync_free(db);
	}
	if (f->answered == f->stop_at)
		loop_stop(f->loop);
}

static struct ticket *
ticket(struct fixture *f, int number)
{
	tickets[number] = (struct ticket){ .f = f, .number = number };
	return &tickets[number];
}

static void
add(struct dbasync_unit *u, const struct sql_statement *s, int32_t v)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i32(&p, v);
	assert_int_equal(dbasync_unit_add(u, s, &p), 0);
	dbparam_free(&p);
}

/* One statement with one integer as unit number. */
static int
submit(struct fixture *f, const struct sql_statement *s, int32_t v, int number)
{
	struct dbasync_unit *u = dbasync_unit_new();

	assert_non_null(u);
	add(u, s, v);
	return dbasync_submit(f->db, u, on_answer, ticket(f, number));
}

static int
submit_plain(struct fixture *f, const struct sql_statement *s, int number)
{
	struct dbasync_unit *u = dbasync_unit_new();

	assert_non_null(u);
	assert_int_equal(dbasync_unit_add(u, s, NULL), 0);
	return dbasync_submit(f->db, u, on_answer, ticket(f, number));
}

static void
run_until(struct fixture *f, int answers)
{
	f->stop_at = answers;
	loop_timer_arm(f->limit, LIMIT_US);
	assert_int_equal(loop_run(f->loop), 0);
	loop_timer_disarm(f->limit);
}

static struct dbasync *
start(struct fixture *f, const char *conninfo, int64_t silence_ms)
{
	const struct dbasync_options options = {
		.conninfo = conninfo, .application = "test",
		.session = &session, .silence_ms = silence_ms,
		.up = on_up, .down = on_down, .cookie = f,
	};

	return dbasync_new(f->loop, &options);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->other = pg_open("", 0);
	pg_script(f->other, "DROP TABLE IF EXISTS t; CREATE TABLE t "
	    "(a integer PRIMARY KEY);");
	f->loop = loop_new();
	assert_non_null(f->loop);
	f->limit = loop_timer_new(f->loop, on_limit, f);
	assert_non_null(f->limit);
	f->db = start(f, "", 1000);
	assert_non_null(f->db);
	assert_false(dbasync_is_up(f->db));
	assert_int_equal(submit_plain(f, &my_pid, 0), ERR_DB_DOWN);
	run_until(f, -1);
	assert_int_equal(f->ups, 1);
	assert_true(dbasync_is_up(f->db));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	dbasync_free(f->db);
	loop_timer_free(f->limit);
	loop_free(f->loop);
	db_free(f->other);
	free(f);
	return 0;
}

/* Each of units first .. last was answered once, in order. */
static void
assert_each_once(const struct fixture *f, int first, int last)
{
	int i;

	for (i = first; i <= last; i++)
		assert_int_equal(tickets[i].calls, 1);
	for (i = 1; i < f->answered; i++)
		assert_true(f->order[i] > f->order[i - 1]);
}

static int64_t
rows(struct fixture *f)
{
	return dbresult_i64(pg_run(f->other, &count_rows, NULL), 0, 0);
}

static void
test_many_units(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < UNITS; i++)
		assert_int_equal(submit(f, &add_one, i, i), 0);
	assert_int_equal(f->answered, 0);	/* never from inside */
	run_until(f, UNITS);
	assert_int_equal(f->good, UNITS);
	assert_int_equal(f->last_number, UNITS);
	assert_each_once(f, 0, UNITS - 1);
}

/* The session statement ran, and the parameters may be big. */
static void
test_session_and_size(void **state)
{
	PG_STATEMENT(length, "SELECT length($1::bytea)");
	struct fixture *f = *state;
	struct dbasync_unit *u;
	struct dbparam p;
	char *block = calloc(1, 4000000);
	int i;

	assert_non_null(block);
	dbparam_init(&p);
	dbparam_bytes(&p, (struct span){ block, 4000000 });
	for (i = 0; i < 5; i++) {
		u = dbasync_unit_new();
		assert_non_null(u);
		assert_int_equal(dbasync_unit_add(u, &length, &p), 0);
		assert_int_equal(dbasync_submit(f->db, u, on_answer,
		    ticket(f, i)), 0);
	}
	dbparam_free(&p);
	free(block);
	run_until(f, 5);
	assert_int_equal(f->good, 5);
	assert_int_equal(f->last_number, 4000000);
	assert_int_equal(submit_plain(f, &my_name, 5), 0);
	run_until(f, 6);
	assert_int_equal(f->good, 6);
	assert_int_equal(dbresult_rows(pg_run(f->other, &(struct
	    sql_statement){ "find", "SELECT 1 FROM pg_stat_activity WHERE "
	    "application_name = 'prepared session'" }, NULL)), 1);
}

/* A failed unit is rolled back as a whole and takes no other with it. */
static void
test_error_in_the_middle(void **state)
{
	struct fixture *f = *state;
	struct dbasync_unit *u;

	assert_int_equal(submit(f, &insert_row, 1, 0), 0);
	u = dbasync_unit_new();
	assert_non_null(u);
	add(u, &insert_row, 2);
	add(u, &insert_row, 1);
	add(u, &divide, 1);
	assert_int_equal(dbasync_submit(f->db, u, on_answer, ticket(f, 1)), 0);
	assert_int_equal(submit(f, &divide, 0, 2), 0);
	assert_int_equal(submit(f, &divide, 1, 3), 0);
	assert_int_equal(submit(f, &insert_row, 3, 4), 0);
	run_until(f, 5);
	assert_int_equal(f->good, 3);
	assert_int_equal(tickets[1].err, ERR_EXISTS);
	assert_string_equal(tickets[1].state, "23505");
	assert_int_equal(tickets[2].err, ERR_DB);
	assert_string_equal(tickets[2].state, "22012");
	assert_each_once(f, 0, 4);
	assert_int_equal(rows(f), 2);
	assert_int_equal(f->downs, 0);
}

static void
test_statement_that_cannot_be_prepared(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(submit_plain(f, &wrong_table, 0), 0);
	assert_int_equal(submit_plain(f, &wrong_table, 1), 0);
	assert_int_equal(submit(f, &add_one, 1, 2), 0);
	run_until(f, 3);
	assert_int_equal(f->good, 1);
	assert_int_equal(submit_plain(f, &wrong_table, 3), 0);
	run_until(f, 4);
	assert_int_equal(f->last_err, ERR_DB);
	assert_string_equal(f->last_state, "42P01");
	assert_non_null(strstr(f->last_text, "does_not_exist"));
	/* Once it can be, it is. */
	pg_script(f->other, "CREATE TABLE does_not_exist ();");
	assert_int_equal(submit_plain(f, &wrong_table, 4), 0);
	run_until(f, 5);
	assert_int_equal(f->last_err, 0);
	pg_script(f->other, "DROP TABLE does_not_exist;");
	assert_each_once(f, 0, 4);
	assert_int_equal(f->downs, 0);
}

/* Fails only at the unit's Sync. */
static void
test_error_at_sync(void **state)
{
	PG_STATEMENT(insert_late, "INSERT INTO late VALUES ($1)");
	struct fixture *f = *state;
	struct dbasync_unit *u = dbasync_unit_new();

	pg_script(f->other, "DROP TABLE IF EXISTS late; CREATE TABLE late ("
	    "a integer UNIQUE DEFERRABLE INITIALLY DEFERRED);");
	assert_non_null(u);
	add(u, &insert_late, 1);
	add(u, &insert_late, 1);
	assert_int_equal(dbasync_submit(f->db, u, on_answer, ticket(f, 0)), 0);
	run_until(f, 1);
	assert_int_equal(f->last_err, ERR_EXISTS);
	assert_int_equal(submit(f, &add_one, 1, 1), 0);
	run_until(f, 2);
	assert_int_equal(f->last_err, 0);
	assert_int_equal(f->downs, 0);
}

static void
test_backend_dies(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(submit(f, &insert_row, i, i), 0);
	assert_int_equal(submit_plain(f, &suicide, 100), 0);
	for (i = 101; i < 200; i++)
		assert_int_equal(submit(f, &insert_row, i, i), 0);
	run_until(f, 200);
	assert_int_equal(f->good, 100);
	assert_int_equal(f->last_err, ERR_DB_DOWN);
	assert_each_once(f, 0, 199);
	assert_int_equal(rows(f), 100);
	/* It comes back by itself and prepares again. */
	run_until(f, -1);
	assert_int_equal(f->ups, 2);
	assert_int_equal(f->downs, 1);
	assert_int_equal(submit(f, &insert_row, 200, 200), 0);
	run_until(f, 201);
	assert_int_equal(f->last_err, 0);
}

static void
test_server_falls_silent(void **state)
{
	struct fixture *f = *state;
	int64_t started;
	int pid;

	assert_int_equal(submit_plain(f, &my_pid, 0), 0);
	run_until(f, 1);
	pid = (int)f->last_number;
	if (kill(pid, SIGSTOP) != 0)
		skip();
	started = clock_mono_us();
	assert_int_equal(submit(f, &add_one, 1, 1), 0);
	assert_int_equal(submit(f, &add_one, 2, 2), 0);
	run_until(f, 3);
	kill(pid, SIGCONT);
	assert_int_equal(f->last_err, ERR_DB_DOWN);
	assert_in_range(clock_mono_us() - started, 900000, 3000000);
	assert_each_once(f, 0, 2);
	run_until(f, -1);
	assert_int_equal(f->ups, 2);
}

static void
test_free_with_units_under_way(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 10; i++)
		assert_int_equal(submit(f, &add_one, i, i), 0);
	dbasync_free(f->db);
	f->db = NULL;
	assert_int_equal(f->answered, 10);
	assert_int_equal(f->last_err, ERR_CLOSED);
	assert_each_once(f, 0, 9);
	assert_int_equal(f->downs, 0);
}

static void
test_free_from_a_callback(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 10; i++)
		assert_int_equal(submit(f, &add_one, i, i), 0);
	f->free_inside = true;
	run_until(f, 10);
	f->db = NULL;
	for (i = 0; i < 10; i++)
		assert_int_equal(tickets[i].calls, 1);
	assert_int_equal(f->good, 1);
}

static void
on_stop(void *cookie)
{
	struct fixture *f = cookie;

	loop_stop(f->loop);
}

/* No server: it tries, slower and slower, and stays quiet. */
static void
test_nobody_there(void **state)
{
	struct fixture *f = *state;
	struct dbasync *lonely = start(f, "host=/nonexistent", 1000);
	struct loop_timer *stop = loop_timer_new(f->loop, on_stop, f);

	assert_non_null(lonely);
	assert_non_null(stop);
	loop_timer_arm(stop, 700000);
	run_until(f, -1);
	assert_false(dbasync_is_up(lonely));
	assert_int_equal(f->ups, 1);
	assert_int_equal(f->downs, 0);
	loop_timer_free(stop);
	dbasync_free(lonely);
}

static int
group_setup(void **state)
{
	struct db *db = pg_open("", 0);

	(void)state;
	pg_schema(db);
	db_free(db);
	return 0;
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_units),
		TEST(test_session_and_size),
		TEST(test_error_in_the_middle),
		TEST(test_statement_that_cannot_be_prepared),
		TEST(test_error_at_sync),
		TEST(test_backend_dies),
		TEST(test_server_falls_silent),
		TEST(test_free_with_units_under_way),
		TEST(test_free_from_a_callback),
		TEST(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
