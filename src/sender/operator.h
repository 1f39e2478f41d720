#ifndef SENDER_OPERATOR_H
#define SENDER_OPERATOR_H

#include "core/span.h"

struct loop;
struct operator;
struct resolve;
struct target_policy;
struct transfers;

/*
 * Tells the operator's address (sender.operator_url) what the sender did by
 * itself, one JSON object a POST.  Best effort: three tries, and no more than
 * OPERATOR_QUEUE that wait; what is lost stands in the log all the same.
 */
enum { OPERATOR_QUEUE = 100, OPERATOR_TRIES = 3 };

struct operator_options {
	struct loop *loop;
	struct resolve *resolve;
	struct transfers *transfers;
	const struct target_policy *policy;
	const char *user_agent;
	const char *url;		/* "": nobody is told */
};

/* NULL with *why set to a static text: no memory, or the URL is none. */
struct operator *operator_new(const struct operator_options *options,
    const char **why);
void operator_free(struct operator *o);
void operator_tell(struct operator *o, struct span json);

#endif
