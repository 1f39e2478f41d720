#ifndef HOOK_EVENT_H
#define HOOK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"

struct faults;

enum service { SERVICE_CALLTRACKING, SERVICE_CALLKEEPER, SERVICES };
/* As stored in the database and used as bits of struct webhook.events. */
enum event_kind { EVENT_CALL_START = 1, EVENT_CALL_END = 2,
	EVENT_CALL_CHANGE = 4 };

/* "calltracking", "callkeeper"; -1 when unknown */
const char *service_name(enum service s);
int service_parse(struct span s);
/* "call_start", "call_end", "call_change"; 0 when unknown */
const char *event_name(enum event_kind k);
int event_parse(struct span s);
/*
 * BEFORE_CALL_START, AFTER_CALL_FINISH, CALL_CHANGED: the calls API and
 * X-…-Event
 */
const char *event_api_name(enum event_kind k);

#define EVENT_CALL_ID_MAX 64	/* bytes of a call_id: [A-Za-z0-9._:-]+ */
#define EVENT_DATA_MAX (256 * 1024)	/* bytes of data */

/* 1 to EVENT_CALL_ID_MAX of those characters: safe in headers and paths. */
bool event_call_id_ok(struct span s);
/* The same, and what is wrong is added to faults with this pointer. */
bool event_call_id_check(struct span s, const char *pointer,
    struct faults *faults);

/* An event as posted; spans point into the body. */
struct event {
	int64_t account_id;	/* 1 .. 2^63-1 */
	enum service service;
	enum event_kind kind;
	struct span call_id;
	int64_t occurred_at;	/* real us; 0 when not given */
	struct span data;	/* a JSON object, as received */
};

/*
 * Reads one event out of text, which scan_check has proven to be JSON.  Faults are
 * collected with pointers under prefix ("" or "/3"); ERR_INVALID when any.
 */
int event_read(struct span text, const char *prefix, struct event *out,
    struct faults *faults) MUST_CHECK;
/*
 * What makes two posts the same event: 128 bits of a SHA-256.  A call starts and
 * ends once, but changes often: what has changed is then part of it, as the
 * last half.
 */
struct id event_key(const struct event *e);
/* Of a start or an end. */
struct id event_key_of(int64_t account_id, enum service service,
    enum event_kind kind, struct span call_id);
/* Between which the keys of all changes of a call are, both included. */
void event_change_keys(int64_t account_id, enum service service,
    struct span call_id, struct id *first, struct id *last);
/* What all events of one call share, within one shard: 64 bits. */
int64_t event_call_hash(const struct event *e);

#endif
