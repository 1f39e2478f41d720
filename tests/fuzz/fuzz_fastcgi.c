/*
 * Whatever comes over the web server's socket: bytes on a socketpair, read
 * as the worker reads them.  Nothing but an answer or the end of the
 * connection may come of it, no descriptor stays open, and no body is longer than said.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/fastcgi.h"
#include "api/http.h"
#include "fuzz.h"

static struct fastcgi *conn;
static int lowest;

static int
lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void
answer(struct fastcgi *c)
{
	struct buf body = BUF_INIT(1 << 20);
	struct http_request req;
	int64_t length = 0;
	int err;

	(void)!http_read(&req, fastcgi_vars(c));
	if (http_length(&req, 1 << 19, &length) != 0)
		length = 0;
	err = fastcgi_body(c, (size_t)length, &body);
	FUZZ_CHECK(err != 0 || body.len == (size_t)length);
	FUZZ_CHECK(body.len <= (size_t)length);
	fastcgi_answer(c, SPAN("Status: 200 OK\r\n\r\nhello\n"));
	buf_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;
	char sink[4096];
	ssize_t n;
	int s[2], err;

	if (conn == NULL) {
		conn = fastcgi_new();
		FUZZ_CHECK(conn != NULL);
		lowest = lowest_free();
	}
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	n = 1;
	while (at < size && n > 0) {
		n = send(s[1], data + at, size - at, MSG_DONTWAIT);
		at += n > 0 ? (size_t)n : 0;
	}
	shutdown(s[1], SHUT_WR);
	err = fastcgi_open(conn, s[0], 50);
	FUZZ_CHECK(err == 0 || err == ERR_CLOSED || err == ERR_TOO_BIG);
	if (err == 0)
		answer(conn);
	fastcgi_close(conn);
	while (recv(s[1], sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
	close(s[1]);
	FUZZ_CHECK(lowest_free() == lowest);
	return 0;
}
