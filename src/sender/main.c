/* callhook-sender: options and configuration, then one call. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include "core/log.h"
#include "core/settings.h"
#include "sender/sender.h"

static const char usage[] =
    "usage: callhook-sender [--config FILE] [--check-config | --dump-config]\n"
    "       callhook-sender --help | --version\n"
    "\n"
    "Delivers what callhook-api has accepted.\n"
    "\n"
    "  -c, --config FILE   instead of $CALLHOOK_CONFIG or\n"
    "                      " CALLHOOK_SYSCONFDIR "/callhook/callhook.conf\n"
    "  -t, --check-config  says whether the configuration is right\n"
    "      --dump-config   prints it with all defaults\n"
    "  -h, --help          this text\n"
    "  -V, --version       the version\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, 't' },
	{ "dump-config", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

enum mode { RUN, CHECK, DUMP };

static int
dump(const struct settings *s)
{
	struct buf out = BUF_INIT(1024 * 1024);
	int rc;

	settings_dump(s, &out);
	fputs(buf_cstr(&out), stdout);
	rc = buf_err(&out) == ERR_OK ? 0 : EX_SOFTWARE;
	buf_free(&out);
	return rc;
}

static int
with_settings(const char *path, enum mode mode)
{
	struct settings settings;
	struct buf why = BUF_INIT(SETTINGS_WHY);
	int rc;

	rc = settings_load(&settings, path, &why);
	if (rc != 0) {
		settings_complain("callhook-sender", buf_cstr(&why));
		buf_free(&why);
		return EX_CONFIG;
	}
	log_init("callhook-sender", (enum log_level)settings.log_level,
	    (enum log_format)settings.log_format);
	log_mask(settings.log_mask);
	log_routine(settings.log_routine);
	rc = mode == DUMP ? dump(&settings) : mode == CHECK ?
	    sender_check(&settings) : sender_run(&settings);
	if (mode == CHECK && rc == 0)
		puts("configuration ok");
	settings_free(&settings);
	buf_free(&why);
	return rc;
}

int
main(int argc, char **argv)
{
	enum mode mode = RUN;
	const char *path = NULL;
	int c;

	/* Secrets and passwords: no core, and no /proc for others of our user. */
	prctl(PR_SET_DUMPABLE, 0);
	while ((c = getopt_long(argc, argv, "c:thV", options, NULL)) != -1)
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			mode = CHECK;
			break;
		case 'd':
			mode = DUMP;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("callhook-sender " PACKAGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return with_settings(path, mode);
}
