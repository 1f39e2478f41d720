#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stdint.h>

struct auth;
struct db;
struct settings;
struct target_policy;
struct vault;

/* What a worker has and every handler may use. */
struct api {
	const struct settings *settings;
	struct db *db;
	struct auth *auth;
	const struct target_policy *policy;
	int wake_fd;		/* to the sender; -1: none */
	struct vault *vault;	/* secrets.c opens it; NULL: not open */
	bool vault_missed;	/* that it cannot be opened was logged */
};

#endif
