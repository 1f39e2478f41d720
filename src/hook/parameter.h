#ifndef HOOK_PARAMETER_H
#define HOOK_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/span.h"
#include "hook/event.h"

/*
 * The platform's preset call values that a mapping can send: 25 of
 * CallTracking, 40 of CallKeeper, in the vendor's order; behind them
 * extensions, which are ours.
 */
enum parameter_known {
	PARAMETER_KNOWN,	/* at call start already */
	PARAMETER_PLACEHOLDER,	/* sent at start, but not final */
	PARAMETER_AT_END,	/* empty at call start */
};

enum parameter_source {
	PARAMETER_POSTED,	/* is in data */
	PARAMETER_CALL_ID,
	PARAMETER_EVENT,
	PARAMETER_STATUS,	/* what the cabinet says of the call's status */
	PARAMETER_TAGS,		/* a list; made of the text when it is not posted */
};

struct parameter {
	const char *id;		/* "pgs" */
	const char *path;	/* in data: "visit_info.session.pgs" */
	const char *type;	/* string, integer, boolean, object, array */
	bool nullable;
	enum parameter_known known;
	const char *blank;	/* JSON that stands for an absent value */
	const char *example;	/* JSON */
	const char *ru, *en;	/* description */
	bool extension;
	enum parameter_source source;
	const char *instead;	/* path when path is absent; or NULL */
};

/* What values are taken from. */
struct parameter_call {
	enum service service;
	enum event_kind kind;
	struct span call_id;
	struct span data;	/* proven JSON */
};

#define PARAMETER_PATH_MAX 255	/* bytes of a parameter with a path */

const struct parameter *parameter_list(enum service service, size_t *n);
/* NULL when the service has no such parameter. */
const struct parameter *parameter_find(enum service service, struct span id);
/*
 * What text names: a parameter, or a path into one that is an object
 * ("visit_info.current.src"): *rest is then behind the first dot, else empty.  NULL
 * when it names nothing.
 */
const struct parameter *parameter_resolve(enum service service,
    struct span text, struct span *rest);
/*
 * The value (JSON) of a call under the path in it (empty: the whole); the blank, or
 * null under a path, when it is absent.  What is not posted is made in scratch,
 * whose content is lost.
 */
struct span parameter_value(const struct parameter *p, struct span path,
    const struct parameter_call *call, struct buf *scratch);

#endif
