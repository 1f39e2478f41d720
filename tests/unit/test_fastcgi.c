/*
 * FastCGI on a socketpair: what web servers send is understood however it is
 * cut, and what an attacker on the socket would send ends the connection:
 * lengths that lie, forged records behind a refused body, records of other
 * requests, and the long FCGI_GET_VALUES that libfcgi dies of.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/fastcgi.h"

static struct buf sent;
static struct fastcgi *conn;
static int peer;

static void
record(int type, int id, const void *data, size_t n, int padding)
{
	unsigned char h[8] = { 1, (unsigned char)type, (unsigned char)(id >> 8),
	    (unsigned char)id, (unsigned char)(n >> 8), (unsigned char)n,
	    (unsigned char)padding, 0 };

	buf_add(&sent, h, sizeof(h));
	buf_add(&sent, data, n);
	buf_add(&sent, "################", (size_t)padding);
}

static void
begin(int keep)
{
	unsigned char body[8] = { 0, 1, (unsigned char)keep };

	record(1, 1, body, sizeof(body), 0);
}

static void
pair(struct buf *to, const char *name, const char *value)
{
	buf_chr(to, (char)strlen(name));
	buf_chr(to, (char)strlen(value));
	buf_str(to, name);
	buf_str(to, value);
}

static void
params(const char *name, const char *value)
{
	struct buf b = BUF_INIT(1000);

	pair(&b, name, value);
	record(4, 1, b.p, b.len, 0);
	record(4, 1, "", 0, 0);
	buf_free(&b);
}

/* Opens what was sent, in one piece or in pieces of that size. */
static int
open_sent(size_t piece)
{
	int s[2], err;
	size_t at, n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	for (at = 0; at < sent.len; at += n) {
		n = sent.len - at < piece ? sent.len - at : piece;
		assert_int_equal(send(s[1], sent.p + at, n, MSG_DONTWAIT), n);
	}
	shutdown(s[1], SHUT_WR);
	err = fastcgi_open(conn, s[0], 200);
	peer = s[1];
	buf_reset(&sent);
	return err;
}

/* The content of the answer, after all that frames it was found right. */
static void
answered(const char *text)
{
	unsigned char in[300];
	size_t n = strlen(text);

	assert_int_equal(recv(peer, in, sizeof(in), MSG_WAITALL), n + 32);
	assert_memory_equal(in, "\1\6\0\1", 4);
	assert_int_equal(in[4] << 8 | in[5], n);
	assert_memory_equal(in + 8, text, n);
	assert_memory_equal(in + 8 + n, "\1\6\0\1\0\0\0\0", 8);
	assert_memory_equal(in + 16 + n, "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0", 16);
}

/* The connection is closed and nothing was said. */
static void
silent(void)
{
	char in[8];
	ssize_t n = recv(peer, in, sizeof(in), MSG_DONTWAIT);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(peer);
}

static void
a_request_however_it_is_cut(void **state)
{
	struct buf body = BUF_INIT(100), longer = BUF_INIT(1000);
	size_t piece;

	(void)state;
	for (piece = 1; piece < 40; piece++) {
		buf_reset(&body);
		begin(piece & 1);
		pair(&longer, "REQUEST_METHOD", "POST");
		buf_add(&longer, "\4\200\0\0\4NAMElong", 13);
		record(4, 1, longer.p, 7, 3);
		record(4, 1, longer.p + 7, longer.len - 7, 0);
		buf_reset(&longer);
		record(4, 1, "", 0, 0);
		record(5, 1, "{\"a\"", 4, 5);
		record(5, 1, ":1}", 3, 0);
		record(5, 1, "", 0, 0);
		assert_int_equal(open_sent(piece), 0);
		assert_string_equal(fastcgi_vars(conn)[0],
		    "REQUEST_METHOD=POST");
		assert_string_equal(fastcgi_vars(conn)[1], "NAME=long");
		assert_null(fastcgi_vars(conn)[2]);
		assert_int_equal(fastcgi_body(conn, 7, &body), 0);
		assert_string_equal(buf_cstr(&body), "{\"a\":1}");
		fastcgi_answer(conn, SPAN("Status: 200\r\n\r\nok"));
		answered("Status: 200\r\n\r\nok");
		silent();
	}
	buf_free(&body);
	buf_free(&longer);
}

