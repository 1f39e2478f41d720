#ifndef SENDER_DUE_PARAM_H
#define SENDER_DUE_PARAM_H

#include "core/err.h"

struct dbparam;
struct due_options;

/* The parameters of statement due; p's own errors are p's to tell. */
int due_param_add(const struct due_options *o, struct dbparam *p) MUST_CHECK;

#endif
