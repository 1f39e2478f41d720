#ifndef HOOK_DERIVE_H
#define HOOK_DERIVE_H

#include "core/buf.h"
#include "core/span.h"

struct parameter;
struct parameter_call;

/*
 * The value of an extension, given what was posted under its path (p NULL:
 * nothing); p NULL when there is none.  May be made in scratch, which is empty.
 */
struct span derive_value(const struct parameter *p,
    const struct parameter_call *call, struct span posted,
    struct buf *scratch);

#endif
