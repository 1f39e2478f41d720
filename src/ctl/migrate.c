/*
 * callhookctl migrate: brings the schema to the version that this build
 * knows.  One transaction a file, one migrator at a time (advisory lock), and
 * a file that was changed after it had been applied is refused.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/db.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_migrate = {
	.name = "migrate",
	.usage = "[--status | --dry-run]",
	.help = "Applies the migrations of the schema that are pending.",
	.run = run,
};

/* What the database says was applied. */
struct applied {
	int number;
	char *name;
	char *sha256;
	int64_t at;
};

struct history {
	struct applied *v;
	size_t n;
};

static void
history_free(struct history *h)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		free(h->v[i].name);
		free(h->v[i].sha256);
	}
	free(h->v);
	memset(h, 0, sizeof(*h));
}

static char *
copy(struct span s)
{
	return strndup(s.p != NULL ? s.p : "", s.len);
}

static int
history_read(struct db *db, struct history *h)
{
	const struct pg_result *r;
	size_t i, n;
	int err;

	memset(h, 0, sizeof(*h));
	err = db_send(db, &sql_migration_list, NULL);
	if (err == 0)
		err = db_run(db);
	if (err == ERR_DB && (strcmp(db_sqlstate(db), "42P01") == 0 ||
	    strcmp(db_sqlstate(db), "3F000") == 0))
		return 0;
	if (err < 0)
		return err;
	r = db_result(db, 0);
	n = (size_t)dbresult_rows(r);
	h->v = calloc(n + 1, sizeof(*h->v));
	if (h->v == NULL)
		return ERR_NOMEM;
	for (i = 0; i < n; i++) {
		struct applied *a = &h->v[i];

		a->number = dbresult_i32(r, (int)i, 0);
		a->name = copy(dbresult_span(r, (int)i, 1));
		a->sha256 = copy(dbresult_span(r, (int)i, 2));
		a->at = dbresult_time(r, (int)i, 3);
		h->n++;
		if (a->name == NULL || a->sha256 == NULL) {
			history_free(h);
			return ERR_NOMEM;
		}
	}
	return 0;
}

static const struct applied *
history_find(const struct history *h, int number)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->v[i].number == number)
			return &h->v[i];
	return NULL;
}

static bool
is_known(int number)
{
	size_t i;

	for (i = 0; i < sql_migrations_n; i++)
		if (sql_migrations[i].number == number)
			return true;
	return false;
}

/* Does the history fit this build?  Says what does not. */
static int
history_check(const struct history *h)
{
	const struct applied *a;
	size_t i;
	int status = CTL_OK;

	for (i = 0; i < h->n; i++)
		if (!is_known(h->v[i].number)) {
			ctl_say("the database has migration %04d_%s, which "
			    "this version does not know", h->v[i].number,
			    h->v[i].name);
			status = CTL_SCHEMA;
		}
	for (i = 0; i < sql_migrations_n; i++) {
		a = history_find(h, sql_migrations[i].number);
		if (a == NULL || strcmp(a->sha256, sql_migrations[i].sha256) ==
		    0)
			continue;
		ctl_say("migration %04d_%s has changed since it was applied",
		    sql_migrations[i].number, sql_migrations[i].name);
		status = CTL_SCHEMA;
	}
	return status;
}

static int
apply(struct db *db, const struct sql_migration *m)
{
	struct dbparam p;
	int err;

	err = db_begin(db);
	if (err == 0)
		err = db_run(db);
	if (err == 0)
		err = db_script(db, m->text);
	if (err < 0)
		return err;
	dbparam_init(&p);
	dbparam_i32(&p, m->number);
	dbparam_text(&p, span_of(m->name));
	dbparam_text(&p, span_of(m->sha256));
	dbparam_time(&p, clock_real_us());
	dbparam_i32(&p, m->needs);
	err = db_send(db, &sql_migration_insert, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_commit(db);
	if (err == 0)
		err = db_run(db);
	return err;
}

static int
apply_pending(struct db *db, const struct history *h)
{
	const struct sql_migration *m;
	char what[128];
	int err, n = 0;
	size_t i;

	for (i = 0; i < sql_migrations_n; i++) {
		m = &sql_migrations[i];
		if (history_find(h, m->number) != NULL)
			continue;
		err = apply(db, m);
		if (err < 0) {
			snprintf(what, sizeof(what), "migration %04d_%s",
			    m->number, m->name);
			return ctl_fail(what, err, db);
		}
		printf("applied %04d_%s\n", m->number, m->name);
		n++;
	}
	if (n == 0)
		puts("nothing to migrate");
	return CTL_OK;
}

int
ctl_migrate_apply(struct db *db)
{
	struct history h = { .n = 0 };
	int err, status;

	err = db_send(db, &sql_migrate_lock, NULL);
	if (err == 0)
		err = db_run(db);
	if (err == ERR_DB_BUSY) {
		ctl_say("another callhookctl migrates this database now");
		return CTL_FAILED;
	}
	if (err == 0)
		err = history_read(db, &h);
	if (err < 0)
		return ctl_fail("migrate", err, db);
	status = history_check(&h);
	if (status == CTL_OK)
		status = apply_pending(db, &h);
	history_free(&h);
	return status;
}

int
ctl_migrate_print(struct db *db)
{
	struct history h = { .n = 0 };
	size_t i;
	int err, status;

	err = history_read(db, &h);
	if (err < 0)
		return ctl_fail("migrate", err, db);
	status = history_check(&h);
	for (i = 0; i < sql_migrations_n && status == CTL_OK; i++)
		if (history_find(&h, sql_migrations[i].number) == NULL)
			printf("-- %04d_%s\n%s", sql_migrations[i].number,
			    sql_migrations[i].name, sql_migrations[i].text);
	history_free(&h);
	return status;
}

static int
print_status(struct db *db)
{
	char when[CLOCK_TEXT_LEN];
	const struct applied *a;
	struct history h = { .n = 0 };
	size_t i;
	int err, status;

	err = history_read(db, &h);
	if (err < 0)
		return ctl_fail("migrate", err, db);
	for (i = 0; i < sql_migrations_n; i++) {
		a = history_find(&h, sql_migrations[i].number);
		printf("%04d_%s  %s%s\n", sql_migrations[i].number,
		    sql_migrations[i].name, a != NULL ? "applied " : "pending",
		    a != NULL ? clock_text(a->at, when) : "");
	}
	status = history_check(&h);
	history_free(&h);
	return status;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "status", no_argument, NULL, 's' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	int o, mode = 0, status;
	struct db *db;

	while ((o = ctl_option(argc, argv, longopts)) != -1) {
		if (o == '?')
			return CTL_USAGE;
		if (mode != 0)
			return ctl_too_much("--status and --dry-run together");
		mode = o;
	}
	if (optind != argc)
		return ctl_too_much(argv[optind]);
	status = ctl_connect(ctl, NULL, false, &db);
	if (status != CTL_OK)
		return status;
	if (mode == 's')
		status = print_status(db);
	else if (mode == 'n')
		status = ctl_migrate_print(db);
	else
		status = ctl_migrate_apply(db);
	db_free(db);
	return status;
}
