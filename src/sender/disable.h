#ifndef SENDER_DISABLE_H
#define SENDER_DISABLE_H

#include <stdint.h>

struct dbasync;
struct delivery;
struct disable;
struct lanes;
struct operator;

/*
 * Switches webhooks off whose receiver is gone, or has only failed for too
 * long: settings, audit row, log line, operator's event.
 */
enum disable_reason { DISABLE_GONE, DISABLE_FAILING };

struct disable_options {
	struct dbasync *db;
	struct lanes *lanes;		/* forget what waits for it */
	struct operator *operator;
};

struct disable *disable_new(const struct disable_options *options);
void disable_free(struct disable *d);	/* the session has to be gone first */
/*
 * Switches d's webhook off in the version that d was read with: whoever
 * changed it since knows better.
 */
void disable_webhook(struct disable *d, const struct delivery *delivery,
    enum disable_reason reason);
/* How many were switched off. */
int64_t disable_count(const struct disable *d);

#endif
