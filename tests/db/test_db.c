/*
 * The blocking connection against a real server: pipelines, what errors
 * become, vanishing backends, deadlines, and that nothing but a real answer
 * counts as success.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>

#include "core/clock.h"
#include "tests/db/pgtest.h"

PG_STATEMENT(add_one, "SELECT $1::integer + 1");
PG_STATEMENT(insert_row, "INSERT INTO t (a) VALUES ($1)");
PG_STATEMENT(count_rows, "SELECT count(*) FROM t");
PG_STATEMENT(divide, "SELECT 1 / $1::integer");
PG_STATEMENT(wrong_table, "SELECT 1 FROM does_not_exist");
PG_STATEMENT(nap, "SELECT pg_sleep(5)");
PG_STATEMENT(my_pid, "SELECT pg_backend_pid()");
PG_STATEMENT(suicide, "SELECT pg_terminate_backend(pg_backend_pid())");
PG_STATEMENT(terminate, "SELECT pg_terminate_backend($1::integer, 2000)");
PG_STATEMENT(read_only, "SET TRANSACTION READ ONLY");
PG_STATEMENT(prepared, "SELECT count(*) FROM pg_prepared_statements "
    "WHERE name = 'add_one'");

struct fixture {
	struct db *db;		/* under test */
	struct db *other;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->db = pg_open("", 500);
	f->other = pg_open("", 0);
	pg_script(f->other, "DROP TABLE IF EXISTS t;"
	    "CREATE TABLE t (a integer PRIMARY KEY, b integer);");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	db_free(f->db);
	db_free(f->other);
	free(f);
	return 0;
}

/* Sends s with one integer. */
static int
send_i32(struct db *db, const struct sql_statement *s, int32_t v)
{
	struct dbparam p;
	int err;

	dbparam_init(&p);
	dbparam_i32(&p, v);
	err = db_send(db, s, &p);
	dbparam_free(&p);
	return err;
}

static int64_t
rows(struct fixture *f)
{
	return dbresult_i64(pg_run(f->other, &count_rows, NULL), 0, 0);
}

static int32_t
pid_of(struct db *db)
{
	return dbresult_i32(pg_run(db, &my_pid, NULL), 0, 0);
}

static void
test_pipeline(void **state)
{
	struct fixture *f = *state;
	int i;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_as_account(f->db, INT64_MAX), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(send_i32(f->db, &add_one, i), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 7), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(dbresult_i32(db_result(f->db, i), 0, 0),
		    i + 1);
	assert_int_equal(dbresult_touched(db_result(f->db, 100)), 1);
	assert_int_equal(rows(f), 1);
	assert_int_equal(dbresult_i64(pg_run(f->db, &prepared, NULL), 0, 0),
	    1);
	assert_string_equal(db_error(f->db), "");
}

/* More than socket buffers hold, in both directions at once. */
static void
test_big_pipeline(void **state)
{
	PG_STATEMENT(echo, "SELECT $1::bytea, $2::text");
	struct fixture *f = *state;
	char *block = malloc(200000);
	struct dbparam p;
	int i;

	assert_non_null(block);
	memset(block, 'x', 200000);
	for (i = 0; i < 60; i++) {
		dbparam_init(&p);
		dbparam_bytes(&p, (struct span){ block, 200000 });
		dbparam_text(&p, SPAN(""));
		assert_int_equal(db_send(f->db, &echo, &p), 0);
		dbparam_free(&p);
	}
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(dbresult_span(db_result(f->db, 59), 0, 0).len,
	    200000);
	assert_memory_equal(dbresult_span(db_result(f->db, 59), 0, 0).p,
	    block, 200000);
	assert_false(dbresult_null(db_result(f->db, 0), 0, 1));
	free(block);
}

static void
test_error_in_the_middle(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 2), 0);
	assert_int_equal(send_i32(f->db, &add_one, 2), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), ERR_EXISTS);
	assert_string_equal(db_sqlstate(f->db), "23505");
	assert_non_null(strstr(db_error(f->db), "duplicate key"));
	assert_int_equal(rows(f), 0);
	/* The same connection goes on; add_one was not prepared then. */
	assert_int_equal(send_i32(f->db, &add_one, 2), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(dbresult_i32(db_result(f->db, 0), 0, 0), 3);
}

