#ifndef HOOK_TAGS_H
#define HOOK_TAGS_H

#include <stdbool.h>

#include "core/span.h"
#include "hook/scan.h"

/*
 * The tags of a call as they stand in one text, "Целевой, Тест-драйв": a raw
 * JSON string.  Zeroed it, then until it returns false; tag is raw too, without quotes
 * and never empty.
 */
bool tags_next(struct scan_iter *it, struct span text, struct span *tag);

#endif
