#ifndef API_API_H
#define API_API_H

#include <stdbool.h>

struct auth;
struct db;
struct rate;
struct scoreboard_slot;
struct settings;
struct status_observer;
struct target_policy;
struct vault;

/* What a worker has and every handler may use. */
struct api {
	const struct settings *settings;
	struct db *db;
	struct auth *auth;
	const struct target_policy *policy;
	int wake_fd;		/* to the sender; -1: none */
	struct scoreboard_slot *slot;	/* what this worker does */
	/* In the observer, which answers for the pool; NULL in its workers. */
	const struct status_observer *observer;
	struct rate *rate;	/* of events, by account */
	struct vault *vault;	/* secrets.c opens it; NULL: not open */
	bool vault_missed;	/* that it cannot be opened was logged */
	int may_wait;		/* answers that may be left for later */
};

#endif
