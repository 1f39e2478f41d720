#ifndef HOOK_HEADER_H
#define HOOK_HEADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/span.h"

struct faults;
struct reader;

#define HEADER_LIST_MAX 20
#define HEADER_NAME_MAX 255	/* bytes */
#define HEADER_VALUE_MAX 1024

/* A header of the customer's own choice. */
struct header {
	char *name;
	char *value;
};

struct header_list {
	struct header *v;
	size_t n;
};

/*
 * Reads "headers" (NULL: none): names that are tokens, each once (in any
 * case), and none that callhook or HTTP sets itself; values of printable
 * ASCII or UTF-8 without control characters, no blanks around them.
 */
void header_read(struct reader *r, const json_t *json,
    struct header_list *out);
void header_free(struct header_list *list);
json_t *header_json(const struct header_list *list);
/*
 * Names that begin like the extension headers of this installation
 * ("X-CKCT-") are its own too: a fault for each, ERR_INVALID when any.
 */
int header_check_prefix(const struct header_list *list, const char *prefix,
    struct faults *faults) MUST_CHECK;
/* Of a field name (RFC 9110, token). */
bool header_is_token(struct span s);

#endif
