/*
 * The figures of callhook-sender, which has no server to be asked: collected
 * from the parts that count them and written as JSON.  Called by sender.c for
 * the heartbeat, every few seconds.
 */
#include "config.h"

#include "sender/figures.h"

#include <inttypes.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/openmetrics.h"
#include "core/timeline.h"
#include "sender/attempt.h"
#include "sender/disable.h"
#include "sender/feed.h"
#include "sender/journal.h"
#include "sender/lanes.h"
#include "sender/parts.h"
#include "sender/resolve.h"
#include "sender/settle.h"

/* Members begin with a comma; figures_write knows the first one. */
static void
number(struct buf *out, const char *name, int64_t value)
{
	buf_fmt(out, ",\"%s\":%" PRId64, name, value);
}

static void
cells(struct buf *out, const char *name, const uint64_t *v, int n)
{
	int i;

	buf_fmt(out, ",\"%s\":[", name);
	for (i = 0; i < n; i++)
		buf_fmt(out, "%s%" PRIu64, i > 0 ? "," : "", v[i]);
	buf_chr(out, ']');
}

static void
counts(const struct attempt_figures *f, struct buf *out)
{
	int i;

	buf_str(out, ",\"outcomes\":{");
	for (i = 0; i < OUTCOMES; i++)
		buf_fmt(out, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
		    outcome_name((enum outcome)i), f->outcomes[i]);
	buf_str(out, "},\"errors\":{");
	for (i = OUTCOME_NO_ERROR + 1; i < OUTCOME_ERRORS; i++)
		buf_fmt(out, "%s\"%s\":%" PRId64,
		    i > OUTCOME_NO_ERROR + 1 ? "," : "",
		    outcome_error_name((enum outcome_error)i), f->errors[i]);
	buf_chr(out, '}');
}

void
figures_write(const struct sender *s, struct buf *out)
{
	const struct attempt_figures *f = attempt_figures(s->attempts);
	int open, closed;

	lanes_count(s->lanes, &open, &closed);
	buf_fmt(out, "{\"lanes\":{\"open\":%d,\"closed\":%d}", open, closed);
	counts(f, out);
	number(out, "in_hand", lanes_held(s->lanes));
	number(out, "unsettled", settle_pending(s->settle));
	number(out, "disabled", disable_count(s->disable));
	number(out, "reads", feed_reads(s->feed));
	number(out, "rows", feed_rows(s->feed));
	number(out, "names", resolve_queries(s->resolve));
	number(out, "crashes", journal_crashes());
	number(out, "old_primaries", (int64_t)timeline_refused());
	number(out, "log_dropped", (int64_t)log_dropped());
	cells(out, "attempt_us", f->attempt_us, OPENMETRICS_LATENCY_CELLS);
	cells(out, "delay_us", f->delay_us, OPENMETRICS_LATENCY_CELLS);
	cells(out, "batch", settle_batches(s->settle), OPENMETRICS_SIZE_CELLS);
	buf_chr(out, '}');
}
