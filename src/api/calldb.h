#ifndef API_CALLDB_H
#define API_CALLDB_H

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"

struct db;
struct dbparam;
struct identity;

#define CALLDB_CHANGES 20	/* the newest */
/* Of one call, in two services: start, end and changes. */
#define CALLDB_EVENTS (2 * (2 + CALLDB_CHANGES))

/* The events of a call, and where the ids of their deliveries end. */
struct calldb_events {
	struct id id[CALLDB_EVENTS];
	struct id until[CALLDB_EVENTS];
	int n;
};

/*
 * Finds the events of who's call; service -1 and kind 0: any; of changes the newest
 * first.  That there are none is no error.
 */
int calldb_find(struct db *db, const struct identity *who, int service,
    int kind, struct span call_id, struct calldb_events *out) MUST_CHECK;
/* Adds them as two parameters. */
void calldb_param(struct dbparam *p, const struct calldb_events *events);

/*
 * Of each delivery of the events that was tried: rows of kind, status and
 * settings, in db_result 0.  ERR_NOT_FOUND when none of them is stored.
 */
int calldb_hooks(struct db *db, const struct identity *who,
    const struct calldb_events *events) MUST_CHECK;
/* Of an event: db_result 0 has the columns of event_get; ERR_NOT_FOUND. */
int calldb_event(struct db *db, const struct identity *who,
    const struct id *id) MUST_CHECK;
enum { CALLDB_ID, CALLDB_SERVICE, CALLDB_KIND, CALLDB_OCCURRED_AT,
	CALLDB_CALL_ID, CALLDB_DATA };

#endif
