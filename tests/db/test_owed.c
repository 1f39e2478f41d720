/*
 * How single rows of the outbox are found, pinned with 120,000 of them in four
 * lanes: by its key, when results are settled, shards polled, and a customer looks
 * at a delivery.  Whatever the statistics say.
 */
#include <stdio.h>
#include <string.h>

#include "core/sql_statements.h"
#include "tests/db/pgtest.h"

/* Of the N-th row. */
#define ID(n) "made_id((1700000000 + " #n ") * 1000::bigint, " #n ")"
#define TWO "ARRAY[" ID(11) ", " ID(119980) "]"

struct fixture {
	struct db *admin, *api, *sender;
	struct buf plan;
	struct asked {			/* a session prepares each once */
		char name[16];
		struct sql_statement s;
	} asked[32];
	int asked_n;
};

static const char rows[] =
    "CREATE FUNCTION public.made_id(ms bigint, n bigint) RETURNS uuid "
    "LANGUAGE sql IMMUTABLE AS $$ SELECT (lpad(to_hex(ms), 12, '0') || '7' "
    "|| lpad(to_hex(n % 4096), 3, '0') || '8000' "
    "|| lpad(to_hex(n), 12, '0'))::uuid $$;"
    "INSERT INTO callhook.webhook (shard, id, account_id, service, events, "
    "enabled, version, settings, created_at, updated_at) SELECT 5, "
    "made_id(1000, n), CASE WHEN n <= 400 THEN 7 ELSE n END, 0, 2, true, 1, "
    "'{}', now(), now() FROM generate_series(1, 2000) n;"
    "INSERT INTO callhook.webhook_version (shard, webhook_id, version, "
    "account_id, action, who, at, settings) SELECT shard, id, 1, account_id, "
    "'created', 'test', now(), '{}' FROM callhook.webhook;"
    "INSERT INTO callhook.outbox (shard, kind, attempt, due, call, "
    "id, webhook_id, event_id) SELECT 5, 2, 0, "
    "to_timestamp(1700000000 + n), n, "
    "made_id((1700000000 + n) * 1000::bigint, n), made_id(1000, 1 + n % 4), "
    "made_id((1700000000 + n) * 1000::bigint, n) "
    "FROM generate_series(1, 120000) n;"
    "UPDATE callhook.shard_owner SET epoch = 1 WHERE shard = 5;";

static void
prepare(struct db *db, const char *name, const char *types,
    const struct sql_statement *s)
{
	struct buf text = BUF_INIT(65536);

	buf_fmt(&text, "PREPARE %s%s AS %s", name, types, s->text);
	pg_script(db, buf_cstr(&text));
	buf_free(&text);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	buf_init(&f->plan, 65536);
	f->admin = pg_open("", 0);
	pg_schema(f->admin);
	f->api = pg_open("user=callhook_api", 0);
	f->sender = pg_open("user=callhook_sender", 0);
	pg_script(f->admin, rows);
	pg_run(f->sender, &sql_sender_session, NULL);
	prepare(f->sender, "done", "", &sql_settle_done);
	prepare(f->sender, "retry", "", &sql_settle_retry);
	prepare(f->sender, "shards", "", &sql_due_shards);
	prepare(f->api, "owed", "(smallint, bigint, uuid)",
	    &sql_delivery_owed);
	prepare(f->api, "event", "(smallint, bigint, uuid, uuid)",
	    &sql_delivery_event);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_free(&f->plan);
	db_free(f->admin);
	db_free(f->api);
	db_free(f->sender);
	free(f);
	return 0;
}

