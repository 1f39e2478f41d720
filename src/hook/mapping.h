#ifndef HOOK_MAPPING_H
#define HOOK_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/span.h"

struct mapping_item;

/*
 * Renders a mapping with an event's data (proven JSON).  Nulls keep their
 * name with an empty value, nested values become PHP brackets, booleans 1 and
 * 0; numbers keep their digits.
 */
void mapping_json(const struct mapping_item *items, size_t n,
    struct span data, struct buf *out);
/* plus: a blank is '+' (form), otherwise %20 (query). */
void mapping_pairs(const struct mapping_item *items, size_t n,
    struct span data, bool plus, struct buf *out);
/* All of data under its own names, as mapping_pairs would. */
void mapping_all_pairs(struct span data, bool plus, struct buf *out);

#endif
