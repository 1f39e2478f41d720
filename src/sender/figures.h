#ifndef SENDER_FIGURES_H
#define SENDER_FIGURES_H

struct buf;
struct sender;

/*
 * What this sender has counted since its start, and what it has in hand, as
 * a JSON object.  It goes into the database with the heartbeat; the API shows
 * it at /metrics (api/metricsdb.c knows the members).
 */
void figures_write(const struct sender *s, struct buf *out);

#endif
