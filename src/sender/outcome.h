#ifndef SENDER_OUTCOME_H
#define SENDER_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hook/event.h"

/*
 * What became of a delivery, as words and as a rule: pure arithmetic.  The
 * words stand in the database (attempt.outcome, attempt.error) and are shown
 * in the cabinet, so they never change their meaning.
 */
enum outcome {
	OUTCOME_DELIVERED,	/* answered 2xx */
	OUTCOME_RETRY,		/* failed, another attempt follows */
	OUTCOME_FAILED,		/* failed for good */
	OUTCOME_EXPIRED,	/* a call's start that nobody needs any more */
	OUTCOME_SUPERSEDED,	/* a call's start, its end was settled first */
	OUTCOME_CANCELLED,	/* the webhook is gone or switched off */
	OUTCOMES
};

enum outcome_error {
	OUTCOME_NO_ERROR,
	OUTCOME_HTTP_STATUS,	/* answered, but neither 2xx nor 3xx */
	OUTCOME_REDIRECT,	/* 3xx: never followed */
	OUTCOME_DNS,
	OUTCOME_BLOCKED_ADDRESS,	/* no address that may be called */
	OUTCOME_CONNECT,
	OUTCOME_TIMEOUT,
	OUTCOME_TLS,
	OUTCOME_RESET,		/* the connection broke */
	OUTCOME_PROTOCOL,	/* not HTTP as we accept it */
	OUTCOME_EVENT_GONE,	/* the event's data is no longer kept */
	OUTCOME_RENDER,		/* no request can be made of the settings */
	OUTCOME_SECRET,		/* it is to be signed, and cannot be */
	OUTCOME_CRASH,		/* the sender died of it, again and again */
	OUTCOME_ERRORS
};

const char *outcome_name(enum outcome outcome);
/* NULL for OUTCOME_NO_ERROR. */
const char *outcome_error_name(enum outcome_error error);
/* The class of an HTTP status that was received. */
enum outcome_error outcome_of_status(int status);

/* Is it the receiver's doing, or its address's, rather than ours? */
bool outcome_blames(enum outcome_error error);

/* What a lane learns from an attempt about its receiver. */
enum outcome_health { OUTCOME_HEALTHY, OUTCOME_SICK, OUTCOME_UNKNOWN };
enum outcome_health outcome_health(enum outcome_error error, int status);

struct outcome_rules {
	const int64_t *retries;		/* ms before attempt 2, 3, … */
	size_t retries_n;
	int64_t jitter;			/* percent */
	int64_t start_ttl;	/* ms a call's start is worth */
};

struct outcome_case {
	enum event_kind kind;
	int attempt;			/* the one that was made, from 1 */
	int64_t event_at;	/* real us: when the event was taken in */
	int64_t now;			/* real us */
	enum outcome_error error;
	int status;			/* that was answered, or 0 */
	int64_t retry_after;		/* ms that the receiver asked for */
	uint32_t random;
};

/* Is this a call's start that is too old to be sent? */
int outcome_is_stale(const struct outcome_rules *rules, enum event_kind kind,
    int64_t event_at, int64_t now);
/*
 * What follows from an attempt.  With OUTCOME_RETRY *due is when (real us):
 * after the schedule's delay, or later when the receiver asked for that.
 * 410 Gone fails for good.
 * A blocked address is tried a second time and no more; a call's start is
 * never planned beyond its time to live.
 */
enum outcome outcome_decide(const struct outcome_rules *rules,
    const struct outcome_case *c, int64_t *due);

#endif