static void
bodies_have_the_length_that_was_said(void **state)
{
	static const struct {
		size_t said;
		int err;
	} cases[] = { { 5, 0 }, { 4, ERR_SYNTAX }, { 0, ERR_SYNTAX },
	    { 6, ERR_CLOSED } };
	struct buf body = BUF_INIT(100);
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		buf_reset(&body);
		begin(0);
		params("A", "b");
		record(5, 1, "12345", 5, 0);
		record(5, 1, "", 0, 0);
		assert_int_equal(open_sent(4096), 0);
		assert_int_equal(fastcgi_body(conn, cases[i].said, &body),
		    cases[i].err);
		assert_true(body.len <= cases[i].said);
		fastcgi_close(conn);
		silent();
	}
	buf_free(&body);
}

/* E1: more than libfcgi's 64 bytes of answer, before and within a request. */
static void
get_values_is_nobody_s_business(void **state)
{
	struct buf names = BUF_INIT(10000);
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		pair(&names, "FCGI_MPXS_CONNS", "");
	record(9, 0, names.p, names.len, 0);
	begin(0);
	params("A", "b");
	assert_int_equal(open_sent(65536), ERR_CLOSED);
	silent();
	begin(0);
	record(9, 0, names.p, names.len, 0);
	params("A", "b");
	assert_int_equal(open_sent(65536), ERR_CLOSED);
	silent();
	buf_free(&names);
}

/* E2 */
static void
lengths_that_lie(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\1", 1 }, { "\1\1a", 3 }, { "\2\0a", 3 }, { "\200", 1 },
		{ "\200\0\0", 3 }, { "\377\377\377\377\1ab", 7 },
		{ "\1\377\377\377\377ab", 7 },
		{ "\377\377\377\377\377\377\377\377ab", 10 },
		{ "\200\0\0\1\200\0\0\2ab", 10 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(0);
		record(4, 1, bad[i].bytes, bad[i].n, 0);
		record(4, 1, "", 0, 0);
		assert_int_equal(open_sent(4096), ERR_CLOSED);
		silent();
	}
}

static void
names_that_would_be_others(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	pair(&b, "A=B", "c");
	pair(&b, "", "c");
	buf_add(&b, "\1\3Nx\0y", 6);
	buf_add(&b, "\3\1N\0xy", 6);
	pair(&b, "GOOD", "a=b");
	begin(0);
	record(4, 1, b.p, b.len, 0);
	record(4, 1, "", 0, 0);
	record(5, 1, "", 0, 0);
	assert_int_equal(open_sent(4096), 0);
	assert_string_equal(fastcgi_vars(conn)[0], "GOOD=a=b");
	assert_null(fastcgi_vars(conn)[1]);
	fastcgi_close(conn);
	silent();
	buf_free(&b);
}

/* E3: a body that is refused unread holds a request of its own. */
static void
what_follows_is_never_a_request(void **state)
{
	struct buf inner = BUF_INIT(1 << 16), saved;
	int i;

	(void)state;
	begin(1);
	params("CALLHOOK_ACCOUNT", "7");
	record(5, 1, "", 0, 0);
	saved = sent;
	sent = BUF_INIT(1 << 20);
	begin(1);
	params("A", "b");
	for (i = 0; i < 300; i++)
		buf_span(&inner, buf_as_span(&saved));
	record(5, 1, inner.p, inner.len, 0);
	/* After its end too: the connection is not asked for more. */
	record(5, 1, "", 0, 0);
	buf_span(&sent, buf_as_span(&saved));
	assert_int_equal(open_sent(1 << 20), 0);
	assert_string_equal(fastcgi_vars(conn)[0], "A=b");
	assert_null(fastcgi_vars(conn)[1]);
	fastcgi_answer(conn, SPAN("Status: 413\r\n\r\n"));
	answered("Status: 413\r\n\r\n");
	silent();
	buf_free(&inner);
	buf_free(&saved);
}