/* Carries it out, and what it changed is taken back. */
static const char *
explain(struct fixture *f, struct db *db, const char *execute)
{
	struct buf text = BUF_INIT(65536);
	struct asked *asked = &f->asked[f->asked_n++];
	const struct pg_result *r;
	int i;

	assert_true(f->asked_n <= 32);
	snprintf(asked->name, sizeof(asked->name), "asked%d", f->asked_n);
	buf_fmt(&text, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, "
	    "SUMMARY OFF) EXECUTE %s", execute);
	asked->s = (struct sql_statement){ asked->name, buf_cstr(&text) };
	assert_int_equal(db_begin(db), 0);
	if (db == f->api)
		assert_int_equal(db_as_account(db, 7), 0);
	assert_int_equal(db_send(db, &asked->s, NULL), 0);
	if (db_run(db) < 0)
		fail_msg("%s", db_error(db));
	r = db_result(db, 0);
	buf_reset(&f->plan);
	for (i = 0; i < dbresult_rows(r); i++) {
		buf_span(&f->plan, dbresult_span(r, i, 0));
		buf_chr(&f->plan, '\n');
	}
	db_rollback(db);
	buf_free(&text);
	return buf_cstr(&f->plan);
}

static void
assert_says(const char *plan, const char *what)
{
	if (strstr(plan, what) == NULL)
		fail_msg("\"%s\" is missing in\n%s", what, plan);
}

static void
assert_pages(const char *plan, int64_t most)
{
	int64_t n = pg_pages(plan);

	if (n > most)
		fail_msg("%lld pages, not %lld\n%s", (long long)n,
		    (long long)most, plan);
}

static void
check_settling(struct fixture *f)
{
	const char *plan;

	plan = explain(f, f->sender, "done(5::smallint, 1, " TWO ")");
	assert_says(plan, "((shard = $1) AND (id = ANY ($3)))");
	assert_says(plan, "Nested Loop (actual rows=2 loops=1)");
	assert_pages(plan, 40);
	plan = explain(f, f->sender, "retry(5::smallint, 1, " TWO
	    ", ARRAY[now(), now()], '{1,1}')");
	assert_says(plan, "((shard = $1) AND (id = u.id))");
	assert_says(plan, "Nested Loop (actual rows=2 loops=1)");
	assert_pages(plan, 80);
	plan = explain(f, f->sender, "shards('{5}', " ID(119990) ", '{5}')");
	assert_says(plan, "Index Only Scan using outbox_pkey");
	assert_says(plan, "Append (actual rows=1 loops=1)");
	assert_pages(plan, 20);
}

static void
check_one(struct fixture *f)
{
	const char *plan;

	plan = explain(f, f->api, "owed(5::smallint, 7, " ID(11) ")");
	assert_says(plan, "Index Scan using outbox_pkey on outbox o "
	    "(actual rows=1 loops=1)");
	assert_pages(plan, 20);
	plan = explain(f, f->api, "event(5::smallint, 7, " ID(11) ", "
	    "'00000000-0000-0000-0000-000000000000')");
	assert_says(plan, "Index Scan using outbox_pkey on outbox o "
	    "(actual rows=1 loops=1)");
	assert_pages(plan, 20);
}

static void
test_settling(void **state)
{
	struct fixture *f = *state;

	/* Plans that were made before there were statistics stay good. */
	check_settling(f);
	pg_script(f->admin, "ANALYZE callhook.outbox");
	check_settling(f);
}

static void
test_by_id(void **state)
{
	struct fixture *f = *state;

	check_one(f);
	pg_script(f->admin, "VACUUM ANALYZE callhook.outbox");
	check_one(f);
}

/* Another epoch settles nothing; others do not see it. */
static void
test_nothing(void **state)
{
	struct fixture *f = *state;
	const char *plan;

	plan = explain(f, f->sender, "done(5::smallint, 2, " TWO ")");
	assert_says(plan, "Nested Loop (actual rows=0 loops=1)");
	plan = explain(f, f->api, "owed(5::smallint, 500, " ID(11) ")");
	assert_says(plan, "on outbox o (actual rows=0 loops=1)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settling),
		cmocka_unit_test(test_by_id),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
