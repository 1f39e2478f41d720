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
    "Usage: callhook-sender [--config FILE] [--check-config]\n"
    "Delivers what callhook-api has accepted.\n"
    "\n"
    "  -c, --config FILE  instead of $CALLHOOK_CONFIG, else\n"
    "                     /etc/callhook/callhook.conf\n"
    "  --check-config     check the configuration and leave\n"
    "  --help             show this and leave\n"
    "  --version          show the version and leave\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

int
main(int argc, char **argv)
{
	struct settings settings;
	struct buf why = BUF_INIT(4096);
	const char *path = NULL;
	int c, rc, check = 0;

	/* Secrets and passwords: no core, and no /proc for others of our user. */
	prctl(PR_SET_DUMPABLE, 0);
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1)
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			check = 1;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
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
	rc = settings_load(&settings, path, &why);
	if (rc != 0) {
		fprintf(stderr, "callhook-sender: %s\n", buf_cstr(&why));
		buf_free(&why);
		return EX_CONFIG;
	}
	log_init("callhook-sender", (enum log_level)settings.log_level,
	    (enum log_format)settings.log_format);
	log_mask(settings.log_mask);
	log_routine(settings.log_routine);
	rc = check ? sender_check(&settings) : sender_run(&settings);
	if (check && rc == 0)
		puts("configuration ok");
	settings_free(&settings);
	buf_free(&why);
	return rc;
}
