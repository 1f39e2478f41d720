#ifndef API_AUTH_H
#define API_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "api/http.h"
#include "api/problem.h"
#include "core/err.h"
#include "core/span.h"

struct db;
struct settings;

/* Scopes of keys, as bits; 0 is "anybody". */
enum { SCOPE_WEBHOOKS = 1, SCOPE_EVENTS = 2, SCOPE_KEYS = 4 };

#define IDENTITY_WHO_MAX 80

/* Who asks. */
struct identity {
	int64_t account_id;	/* 0: the platform, all accounts */
	unsigned scopes;
	char who[IDENTITY_WHO_MAX + 1];	/* "key:PREFIX", "user:NAME" */
	bool viewer;		/* may look, but change nothing */
	/* For the audit; they point into the request.  p NULL: not known. */
	struct span address, request;
};

/*
 * Verifies callers, by API key or by the web server's word, and remembers
 * verified keys for AUTH_TTL_MS: so long a revoked key still works.
 */
struct auth;

#define AUTH_TTL_MS 2000

/* settings have to outlive it. */
struct auth *auth_new(const struct settings *settings);
void auth_free(struct auth *a);
/*
 * PROBLEM_NONE: *out says who.  Exactly one way decides: an Authorization
 * header when there is one, otherwise CALLHOOK_ACCOUNT.  REMOTE_USER and
 * client headers are never read.
 */
enum problem auth_identify(struct auth *a, struct db *db,
    const struct http_request *req, struct identity *out) MUST_CHECK;
/*
 * Writes the last use of keys, at most once a minute each; called after
 * answers were sent.  Failing is no harm: it is tried again.
 */
void auth_note_uses(struct auth *a, struct db *db);

#endif
