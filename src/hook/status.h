#ifndef HOOK_STATUS_H
#define HOOK_STATUS_H

#include "core/span.h"
#include "hook/event.h"

/*
 * The status of a call: a pair of codes, "200/200", in one space for both
 * services.  CallTracking posts the pair, CallKeeper its halves.
 */
#define STATUS_LEN 24

enum status_kind {
	STATUS_UNKNOWN,		/* none was posted, or it is not one */
	STATUS_IN_PROGRESS,	/* 1/0 */
	STATUS_SCHEDULED,	/* 2/0 */
	STATUS_TEST,		/* 790/0, a test call */
	STATUS_SUCCESSFUL,	/* 200/200 and nothing else */
	STATUS_FAILED,		/* any other */
};

/* "200/200" of a call's proven data; "" when there is none. */
const char *status_text(enum service service, struct span data,
    char out[STATUS_LEN]);
/*
 * The same of values at hand (p NULL: not posted): the pair, or its halves.
 */
const char *status_text_of(struct span pair, struct span first,
    struct span second, char out[STATUS_LEN]);
enum status_kind status_kind(const char *text);
/* What the cabinet says of it, in Russian, as a JSON string; NULL: unknown. */
const char *status_description(const char *text);

#endif
