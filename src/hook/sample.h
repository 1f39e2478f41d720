#ifndef HOOK_SAMPLE_H
#define HOOK_SAMPLE_H

#include "core/buf.h"
#include "hook/event.h"

#define SAMPLE_CALL_ID "1337486"

/*
 * Appends the data of an invented call, as the platform would post it: the
 * examples of all parameters, for a start those that are not known yet as blanks.
 */
void sample_data(enum service service, enum event_kind kind, struct buf *out);

#endif
