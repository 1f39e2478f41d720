#ifndef API_DIFFERENCE_H
#define API_DIFFERENCE_H

#include <jansson.h>

/*
 * What is different in after: [{"pointer", "before", "after"}], null where there
 * is nothing.  Objects are compared by members, lists of the same length
 * by places, other lists as a whole.  NULL: out of memory.
 */
json_t *difference(json_t *before, json_t *after);

#endif
