#ifndef CORE_OPENMETRICS_H
#define CORE_OPENMETRICS_H

#include <stdint.h>

#include "core/buf.h"

/*
 * Figures in the text format of OpenMetrics 1.0, and the histograms that
 * they are counted in.  A family is announced once and followed by its
 * samples; openmetrics_end closes the text.  labels: "" or what
 * openmetrics_label has made.
 */
#define OPENMETRICS_TYPE \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/*
 * Bounds of a histogram, ascending; values are shown divided by unit.  Its
 * cells: one for each bound, one for what is beyond, the sum.
 */
struct openmetrics_scale {
	const int64_t *bounds;
	int n;
	int64_t unit;
};
enum { OPENMETRICS_LATENCY_CELLS = 14 + 2, OPENMETRICS_SIZE_CELLS = 11 + 2 };
extern const struct openmetrics_scale openmetrics_latency;	/* us -> s */
extern const struct openmetrics_scale openmetrics_size;		/* pieces */

static inline int
openmetrics_cells(const struct openmetrics_scale *scale)
{
	return scale->n + 2;
}

/* One more value; negative ones count as 0. */
void openmetrics_observe(const struct openmetrics_scale *scale,
    volatile uint64_t *cells, int64_t value);

/* type: counter, gauge, histogram, info. */
void openmetrics_family(struct buf *out, const char *name, const char *type,
    const char *help);
/* Adds name="value" to labels, escaped. */
void openmetrics_label(struct buf *labels, const char *name, const char *value);
void openmetrics_counter(struct buf *out, const char *name,
    const char *labels, uint64_t value);
void openmetrics_gauge(struct buf *out, const char *name, const char *labels,
    int64_t value);
/* A whole family: one gauge without labels. */
void openmetrics_one(struct buf *out, const char *name, const char *help,
    int64_t value);
/* us as seconds. */
void openmetrics_seconds(struct buf *out, const char *name,
    const char *labels, int64_t us);
void openmetrics_histogram(struct buf *out, const char *name,
    const char *labels, const struct openmetrics_scale *scale,
    const uint64_t *cells);
void openmetrics_end(struct buf *out);

#endif
