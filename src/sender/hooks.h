#ifndef SENDER_HOOKS_H
#define SENDER_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"
#include "hook/url.h"
#include "hook/webhook.h"

/*
 * The settings of webhooks, read once per version and kept parsed.  A hook is
 * counted: whoever has a pointer has to let go of it (hooks_release).
 */
struct hooks;

struct hook {
	struct id id;
	int version;
	struct webhook webhook;
	struct url url;		/* of webhook.url */
	bool broken;		/* the stored settings cannot be read */

	int refs;		/* hooks.c */
	struct hooks *home;	/* NULL: no longer in the cache */
	LIST_ENTRY(hook) by_id;
	TAILQ_ENTRY(hook) by_use;
};

struct hooks *hooks_new(size_t max);
void hooks_free(struct hooks *h);	/* hooks in use live on */
/* The webhook in this or a newer version, counted; NULL when unknown. */
struct hook *hooks_find(struct hooks *h, const struct id *id, int version);
/* Reads settings into the cache; counted.  NULL on ERR_NOMEM. */
struct hook *hooks_put(struct hooks *h, const struct id *id, int version,
    struct span settings);
void hooks_release(struct hook *hook);	/* NULL does nothing */

#endif