static void
test_transaction_of_several_pipelines(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 0);
	db_rollback(f->db);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(db_script(f->db,
	    "INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)"), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 2);
	/* An error rolls back what came before it. */
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 6), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(db_script(f->db, "SELECT 1; SELEKT 2"), ERR_DB);
	assert_string_equal(db_sqlstate(f->db), "42601");
	assert_int_equal(rows(f), 2);
	assert_int_equal(send_i32(f->db, &insert_row, 8), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 3);
}

/* One more than a statement takes. */
static void
too_many(struct dbparam *p)
{
	int i;

	dbparam_init(p);
	for (i = 0; i <= DBPARAM_MAX; i++)
		dbparam_i32(p, i);
}

/* What could not even be queued ends the transaction, too. */
static void
test_not_queued_in_transaction(void **state)
{
	struct fixture *f = *state;
	struct dbparam p;

	too_many(&p);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(db_send(f->db, &insert_row, &p), ERR_TOO_BIG);
	assert_int_equal(db_run(f->db), ERR_TOO_BIG);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 2), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 1);
	dbparam_free(&p);
}

static void
test_queued_and_forgotten(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	db_rollback(f->db);
	assert_int_equal(send_i32(f->db, &insert_row, 2), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 1);
}

static void
test_error_codes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_i32(f->db, &divide, 0), 0);
	assert_int_equal(db_run(f->db), ERR_DB);
	assert_string_equal(db_sqlstate(f->db), "22012");
	assert_int_equal(db_send(f->db, &wrong_table, NULL), 0);
	assert_int_equal(db_run(f->db), ERR_DB);
	assert_string_equal(db_sqlstate(f->db), "42P01");
	/* statement_timeout */
	assert_int_equal(db_send(f->db, &nap, NULL), 0);
	assert_int_equal(db_run(f->db), ERR_DB_BUSY);
	assert_string_equal(db_sqlstate(f->db), "57014");
	/* lock_timeout */
	assert_int_equal(db_begin(f->other), 0);
	assert_int_equal(send_i32(f->other, &insert_row, 3), 0);
	assert_int_equal(db_run(f->other), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 3), 0);
	assert_int_equal(db_run(f->db), ERR_DB_BUSY);
	assert_string_equal(db_sqlstate(f->db), "55P03");
	db_rollback(f->other);
	/* A standby has to be left. */
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_send(f->db, &read_only, NULL), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 3), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), ERR_DB_DOWN);
	assert_string_equal(db_sqlstate(f->db), "25006");
	assert_int_equal(db_fd(f->db), -1);
	assert_int_equal(db_ready(f->db), 0);
}

/* What fails only when the implicit transaction commits, at the Sync. */
static void
test_error_at_sync(void **state)
{
	PG_STATEMENT(insert_late, "INSERT INTO late VALUES ($1)");
	struct fixture *f = *state;

	pg_script(f->other, "DROP TABLE IF EXISTS late; CREATE TABLE late ("
	    "a integer UNIQUE DEFERRABLE INITIALLY DEFERRED);");
	assert_int_equal(send_i32(f->db, &insert_late, 1), 0);
	assert_int_equal(send_i32(f->db, &insert_late, 1), 0);
	assert_int_equal(db_run(f->db), ERR_EXISTS);
	assert_int_equal(send_i32(f->db, &add_one, 1), 0);
	assert_int_equal(db_run(f->db), 0);
}

static void
test_backend_dies_at_work(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(db_send(f->db, &suicide, NULL), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 2), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_run(f->db), ERR_DB_DOWN);
	assert_int_equal(rows(f), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 3), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 1);
}

/* Killed between two uses: noticed before anything is sent. */
static void
test_backend_dies_idle(void **state)
{
	struct fixture *f = *state;
	int32_t pid = pid_of(f->db);

	assert_int_equal(send_i32(f->other, &terminate, pid), 0);
	assert_int_equal(db_run(f->other), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 3), 0);
	assert_int_equal(db_run(f->db), 0);
	assert_int_equal(rows(f), 1);
	assert_int_not_equal(pid_of(f->db), pid);
}

