#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/* Microseconds.  Timers and deadlines use mono, what is shown or stored real. */
int64_t clock_mono_us(void);
int64_t clock_real_us(void);

#define CLOCK_TEXT_LEN 25	/* 2026-11-22T11:02:41.000Z and NUL */

/* RFC 3339 UTC with milliseconds into out; returns out. */
char *clock_text(int64_t real_us, char out[CLOCK_TEXT_LEN]);
/* RFC 3339 with any offset, 0 to 9 fraction digits; years 1970 to 9999. */
int clock_parse(struct span s, int64_t *real_us) MUST_CHECK;
/* Days from 1970-01-01 to a date of the Gregorian calendar. */
int64_t clock_days(int64_t year, int64_t month, int64_t day);

/* PostgreSQL counts from 2000-01-01; a timestamptz in binary is this. */
#define CLOCK_PG_EPOCH_US INT64_C(946684800000000)

#endif
