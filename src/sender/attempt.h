#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include <stdint.h>

#include "core/openmetrics.h"
#include "hook/request.h"
#include "sender/outcome.h"

struct attempts;
struct delivery;
struct disable;
struct lanes;
struct loop;
struct resolve;
struct secrets;
struct settle;
struct settle_result;
struct target_policy;
struct transfers;

/*
 * One attempt of a delivery: may it be sent at all, what is sent, where to,
 * and what follows from the answer.
 */
struct attempt_options {
	struct loop *loop;
	struct lanes *lanes;
	struct resolve *resolve;
	struct transfers *transfers;
	struct settle *settle;
	struct secrets *secrets;
	struct disable *disable;
	const struct target_policy *policy;
	struct request_style style;
	struct outcome_rules rules;
	int64_t retry_after_max;	/* ms */
	bool log_failures, log_all;	/* which outcomes have a line */
	/* What is no delivery (d->trial) goes here; r NULL: was not sent. */
	void (*tried)(void *cookie, struct delivery *d,
	    struct settle_result *r);
	/* A slot is free, or work is to be settled. */
	void (*ended)(void *cookie);
	void *cookie;
};

/* Since the start, for log and metrics. */
struct attempt_figures {
	int64_t outcomes[OUTCOMES];
	int64_t errors[OUTCOME_ERRORS];
	/* Histograms: requests that were sent; how late attempts began. */
	uint64_t attempt_us[OPENMETRICS_LATENCY_CELLS];
	uint64_t delay_us[OPENMETRICS_LATENCY_CELLS];
};

struct attempts *attempt_new(const struct attempt_options *options);
void attempt_free(struct attempts *a);
/* Takes d, which lanes_next has lent; ends in settle, sooner or later. */
void attempt_start(struct attempts *a, struct delivery *d);
/* Goes on with suspects of the journal that had to wait, when they may. */
void attempt_go_on(struct attempts *a);
/* Breaks off those of a shard (-1: all), without results; d stays in hand. */
void attempt_abort(struct attempts *a, int shard);
const struct attempt_figures *attempt_figures(const struct attempts *a);

#endif
