/*
 * Requests against a server on the same loop, with libcurl's memory in our
 * hands: what ends without an answer that counts, and what is nobody's fault.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/loop.h"
#include "hook/request.h"
#include "hook/target.h"
#include "sender/transfer.h"

enum { CONNECTIONS = 16, MANY = 4 };

static int allocations = -1;	/* so many of libcurl's succeed; -1: all */

static bool
there_is_memory(void)
{
	/* One failure, then all is well again. */
	return allocations < 0 || allocations-- > 0;
}

static void *
my_malloc(size_t size)
{
	return there_is_memory() ? malloc(size) : NULL;
}

static void *
my_realloc(void *p, size_t size)
{
	return there_is_memory() ? realloc(p, size) : NULL;
}

static void *
my_calloc(size_t n, size_t size)
{
	return there_is_memory() ? calloc(n, size) : NULL;
}

static char *
my_strdup(const char *text)
{
	return there_is_memory() ? strdup(text) : NULL;
}

struct peer {
	struct fixture *home;
	int fd;				/* -1: free */
	struct loop_fd *watch;
};

struct fixture {
	struct loop *loop;
	struct loop_timer *guard;
	struct target_policy *policy;
	struct transfers *transfers;
	struct sockaddr_in address;	/* of the server */
	int fd;
	struct loop_fd *watch;
	struct peer peers[CONNECTIONS];
	const char *reply;
	int requests;
	struct request request;
	bool may_send;
	int ended, wanted;
	struct transfer_answer last;
	int errors[OUTCOME_ERRORS];
	int unsent;
};

static void
hang_up(struct peer *p)
{
	loop_fd_remove(p->watch);
	close(p->fd);
	p->fd = -1;
}

/* A request is one read; what is answered is said before. */
static void
on_peer(void *cookie, unsigned events)
{
	struct peer *p = cookie;
	char text[4096];

	(void)events;
	if (recv(p->fd, text, sizeof(text), 0) <= 0) {
		hang_up(p);
		return;
	}
	p->home->requests++;
	(void)!send(p->fd, p->home->reply, strlen(p->home->reply),
	    MSG_NOSIGNAL);
	if (strstr(p->home->reply, "Content-Length") == NULL)
		hang_up(p);
}

static void
on_accept(void *cookie, unsigned events)
{
	struct fixture *f = cookie;
	int i, fd = accept(f->fd, NULL, NULL);

	(void)events;
	for (i = 0; i < CONNECTIONS && f->peers[i].fd >= 0; i++)
		;
	if (fd < 0 || i == CONNECTIONS) {
		close(fd);
		return;
	}
	f->peers[i].home = f;
	f->peers[i].fd = fd;
	f->peers[i].watch = loop_fd_add(f->loop, fd, LOOP_READ, on_peer,
	    &f->peers[i]);
	assert_non_null(f->peers[i].watch);
}

static void
on_guard(void *cookie)
{
	struct fixture *f = cookie;

	loop_stop(f->loop);
}

static bool
may_send(void *cookie)
{
	return ((struct fixture *)cookie)->may_send;
}

static void
listen_on(struct fixture *f)
{
	struct sockaddr *any = (struct sockaddr *)&f->address;
	socklen_t len = sizeof(f->address);

	f->address.sin_family = AF_INET;
	f->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->fd, any, len), 0);
	assert_int_equal(listen(f->fd, CONNECTIONS), 0);
	assert_int_equal(getsockname(f->fd, any, &len), 0);
	f->watch = loop_fd_add(f->loop, f->fd, LOOP_READ, on_accept, f);
	assert_non_null(f->watch);
}

static void
make_request(struct fixture *f)
{
	static char accept[] = "Accept: */*", *headers[] = { accept };

	f->request.method = "GET";
	f->request.headers = headers;
	f->request.headers_n = 1;
	buf_init(&f->request.url, REQUEST_URL_MAX);
	buf_init(&f->request.body, REQUEST_BODY_MAX);
	buf_fmt(&f->request.url, "http://shop.example.com:%d/x",
	    ntohs(f->address.sin_port));
}

