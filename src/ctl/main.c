/*
 * callhookctl: the table of commands, the options in front of them, and what
 * all of them share: complaints, exit statuses, the connection as
 * administrator.  One short-lived process; each command is a file.
 */
#include "config.h"

#include <getopt.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/log.h"
#include "ctl/ctl.h"

#define CONNINFO_MAX 65536

static int run_version(struct ctl *ctl, int argc, char **argv);

static const struct ctl_command command_version = {
	.name = "version",
	.usage = "",
	.help = "Prints the version.",
	.run = run_version,
};

static const struct ctl_command *const commands[] = {
	&ctl_setup, &ctl_migrate, &ctl_check, &ctl_account, &ctl_key, &ctl_maintain,
	&ctl_webhook, &ctl_delivery, &ctl_recover, &ctl_stats,
	&command_version,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void
ctl_say(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("callhookctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int
ctl_too_much(const char *word)
{
	ctl_say("too much: %s", word);
	return CTL_USAGE;
}

int
ctl_no_action(const char *word)
{
	if (word == NULL)
		ctl_say("an action is missing");
	else
		ctl_say("no such action: %s", word);
	return CTL_USAGE;
}

int
ctl_option(int argc, char **argv, const struct option *options)
{
	const char *word;
	int o;

	opterr = 0;
	o = getopt_long(argc, argv, ":", options, NULL);
	if (o != '?' && o != ':')
		return o;
	word = argv[optind - 1];
	if (o == ':')
		ctl_say("%s: a value is missing", word);
	else if (strncmp(word, "--", 2) != 0)
		ctl_say("no such option: -%c", optopt);
	else
		ctl_say(optopt != 0 ? "%s: it takes no value" :
		    "no such option: %s", word);
	return '?';
}

const char *
ctl_hint(const char *why)
{
	if (strstr(why, "FATAL:  database \"") != NULL &&
	    strstr(why, "does not exist") != NULL)
		return "; as a superuser of PostgreSQL: callhookctl setup";
	if (strstr(why, "FATAL:  role \"") != NULL)
		return "; run it as a user that PostgreSQL knows: "
		    "runuser -u postgres -- callhookctl ...";
	return "";
}

int
ctl_fail(const char *what, int err, const struct db *db)
{
	const char *why = err_text((enum err)err);

	if (db != NULL && db_error(db)[0] != '\0')
		why = db_error(db);
	ctl_say("%s: %s%s", what, why, ctl_hint(why));
	return err == ERR_SCHEMA ? CTL_SCHEMA : CTL_FAILED;
}

int
ctl_connect(struct ctl *ctl, const char *conninfo, bool check_schema,
    struct db **db)
{
	const struct db_options options = {
		.conninfo = conninfo != NULL ? conninfo :
		    ctl->settings.db_admin,
		.application = "callhookctl",
		.lock_timeout_ms = 2000,
		.check_schema = check_schema,
	};
	int err, status;

	*db = db_new(&options);
	if (*db == NULL)
		return ctl_fail("database", ERR_NOMEM, NULL);
	err = db_ready(*db);
	if (err == 0)
		return CTL_OK;
	status = ctl_fail("database", err, *db);
	db_free(*db);
	*db = NULL;
	return status;
}

static char *
find_setting(PQconninfoOption *options, const char *key)
{
	PQconninfoOption *o;
	char *value = NULL;

	for (o = options; value == NULL && o != NULL && o->keyword != NULL;
	    o++)
		if (strcmp(o->keyword, key) == 0 && o->val != NULL)
			value = strdup(o->val);
	PQconninfoFree(options);
	return value;
}

char *
ctl_conninfo_get(const char *conninfo, const char *key)
{
	return find_setting(PQconninfoParse(conninfo, NULL), key);
}

char *
ctl_conninfo_effective(const char *conninfo, const char *key)
{
	char *value = ctl_conninfo_get(conninfo, key);

	return value != NULL ? value : find_setting(PQconndefaults(), key);
}

static void
add_setting(struct buf *b, const char *key, const char *value)
{
	buf_fmt(b, "%s='", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_chr(b, '\\');
		buf_chr(b, *value);
	}
	buf_str(b, "' ");
}

char *
ctl_conninfo_dbname(const char *conninfo, const char *dbname)
{
	PQconninfoOption *given = PQconninfoParse(conninfo, NULL), *o;
	struct buf b = BUF_INIT(CONNINFO_MAX);
	char *text;

	if (given == NULL)
		return NULL;
	for (o = given; o->keyword != NULL; o++)
		if (o->val != NULL && strcmp(o->keyword, "dbname") != 0)
			add_setting(&b, o->keyword, o->val);
	add_setting(&b, "dbname", dbname);
	PQconninfoFree(given);
	text = buf_err(&b) == 0 ? buf_take(&b) : NULL;
	buf_free(&b);
	return text;
}

static void
print_usage(FILE *out, const struct ctl_command *c)
{
	fprintf(out, "usage: callhookctl [-c FILE] %s%s%s\n%s\n", c->name,
	    c->usage[0] != '\0' ? " " : "", c->usage, c->help);
}

static void
print_help(FILE *out)
{
	size_t i;

	fputs("usage: callhookctl [-c FILE] COMMAND [ARGUMENT ...]\n\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name,
		    commands[i]->help);
	fputs("\n  -c, --config FILE  instead of " CALLHOOK_SYSCONFDIR
	    "/callhook/callhook.conf\n"
	    "  -h, --help         this, or after a command: its usage\n"
	    "  -V, --version      the version\n", out);
}

static int
run_version(struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	if (argc > 1)
		return ctl_too_much(argv[1]);
	puts("callhookctl " PACKAGE_VERSION);
	return CTL_OK;
}

static const struct ctl_command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int
run_command(const struct ctl_command *c, const char *config, int argc,
    char **argv)
{
	struct buf why = BUF_INIT(SETTINGS_WHY);
	struct ctl ctl;
	int i, status;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			print_usage(stdout, c);
			return CTL_OK;
		}
	if (c == &command_version) {
		status = c->run(NULL, argc, argv);
	} else if (settings_load(&ctl.settings, config, &why) < 0) {
		settings_complain("callhookctl", buf_cstr(&why));
		status = CTL_SCHEMA;
	} else {
		optind = 0;
		status = c->run(&ctl, argc, argv);
		settings_free(&ctl.settings);
	}
	buf_free(&why);
	if (status == CTL_USAGE)
		print_usage(stderr, c);
	return status;
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const struct ctl_command *c;
	const char *config = NULL;
	int o, status;

	log_init("callhookctl", LOG_ERROR_ + 1, LOG_TEXT);
	while ((o = getopt_long(argc, argv, "+c:hV", longopts, NULL)) != -1)
		switch (o) {
		case 'c':
			config = optarg;
			break;
		case 'h':
			print_help(stdout);
			return CTL_OK;
		case 'V':
			return run_version(NULL, 1, argv);
		default:
			print_help(stderr);
			return CTL_USAGE;
		}
	if (optind == argc) {
		print_help(stderr);
		return CTL_USAGE;
	}
	c = find_command(argv[optind]);
	if (c == NULL) {
		ctl_say("no such command: %s", argv[optind]);
		print_help(stderr);
		return CTL_USAGE;
	}
	status = run_command(c, config, argc - optind, argv + optind);
	if (fflush(stdout) != 0 && status == CTL_OK) {
		ctl_say("standard output: write error");
		status = CTL_FAILED;
	}
	return status;
}
