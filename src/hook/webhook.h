#ifndef HOOK_WEBHOOK_H
#define HOOK_WEBHOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/id.h"
#include "hook/event.h"

struct faults;
struct parameter;
struct target_policy;

enum webhook_method { WEBHOOK_GET, WEBHOOK_POST, WEBHOOK_PUT, WEBHOOK_DELETE,
	WEBHOOK_METHODS };
enum webhook_content_type { WEBHOOK_JSON, WEBHOOK_FORM, WEBHOOK_CONTENT_TYPES };

#define WEBHOOK_PARAMS_MAX 200
#define WEBHOOK_NAME_MAX 255	/* bytes of a parameter's name */
#define WEBHOOK_TEXT_MAX 4096	/* bytes of a constant */

/* One line of the mapping: a name on the wire and what it carries. */
struct mapping_item {
	char *name;
	const struct parameter *parameter;	/* or NULL: text */
	char *text;
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
};

const char *webhook_method_name(enum webhook_method m);
const char *webhook_content_type_name(enum webhook_content_type t);

/*
 * Reads and checks settings as they are posted (and as they are stored).
 * Required: service, origin.  Defaults: path "", params [], method GET for
 * CallTracking and POST for CallKeeper, events ["call_end"] for CallTracking and both for
 * CallKeeper, content_type application/json, enabled true.  Every fault is
 * collected; ERR_INVALID when there is one.  policy NULL trusts the address
 * (the sender checks it at connect).  webhook_free(out) also after errors.
 */
int webhook_read(const json_t *json, const struct target_policy *policy,
    struct webhook *out, struct faults *faults) MUST_CHECK;
void webhook_free(struct webhook *w);
/*
 * The settings as a JSON object in the field order of the API ("service",
 * "origin", "path", "params", "method", "events", "content_type",
 * "enabled"); what is stored, and what webhook_read takes.
 */
json_t *webhook_json(const struct webhook *w);
/* No mapping at all in a CallKeeper webhook: the full body is sent. */
bool webhook_is_default_body(const struct webhook *w);

#endif
