/*
 * Writes figures as OpenMetrics text, and counts values into histograms of
 * fixed bounds.  Used by callhook-api for what it shows and by both daemons
 * for what they count; pure but for the buffers it writes to.
 */
#include "config.h"

#include "core/openmetrics.h"

#include <inttypes.h>
#include <string.h>

static const int64_t latency_bounds[] = { 500, 1000, 2500, 5000, 10000, 25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 };
static const int64_t size_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
	1024 };

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
_Static_assert(COUNT(latency_bounds) + 2 == OPENMETRICS_LATENCY_CELLS,
    "the header names the cells of the latency scale");
_Static_assert(COUNT(size_bounds) + 2 == OPENMETRICS_SIZE_CELLS,
    "the header names the cells of the size scale");

const struct openmetrics_scale openmetrics_latency = {
	latency_bounds, COUNT(latency_bounds), 1000000
};
const struct openmetrics_scale openmetrics_size = {
	size_bounds, COUNT(size_bounds), 1
};

void
openmetrics_observe(const struct openmetrics_scale *scale,
    volatile uint64_t *cells, int64_t value)
{
	int i = 0;

	if (value < 0)
		value = 0;
	while (i < scale->n && value > scale->bounds[i])
		i++;
	cells[i]++;
	cells[scale->n + 1] += (uint64_t)value;
}

void
openmetrics_family(struct buf *out, const char *name, const char *type,
    const char *help)
{
	buf_fmt(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

void
openmetrics_label(struct buf *labels, const char *name, const char *value)
{
	buf_fmt(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_chr(labels, '\\');
		if (*value == '\n')
			buf_str(labels, "\\n");
		else
			buf_chr(labels, *value);
	}
	buf_chr(labels, '"');
}

/* name with its suffix and labels, up to the value. */
static void
sample(struct buf *out, const char *name, const char *suffix,
    const char *labels)
{
	buf_fmt(out, "%s%s", name, suffix);
	if (labels[0] != '\0')
		buf_fmt(out, "{%s}", labels);
	buf_chr(out, ' ');
}

void
openmetrics_counter(struct buf *out, const char *name, const char *labels,
    uint64_t value)
{
	sample(out, name, "_total", labels);
	buf_fmt(out, "%" PRIu64 "\n", value);
}

void
openmetrics_gauge(struct buf *out, const char *name, const char *labels,
    int64_t value)
{
	sample(out, name, "", labels);
	buf_fmt(out, "%" PRId64 "\n", value);
}

void
openmetrics_one(struct buf *out, const char *name, const char *help,
    int64_t value)
{
	openmetrics_family(out, name, "gauge", help);
	openmetrics_gauge(out, name, "", value);
}

/* value / unit, exactly. */
static void
number(struct buf *out, uint64_t value, int64_t unit)
{
	uint64_t rest = value % (uint64_t)unit, place = (uint64_t)unit / 10;

	buf_fmt(out, "%" PRIu64, value / (uint64_t)unit);
	if (rest > 0)
		buf_chr(out, '.');
	for (; rest > 0; place /= 10) {
		buf_chr(out, (char)('0' + rest / place));
		rest %= place;
	}
}

void
openmetrics_seconds(struct buf *out, const char *name, const char *labels,
    int64_t us)
{
	sample(out, name, "", labels);
	number(out, us > 0 ? (uint64_t)us : 0, 1000000);
	buf_chr(out, '\n');
}

void
openmetrics_histogram(struct buf *out, const char *name, const char *labels,
    const struct openmetrics_scale *scale, const uint64_t *cells)
{
	uint64_t count = 0;
	int i;

	for (i = 0; i <= scale->n; i++) {
		count += cells[i];
		buf_fmt(out, "%s_bucket{%s%sle=\"", name, labels,
		    labels[0] != '\0' ? "," : "");
		if (i == scale->n)
			buf_str(out, "+Inf");
		else
			number(out, (uint64_t)scale->bounds[i], scale->unit);
		buf_fmt(out, "\"} %" PRIu64 "\n", count);
	}
	sample(out, name, "_sum", labels);
	number(out, cells[scale->n + 1], scale->unit);
	buf_chr(out, '\n');
	sample(out, name, "_count", labels);
	buf_fmt(out, "%" PRIu64 "\n", count);
}

void
openmetrics_end(struct buf *out)
{
	buf_str(out, "# EOF\n");
}
