#ifndef CORE_DEATHS_H
#define CORE_DEATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* When processes died lately: is it a loop of crashes? */
struct deaths {
	int64_t *at;		/* a ring of the last max + 1 */
	size_t ring;
	size_t n;		/* in all */
	int64_t window_us;
};

/* d is zeroed or in use; then it forgets.  On error it is as it was. */
int deaths_init(struct deaths *d, int max, int64_t window_us) MUST_CHECK;
void deaths_free(struct deaths *d);
/* One more; true: more than max within the window. */
bool deaths_add(struct deaths *d, int64_t now_us);

#endif
