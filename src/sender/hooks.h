#ifndef SENDER_HOOKS_H
#define SENDER_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/id.h"
#include "core/span.h"
#include "hook/sign.h"
#include "hook/url.h"
#include "hook/webhook.h"

/*
 * The settings of webhooks, read once per version and kept parsed.  A hook is
 * counted: whoever has a pointer has to let go of it (hooks_release).
 */
struct hooks;

#define HOOKS_SEALED_MAX 160	/* bytes of a sealed secret */

/* A secret as it is stored; until 0: does not expire. */
struct hook_sealed {
	struct span text;
	int64_t until;		/* real us */
};

struct hook_secret {
	unsigned char sealed[HOOKS_SEALED_MAX];
	size_t sealed_len;
	int64_t until;
	bool is_open;		/* key is there (secrets.c) */
	struct sign_key key;
};

struct hook {
	struct id id;
	int version;
	struct webhook webhook;
	struct url url;		/* of webhook.url */
	bool broken;		/* the stored settings cannot be read */
	unsigned char *login;	/* the webhook's password or token, sealed */
	size_t login_len;
	struct hook_secret *secrets;	/* the newest first; wiped */
	size_t secrets_n;

	int refs;		/* hooks.c */
	struct hooks *home;	/* NULL: no longer in the cache */
	LIST_ENTRY(hook) by_id;
	TAILQ_ENTRY(hook) by_use;
};

struct hooks *hooks_new(size_t max);
void hooks_free(struct hooks *h);	/* hooks in use live on */
/* The webhook in this or a newer version, counted; NULL when unknown. */
struct hook *hooks_find(struct hooks *h, const struct id *id, int version);
/*
 * Reads settings, the sealed login (p NULL: none) and n secrets into the cache;
 * counted.  NULL on ERR_NOMEM.
 */
struct hook *hooks_put(struct hooks *h, const struct id *id, int version,
    struct span settings, struct span login, const struct hook_sealed *secrets,
    size_t n);
/* The same, but for one use: it is not kept for others. */
struct hook *hooks_make(const struct id *id, int version,
    struct span settings, struct span login, const struct hook_sealed *secrets,
    size_t n);
void hooks_release(struct hook *hook);	/* NULL does nothing */

#endif
