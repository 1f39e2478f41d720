#ifndef HOOK_SNIPPET_H
#define HOOK_SNIPPET_H

#include <stdbool.h>

#include "core/buf.h"

struct webhook;

/*
 * Appends a PHP script that reads what this webhook sends.  Names are found
 * where PHP puts them: outside JSON it turns blanks and dots into _ and brackets into
 * arrays, and drops names that begin with one; a comment says so.  russian: the language of comments.
 */
void snippet_php(const struct webhook *w, bool russian, struct buf *out);

#endif
