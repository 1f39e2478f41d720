#ifndef CORE_CONFVALUE_H
#define CORE_CONFVALUE_H

#include "core/buf.h"
#include "core/conf.h"
#include "core/err.h"
#include "core/span.h"

/* One option's value in a struct: what conf.c makes files of. */

/* Sets the member to nothing: NULL, 0, an empty list. */
void confvalue_clear(const struct conf_option *o, void *target);
/*
 * Parses text (without quotes) into the cleared member.  On ERR_SYNTAX and
 * ERR_RANGE why gets what was expected instead.
 */
int confvalue_parse(const struct conf_option *o, void *target,
    struct span text, struct buf *why) MUST_CHECK;
/* Frees what the member owns and clears it. */
void confvalue_free(const struct conf_option *o, void *target);
/* Appends the value as confvalue_parse takes it. */
void confvalue_write(const struct conf_option *o, const void *target,
    struct buf *out);

#endif
