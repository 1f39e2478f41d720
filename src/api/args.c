/*
 * Arguments of a query that several handlers have, and how each is refused: with
 * a fault that names it.  No state; called by the handlers of lists and figures.
 */
#include "config.h"

#include "api/args.h"
#include "core/clock.h"
#include "core/num.h"
#include "hook/event.h"
#include "hook/fault.h"

static void
refuse(const struct http_arg *a, enum fault_code code, const char *arg,
    struct faults *faults)
{
	fault_add(faults, code, arg, "?%.*s", (int)a->name.len, a->name.p);
}

void
args_twice(const struct http_arg *a, struct faults *faults)
{
	refuse(a, FAULT_DUPLICATE, NULL, faults);
}

const struct http_arg *
args_next(const struct http_request *req, size_t *i, struct faults *faults)
{
	const struct http_arg *a;
	size_t k;

	while (*i < req->args_n) {
		a = &req->args[(*i)++];
		for (k = 0; &req->args[k] < a &&
		    !span_eq(req->args[k].name, a->name); k++)
			;
		if (&req->args[k] == a)
			return a;
		args_twice(a, faults);
	}
	return NULL;
}

void
args_time(const struct http_arg *a, int64_t *out, struct faults *faults)
{
	if (clock_parse(a->value, out) < 0)
		refuse(a, FAULT_BAD_TIME, NULL, faults);
}

void
args_limit(const struct http_arg *a, int *out, struct faults *faults)
{
	int64_t limit;

	if (num_i64(a->value, 1, ARGS_LIMIT_MAX, &limit) < 0)
		refuse(a, FAULT_OUT_OF_RANGE, "1..100", faults);
	else
		*out = (int)limit;
}

void
args_service(const struct http_arg *a, int *out, struct faults *faults)
{
	*out = service_parse(a->value);
	if (*out < 0)
		refuse(a, FAULT_NOT_IN_LIST, "calltracking, callkeeper", faults);
}

void
args_unknown(const struct http_arg *a, struct faults *faults)
{
	refuse(a, FAULT_UNKNOWN_FIELD, NULL, faults);
}

void
args_no_cursor(struct faults *faults)
{
	fault_add(faults, FAULT_BAD_CURSOR, NULL, "?cursor");
}
