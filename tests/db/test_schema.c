/*
 * The schema and the statements as such: all of them prepare, keys begin
 * with shard, row level security is the second wall, partitions take what
 * came late and stay while deliveries are owed.
 */
#include <stdio.h>
#include <string.h>

#include "core/id.h"
#include "core/sql_statements.h"
#include "tests/db/pgtest.h"

#define WEBHOOK_COLUMNS "(shard, id, account_id, service, events, enabled, " \
	"version, settings, created_at, updated_at) "
#define ID_A "00000000-0000-7000-8000-00000000000a"
#define ID_B "00000000-0000-7000-8000-00000000000b"

struct fixture {
	struct db *admin, *api, *sender;
};

static const char rows_of_two_accounts[] =
    "INSERT INTO callhook.webhook " WEBHOOK_COLUMNS
    "SELECT 1, i::uuid, a, 0, 2, true, 1, '{}', now(), now() FROM (VALUES ('" ID_A "', 7), ('" ID_B "', 8)) v (i, a);"
    "INSERT INTO callhook.webhook_version (shard, webhook_id, version, "
    "account_id, action, who, at, settings) SELECT shard, id, 1, account_id, "
    "'created', 'test', now(), '{}' FROM callhook.webhook;"
    "INSERT INTO callhook.webhook_stat SELECT shard, id, 1, 0 "
    "FROM callhook.webhook;"
    "INSERT INTO callhook.webhook_secret SELECT shard, id, id, 0, 'x', now() "
    "FROM callhook.webhook;"
    "INSERT INTO callhook.event SELECT shard, 0, 2, account_id, id, NULL, "
    "'c', '{}' FROM callhook.webhook;"
    "INSERT INTO callhook.attempt SELECT shard, 1, 200, 1, id, id, id, id, "
    "now(), 'ok' FROM callhook.webhook;"
    "INSERT INTO callhook.api_key SELECT shard, account_id::text, '', "
    "account_id, '{}', '', now() FROM callhook.webhook;"
    "INSERT INTO callhook.outbox SELECT shard, 2, 0, now(), 1, id, id, id "
    "FROM callhook.webhook;";

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->admin = pg_open("", 0);
	pg_schema(f->admin);
	pg_script(f->admin, rows_of_two_accounts);
	f->api = pg_open("user=callhook_api", 0);
	f->sender = pg_open("user=callhook_sender", 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	db_free(f->admin);
	db_free(f->api);
	db_free(f->sender);
	free(f);
	return 0;
}

static bool
is_utility(const char *text)
{
	return strncmp(text, "SET ", 4) == 0 ||
	    strncmp(text, "BEGIN", 5) == 0 ||
	    strncmp(text, "COMMIT", 6) == 0 ||
	    strncmp(text, "ROLLBACK", 8) == 0;
}

static void
test_statements_prepare(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT(65536);
	size_t i;
	int n = 0;

	for (i = 0; i < sql_statements_n; i++) {
		if (is_utility(sql_statements[i]->text))
			continue;
		buf_reset(&text);
		buf_fmt(&text, "PREPARE p%zu AS ", i);
		buf_str(&text, sql_statements[i]->text);
		if (db_script(f->admin, buf_cstr(&text)) < 0)
			fail_msg("%s: %s", sql_statements[i]->name,
			    db_error(f->admin));
		n++;
	}
	assert_true(n > 40);
	buf_free(&text);
}

static void
test_keys_begin_with_shard(void **state)
{
	PG_STATEMENT(keys, "SELECT count(*), count(*) FILTER (WHERE "
	    "a.attname = 'shard' AND i.indkey[0] = a.attnum) "
	    "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
	    "JOIN pg_attribute a ON a.attrelid = c.oid "
	    "AND a.attnum = i.indkey[0] "
	    "WHERE i.indisunique AND c.relnamespace = 'callhook'::regnamespace");
	PG_STATEMENT(keyless, "SELECT count(*) FROM pg_class c "
	    "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = "
	    "'callhook'::regnamespace AND NOT EXISTS (SELECT FROM pg_index i "
	    "WHERE i.indrelid = c.oid AND i.indisprimary)");
	PG_STATEMENT(extras, "SELECT (SELECT count(*) FROM pg_class WHERE "
	    "relkind = 'S' AND relnamespace = 'callhook'::regnamespace) + "
	    "(SELECT count(*) FROM pg_trigger t JOIN pg_class c ON "
	    "c.oid = t.tgrelid WHERE c.relnamespace = "
	    "'callhook'::regnamespace)");
	struct fixture *f = *state;
	const struct pg_result *r = pg_run(f->admin, &keys, NULL);

	assert_true(dbresult_i64(r, 0, 0) >= 12);
	assert_true(dbresult_i64(r, 0, 0) == dbresult_i64(r, 0, 1));
	assert_true(dbresult_i64(pg_run(f->admin, &keyless, NULL), 0, 0) == 0);
	assert_true(dbresult_i64(pg_run(f->admin, &extras, NULL), 0, 0) == 0);
}

