/*
 * callhookctl check: can the daemons work?  One line for each thing that
 * they need, "ok", "FAILED", "missing" (what can be done without) or "unknown"
 * (not to be seen from here); the exit status is 1 when something failed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/db.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

#define DAY_US INT64_C(86400000000)
#define DAY_LEN 10			/* 2026-11-22 */

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_check = {
	.name = "check",
	.usage = "",
	.help = "Checks configuration, database, partitions, key and sockets.",
	.run = run,
};

static void line(int *failed, const char *verdict, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void
line(int *failed, const char *verdict, const char *fmt, ...)
{
	va_list ap;

	if (strcmp(verdict, "FAILED") == 0)
		(*failed)++;
	printf("%-8s ", verdict);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* A login of a daemon: schema, and whether row level security binds it. */
static void
check_login(const char *what, const char *conninfo, int *failed)
{
	const struct db_options options = {
		.conninfo = conninfo, .application = "callhookctl check",
		.check_schema = 1,
		.pooled = true,		/* perhaps; there is no harm in it */
	};
	struct db *db = db_new(&options);
	int err = db != NULL ? db_ready(db) : ERR_NOMEM;

	if (err == 0)
		err = db_send(db, &sql_role_bypass, NULL);
	if (err == 0)
		err = db_run(db);
	if (err == ERR_DB_DOWN)
		line(failed, "unknown", "%s: cannot log in from here: %s",
		    what, db_error(db));
	else if (err < 0)
		line(failed, "FAILED", "%s: %s", what, db != NULL &&
		    db_error(db)[0] != '\0' ? db_error(db) :
		    err_text((enum err)err));
	else if (dbresult_bool(db_result(db, 0), 0, 0))
		line(failed, "FAILED", "%s: row level security does not bind "
		    "this login: it is a superuser or has BYPASSRLS", what);
	else
		line(failed, "ok", "%s: logs in, schema version %d", what,
		    db_schema(db));
	db_free(db);
}

static bool
has_day(const struct pg_result *r, const char *day)
{
	int i;

	for (i = 0; i < dbresult_rows(r); i++)
		if (span_eq(dbresult_span(r, i, 0),
		    (struct span){ day, DAY_LEN }))
			return true;
	return false;
}

static void
check_partitions(struct db *db, const char *table, int64_t ahead, int *failed)
{
	char day[CLOCK_TEXT_LEN];
	int64_t i, now = clock_real_us(), missing = 0;
	struct dbparam p;
	int err;

	dbparam_init(&p);
	dbparam_text(&p, span_of(table));
	err = db_send(db, &sql_partition_days, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_run(db);
	if (err < 0) {
		line(failed, "FAILED", "partitions of %s: %s", table,
		    db_error(db));
		return;
	}
	for (i = 0; i <= ahead; i++)
		if (!has_day(db_result(db, 0), clock_text(now + i * DAY_US,
		    day)))
			missing++;
	if (missing > 0)
		line(failed, "FAILED", "partitions of %s: %" PRId64 " of %"
		    PRId64 " days are missing, run callhookctl maintain",
		    table, missing, ahead + 1);
	else
		line(failed, "ok", "partitions of %s: today and %" PRId64
		    " days ahead", table, ahead);
}

static void
check_database(struct ctl *ctl, int *failed)
{
	const struct settings *s = &ctl->settings;
	const struct db_options options = {
		.conninfo = s->db_admin, .application = "callhookctl check",
		.lock_timeout_ms = 2000, .check_schema = 1,
	};
	struct db *db = db_new(&options);
	int err = db != NULL ? db_ready(db) : ERR_NOMEM;
	const char *why = db != NULL && db_error(db)[0] != '\0' ?
	    db_error(db) : err_text((enum err)err);

	if (err < 0) {
		line(failed, "FAILED", "database: %s%s", why, ctl_hint(why));
		db_free(db);
		return;
	}
	line(failed, "ok", "database: schema version %d", db_schema(db));
	check_partitions(db, "event", s->retention_ahead, failed);
	check_partitions(db, "attempt", s->retention_ahead, failed);
	db_free(db);
	check_login("login of callhook-api", s->db_api, failed);
	check_login("login of callhook-sender", s->db_sender, failed);
}

static void
check_socket(const char *what, const char *path, int *failed)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		line(failed, "ok", "%s: %s", what, path);
	else
		line(failed, "FAILED", "%s: no socket at %s", what, path);
}

static void
check_master(const char *path, int *failed)
{
	struct buf text = BUF_INIT(8192);
	const char *verdict = ctl_master_check(path, &text);

	line(failed, verdict, "%s", buf_cstr(&text));
	buf_free(&text);
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	int failed = 0;

	if (argc != 1)
		return ctl_too_much(argv[1]);
	line(&failed, "ok", "configuration");
	check_database(ctl, &failed);
	check_master(ctl->settings.secrets_key_file, &failed);
	check_socket("socket of callhook-api", ctl->settings.api_listen,
	    &failed);
	check_socket("socket of callhook-sender", ctl->settings.sender_wake,
	    &failed);
	return failed > 0 ? CTL_FAILED : CTL_OK;
}
