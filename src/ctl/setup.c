/*
 * callhookctl setup: from a bare PostgreSQL to a database that the daemons
 * can use.  Asks the server for the commands that are still missing (sql/
 * setup_*.sql make them, names quoted), so a second run has nothing to do.
 * The master key file is made too, or alone with --key.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_setup = {
	.name = "setup",
	.usage = "[--api-login NAME] [--sender-login NAME] [--key] "
	    "[--dry-run]",
	.help = "Makes database, roles, schema, partitions and master key "
	    "where they are missing.",
	.run = run,
};

struct plan {
	char *api_login;
	char *sender_login;
	bool dry_run;
	bool key_only;
	int commands;		/* run or printed */
};

/* Runs, or prints, the commands in the first column of s's rows. */
static int
run_commands(struct db *db, const struct sql_statement *s,
    const struct dbparam *p, struct plan *plan)
{
	struct buf text = BUF_INIT(65536);
	int err, i, rows;

	err = db_send(db, s, p);
	if (err == 0)
		err = db_run(db);
	if (err < 0)
		return ctl_fail("setup", err, db);
	rows = dbresult_rows(db_result(db, 0));
	for (i = 0; i < rows; i++) {
		buf_span(&text, dbresult_span(db_result(db, 0), i, 0));
		buf_str(&text, ";\n");
	}
	err = buf_err(&text);
	plan->commands += rows;
	fputs(buf_cstr(&text), stdout);
	if (err == 0 && rows > 0 && !plan->dry_run)
		err = db_script(db, buf_cstr(&text));
	buf_free(&text);
	return err < 0 ? ctl_fail("setup", err, db) : CTL_OK;
}

/*
 * Makes the database when the server is there and lacks it.  With dry_run
 * *left is the connection to "postgres" that the rest is planned with.
 */
static int
make_database(struct ctl *ctl, struct plan *plan, struct db **left)
{
	char *name = ctl_conninfo_effective(ctl->settings.db_admin, "dbname");
	char *conninfo = ctl_conninfo_dbname(ctl->settings.db_admin,
	    "postgres");
	struct dbparam p;
	struct db *db = NULL;
	int status = CTL_FAILED, before = plan->commands;

	if (conninfo == NULL) {
		ctl_say("the connection string of [database] admin is wrong");
		free(name);
		return CTL_FAILED;
	}
	if (name == NULL)
		name = ctl_conninfo_effective(ctl->settings.db_admin, "user");
	status = ctl_connect(ctl, conninfo, false, &db);
	if (status == CTL_OK) {
		dbparam_init(&p);
		dbparam_text(&p, span_of(name));
		status = run_commands(db, &sql_setup_database, &p, plan);
		dbparam_free(&p);
	}
	if (status == CTL_OK && plan->dry_run && plan->commands > before) {
		*left = db;
		db = NULL;
	}
	db_free(db);
	free(conninfo);
	free(name);
	return status;
}

static int
make_roles(struct db *db, struct plan *plan)
{
	struct dbparam p;
	int status;

	dbparam_init(&p);
	dbparam_text(&p, span_of(plan->api_login));
	dbparam_text(&p, span_of(plan->sender_login));
	status = run_commands(db, &sql_setup_roles, &p, plan);
	dbparam_free(&p);
	return status;
}

/* Is the database there already?  Says nothing when it is not. */
static bool
has_database(struct ctl *ctl)
{
	const struct db_options options = {
		.conninfo = ctl->settings.db_admin,
		.application = "callhookctl",
	};
	struct db *db = db_new(&options);
	bool there = db != NULL && db_ready(db) == 0;

	db_free(db);
	return there;
}

static int
set_up(struct ctl *ctl, struct plan *plan)
{
	struct db *db = NULL;
	int status = CTL_OK;

	if (!has_database(ctl))
		status = make_database(ctl, plan, &db);
	if (status == CTL_OK && db == NULL)
		status = ctl_connect(ctl, NULL, false, &db);
	if (status == CTL_OK)
		status = make_roles(db, plan);
	if (status == CTL_OK && plan->dry_run)
		status = ctl_migrate_print(db);
	else if (status == CTL_OK)
		status = ctl_migrate_apply(db);
	if (status == CTL_OK && !plan->dry_run)
		status = ctl_make_partitions(db,
		    ctl->settings.retention_ahead);
	if (status == CTL_OK && plan->commands == 0)
		puts("database and roles are there");
	db_free(db);
	return status;
}

/* The login that the daemons are configured to use; else the group role. */
static char *
login_of(const char *conninfo, const char *group)
{
	char *user = ctl_conninfo_get(conninfo, "user");

	return user != NULL ? user : strdup(group);
}

/*
 * Who sets up the database need not be who may write the key (postgres is
 * not root): all but signing works without it, so it is no failure.
 */
static void
make_key(struct ctl *ctl, const struct plan *plan)
{
	if (ctl_master_make(ctl->settings.secrets_key_file,
	    plan->dry_run) != CTL_OK)
		ctl_say("webhooks can be signed when root has run: "
		    "callhookctl setup --key");
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "api-login", required_argument, NULL, 'a' },
		{ "sender-login", required_argument, NULL, 's' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "key", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	const char *api = NULL, *sender = NULL;
	struct plan plan = { 0 };
	int o, status;

	while ((o = ctl_option(argc, argv, longopts)) != -1)
		switch (o) {
		case 'a':
			api = optarg;
			break;
		case 's':
			sender = optarg;
			break;
		case 'n':
			plan.dry_run = true;
			break;
		case 'k':
			plan.key_only = true;
			break;
		default:
			return CTL_USAGE;
		}
	if (optind != argc)
		return ctl_too_much(argv[optind]);
	if ((api != NULL && api[0] == '\0') ||
	    (sender != NULL && sender[0] == '\0')) {
		ctl_say("a login needs a name");
		return CTL_USAGE;
	}
	if (plan.key_only && (api != NULL || sender != NULL))
		return ctl_too_much("a login beside --key");
	if (plan.key_only)
		return ctl_master_make(ctl->settings.secrets_key_file,
		    plan.dry_run);
	plan.api_login = api != NULL ? strdup(api) :
	    login_of(ctl->settings.db_api, "callhook_api");
	plan.sender_login = sender != NULL ? strdup(sender) :
	    login_of(ctl->settings.db_sender, "callhook_sender");
	if (plan.api_login == NULL || plan.sender_login == NULL)
		status = ctl_fail("setup", ERR_NOMEM, NULL);
	else
		status = set_up(ctl, &plan);
	if (status == CTL_OK)
		make_key(ctl, &plan);
	free(plan.api_login);
	free(plan.sender_login);
	return status;
}
