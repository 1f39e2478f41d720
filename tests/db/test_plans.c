/*
 * How PostgreSQL finds out who hears an event, pinned: whatever the tables
 * hold and whatever its statistics say, it is one probe of an index for each
 * event, for 100,000 webhooks of a thousand accounts and for 1,000 of one.
 */
#include <stdio.h>
#include <string.h>

#include "core/sql_statements.h"
#include "tests/db/pgtest.h"

#define BIG_ACCOUNT "5000000"

struct fixture {
	struct db *admin, *api;
	struct buf plan;	/* the last one, as EXPLAIN says it */
	struct buf fifty_text;
	struct sql_statement fifty;
};

#define EXPLAIN_BEGIN "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, " \
	"SUMMARY OFF) EXECUTE targets("
#define EXPLAIN(arrays) EXPLAIN_BEGIN arrays ")"
PG_STATEMENT(of_one, EXPLAIN("'{7}', '{7}', '{0}', '{2}'"));
PG_STATEMENT(of_big, EXPLAIN("'{5}', '{" BIG_ACCOUNT "}', '{0}', '{2}'"));

/* An event of each of the accounts 1 to 50. */
static void
make_fifty(struct fixture *f)
{
	struct buf *text = &f->fifty_text;
	int column, i;

	buf_init(text, 4096);
	buf_str(text, EXPLAIN_BEGIN);
	for (column = 0; column < 4; column++) {
		buf_str(text, column == 0 ? "'{" : ", '{");
		for (i = 1; i <= 50; i++)
			buf_fmt(text, "%s%d", i == 1 ? "" : ",",
			    column < 2 ? i : column == 2 ? 0 : 2);
		buf_str(text, "}'");
	}
	buf_str(text, ")");
	f->fifty = (struct sql_statement){ "of_fifty", buf_cstr(text) };
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct buf prepare = BUF_INIT(65536);

	assert_non_null(f);
	buf_init(&f->plan, 65536);
	make_fifty(f);
	f->admin = pg_open("", 0);
	pg_schema(f->admin);
	f->api = pg_open("user=callhook_api", 0);
	buf_str(&prepare, "PREPARE targets AS ");
	buf_str(&prepare, sql_event_targets.text);
	pg_script(f->api, buf_cstr(&prepare));
	buf_free(&prepare);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_free(&f->plan);
	buf_free(&f->fifty_text);
	db_free(f->admin);
	db_free(f->api);
	free(f);
	return 0;
}

static void
run(struct db *db, const struct sql_statement *s)
{
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_as_scope(db, "ingest"), 0);
	assert_int_equal(db_send(db, s, NULL), 0);
	assert_int_equal(db_commit(db), 0);
	if (db_run(db) < 0)
		fail_msg("%s", db_error(db));
}

/* The plan of what s explains, as the ingest has it made. */
static const char *
explain(struct fixture *f, const struct sql_statement *s)
{
	const struct pg_result *r;
	int i;

	run(f->api, s);
	r = db_result(f->api, 0);
	buf_reset(&f->plan);
	for (i = 0; i < dbresult_rows(r); i++) {
		buf_span(&f->plan, dbresult_span(r, i, 0));
		buf_chr(&f->plan, '\n');
	}
	return buf_cstr(&f->plan);
}

static void
assert_says(const char *plan, const char *what, bool says)
{
	if ((strstr(plan, what) != NULL) != says)
		fail_msg("\"%s\" is %s\n%s", what,
		    says ? "missing in" : "not to be in", plan);
}

static void
assert_led_by_index(const char *plan)
{
	assert_says(plan, "Nested Loop", true);
	assert_says(plan, "Index Scan using webhook_account on webhook w",
	    true);
	assert_says(plan, "(account_id = u.account_id)", true);
	assert_says(plan, "Seq Scan", false);
	assert_says(plan, "Hash", false);
}

static void
test_without_webhooks(void **state)
{
	assert_led_by_index(explain(*state, &of_one));
}

static void
load(struct fixture *f)
{
	pg_script(f->admin, "INSERT INTO callhook.webhook (shard, id, "
	    "account_id, service, events, enabled, version, settings, "
	    "created_at, updated_at) SELECT a % 64, gen_random_uuid(), a, "
	    "0, 2, true, 1, repeat('x', 500), now(), now() "
	    "FROM generate_series(1, 1000) a, generate_series(1, 99) n");
	pg_script(f->admin, "INSERT INTO callhook.webhook (shard, id, "
	    "account_id, service, events, enabled, version, settings, "
	    "created_at, updated_at) SELECT 5, gen_random_uuid(), "
	    BIG_ACCOUNT ", 0, 2, true, 1, repeat('x', 500), now(), now() "
	    "FROM generate_series(1, 1000) n");
}

/* Shape, pages and rows with 100,000 webhooks. */
static void
check_many(struct fixture *f)
{
	const char *plan;

	plan = explain(f, &of_one);
	assert_led_by_index(plan);
	assert_says(plan, "Nested Loop (actual rows=99 ", true);
	assert_true(pg_pages(plan) <= 150);
	plan = explain(f, &f->fifty);
	assert_led_by_index(plan);
	assert_says(plan, "Nested Loop (actual rows=4950 ", true);
	assert_says(plan, "loops=50", true);
	assert_true(pg_pages(plan) <= 50 * 150);
	plan = explain(f, &of_big);
	assert_led_by_index(plan);
	assert_says(plan, "Nested Loop (actual rows=1000 ", true);
	assert_true(pg_pages(plan) <= 1100);
}

static void
test_many_webhooks(void **state)
{
	struct fixture *f = *state;

	/* The plan was made for an empty table: it stays good. */
	load(f);
	check_many(f);
	pg_script(f->admin, "ANALYZE callhook.webhook");
	check_many(f);
	pg_script(f->admin, "VACUUM callhook.webhook");
	check_many(f);
}

static void
test_settings_end_with_the_transaction(void **state)
{
	PG_STATEMENT(show, "SELECT current_setting('plan_cache_mode'), "
	    "current_setting('enable_seqscan'), "
	    "current_setting('callhook.scope', true)");
	struct fixture *f = *state;
	const struct pg_result *r;

	run(f->api, &show);
	r = db_result(f->api, 0);
	assert_true(span_is(dbresult_span(r, 0, 0), "force_generic_plan"));
	assert_true(span_is(dbresult_span(r, 0, 1), "off"));
	assert_true(span_is(dbresult_span(r, 0, 2), "events"));
	r = pg_run(f->api, &show, NULL);
	assert_true(span_is(dbresult_span(r, 0, 0), "auto"));
	assert_true(span_is(dbresult_span(r, 0, 1), "on"));
	assert_true(span_is(dbresult_span(r, 0, 2), ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_webhooks),
		cmocka_unit_test(test_many_webhooks),
		cmocka_unit_test(test_settings_end_with_the_transaction),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