/* E4 */
static void
records_out_of_order(void **state)
{
	static const unsigned char other_role[8] = { 0, 3 };
	unsigned char version2[16] = { 2, 1, 0, 1, 0, 8 };
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		switch (i) {
		case 0:
			params("A", "b");	/* without a beginning */
			break;
		case 1:
			record(1, 1, other_role, 8, 0);
			params("A", "b");
			break;
		case 2:
			buf_add(&sent, version2, sizeof(version2));
			break;
		case 3:
			begin(0);
			record(2, 1, "", 0, 0);	/* given up */
			break;
		case 4:
			begin(0);
			record(4, 2, "", 0, 0);	/* another request's */
			break;
		case 5:
			begin(0);
			record(77, 1, "x", 1, 0);
			break;
		case 6:
			begin(0);
			record(5, 1, "", 0, 0);	/* no parameters */
			break;
		default:
			begin(0);
			record(4, 1, "\1\1ab", 4, 0);	/* and no end */
			break;
		}
		assert_int_equal(open_sent(4096), ERR_CLOSED);
		silent();
	}
}

static void
too_many_parameters_can_be_answered(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	int i, way;

	(void)state;
	for (way = 0; way < 2; way++) {
		buf_reset(&b);
		begin(0);
		for (i = 0; i < (way ? 2000 : 1000); i++)
			pair(&b, "A", way ? "b" : "................"
			    "....................................."
			    "...........................................");
		record(4, 1, b.p, b.len < 60000 ? b.len : 60000, 0);
		if (b.len > 60000)
			record(4, 1, b.p + 60000, b.len - 60000, 0);
		record(4, 1, "", 0, 0);
		record(5, 1, "", 0, 0);
		assert_int_equal(open_sent(1 << 20), ERR_TOO_BIG);
		fastcgi_answer(conn, SPAN("Status: 431\r\n\r\n"));
		answered("Status: 431\r\n\r\n");
		silent();
	}
	buf_free(&b);
}

static void
the_silent_are_not_waited_for(void **state)
{
	struct buf body = BUF_INIT(100);
	int s[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(fastcgi_open(conn, s[0], 20), ERR_CLOSED);
	peer = s[1];
	silent();
	begin(0);
	params("A", "b");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(send(s[1], sent.p, sent.len, 0), sent.len);
	buf_reset(&sent);
	assert_int_equal(fastcgi_open(conn, s[0], 20), 0);
	assert_int_equal(fastcgi_body(conn, 3, &body), ERR_TIMEOUT);
	fastcgi_close(conn);
	peer = s[1];
	silent();
	buf_free(&body);
}

/* All that comes, to the end; nothing is there for the first milliseconds. */
static size_t
read_slowly(int fd)
{
	static char in[1 << 16];
	size_t n = 0;
	ssize_t got;

	usleep(100000);
	while ((got = recv(fd, in, sizeof(in), 0)) > 0)
		n += (size_t)got;
	return n;
}

/* Longer than the socket holds, made long after the request had come. */
static void
a_late_answer_is_sent_as_a_whole(void **state)
{
	size_t size = 3 << 20, framed = size + (size / 65535 + 1) * 8 + 24;
	struct buf answer = BUF_INIT(size);
	int s[2], status = 1;
	pid_t child;

	(void)state;
	while (answer.len < size)
		buf_str(&answer, "0123456789abcdef");
	assert_int_equal(buf_err(&answer), 0);
	begin(0);
	params("A", "b");
	record(5, 1, "12345", 5, 0);	/* a body that nobody reads */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
	assert_int_equal(send(s[1], sent.p, sent.len, 0), sent.len);
	buf_reset(&sent);
	assert_int_equal(fastcgi_open(conn, s[0], 500), 0);
	usleep(1100000);
	child = fork();
	if (child == 0) {
		close(s[0]);
		_exit(read_slowly(s[1]) != framed);
	}
	close(s[1]);
	fastcgi_answer(conn, buf_as_span(&answer));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	buf_free(&answer);
}

static int
set_up(void **state)
{
	(void)state;
	sent = BUF_INIT(1 << 20);
	conn = fastcgi_new();
	return conn == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	fastcgi_free(conn);
	buf_free(&sent);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_however_it_is_cut),
		cmocka_unit_test(bodies_have_the_length_that_was_said),
		cmocka_unit_test(get_values_is_nobody_s_business),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(names_that_would_be_others),
		cmocka_unit_test(what_follows_is_never_a_request),
		cmocka_unit_test(records_out_of_order),
		cmocka_unit_test(too_many_parameters_can_be_answered),
		cmocka_unit_test(the_silent_are_not_waited_for),
		cmocka_unit_test(a_late_answer_is_sent_as_a_whole),
	};

	return cmocka_run_group_tests_name("fastcgi", tests, set_up,
	    tear_down);
}
