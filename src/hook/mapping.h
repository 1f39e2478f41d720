#ifndef HOOK_MAPPING_H
#define HOOK_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/span.h"

struct mapping_item;
struct parameter_call;

/*
 * The name that an item's value stands under: a list that is called "a[]" is
 * the list a, not one in it.
 */
struct span mapping_name(const struct mapping_item *item);

/*
 * Renders a mapping with a call.  In JSON names with brackets nest, as PHP
 * reads them from forms.
 */
void mapping_json(const struct mapping_item *items, size_t n,
    const struct parameter_call *call, struct buf *out);
/*
 * The same as pairs: nulls keep their name with an empty value, nested values
 * become PHP brackets, booleans 1 and 0; numbers keep their digits.  plus: a
 * blank is '+' (form), otherwise %20 (query).
 */
void mapping_pairs(const struct mapping_item *items, size_t n,
    const struct parameter_call *call, bool plus, struct buf *out);
/* All of data under its own names, as mapping_pairs would. */
void mapping_all_pairs(struct span data, bool plus, struct buf *out);

#endif