/* What s counts when the API asks as account (0: nobody) or scope. */
static int64_t
count_as(struct db *db, const struct sql_statement *s, int64_t account,
    const char *scope)
{
	int64_t n;

	assert_int_equal(db_begin(db), 0);
	if (account != 0)
		assert_int_equal(db_as_account(db, account), 0);
	if (scope != NULL)
		assert_int_equal(db_as_scope(db, scope), 0);
	assert_int_equal(db_send(db, s, NULL), 0);
	assert_int_equal(db_commit(db), 0);
	if (db_run(db) < 0)
		fail_msg("%s: %s", s->name, db_error(db));
	n = dbresult_i64(db_result(db, 0), 0, 0);
	return n;
}

PG_STATEMENT(all_webhooks, "SELECT count(*) FROM callhook.webhook");
PG_STATEMENT(all_versions, "SELECT count(*) FROM callhook.webhook_version");
PG_STATEMENT(all_stats, "SELECT count(*) FROM callhook.webhook_stat");
PG_STATEMENT(all_secrets, "SELECT count(*) FROM callhook.webhook_secret");
PG_STATEMENT(all_events, "SELECT count(*) FROM callhook.event");
PG_STATEMENT(all_attempts, "SELECT count(*) FROM callhook.attempt");
PG_STATEMENT(all_owed, "SELECT count(*) FROM callhook.outbox");
PG_STATEMENT(all_keys, "SELECT count(*) FROM callhook.api_key");
PG_STATEMENT(foreign_rows, "SELECT count(*) FROM callhook.webhook "
    "WHERE account_id <> 7");

static const struct sql_statement *const counts[] = {
	&all_webhooks, &all_versions, &all_stats, &all_secrets, &all_events,
	&all_attempts, &all_owed, &all_keys,
};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static void
test_accounts_are_apart(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < COUNTS; i++) {
		assert_true(count_as(f->api, counts[i], 0, NULL) == 0);
		assert_true(count_as(f->api, counts[i], 7, NULL) == 1);
		assert_true(count_as(f->api, counts[i], 9, NULL) == 0);
		/* The setting ended with its transaction. */
		assert_true(count_as(f->api, counts[i], 0, NULL) == 0);
	}
	assert_true(count_as(f->api, &foreign_rows, 7, NULL) == 0);
	/* A scope opens what it needs and nothing else. */
	assert_true(count_as(f->api, &all_keys, 0, "auth") == 2);
	assert_true(count_as(f->api, &all_webhooks, 0, "auth") == 0);
	assert_true(count_as(f->api, &all_webhooks, 0, "events") == 2);
	assert_true(count_as(f->api, &all_keys, 0, "events") == 0);
	assert_true(count_as(f->api, &all_attempts, 0, "events") == 0);
	assert_true(count_as(f->api, &all_secrets, 0, "events") == 0);
	assert_true(count_as(f->sender, &all_secrets, 0, NULL) == 2);
	assert_int_equal(db_as_scope(f->api, "everything"), ERR_INVALID);
}

/* text has to be refused with 42501 when db runs it as account. */
static void
assert_refused(struct db *db, int64_t account, const char *text)
{
	const struct sql_statement s = { "refused", text };
	int err;

	assert_int_equal(db_begin(db), 0);
	if (account != 0)
		assert_int_equal(db_as_account(db, account), 0);
	assert_int_equal(db_send(db, &s, NULL), 0);
	assert_int_equal(db_commit(db), 0);
	err = db_run(db);
	if (err != ERR_DB || strcmp(db_sqlstate(db), "42501") != 0)
		fail_msg("%s: %d %s", text, err, db_error(db));
	/* Its prepared name is used again with another text. */
	db_close(db);
}

