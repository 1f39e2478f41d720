/*
 * What reading the parts of a webhook's settings has in common: texts out of
 * jansson, choices, and faults with their pointers.  Called by webhook.c and
 * the files that read its parts; no state but the reader's.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hook/reader.h"

struct span
reader_string(const json_t *value)
{
	return (struct span){ json_string_value(value),
		json_string_length(value) };
}

char *
reader_copy(struct reader *r, struct span s)
{
	char *p = strndup(s.p, s.len);

	if (!p)
		r->nomem = true;
	return p;
}

void
reader_bad(struct reader *r, enum fault_code code, const char *arg,
    const char *pointer)
{
	r->bad = true;
	fault_add(r->faults, code, arg, "%s", pointer);
}

void
reader_bad_at(struct reader *r, enum fault_code code, const char *arg,
    const char *list, size_t i, const char *field)
{
	r->bad = true;
	fault_add(r->faults, code, arg, "%s/%zu%s%s", list, i,
	    field ? "/" : "", field ? field : "");
}

static bool
in_list(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

void
reader_fields(struct reader *r, const json_t *object,
    const char *const *known, const char *prefix)
{
	/* jansson iterates with a pointer to non-const. */
	json_t *o = (json_t *)(uintptr_t)object, *value;
	const char *key;

	json_object_foreach(o, key, value) {
		if (in_list(known, key))
			continue;
		r->bad = true;
		fault_add_field(r->faults, FAULT_UNKNOWN_FIELD, prefix, key);
	}
}

void
reader_fields_at(struct reader *r, const json_t *object,
    const char *const *known, const char *list, size_t i)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s/%zu", list, i);
	reader_fields(r, object, known, prefix);
}

int
reader_choice(struct reader *r, const json_t *value,
    const char *const *names, int n, const char *all, int def,
    const char *pointer)
{
	struct span s;
	int i;

	if (!value)
		return def;
	if (!json_is_string(value)) {
		reader_bad(r, FAULT_WRONG_TYPE, "string", pointer);
		return def;
	}
	s = reader_string(value);
	for (i = 0; i < n; i++)
		if (span_is(s, names[i]))
			return i;
	reader_bad(r, FAULT_NOT_IN_LIST, all, pointer);
	return def;
}
