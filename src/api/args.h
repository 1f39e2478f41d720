#ifndef API_ARGS_H
#define API_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "api/http.h"

struct faults;

/*
 * The arguments of a query, one by one: zeroed i, then until NULL.  One that was
 * given before is refused and left out.
 */
const struct http_arg *args_next(const struct http_request *req, size_t *i,
    struct faults *faults);

/* What an argument says, or a fault that names it; then *out stays. */
void args_time(const struct http_arg *a, int64_t *out, struct faults *faults);
void args_limit(const struct http_arg *a, int *out, struct faults *faults);
/* enum service, or -1 */
void args_service(const struct http_arg *a, int *out, struct faults *faults);
/* One that was given before, by this name or another. */
void args_twice(const struct http_arg *a, struct faults *faults);
/* One that the address does not have. */
void args_unknown(const struct http_arg *a, struct faults *faults);
/* One that is no cursor of the list. */
void args_no_cursor(struct faults *faults);

#define ARGS_LIMIT_DEFAULT 50	/* entries of a page */
#define ARGS_LIMIT_MAX 100

#endif
