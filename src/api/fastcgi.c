/*
 * libfcgi in the way that does not wait: accepting is the worker's, each
 * descriptor has time limits, and nothing lingers.  Closed -> open
 * (fastcgi_open) -> closed (fastcgi_answer, fastcgi_close).  Used by
 * worker.c only; runs in the worker processes.
 */
#include "config.h"

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "api/fastcgi.h"
#include "core/clock.h"

enum {
	DISCARD_MAX = 4 * 1024 * 1024,
	DISCARD_WAIT_MS = 20,
};

struct fastcgi {
	FCGX_Request req;
	bool open;
	int64_t deadline_us;
};

int
fastcgi_init(void)
{
	struct sigaction term, usr1, pipe;
	int rc;

	/* The handlers of libfcgi only set a flag that nobody here reads. */
	sigaction(SIGTERM, NULL, &term);
	sigaction(SIGUSR1, NULL, &usr1);
	rc = FCGX_Init();
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGUSR1, &usr1, NULL);
	memset(&pipe, 0, sizeof(pipe));
	pipe.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &pipe, NULL);
	return rc == 0 ? 0 : ERR_IO;
}

struct fastcgi *
fastcgi_new(void)
{
	struct fastcgi *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	/* No listening socket: libfcgi never accepts anything itself. */
	if (FCGX_InitRequest(&c->req, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		free(c);
		return NULL;
	}
	c->req.ipcFd = -1;
	return c;
}

void
fastcgi_free(struct fastcgi *c)
{
	if (c == NULL)
		return;
	fastcgi_close(c);
	free(c);
}

static int
set_timeout(int fd, int which, int64_t timeout_ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(timeout_ms / 1000),
		.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000),
	};

	return setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv)) < 0 ?
	    ERR_IO : 0;
}

int
fastcgi_open(struct fastcgi *c, int fd, int64_t timeout_ms)
{
	char *const *v;
	size_t bytes = 0;

	fastcgi_close(c);
	if (set_timeout(fd, SO_RCVTIMEO, timeout_ms) < 0 ||
	    set_timeout(fd, SO_SNDTIMEO, timeout_ms) < 0) {
		close(fd);
		return ERR_CLOSED;
	}
	c->deadline_us = clock_mono_us() + 2 * timeout_ms * 1000;
	c->req.ipcFd = fd;
	/* Otherwise the Finish inside of Accept would close our descriptor. */
	c->req.keepConnection = 1;
	FCGX_Detach(&c->req);
	if (FCGX_Accept_r(&c->req) != 0) {
		/* libfcgi has closed it and then failed to accept(-1). */
		c->req.ipcFd = -1;
		return ERR_CLOSED;
	}
	c->open = true;
	for (v = c->req.envp; *v != NULL; v++)
		bytes += strlen(*v) + 1;
	return bytes > FASTCGI_PARAMS_MAX ? ERR_TOO_BIG : 0;
}

char *const *
fastcgi_vars(const struct fastcgi *c)
{
	return c->req.envp;
}

static int
read_error(const struct fastcgi *c)
{
	int e = FCGX_GetError(c->req.in);

	return e == EAGAIN || e == EWOULDBLOCK ? ERR_TIMEOUT : ERR_CLOSED;
}

int
fastcgi_body(struct fastcgi *c, size_t length, struct buf *out)
{
	FCGX_Stream *in = c->req.in;
	size_t left = length, n;
	int ch;

	while (left > 0) {
		/* One look into the socket at most, then what it brought. */
		ch = FCGX_GetChar(in);
		if (ch < 0)
			return read_error(c);
		buf_chr(out, (char)ch);
		left--;
		n = (size_t)(in->stop - in->rdNext);
		if (n > left)
			n = left;
		buf_add(out, in->rdNext, n);
		in->rdNext += n;
		left -= n;
		if (left > 0 && clock_mono_us() > c->deadline_us)
			return ERR_TIMEOUT;
	}
	if (buf_err(out) != ERR_OK)
		return (int)buf_err(out);
	if (FCGX_GetChar(in) >= 0)
		return ERR_SYNTAX;
	return FCGX_GetError(in) != 0 ? read_error(c) : 0;
}

/*
 * Reads what a refused request still sends, within bounds: a web server
 * that cannot finish writing would not read our answer.
 */
static void
discard(struct fastcgi *c)
{
	FCGX_Stream *in = c->req.in;
	size_t left = DISCARD_MAX, n;

	if (in->isClosed ||
	    set_timeout(c->req.ipcFd, SO_RCVTIMEO, DISCARD_WAIT_MS) < 0)
		return;
	while (left > 0) {
		n = (size_t)(in->stop - in->rdNext);
		if (n > left)
			break;
		left -= n;
		in->rdNext += n;
		if (clock_mono_us() > c->deadline_us || FCGX_GetChar(in) < 0)
			break;
	}
}

static void
finish(struct fastcgi *c)
{
	/* No waiting for the web server to close first (up to 2 seconds). */
	FCGX_Detach(&c->req);
	c->req.keepConnection = 0;
	c->open = false;
}

void
fastcgi_answer(struct fastcgi *c, struct span answer)
{
	size_t at = 0;
	int n;

	if (!c->open)
		return;
	discard(c);
	while (at < answer.len) {
		n = answer.len - at > 1 << 20 ? 1 << 20 : (int)(answer.len - at);
		if (FCGX_PutStr(answer.p + at, n, c->req.out) != n)
			break;
		at += (size_t)n;
	}
	finish(c);
	FCGX_Finish_r(&c->req);
	c->req.ipcFd = -1;
}

void
fastcgi_close(struct fastcgi *c)
{
	if (!c->open)
		return;
	finish(c);
	FCGX_Free(&c->req, 1);
	c->req.ipcFd = -1;
}
