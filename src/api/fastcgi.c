/*
 * FastCGI as web servers speak it, and no more: one request a connection,
 * records in order, every length checked before it is believed.  What is out
 * of order ends the connection.  The protocol's numbers are libfcgi's
 * (fastcgi.h), its reader is not: that writes past its stack on a long
 * FCGI_GET_VALUES (tests/fuzz/fuzz_fastcgi.c), and waits where a worker must
 * not.  Closed -> open (fastcgi_open) -> closed (fastcgi_answer, fastcgi_close).  Used by exchange.c only; runs in the
 * worker processes.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <fastcgi.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/fastcgi.h"
#include "core/clock.h"

enum {
	DISCARD_MAX = 4 * 1024 * 1024,
	DISCARD_WAIT_MS = 20,
	IN_SIZE = 16 * 1024,
	VARS_MAX = 1024,
};

struct fastcgi {
	int fd;			/* -1: closed */
	unsigned id;		/* of the request */
	int type;		/* of the present record */
	size_t left, padding;	/* of it, not yet taken */
	bool stdin_ended;
	int64_t deadline_us;
	int64_t timeout_ms;	/* of one wait */
	size_t at, end;		/* in in[] */
	struct buf params;	/* as they came, then "NAME=value" strings */
	char *vars[VARS_MAX + 1];
	unsigned char in[IN_SIZE];
};

struct fastcgi *
fastcgi_new(void)
{
	struct fastcgi *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = -1;
	buf_init(&c->params, FASTCGI_PARAMS_MAX);
	return c;
}

void
fastcgi_free(struct fastcgi *c)
{
	if (c == NULL)
		return;
	fastcgi_close(c);
	buf_free(&c->params);
	free(c);
}

/* From now on there is twice the time of one wait. */
static void
start_clock(struct fastcgi *c)
{
	c->deadline_us = clock_mono_us() + 2 * c->timeout_ms * 1000;
}

/*
 * What has not come, or gone, at once is waited for: no call for limits on a
 * socket that never needs them.
 */
static int
wait_io(const struct fastcgi *c, short events)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = (c->deadline_us - clock_mono_us() + 999) / 1000;
	int n;

	if (left > c->timeout_ms)
		left = c->timeout_ms;
	do
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? ERR_TIMEOUT : ERR_CLOSED;
}

/* ---- reading ---- */

/* More into the empty in[]: ERR_TIMEOUT, ERR_CLOSED. */
static int
fill(struct fastcgi *c)
{
	ssize_t n;
	int err;

	if (clock_mono_us() > c->deadline_us)
		return ERR_TIMEOUT;
	while ((n = recv(c->fd, c->in, sizeof(c->in), MSG_DONTWAIT)) < 0) {
		if (errno == EINTR)
			continue;
		err = errno == EAGAIN || errno == EWOULDBLOCK ?
		    wait_io(c, POLLIN) : ERR_CLOSED;
		if (err < 0)
			return err;
	}
	if (n == 0)
		return ERR_CLOSED;
	c->at = 0;
	c->end = (size_t)n;
	return 0;
}

/* Up to max of the bytes that come next, as they lie in in[]. */
static int
some(struct fastcgi *c, size_t max, struct span *out)
{
	int err = c->at == c->end ? fill(c) : 0;

	if (err < 0)
		return err;
	out->p = (const char *)c->in + c->at;
	out->len = c->end - c->at < max ? c->end - c->at : max;
	c->at += out->len;
	return 0;
}

/* Exactly n of them. */
static int
exactly(struct fastcgi *c, unsigned char *to, size_t n)
{
	struct span s;
	int err;

	while (n > 0) {
		err = some(c, n, &s);
		if (err < 0)
			return err;
		memcpy(to, s.p, s.len);
		to += s.len;
		n -= s.len;
	}
	return 0;
}

static int
skip(struct fastcgi *c, size_t n)
{
	struct span s;
	int err;

	for (; n > 0; n -= s.len) {
		err = some(c, n, &s);
		if (err < 0)
			return err;
	}
	return 0;
}

/*
 * The header of the next record of the request; the present one has to be
 * taken.  Records of the connection itself (id 0) and of other requests are
 * nothing that a web server has to say to us.
 */