/* Killed after sending began: an error, never success. */
static void
test_backend_dies_queued(void **state)
{
	struct fixture *f = *state;
	int32_t pid = pid_of(f->db);

	assert_int_equal(send_i32(f->db, &insert_row, 3), 0);
	assert_int_equal(send_i32(f->other, &terminate, pid), 0);
	assert_int_equal(db_run(f->other), 0);
	assert_int_equal(db_run(f->db), ERR_DB_DOWN);
	assert_int_equal(rows(f), 0);
}

/* In an open transaction: the rest must not run outside of it. */
static void
test_backend_dies_in_transaction(void **state)
{
	struct fixture *f = *state;
	int32_t pid;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(db_run(f->db), 0);
	pid = pid_of(f->db);
	assert_int_equal(send_i32(f->other, &terminate, pid), 0);
	assert_int_equal(db_run(f->other), 0);
	assert_int_equal(send_i32(f->db, &insert_row, 2), ERR_DB_DOWN);
	assert_int_equal(db_run(f->db), ERR_DB_DOWN);
	assert_int_equal(rows(f), 0);
	assert_int_equal(db_ready(f->db), 0);
}

/* A server that says nothing at all, not even that it timed out. */
static void
test_deadline(void **state)
{
	struct fixture *f = *state;
	int32_t pid = pid_of(f->db);
	int64_t started = clock_mono_us();

	if (kill(pid, SIGSTOP) != 0)
		skip();
	assert_int_equal(send_i32(f->db, &insert_row, 1), 0);
	assert_int_equal(db_run(f->db), ERR_DB_DOWN);
	kill(pid, SIGCONT);
	assert_in_range(clock_mono_us() - started, 3000000, 6000000);
	assert_int_equal(send_i32(f->db, &add_one, 1), 0);
	assert_int_equal(db_run(f->db), 0);
}

static void
test_nobody_there(void **state)
{
	struct db *db = pg_open("host=/nonexistent", 500);
	int64_t started;

	(void)state;
	assert_int_equal(db_ready(db), ERR_DB_DOWN);
	assert_int_not_equal(db_error(db)[0], '\0');
	started = clock_mono_us();
	assert_int_equal(db_begin(db), ERR_DB_DOWN);
	assert_in_range(clock_mono_us() - started, 0, 90000);
	assert_int_equal(db_fd(db), -1);
	db_free(db);
	db = pg_open("no such setting", 500);
	assert_int_equal(db_ready(db), ERR_INVALID);
	db_free(db);
}

static void
test_schema_check(void **state)
{
	const struct db_options options = {
		.conninfo = "dbname=template1", .check_schema = 1,
	};
	struct db *db = db_new(&options);

	(void)state;
	assert_non_null(db);
	assert_int_equal(db_ready(db), ERR_SCHEMA);
	assert_non_null(strstr(db_error(db), "callhookctl setup"));
	assert_int_equal(db_schema(db), 0);
	db_free(db);
}

static void
test_bad_parameters(void **state)
{
	struct fixture *f = *state;
	struct dbparam p;

	too_many(&p);
	assert_int_equal(db_send(f->db, &add_one, &p), ERR_TOO_BIG);
	/* db_run says so, too, once. */
	assert_int_equal(db_run(f->db), ERR_TOO_BIG);
	dbparam_reset(&p);
	dbparam_i64(&p, 1);	/* the statement has an integer */
	assert_int_equal(db_send(f->db, &add_one, &p), 0);
	assert_int_equal(db_run(f->db), ERR_DB);
	dbparam_free(&p);
	assert_int_equal(send_i32(f->db, &add_one, 1), 0);
	assert_int_equal(db_run(f->db), 0);
}

