/*
 * Bounds the listen queue: wide for a burst, narrow in overload.  A worker
 * owns one and tells it what it finds when it takes connections.
 */
#include "config.h"

#include "api/backlog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/listen.h"
#include "core/log.h"
#include "core/settings.h"

static void
set(const struct backlog *b, int connections)
{
	if (listen_backlog(b->fd, connections) < 0)
		log_warn("worker.backlog_unchanged", LS("why", strerror(errno)));
}

static bool
is_unix(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	    domain == AF_UNIX;
}

void
backlog_open(struct backlog *b, int listen_fd, const struct settings *s)
{
	int64_t round = s->api_workers * s->api_batch;

	*b = (struct backlog){ .fd = -1, .full = (int)s->api_backlog };
	if (round < BACKLOG_LEAST)
		round = BACKLOG_LEAST;
	if (round >= s->api_backlog || !is_unix(listen_fd))
		return;
	b->fd = listen_fd;
	b->narrow = (int)round;
	/* Whoever was here before may have been killed while it was narrow. */
	set(b, b->full);
}

void
backlog_emptied(struct backlog *b)
{
	b->since_us = 0;
	if (!b->narrowed)
		return;
	b->narrowed = false;
	set(b, b->full);
}

bool
backlog_left(struct backlog *b, int64_t now_us)
{
	bool first = !b->narrowed;

	if (b->since_us == 0)
		b->since_us = now_us;
	if (b->fd < 0 || now_us - b->since_us < BACKLOG_STANDING_US)
		return false;
	/* Said with each batch: another worker may have widened it. */
	b->narrowed = true;
	set(b, b->narrow);
	if (b->told_us == 0 || now_us - b->told_us >= BACKLOG_TELL_US) {
		b->told_us = now_us;
		log_warn("worker.overload", LI("may_wait", b->narrow));
	}
	return first;
}

int
backlog_patience_ms(const struct backlog *b)
{
	return b->narrowed ? BACKLOG_STANDING_US / 1000 : -1;
}
