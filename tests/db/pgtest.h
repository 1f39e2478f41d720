#ifndef TESTS_DB_PGTEST_H
#define TESTS_DB_PGTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/db.h"
#include "core/num.h"
#include "core/sql.h"

/* Runs under tests/tools/with-pg: "" connects to its cluster as superuser. */

#define PG_STATEMENT(name_, text_) \
	static const struct sql_statement name_ = { #name_, text_ }

static inline struct db *
pg_open(const char *conninfo, int64_t statement_timeout_ms)
{
	const struct db_options options = {
		.conninfo = conninfo, .application = "test",
		.statement_timeout_ms = statement_timeout_ms,
		.lock_timeout_ms = 200,
	};
	struct db *db;

	if (getenv("PGHOST") == NULL) {
		print_message("run this under tests/tools/with-pg\n");
		exit(77);
	}
	db = db_new(&options);
	assert_non_null(db);
	return db;
}

/* Runs one statement that has to succeed; p may be NULL. */
static inline const struct pg_result *
pg_run(struct db *db, const struct sql_statement *s, const struct dbparam *p)
{
	int err = db_send(db, s, p);

	if (err == 0)
		err = db_run(db);
	if (err < 0)
		print_message("%s: %s\n", s->name, db_error(db));
	assert_int_equal(err, 0);
	return db_result(db, 0);
}

static inline void
pg_script(struct db *db, const char *text)
{
	int err = db_script(db, text);

	if (err < 0)
		print_message("%s\n", db_error(db));
	assert_int_equal(err, 0);
}

/* Roles and migrations, as callhookctl makes them. */
static inline void
pg_schema(struct db *db)
{
	size_t i;

	pg_script(db, "CREATE ROLE callhook_owner; CREATE ROLE callhook_api "
	    "LOGIN; CREATE ROLE callhook_sender LOGIN;");
	for (i = 0; i < sql_migrations_n; i++) {
		assert_int_equal(db_begin(db), 0);
		assert_int_equal(db_run(db), 0);
		pg_script(db, sql_migrations[i].text);
		assert_int_equal(db_commit(db), 0);
		assert_int_equal(db_run(db), 0);
	}
	pg_script(db, "INSERT INTO callhook.migration "
	    "VALUES (0, 1, 'schema', 'test', now());");
}

/* Pages that a plan has touched: the first "Buffers: shared hit=N". */
static inline int64_t
pg_pages(const char *plan)
{
	const char *at = strstr(plan, "Buffers: shared hit=");
	struct span s;
	int64_t n = -1;

	if (at == NULL)
		fail_msg("no buffers in\n%s", plan);
	s.p = strchr(at, '=') + 1;
	s.len = strspn(s.p, "0123456789");
	assert_int_equal(num_i64(s, 0, INT32_MAX, &n), 0);
	return n;
}

#endif
