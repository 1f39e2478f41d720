/*
 * callhook-api: the command line.  Everything else is master.c's.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include "api/auth.h"
#include "api/master.h"
#include "api/route.h"
#include "core/title.h"

static const char usage[] =
    "usage: callhook-api [--config FILE] [--check-config | --dump-config]\n"
    "       callhook-api --list-routes | --help | --version\n"
    "\n"
    "Answers the HTTP API of callhook as a FastCGI pool.\n"
    "\n"
    "  -c, --config FILE   instead of $CALLHOOK_CONFIG or\n"
    "                      " CALLHOOK_SYSCONFDIR "/callhook/callhook.conf\n"
    "  -t, --check-config  says whether the configuration is right\n"
    "      --dump-config   prints it with all defaults\n"
    "      --list-routes   prints method, path and scope of all requests\n"
    "                      it answers; needs no configuration\n"
    "  -h, --help          this text\n"
    "  -V, --version       the version\n";

static int
list_routes(void)
{
	char method[ROUTE_ALLOW_LEN];
	const struct route *r;
	size_t i;

	for (i = 0; i < route_table_n; i++) {
		r = &route_table[i];
		printf("%s %s %s\n", route_allow((unsigned)r->method, method),
		    r->pattern, r->scope & SCOPE_EVENTS ? "events" :
		    r->scope & SCOPE_KEYS ? "keys" :
		    r->scope & SCOPE_WEBHOOKS ? "webhooks" : "-");
	}
	return fflush(stdout) == EOF ? EX_IOERR : 0;
}

int
main(int argc, char **argv)
{
	enum { DUMP = 256, ROUTES };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 't' },
		{ "dump-config", no_argument, NULL, DUMP },
		{ "list-routes", no_argument, NULL, ROUTES },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int (*run)(const char *) = master_run;
	const char *given = NULL;
	char *path = NULL;
	int c, status;

	/* Keys and passwords: no core, and no /proc for others of our user. */
	prctl(PR_SET_DUMPABLE, 0);
	title_init(argc, argv);

	while ((c = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			given = optarg;
			break;
		case 't':
			run = master_check;
			break;
		case DUMP:
			run = master_dump;
			break;
		case ROUTES:
			return list_routes();
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("callhook-api %s\n", PACKAGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (given != NULL) {
		path = strdup(given);	/* argv becomes the title */
		if (path == NULL)
			return EX_OSERR;
	}
	status = run(path);
	free(path);
	return status;
}
