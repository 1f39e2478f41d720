#ifndef HOOK_TEXT_H
#define HOOK_TEXT_H

#include <stdbool.h>

#include "core/span.h"

/*
 * Valid UTF-8 (no overlong forms, no surrogates) without control characters,
 * neither C0 with DEL nor C1?
 */
bool text_is_clean(struct span s);

#endif
