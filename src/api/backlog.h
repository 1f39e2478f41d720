#ifndef API_BACKLOG_H
#define API_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

struct settings;

enum {
	BACKLOG_STANDING_US = 100 * 1000,	/* a queue this long never empty stands */
	BACKLOG_LEAST = 64,			/* may wait in any case */
	BACKLOG_TELL_US = 60 * 1000 * 1000,	/* a line in the log so often */
};

/*
 * How many connections may wait in the listen queue.  A queue that is found
 * empty now and then is a burst: as many as [api] backlog may wait, and are
 * served late rather than refused.  A queue that stands is overload: all it
 * does is to make everybody late, so only as many may wait as the workers
 * take along in one round, at least BACKLOG_LEAST; then whoever is accepted
 * waits for two rounds, and the rest is refused at once.  The distinction is
 * CoDel's (RFC 8289, section 3).
 *
 * Each worker judges for itself by its own batches; what the last one said
 * holds for all.  Only Unix sockets are narrowed: TCP does not refuse whoever
 * finds the queue full, but lets him wait.
 */
struct backlog {
	int fd;			/* -1: it is left as it is */
	int full, narrow;	/* connections */
	int64_t since_us;	/* clock_mono_us of the first of the full batches; 0: none */
	int64_t told_us;	/* when it last was in the log; 0: never */
	bool narrowed;
};

/* At a worker's start: the queue is as long as configured. */
void backlog_open(struct backlog *b, int listen_fd, const struct settings *s);
/* Nobody waits; or this worker leaves, and has no more to say. */
void backlog_emptied(struct backlog *b);
/* A batch is full, others may wait.  true: the queue is narrowed from now on. */
bool backlog_left(struct backlog *b, int64_t now_us);
/* So long may be waited for a connection before it is emptied; -1: for ever. */
int backlog_patience_ms(const struct backlog *b);

#endif
