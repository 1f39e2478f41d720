#ifndef API_DELIVERYDB_H
#define API_DELIVERYDB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"

struct calldb_events;
struct db;
struct identity;

/* A place in the list of a webhook's deliveries: one in each of its halves. */
struct deliverydb_place {
	struct id attempt;	/* before this one */
	int64_t due;		/* and of those that wait, before this one */
	struct id owed;
};

struct deliverydb_query {
	struct id webhook;
	struct span outcome;	/* p NULL: any */
	int kind;		/* 0: any */
	int status_min, status_max;	/* -1 and 999: any, also pending */
	int64_t since, until;	/* real us */
	struct deliverydb_place place;
	int limit;
};

#define DELIVERYDB_LOOK 1000	/* rows looked at for one page */

/* A delivery with its newest attempt; spans point into the result. */
struct deliverydb_row {
	struct id key;		/* its place: attempt, or delivery */
	struct id id, event_id;
	struct span call_id;	/* p NULL: the event is no longer kept */
	int kind;		/* 0: likewise */
	int64_t at;
	struct span outcome, error;
	int status, attempts;
	int64_t due;		/* 0: nothing more is planned */
	bool shown, last;	/* the last one looked at */
};

/*
 * Attempted deliveries in DELIVERYDB_TRIED, those that wait for their first
 * attempt in DELIVERYDB_OWED; each at most limit + 1 rows.  ERR_NOT_FOUND when
 * who's account never had such a webhook.
 */
enum { DELIVERYDB_TRIED, DELIVERYDB_OWED, DELIVERYDB_HALVES };
int deliverydb_list(struct db *db, const struct identity *who,
    const struct deliverydb_query *q) MUST_CHECK;
/* What the events of one call led to, in DELIVERYDB_TRIED. */
int deliverydb_call(struct db *db, const struct identity *who,
    const struct id *webhook, const struct calldb_events *events) MUST_CHECK;
int deliverydb_rows(const struct db *db, int half);
void deliverydb_row(const struct db *db, int half, int i,
    struct deliverydb_row *out);

/*
 * All of one delivery, in results of these numbers: delivery_owed,
 * delivery_attempts (at most limit, the newest first), delivery_event,
 * delivery_webhook.  ERR_NOT_FOUND without a row in the first two.
 */
enum { DELIVERYDB_WAITS, DELIVERYDB_ATTEMPTS, DELIVERYDB_EVENT,
	DELIVERYDB_WEBHOOK };
int deliverydb_get(struct db *db, const struct identity *who,
    const struct id *id, int limit) MUST_CHECK;
enum { DELIVERYDB_A_WEBHOOK, DELIVERYDB_A_EVENT, DELIVERYDB_A_N,
	DELIVERYDB_A_AT, DELIVERYDB_A_OUTCOME, DELIVERYDB_A_STATUS,
	DELIVERYDB_A_ERROR, DELIVERYDB_A_DETAIL, DELIVERYDB_A_ADDRESS,
	DELIVERYDB_A_DNS, DELIVERYDB_A_CONNECT, DELIVERYDB_A_TLS,
	DELIVERYDB_A_FIRST_BYTE, DELIVERYDB_A_TOTAL, DELIVERYDB_A_VERSION,
	DELIVERYDB_A_SETTINGS, DELIVERYDB_A_RESPONSE };

/* A delivery that is to be made once more. */
struct deliverydb_again {
	struct id id, webhook, event;
	int kind;
	int64_t call, now;
};
/* ERR_EXISTS when it is owed already. */
int deliverydb_again(struct db *db, const struct identity *who,
    const struct deliverydb_again *d) MUST_CHECK;

#endif
