#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/settings.h"

struct db;
struct option;
struct dbparam;
struct sql_statement;

/* Exit statuses; 78 is EX_CONFIG, as the daemons use it. */
enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_SCHEMA = 78 };

struct ctl {
	struct settings settings;
};

struct ctl_command {
	const char *name;
	const char *usage;	/* what follows the name */
	const char *help;	/* one sentence */
	/*
	 * argv[0] is the command's name.  Returns the exit status; CTL_USAGE
	 * makes the caller print the usage.
	 */
	int (*run)(struct ctl *ctl, int argc, char **argv);
};

/* setup.c, migrate.c, check.c, key.c, maintain.c (master.c has no command) */
extern const struct ctl_command ctl_setup;
extern const struct ctl_command ctl_migrate;
extern const struct ctl_command ctl_check;
extern const struct ctl_command ctl_account;
extern const struct ctl_command ctl_key;
extern const struct ctl_command ctl_maintain;
/* webhook.c, delivery.c, recover.c, stats.c */
extern const struct ctl_command ctl_webhook;
extern const struct ctl_command ctl_delivery;
extern const struct ctl_command ctl_recover;
extern const struct ctl_command ctl_stats;

/*
 * getopt_long without short options; says what is wrong with an option, and
 * returns '?'.
 */
int ctl_option(int argc, char **argv, const struct option *options);
/* Says that there is no place for word; returns CTL_USAGE. */
int ctl_too_much(const char *word) MUST_CHECK;
/* Says that there is no such action, or none at all (NULL); the same. */
int ctl_no_action(const char *word) MUST_CHECK;
/* Prints "callhookctl: …" on stderr. */
void ctl_say(const char *fmt, ...) PRINTF_LIKE(1, 2);
/*
 * What helps where PostgreSQL says that there is no such database or role,
 * to be put behind its words; "" otherwise.
 */
const char *ctl_hint(const char *why);
/*
 * Prints what failed and why (PostgreSQL's words when db is not NULL and
 * has some); returns the exit status that err means.
 */
int ctl_fail(const char *what, int err, const struct db *db) MUST_CHECK;
/*
 * Connects as administrator to conninfo (NULL: the configured one), without
 * statement timeout and with a lock timeout of two seconds.  Says why not.
 * Returns an exit status; *db is set on CTL_OK only.
 */
int ctl_connect(struct ctl *ctl, const char *conninfo, bool check_schema,
    struct db **db) MUST_CHECK;

/* What conninfo itself says of key, or NULL; free(). */
char *ctl_conninfo_get(const char *conninfo, const char *key) MUST_CHECK;
/* The same, or else what the environment says or libpq assumes. */
char *ctl_conninfo_effective(const char *conninfo, const char *key)
    MUST_CHECK;
/* conninfo with another dbname; free(). */
char *ctl_conninfo_dbname(const char *conninfo, const char *dbname) MUST_CHECK;

/*
 * The master key file (master.c).  Makes it when it is missing, for the group
 * callhook when there is one and we may give it away; CTL_FAILED when it
 * cannot be made, having said why.  dry_run: only says what it would do.
 */
int ctl_master_make(const char *path, bool dry_run) MUST_CHECK;
/* What is to be said of it, as a line of check: verdict and text. */
const char *ctl_master_check(const char *path, struct buf *text);

/* Applies what is pending (migrate.c); prints what it does. */
int ctl_migrate_apply(struct db *db) MUST_CHECK;
/* Prints the scripts that are pending. */
int ctl_migrate_print(struct db *db) MUST_CHECK;
/* Makes the partitions from yesterday to ahead days from today (maintain.c). */
int ctl_make_partitions(struct db *db, int64_t ahead) MUST_CHECK;
/* Runs s as the schema's owner; its result is number 1 (maintain.c). */
int ctl_run_owner(struct db *db, const struct sql_statement *s,
    const struct dbparam *p) MUST_CHECK;
/*
 * Forgets what accounts keep for a shorter time than days before today, and old
 * answers (retention.c).
 */
int ctl_forget(struct db *db, int64_t today, int64_t days) MUST_CHECK;

/*
 * Forgets old figures, tests nobody fetched and recoveries that were over before
 * then (sweep.c).
 */
int ctl_sweep(struct db *db, int64_t now, int64_t recoveries_before)
    MUST_CHECK;

#endif
