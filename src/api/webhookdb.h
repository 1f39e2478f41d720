#ifndef API_WEBHOOKDB_H
#define API_WEBHOOKDB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"

struct accountdb_limits;
struct db;
struct identity;
struct settings;
struct webhook;

/*
 * A webhook as the database has it.  settings and outcome point into the
 * result: they live until the next statement.
 */
struct webhookdb_row {
	struct id id;
	int version;
	struct span settings;
	int64_t created_at, updated_at;
	int64_t paused_at;	/* 0: it is not */
	bool enabled;
	int64_t pending;	/* deliveries owed, 10000 at most; -1: unknown */
	int64_t sent_ok, sent_failed;
	bool called;		/* the last_* mean something */
	int64_t last_at;
	struct span last_outcome;
	int last_status;
	bool is_signed;		/* has secrets */
	struct span disabled_reason;	/* p NULL: nobody but the customer */
	struct span auth;	/* sealed secret of the login; p NULL: none */
};

/* A secret of a webhook; sealed points into the result. */
struct webhookdb_secret {
	struct id id;
	int kind;		/* enum sign_kind */
	struct span sealed;
	int64_t created_at;
	int64_t expires_at;	/* 0: never */
};

/*
 * Every function is one or more round trips of one transaction in the name
 * of who's account, and leaves no transaction open when it fails.
 */
/* service -1: both; after NULL: from the start.  Rows: webhookdb_row. */
int webhookdb_list(struct db *db, const struct identity *who, int service,
    const struct id *after, int limit) MUST_CHECK;
/* ERR_NOT_FOUND, also for another account's webhook. */
int webhookdb_get(struct db *db, const struct identity *who,
    const struct id *id) MUST_CHECK;
/*
 * Queues the question, unless rc is an error, whether the account had this
 * webhook ever: one row with one boolean.
 */
int webhookdb_send_known(struct db *db, int rc, const struct identity *who,
    const struct id *id) MUST_CHECK;
int webhookdb_rows(const struct db *db);
void webhookdb_row(const struct db *db, int i, struct webhookdb_row *out);

/*
 * ERR_TOO_BIG when the account has as many webhooks of that service as *limits, which
 * is filled then, allows; ERR_DENIED when it has not the service at all.
 */
int webhookdb_create(struct db *db, const struct identity *who,
    const struct id *id, const struct webhook *w,
    const struct settings *config, struct accountdb_limits *limits,
    int64_t now) MUST_CHECK;
/*
 * ERR_CONFLICT unless it still has the version given.  action is what the
 * history calls it.
 */
int webhookdb_replace(struct db *db, const struct identity *who,
    const struct id *id, int version, const struct webhook *w,
    const char *action, int64_t now) MUST_CHECK;
int webhookdb_delete(struct db *db, const struct identity *who,
    const struct id *id, int version, int64_t now) MUST_CHECK;

/*
 * The same without a transaction of their own: queued for the caller's, which
 * has the account's lock.  A version that is not the present one any more is
 * ERR_EXISTS when it is run.
 */
int webhookdb_send_insert(struct db *db, const struct identity *who,
    const struct id *id, const struct webhook *w, int64_t now) MUST_CHECK;
int webhookdb_send_replace(struct db *db, const struct identity *who,
    const struct id *id, int version, const struct webhook *w,
    const char *action, int64_t now) MUST_CHECK;
int webhookdb_send_delete(struct db *db, const struct identity *who,
    const struct id *id, int version, struct span settings, int64_t now)
    MUST_CHECK;
/* Queues the audit row of a change that the caller's transaction makes. */
int webhookdb_send_version(struct db *db, const struct identity *who,
    const struct id *id, int version, const char *action,
    struct span settings, int64_t now) MUST_CHECK;

/*
 * The secrets that are good at now, the newest first: webhookdb_rows of
 * them.  ERR_NOT_FOUND without such a webhook, here and below.
 */
int webhookdb_secrets(struct db *db, const struct identity *who,
    const struct id *id, int64_t now) MUST_CHECK;
void webhookdb_secret(const struct db *db, int i,
    struct webhookdb_secret *out);
/*
 * Adds s (its id, kind and sealed); those before end at until at the latest.
 * ERR_TOO_BIG when max of them would remain.
 */
int webhookdb_secret_add(struct db *db, const struct identity *who,
    const struct id *id, const struct webhookdb_secret *s, int64_t until,
    int max) MUST_CHECK;
/* All of them; 0 also when there are none. */
int webhookdb_secret_delete(struct db *db, const struct identity *who,
    const struct id *id, int64_t now) MUST_CHECK;

#endif
