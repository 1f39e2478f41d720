#ifndef HOOK_WEBHOOK_H
#define HOOK_WEBHOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"
#include "hook/event.h"
#include "hook/filter.h"
#include "hook/header.h"
#include "hook/login.h"

struct faults;
struct parameter;
struct target_policy;
struct template;

enum webhook_method { WEBHOOK_GET, WEBHOOK_POST, WEBHOOK_PUT, WEBHOOK_DELETE,
	WEBHOOK_METHODS };
enum webhook_content_type { WEBHOOK_JSON, WEBHOOK_FORM, WEBHOOK_CONTENT_TYPES };

#define WEBHOOK_PARAMS_MAX 200
#define WEBHOOK_NAME_MAX 255	/* bytes of a parameter's name */
#define WEBHOOK_TEXT_MAX 4096	/* bytes of a constant */
/* Bytes of settings as JSON: pages of lists and versions have to fit into an answer. */
#define WEBHOOK_LENGTH_MAX 65536
/* As they are stored: "enabled" of those may become false, which is longer than true. */
#define WEBHOOK_SETTINGS_MAX (WEBHOOK_LENGTH_MAX + 16)
#define WEBHOOK_RETRIES_MAX 20
#define WEBHOOK_RETRY_MAX_S 604800
#define WEBHOOK_RETRIES_SUM_S (30 * 86400)	/* of all waits together */

/* One line of the mapping: a name on the wire and what it carries. */
struct mapping_item {
	char *name;
	const struct parameter *parameter;	/* or NULL: a text */
	char *path;		/* into the parameter; or NULL: all of it */
	char *text;		/* constant; or NULL: the template */
	struct template *template;
};

/* The settings of a webhook, as the form has them. */
struct webhook {
	enum service service;
	char *origin;		/* as typed: https://пример.рф:8443 */
	char *path;		/* as typed; may be "" */
	char *url;		/* as called: ASCII, punycode, percent-encoded, with the constant query of the path */
	enum webhook_method method;
	unsigned events;	/* bits of enum event_kind */
	enum webhook_content_type content_type;
	bool enabled;
	struct mapping_item *items;
	size_t items_n;
	struct filters filters;
	struct header_list headers;
	struct login login;	/* "auth" */
	int64_t timeout;	/* ms, all of a request; 0: the installation's */
	int64_t *retries;	/* ms before attempt 2, 3, … */
	size_t retries_n;	/* 0: the installation's */
};

const char *webhook_method_name(enum webhook_method m);
const char *webhook_content_type_name(enum webhook_content_type t);

/*
 * Reads and checks settings as they are posted (and as they are stored).
 * Required: service, origin.  Defaults: path "", params [], method GET for
 * CallTracking and POST for CallKeeper, events ["call_end"] for CallTracking and both for
 * CallKeeper, content_type application/json, enabled true, and nothing of the rest.  Every fault is
 * collected; ERR_INVALID when there is one.  policy NULL trusts the address
 * (the sender checks it at connect).  webhook_free(out) also after errors.
 */
int webhook_read(const json_t *json, const struct target_policy *policy,
    struct webhook *out, struct faults *faults) MUST_CHECK;
void webhook_free(struct webhook *w);
/*
 * The settings as a JSON object in the field order of the API ("service",
 * "origin", "path", "params", "method", "events", "content_type",
 * "enabled", "filters", "headers", "auth", "timeout",
 * "retry_schedule"); what is stored, and what webhook_read takes.
 */
json_t *webhook_json(const struct webhook *w);
/* Its text, as it is stored, behind what out has. */
int webhook_write(const struct webhook *w, struct buf *out) MUST_CHECK;
/* Do both call the same server: protocol, host and port? */
bool webhook_same_origin(const struct webhook *a, const struct webhook *b);
/* No mapping at all in a CallKeeper webhook: the full body is sent. */
bool webhook_is_default_body(const struct webhook *w);

#endif
