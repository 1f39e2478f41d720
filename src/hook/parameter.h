#ifndef HOOK_PARAMETER_H
#define HOOK_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/span.h"
#include "hook/event.h"

/*
 * The platform's preset call values that a mapping can send: 25 of
 * CallTracking, 40 of CallKeeper, in the vendor's order.
 */
enum parameter_known {
	PARAMETER_KNOWN,	/* at call start already */
	PARAMETER_PLACEHOLDER,	/* sent at start, but not final */
	PARAMETER_AT_END,	/* empty at call start */
};

struct parameter {
	const char *id;		/* "pgs" */
	const char *path;	/* in data: "visit_info.session.pgs" */
	const char *type;	/* "string" "integer" "object" */
	bool nullable;
	enum parameter_known known;
	const char *blank;	/* JSON that stands for an absent value */
	const char *example;	/* JSON */
	const char *ru, *en;	/* description */
};

const struct parameter *parameter_list(enum service service, size_t *n);
/* NULL when the service has no such parameter. */
const struct parameter *parameter_find(enum service service, struct span id);
/* The value in an event's data; the blank when it is absent. */
struct span parameter_value(const struct parameter *p, struct span data);

#endif