static int
setup(void **state)
{
	static struct fixture f;
	char hole[] = "127.0.0.1", *holes[] = { hole };
	struct buf why_not = BUF_INIT(256);
	struct transfer_options o = { .ca_file = "", .proxy = "",
		.idle_age = 60000, .connect_timeout = 1000, .timeout = 1000,
		.response_max = 1024, .connections = 8, .host_connections = 4,
		.may_send = may_send, .cookie = &f };
	const char *why;
	int i;

	memset(&f, 0, sizeof(f));
	for (i = 0; i < CONNECTIONS; i++)
		f.peers[i].fd = -1;
	f.may_send = true;
	f.loop = o.loop = loop_new();
	f.guard = loop_timer_new(f.loop, on_guard, &f);
	f.policy = target_policy_new(true, holes, 1, &why_not);
	assert_true(f.guard != NULL && f.policy != NULL);
	o.policy = f.policy;
	listen_on(&f);
	make_request(&f);
	f.reply = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
	f.transfers = transfer_new(&o, &why);
	assert_non_null(f.transfers);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	int i;

	transfer_free(f->transfers);
	for (i = 0; i < CONNECTIONS; i++)
		if (f->peers[i].fd >= 0)
			hang_up(&f->peers[i]);
	loop_fd_remove(f->watch);
	if (f->fd >= 0)
		close(f->fd);
	buf_free(&f->request.url);
	buf_free(&f->request.body);
	target_policy_free(f->policy);
	loop_timer_free(f->guard);
	loop_free(f->loop);
	return 0;
}

static void
on_end(void *cookie, const struct transfer_answer *a)
{
	struct fixture *f = cookie;

	f->last = *a;
	f->unsent += a->unsent;
	f->errors[a->error] += !a->unsent;
	if (++f->ended == f->wanted)
		loop_stop(f->loop);
}

static struct transfer *
start(struct fixture *f)
{
	return transfer_start(f->transfers, &f->request,
	    (const struct sockaddr *)&f->address, ntohs(f->address.sin_port),
	    on_end, f);
}

/* Until n more have ended; three seconds at most. */
static void
wait_for(struct fixture *f, int n)
{
	f->wanted = f->ended + n;
	loop_timer_arm(f->guard, 3000000);
	assert_int_equal(loop_run(f->loop), 0);
	loop_timer_disarm(f->guard);
	assert_int_equal(f->ended, f->wanted);
}

static void
delivered(struct fixture *f)
{
	int requests = f->requests;

	assert_non_null(start(f));
	wait_for(f, 1);
	assert_false(f->last.unsent);
	assert_int_equal(f->last.error, OUTCOME_NO_ERROR);
	assert_int_equal(f->last.status, 200);
	assert_true(f->requests > requests);
}

static void
an_answer(void **state)
{
	struct fixture *f = *state;

	delivered(f);
	delivered(f);		/* on the same connection */
	assert_int_equal(f->peers[1].fd, -1);
	assert_int_equal(f->requests, 2);
}

/* An answer that is none of the final ones is not HTTP as we asked for it. */
static void
another_protocol(void **state)
{
	struct fixture *f = *state;

	f->reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
	    "Connection: upgrade\r\n\r\nhello";
	assert_non_null(start(f));
	wait_for(f, 1);
	assert_int_equal(f->last.error, OUTCOME_PROTOCOL);
	assert_int_equal(f->last.status, 0);
	assert_string_not_equal(f->last.detail, "");
}

static void
too_late(void **state)
{
	struct fixture *f = *state;

	f->may_send = false;
	assert_non_null(start(f));
	wait_for(f, 1);
	assert_true(f->last.unsent);
	assert_int_equal(f->requests, 0);
}

/*
 * Requests with libcurl's n-th allocation from now failing.  True: there were
 * not so many.
 */
static bool
with_memory_for(struct fixture *f, int n)
{
	int i, started = 0;
	bool enough;

	allocations = n;
	for (i = 0; i < MANY; i++)
		started += start(f) != NULL;
	if (started > 0)
		wait_for(f, started);
	enough = allocations > 0;
	allocations = -1;
	return enough;
}

/* Whichever of its allocations fails: all end, hardly anybody is blamed, and on. */
static void
memory_runs_out(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	while (!with_memory_for(f, n)) {
		delivered(f);
		assert_true(++n < 5000);
	}
	assert_in_range(n, 50, 5000);
	/* Few were on their way already; the rest is void, as if not begun. */
	assert_true(f->unsent > 3 * f->errors[OUTCOME_PROTOCOL]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_answer),
		TEST(another_protocol),
		TEST(too_late),
		TEST(memory_runs_out),
	};

	/* The first call counts: libcurl's memory is ours. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, my_malloc, free,
	    my_realloc, my_strdup, my_calloc) != CURLE_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