static int
next_record(struct fastcgi *c)
{
	unsigned char h[FCGI_HEADER_LEN] = { 0 };
	unsigned id;
	int err;

	err = skip(c, c->padding);
	if (err == 0)
		err = exactly(c, h, sizeof(h));
	if (err < 0)
		return err;
	c->type = h[1];
	id = (unsigned)h[2] << 8 | h[3];
	c->left = (size_t)h[4] << 8 | h[5];
	c->padding = h[6];
	if (c->id == 0 && c->type == FCGI_BEGIN_REQUEST)
		c->id = id;
	return h[0] == FCGI_VERSION_1 && id != 0 && id == c->id ? 0 : ERR_CLOSED;
}

static int
read_begin(struct fastcgi *c)
{
	unsigned char body[FCGI_HEADER_LEN];
	int err = next_record(c);

	if (err < 0)
		return err;
	if (c->type != FCGI_BEGIN_REQUEST || c->left != sizeof(body))
		return ERR_CLOSED;
	c->left = 0;
	err = exactly(c, body, sizeof(body));
	/* Whether to keep the connection is not theirs to say. */
	return err < 0 ? err :
	    body[0] == 0 && body[1] == FCGI_RESPONDER ? 0 : ERR_CLOSED;
}

/* Up to the empty record; what is beyond the maximum is read and forgotten. */
static int
read_params(struct fastcgi *c)
{
	size_t total = 0;
	struct span s;
	int err;

	for (;;) {
		err = next_record(c);
		if (err < 0)
			return err;
		if (c->type != FCGI_PARAMS)
			return ERR_CLOSED;
		if (c->left == 0)
			return (int)buf_err(&c->params);
		total += c->left;
		if (total > DISCARD_MAX)
			return ERR_CLOSED;
		for (; c->left > 0; c->left -= s.len) {
			err = some(c, c->left, &s);
			if (err < 0)
				return err;
			buf_span(&c->params, s);
		}
	}
}

/* ---- parameters ---- */

/* A length of one byte, or of four with the highest bit set. */
static bool
take_length(const unsigned char **p, const unsigned char *end, size_t *n)
{
	const unsigned char *b = *p;

	if (b == end)
		return false;
	if (b[0] < 0x80) {
		*n = b[0];
		*p = b + 1;
		return true;
	}
	if (end - b < 4)
		return false;
	*n = (size_t)(b[0] & 0x7f) << 24 | (size_t)b[1] << 16 |
	    (size_t)b[2] << 8 | b[3];
	*p = b + 4;
	return true;
}

/*
 * Turns the pairs into "NAME=value" in their own place: two lengths take at
 * least the two bytes that '=' and NUL take.  A name with '=' or a NUL
 * anywhere would be another variable than was sent, so these are left out.
 */
static int
split_params(struct fastcgi *c)
{
	const unsigned char *p = (const unsigned char *)c->params.p, *end;
	char *to = c->params.p;
	size_t name, value, n = 0;
	bool good;

	for (end = p ? p + c->params.len : p; p < end; p += name + value) {
		if (!take_length(&p, end, &name) ||
		    !take_length(&p, end, &value) ||
		    name > (size_t)(end - p) ||
		    value > (size_t)(end - p) - name)
			return ERR_CLOSED;
		good = name > 0 && !memchr(p, '=', name) &&
		    !memchr(p, '\0', name + value);
		if (!good)
			continue;
		if (n == VARS_MAX)
			return ERR_TOO_BIG;
		c->vars[n++] = to;
		memmove(to, p, name);
		to[name] = '=';
		memmove(to + name + 1, p + name, value);
		to[name + 1 + value] = '\0';
		to += name + value + 2;
		c->vars[n] = NULL;
	}
	return 0;
}

int
fastcgi_open(struct fastcgi *c, int fd, int64_t timeout_ms)
{
	int err;

	fastcgi_close(c);
	c->fd = fd;
	c->id = 0;
	c->left = c->padding = c->at = c->end = 0;
	c->stdin_ended = false;
	c->vars[0] = NULL;
	buf_reset(&c->params);
	c->timeout_ms = timeout_ms;
	start_clock(c);
	err = read_begin(c);
	if (err == 0)
		err = read_params(c);
	if (err == 0)
		err = split_params(c);
	if (err == 0 || err == ERR_TOO_BIG)
		return err;
	fastcgi_close(c);
	return ERR_CLOSED;
}

char *const *
fastcgi_vars(const struct fastcgi *c)
{
	return c->vars;
}

/* ---- the body ---- */

