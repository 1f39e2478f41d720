#ifndef HOOK_READER_H
#define HOOK_READER_H

#include <jansson.h>
#include <stdbool.h>

#include "core/span.h"
#include "hook/fault.h"

struct webhook;

/* What one webhook_read works with; shared by the files that read its parts. */
struct reader {
	const json_t *json;
	struct webhook *w;
	struct faults *faults;
	bool service_known;
	bool bad;		/* a fault was found, if collected or not */
	bool nomem;
};

struct span reader_string(const json_t *value);
/* A copy of s; NULL sets r->nomem. */
char *reader_copy(struct reader *r, struct span s);
/* A fault of a field by its pointer, "/filters/status". */
void reader_bad(struct reader *r, enum fault_code code, const char *arg,
    const char *pointer);
/* The same, of one of a list: "/params", 3, "name" (or NULL: the whole). */
void reader_bad_at(struct reader *r, enum fault_code code, const char *arg,
    const char *list, size_t i, const char *field);
/* Reports the members of object that known (ends with NULL) does not name. */
void reader_fields(struct reader *r, const json_t *object,
    const char *const *known, const char *prefix);
/* The same of one of a list: "/headers", 3. */
void reader_fields_at(struct reader *r, const json_t *object,
    const char *const *known, const char *list, size_t i);
/*
 * The index of value in the n names, def when it is absent or wrong; all is
 * the list for the fault.
 */
int reader_choice(struct reader *r, const json_t *value,
    const char *const *names, int n, const char *all, int def,
    const char *pointer);

#endif
