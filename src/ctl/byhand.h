#ifndef CTL_BYHAND_H
#define CTL_BYHAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/ctl.h"

/* Options beside --account and --json. */
enum byhand_option { BYHAND_EVENT, BYHAND_CALL, BYHAND_OUTCOME, BYHAND_STATUS,
	BYHAND_SINCE, BYHAND_UNTIL, BYHAND_STEP, BYHAND_TZ, BYHAND_SERVICE,
	BYHAND_LIMIT, BYHAND_OPTIONS };

/* What an action is about. */
enum byhand_about {
	BYHAND_ACCOUNT,		/* --account N */
	BYHAND_ID,		/* an id; --account N need not be given */
	BYHAND_EITHER,		/* one webhook, or the account */
};

/*
 * One action of a command: a request to the API.  Options go into the query of
 * a GET and into the body of anything else, under the API's names.
 */
struct byhand_action {
	const char *name;
	unsigned options;	/* bits of those it takes */
	unsigned needed;	/* and of those it cannot do without */
	enum byhand_about about;
	const char *method;
	const char *path;	/* "{id}" is the id */
	const char *path_account;	/* of BYHAND_EITHER without an id */
	const char *body;	/* of something that is not GET, when constant */
	const char *event;	/* --event when it is not given */
	/*
	 * A list of pages, this many entries of it when --limit is not given;
	 * 0: no list.
	 */
	int entries;
	bool from_to;		/* the API says "from" and "to" */
	/*
	 * Prints the answer for people; an error of ours.  rows: the entries
	 * of a list, or the one thing that the answer is, as a table; print:
	 * the answer, where that is something else.
	 */
	int (*rows)(const json_t *list);
	int (*print)(const json_t *json);
	/* Did it turn out well?  NULL: an answer is enough. */
	bool (*well)(const json_t *json);
};

#define BYHAND_BIT(option) (1U << (option))
#define BYHAND_ALL 1000000

/*
 * argv[1] is the action's name, or what follows argv[0] belongs to the only
 * action, whose name is NULL.  Returns the exit status.
 */
int byhand_run(struct ctl *ctl, int argc, char **argv,
    const struct byhand_action *actions, size_t n) MUST_CHECK;

#endif