/* The next piece of the body, at most max; empty: it has ended. */
static int
body_piece(struct fastcgi *c, size_t max, struct span *out)
{
	int err;

	*out = SPAN("");
	while (!c->stdin_ended && c->left == 0) {
		err = next_record(c);
		if (err < 0)
			return err;
		if (c->type != FCGI_STDIN)
			return ERR_CLOSED;
		c->stdin_ended = c->left == 0;
	}
	if (c->stdin_ended)
		return 0;
	err = some(c, c->left < max ? c->left : max, out);
	if (err == 0)
		c->left -= out->len;
	return err;
}

int
fastcgi_body(struct fastcgi *c, size_t length, struct buf *out)
{
	size_t left = length;
	struct span s;
	int err;

	do {
		/* One byte more than said is enough to know. */
		err = body_piece(c, left + 1, &s);
		if (err < 0)
			return err;
		if (s.len > left)
			return ERR_SYNTAX;
		buf_span(out, s);
		left -= s.len;
	} while (s.len > 0);
	if (left > 0)
		return ERR_CLOSED;
	return (int)buf_err(out);
}

/*
 * Reads what a refused request still sends, within bounds: a web server
 * that cannot finish writing would not read our answer.
 */
static void
discard(struct fastcgi *c)
{
	int64_t patience = c->timeout_ms;
	size_t left = DISCARD_MAX;
	struct span s;

	if (c->stdin_ended)
		return;
	c->timeout_ms = DISCARD_WAIT_MS;
	do {
		if (body_piece(c, left, &s) < 0)
			break;
		left -= s.len;
	} while (s.len > 0 && left > 0);
	c->timeout_ms = patience;
}

/* ---- answering ---- */

static void
header(unsigned char h[FCGI_HEADER_LEN], const struct fastcgi *c, int type,
    size_t n)
{
	h[0] = FCGI_VERSION_1;
	h[1] = (unsigned char)type;
	h[2] = (unsigned char)(c->id >> 8);
	h[3] = (unsigned char)c->id;
	h[4] = (unsigned char)(n >> 8);
	h[5] = (unsigned char)n;
	h[6] = h[7] = 0;
}

/* All of v or nothing more: a caller who does not read is not waited for. */
static bool
send_all(const struct fastcgi *c, struct iovec *v, size_t n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = n };
	ssize_t sent;
	size_t done;

	while (m.msg_iovlen > 0) {
		sent = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) &&
		    wait_io(c, POLLOUT) == 0)
			continue;
		if (sent < 0)
			return false;
		for (done = (size_t)sent; m.msg_iovlen > 0 &&
		    done >= m.msg_iov->iov_len; m.msg_iovlen--)
			done -= m.msg_iov++->iov_len;
		if (m.msg_iovlen > 0) {
			m.msg_iov->iov_base =
			    (char *)m.msg_iov->iov_base + done;
			m.msg_iov->iov_len -= done;
		}
		if (clock_mono_us() > c->deadline_us && m.msg_iovlen > 0)
			return false;
	}
	return true;
}

void
fastcgi_answer(struct fastcgi *c, struct span answer)
{
	/* the end of the output, then that of the request: status 0 */
	unsigned char h[FCGI_HEADER_LEN], end[3 * FCGI_HEADER_LEN] = { 0 };
	struct iovec v[3];
	size_t n;
	bool last;

	if (c->fd < 0)
		return;
	/* What the answer took to make is not the caller's fault. */
	start_clock(c);
	discard(c);
	header(end, c, FCGI_STDOUT, 0);
	header(end + FCGI_HEADER_LEN, c, FCGI_END_REQUEST, FCGI_HEADER_LEN);
	do {
		n = answer.len < FCGI_MAX_LENGTH ? answer.len : FCGI_MAX_LENGTH;
		last = n == answer.len;
		header(h, c, FCGI_STDOUT, n);
		v[0] = (struct iovec){ h, sizeof(h) };
		v[1] = (struct iovec){ (void *)(uintptr_t)answer.p, n };
		v[2] = (struct iovec){ end, sizeof(end) };
		if (!send_all(c, n > 0 ? v : v + 2,
		    n > 0 ? (last ? 3 : 2) : 1))
			break;
		answer.p += n;
		answer.len -= n;
	} while (!last);
	fastcgi_close(c);
}

void
fastcgi_close(struct fastcgi *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