static void
test_types(void **state)
{
	PG_STATEMENT(types, "SELECT $1::boolean, $2::smallint, $3::integer, "
	    "$4::bigint, $5::timestamptz, $6::uuid, $7::text, $8::bytea, "
	    "$9::text, extract(epoch FROM $5)::bigint, $6::text");
	const int64_t at = INT64_C(1795345361123456);
	struct id id = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	    255 } }, back;
	struct fixture *f = *state;
	const struct pg_result *r;
	struct dbparam p;

	dbparam_init(&p);
	dbparam_bool(&p, true);
	dbparam_i16(&p, -2);
	dbparam_i32(&p, INT32_MIN);
	dbparam_i64(&p, INT64_MIN);
	dbparam_time(&p, at);
	dbparam_id(&p, &id);
	dbparam_text(&p, SPAN("Вебхук"));
	dbparam_bytes(&p, SPAN("a\0b"));
	dbparam_null(&p);
	r = pg_run(f->db, &types, &p);
	assert_true(dbresult_bool(r, 0, 0));
	assert_int_equal(dbresult_i16(r, 0, 1), -2);
	assert_true(dbresult_i32(r, 0, 2) == INT32_MIN);
	assert_true(dbresult_i64(r, 0, 3) == INT64_MIN);
	assert_true(dbresult_time(r, 0, 4) == at);
	assert_true(dbresult_i64(r, 0, 9) == at / 1000000);
	back = dbresult_id(r, 0, 5);
	assert_true(id_eq(&back, &id));
	assert_true(span_is(dbresult_span(r, 0, 10),
	    "01020304-0506-0708-090a-0b0c0d0e0fff"));
	assert_true(span_is(dbresult_span(r, 0, 6), "Вебхук"));
	assert_true(span_eq(dbresult_span(r, 0, 7), SPAN("a\0b")));
	assert_true(dbresult_null(r, 0, 8));
	assert_null(dbresult_span(r, 0, 8).p);
	dbparam_free(&p);
}

static void
test_arrays(void **state)
{
	PG_STATEMENT(arrays, "SELECT array_to_string($1::smallint[], ',', '-'),"
	    "array_to_string($2::bigint[], ',', '-'),"
	    "array_to_string($3::text[], ',', '-'),"
	    "cardinality($4::bytea[]), ($4)[2] IS NULL,"
	    "array_to_string($5::uuid[], ','),"
	    "cardinality($6::timestamptz[]),"
	    "array_to_string($7::integer[], ',')");
	struct fixture *f = *state;
	const struct pg_result *r;
	struct id id = { { 0 } };
	struct dbparam p;

	dbparam_init(&p);
	dbparam_array(&p, DBPARAM_I16);
	dbparam_el_i16(&p, 1);
	dbparam_el_i16(&p, -1);
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_I64);
	dbparam_el_null(&p);
	dbparam_el_i64(&p, INT64_MAX);
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_TEXT);
	dbparam_el_span(&p, SPAN("a"));
	dbparam_el_span(&p, SPAN(""));
	dbparam_el_span(&p, (struct span){ NULL, 0 });
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_BYTES);
	dbparam_el_span(&p, SPAN("\0"));
	dbparam_el_null(&p);
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_ID);
	dbparam_el_id(&p, &id);
	dbparam_el_id(&p, NULL);
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_TIME);
	dbparam_array_end(&p);
	dbparam_array(&p, DBPARAM_I32);
	dbparam_el_i32(&p, -70000);
	dbparam_array_end(&p);
	r = pg_run(f->db, &arrays, &p);
	assert_true(span_is(dbresult_span(r, 0, 0), "1,-1"));
	assert_true(span_is(dbresult_span(r, 0, 1), "-,9223372036854775807"));
	assert_true(span_is(dbresult_span(r, 0, 2), "a,,-"));
	assert_int_equal(dbresult_i32(r, 0, 3), 2);
	assert_true(dbresult_bool(r, 0, 4));
	assert_true(span_is(dbresult_span(r, 0, 5),
	    "00000000-0000-0000-0000-000000000000"));
	assert_int_equal(dbresult_i32(r, 0, 6), 0);
	assert_true(span_is(dbresult_span(r, 0, 7), "-70000"));
	dbparam_free(&p);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pipeline),
		TEST(test_big_pipeline),
		TEST(test_error_in_the_middle),
		TEST(test_transaction_of_several_pipelines),
		TEST(test_not_queued_in_transaction),
		TEST(test_queued_and_forgotten),
		TEST(test_error_codes),
		TEST(test_error_at_sync),
		TEST(test_backend_dies_at_work),
		TEST(test_backend_dies_idle),
		TEST(test_backend_dies_queued),
		TEST(test_backend_dies_in_transaction),
		TEST(test_deadline),
		TEST(test_nobody_there),
		TEST(test_schema_check),
		TEST(test_bad_parameters),
		TEST(test_types),
		TEST(test_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
