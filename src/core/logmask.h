#ifndef CORE_LOGMASK_H
#define CORE_LOGMASK_H

#include <stddef.h>

/*
 * text with the middle of phone numbers (10 to 15 digits in a row, not part
 * of a longer word) and all but the beginning of keys and secrets (callhook_,
 * whsec_, whsk_, Bearer, Basic) replaced by '*'.  The length stays.  Returns
 * out, or text itself when there is nothing to hide; out has len bytes.
 */
const char *logmask_text(const char *text, size_t len, char *out);

#endif