static void
test_what_is_refused(void **state)
{
	PG_STATEMENT(move, "UPDATE callhook.webhook SET version = 2 "
	    "WHERE account_id = 8");
	struct fixture *f = *state;

	assert_refused(f->api, 7, "INSERT INTO callhook.webhook "
	    WEBHOOK_COLUMNS "VALUES (1, '" ID_A "', 8, 0, 2, true, 1, '{}', now(), now())");
	assert_refused(f->api, 7, "INSERT INTO callhook.webhook_secret VALUES "
	    "(1, '" ID_B "', '" ID_A "', 0, 'x', now())");
	assert_refused(f->sender, 0, "DELETE FROM callhook.webhook_secret");
	assert_refused(f->sender, 0, "UPDATE callhook.webhook_secret "
	    "SET expires_at = NULL");
	assert_refused(f->api, 7, "UPDATE callhook.webhook "
	    "SET account_id = 8");
	assert_refused(f->api, 7, "DELETE FROM callhook.outbox");
	assert_refused(f->api, 7, "UPDATE callhook.webhook_version "
	    "SET who = 'x'");
	assert_refused(f->api, 7, "DELETE FROM callhook.event");
	assert_refused(f->api, 7, "SELECT FROM callhook.event_default");
	assert_refused(f->api, 0, "UPDATE callhook.shard_owner SET epoch = 1");
	assert_refused(f->api, 0, "INSERT INTO callhook.outbox VALUES (1, 2, "
	    "0, now(), 1, '" ID_A "', '" ID_A "', '" ID_A "')");
	assert_refused(f->api, 0, "CREATE TABLE callhook.mine ()");
	assert_refused(f->sender, 0, "INSERT INTO callhook.webhook "
	    WEBHOOK_COLUMNS "VALUES (1, '" ID_A "', 8, 0, 2, true, 1, '{}', now(), now())");
	assert_refused(f->sender, 0, "UPDATE callhook.webhook "
	    "SET account_id = 1");
	assert_refused(f->sender, 0, "DELETE FROM callhook.webhook");
	assert_refused(f->sender, 0, "SELECT FROM callhook.api_key");
	assert_refused(f->sender, 0, "DELETE FROM callhook.attempt");
	/* Another account's rows are not there to be changed. */
	assert_int_equal(db_begin(f->api), 0);
	assert_int_equal(db_as_account(f->api, 7), 0);
	assert_int_equal(db_send(f->api, &move, NULL), 0);
	assert_int_equal(db_commit(f->api), 0);
	assert_int_equal(db_run(f->api), 0);
	assert_true(dbresult_touched(db_result(f->api, 0)) == 0);
	/* The sender sees all accounts. */
	assert_true(count_as(f->sender, &all_webhooks, 0, NULL) == 2);
}

static bool
partition(struct fixture *f, const struct sql_statement *s, const char *table,
    const char *day, int64_t low_us)
{
	struct id low = id_floor(low_us);
	struct id high = id_floor(low_us + INT64_C(86400000000));
	struct dbparam p;
	bool done;

	dbparam_init(&p);
	dbparam_text(&p, span_of(table));
	dbparam_text(&p, span_of(day));
	dbparam_id(&p, &low);
	dbparam_id(&p, &high);
	done = dbresult_bool(pg_run(f->admin, s, &p), 0, 0);
	dbparam_free(&p);
	return done;
}

static void
test_partitions(void **state)
{
	PG_STATEMENT(where, "SELECT tableoid::regclass::text FROM "
	    "callhook.event WHERE id = '" ID_A "'");
	PG_STATEMENT(settled, "DELETE FROM callhook.outbox");
	struct fixture *f = *state;
	const struct pg_result *r;

	/* The ids of the rows above are of 1970-01-01. */
	r = pg_run(f->admin, &where, NULL);
	assert_true(span_is(dbresult_span(r, 0, 0), "callhook.event_default"));
	assert_true(partition(f, &sql_partition_make, "event", "1970-01-01",
	    0));
	assert_false(partition(f, &sql_partition_make, "event", "1970-01-01",
	    0));
	assert_true(partition(f, &sql_partition_make, "event", "1970-01-02",
	    INT64_C(86400000000)));
	r = pg_run(f->admin, &where, NULL);
	assert_true(span_is(dbresult_span(r, 0, 0),
	    "callhook.event_19700101"));
	/* Still there for the API through its parent. */
	assert_true(count_as(f->api, &all_events, 7, NULL) == 1);
	/* Owed: kept.  Settled: dropped. */
	assert_false(partition(f, &sql_partition_drop, "event", "1970-01-01",
	    0));
	pg_run(f->admin, &settled, NULL);
	assert_true(partition(f, &sql_partition_drop, "event", "1970-01-01",
	    0));
	assert_true(dbresult_i64(pg_run(f->admin, &all_events, NULL), 0, 0) ==
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements_prepare),
		cmocka_unit_test(test_keys_begin_with_shard),
		cmocka_unit_test(test_accounts_are_apart),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_partitions),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
