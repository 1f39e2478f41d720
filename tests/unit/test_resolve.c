/* The resolver against a name server of our own, on the same loop. */
#include <arpa/inet.h>
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
#include "sender/resolve.h"

struct fixture {
	struct loop *loop;
	struct resolve *resolve;
	int fd;				/* of the name server */
	struct loop_fd *watch;
	struct loop_timer *guard;
	int a_queries;
	int answers, wanted;
	struct resolve_answer last;
};

/* 20 addresses that are good for no time at all. */
static size_t
put_many(unsigned char *q, size_t end)
{
	static const unsigned char rr[] = { 0xc0, 12, 0, 1, 0, 1,
		0, 0, 0, 0, 0, 4, 192, 0, 2 };
	unsigned char i;

	for (i = 0; i < 20; i++) {
		memcpy(q + end, rr, sizeof(rr));
		end += sizeof(rr);
		q[end++] = i;
	}
	q[7] = 20;
	return end;
}

/*
 * Answers A queries by the first letter: g 192.0.2.7, m many, n no such name,
 * e none, s a failure, h never; AAAA queries have no data.
 */
static void
serve(void *cookie, unsigned events)
{
	struct fixture *f = cookie;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	unsigned char q[1024];
	size_t end = 12;
	ssize_t n;
	int type;

	(void)events;
	n = recvfrom(f->fd, q, 512, 0, (struct sockaddr *)&from,
	    &from_len);
	if (n < 17)
		return;
	while (q[end] != 0 && end < (size_t)n)
		end += q[end] + 1u;
	type = q[end + 2];
	end += 5;
	f->a_queries += type == 1;
	if (q[13] == 'h')
		return;
	q[2] = 0x81;			/* an answer */
	q[3] = q[13] == 'n' ? 0x83 : q[13] == 's' ? 0x82 : 0x80;
	memset(q + 6, 0, 6);
	if (q[13] == 'g' && type == 1) {
		static const unsigned char rr[] = { 0xc0, 12, 0, 1, 0, 1,
			0, 0, 0, 30, 0, 4, 192, 0, 2, 7 };

		q[7] = 1;
		memcpy(q + end, rr, sizeof(rr));
		end += sizeof(rr);
	}
	if (q[13] == 'm' && type == 1)
		end = put_many(q, end);
	(void)!sendto(f->fd, q, end, 0, (struct sockaddr *)&from, from_len);
}

static void
on_guard(void *cookie)
{
	struct fixture *f = cookie;

	loop_stop(f->loop);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct resolve_options options = { .deadline_ms = 300 };
	socklen_t len = sizeof(sin);
	char server[32], *servers[] = { server };
	const char *why;

	memset(&f, 0, sizeof(f));
	f.loop = loop_new();
	assert_non_null(f.loop);
	f.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(f.fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(f.fd, (struct sockaddr *)&sin, &len), 0);
	f.watch = loop_fd_add(f.loop, f.fd, LOOP_READ, serve, &f);
	f.guard = loop_timer_new(f.loop, on_guard, &f);
	snprintf(server, sizeof(server), "127.0.0.1:%d", ntohs(sin.sin_port));
	options.servers = servers;
	options.servers_n = 1;
	/* As "search" of resolv.conf. */
	assert_int_equal(setenv("LOCALDOMAIN", "ours.test", 1), 0);
	f.resolve = resolve_new(f.loop, &options, &why);
	assert_non_null(f.resolve);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	resolve_free(f->resolve);
	loop_fd_remove(f->watch);
	loop_timer_free(f->guard);
	loop_free(f->loop);
	if (f->fd >= 0)
		close(f->fd);
	return 0;
}

static void
on_answer(void *cookie, const struct resolve_answer *a)
{
	struct fixture *f = cookie;

	f->last = *a;
	if (++f->answers == f->wanted)
		loop_stop(f->loop);
}

/* Runs the loop until so many answers are in all; a second at most. */
static void
wait_for(struct fixture *f, int answers)
{
	f->wanted = answers;
	loop_timer_arm(f->guard, 1000000);
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(f->answers, answers);
}

static void
literals(void **state)
{
	struct fixture *f = *state;
	const struct resolve_answer *a;

	a = resolve_known(f->resolve, "192.0.2.1");
	assert_non_null(a);
	assert_int_equal(a->err, 0);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->v[0].ss_family, AF_INET);
	a = resolve_known(f->resolve, "2001:db8::1");
	assert_non_null(a);
	assert_int_equal(a->v[0].ss_family, AF_INET6);
	assert_null(resolve_known(f->resolve, "good.test"));
	assert_int_equal(resolve_queries(f->resolve), 0);
}

static void
one_query_for_many(void **state)
{
	struct fixture *f = *state;
	const struct resolve_answer *a;
	const struct sockaddr_in *sin;
	int i;

	for (i = 0; i < 10; i++)
		assert_non_null(resolve_ask(f->resolve, "good.test",
		    on_answer, f));
	assert_int_equal(f->answers, 0);
	wait_for(f, 10);
	assert_int_equal(f->last.err, 0);
	assert_int_equal(f->last.n, 1);
	sin = (const struct sockaddr_in *)&f->last.v[0];
	assert_int_equal(sin->sin_addr.s_addr, inet_addr("192.0.2.7"));
	assert_int_equal(f->a_queries, 1);
	a = resolve_known(f->resolve, "good.test");	/* the cache */
	assert_non_null(a);
	assert_int_equal(a->n, 1);
	/* Asked for all the same, it is told from the cache. */
	assert_non_null(resolve_ask(f->resolve, "good.test", on_answer, f));
	wait_for(f, 11);
	assert_int_equal(f->a_queries, 1);
	assert_int_equal(resolve_queries(f->resolve), 1);
}

static void
no_such_name(void **state)
{
	struct fixture *f = *state;
	const struct resolve_answer *a;

	assert_non_null(resolve_ask(f->resolve, "none.test", on_answer, f));
	wait_for(f, 1);
	assert_int_equal(f->last.err, ERR_NOT_FOUND);
	assert_non_null(f->last.why);
	a = resolve_known(f->resolve, "none.test");
	assert_non_null(a);
	assert_int_equal(a->err, ERR_NOT_FOUND);
}

static void
black_hole(void **state)
{
	struct fixture *f = *state;
	int64_t before = loop_now(f->loop);

	assert_non_null(resolve_ask(f->resolve, "hole.test", on_answer, f));
	assert_non_null(resolve_ask(f->resolve, "good.test", on_answer, f));
	wait_for(f, 1);			/* others are not held up */
	assert_int_equal(f->last.err, 0);
	wait_for(f, 2);
	assert_int_equal(f->last.err, ERR_TIMEOUT);
	assert_in_range(loop_now(f->loop) - before, 250000, 900000);
	/* Known to fail now: nobody else waits for it. */
	assert_non_null(resolve_known(f->resolve, "hole.test"));
}

static void
cancelled(void **state)
{
	struct fixture *f = *state;
	struct resolve_wait *w;

	w = resolve_ask(f->resolve, "good.test", on_answer, f);
	assert_non_null(w);
	assert_non_null(resolve_ask(f->resolve, "good.test", on_answer, f));
	resolve_cancel(w);
	resolve_cancel(NULL);
	wait_for(f, 1);
}

/* A customer's name that is gone must not become one of ours. */
static void
search_domains_are_not_searched(void **state)
{
	struct fixture *f = *state;

	assert_non_null(resolve_ask(f->resolve, "none.shop.test", on_answer,
	    f));
	wait_for(f, 1);
	assert_int_equal(f->last.err, ERR_NOT_FOUND);
	assert_int_equal(f->a_queries, 1);
}

/* Why there is no address is told apart, and known for a while. */
static void
other_failures(void **state)
{
	struct fixture *f = *state;

	assert_non_null(resolve_ask(f->resolve, "empty.test", on_answer, f));
	wait_for(f, 1);
	assert_int_equal(f->last.err, ERR_NOT_FOUND);
	assert_string_equal(f->last.why, "the name has no address");
	assert_non_null(resolve_ask(f->resolve, "sick.test", on_answer, f));
	wait_for(f, 2);
	assert_true(f->last.err == ERR_IO || f->last.err == ERR_TIMEOUT);
	assert_int_equal(f->last.n, 0);
	assert_non_null(resolve_ask(f->resolve, "a..b", on_answer, f));
	wait_for(f, 3);
	assert_int_equal(f->last.err, ERR_NOT_FOUND);
	assert_string_equal(f->last.why, "not a name");
	assert_non_null(resolve_known(f->resolve, "sick.test"));
}

static void
too_long_a_name(void **state)
{
	struct fixture *f = *state;
	char name[300];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_null(resolve_ask(f->resolve, name, on_answer, f));
	assert_int_equal(resolve_queries(f->resolve), 0);
}

/* No more than there is room for; kept a second even if it should not be. */
static void
many_addresses(void **state)
{
	struct fixture *f = *state;

	assert_non_null(resolve_ask(f->resolve, "many.test", on_answer, f));
	wait_for(f, 1);
	assert_int_equal(f->last.err, 0);
	assert_int_equal(f->last.n, RESOLVE_ADDRESSES);
	assert_non_null(resolve_known(f->resolve, "many.test"));
	f->wanted = -1;
	loop_timer_arm(f->guard, 1100000);
	assert_int_equal(loop_run(f->loop), 0);
	assert_null(resolve_known(f->resolve, "many.test"));
	assert_non_null(resolve_ask(f->resolve, "many.test", on_answer, f));
	wait_for(f, 2);
	assert_int_equal(resolve_queries(f->resolve), 2);
}

/* The oldest names leave when there are too many. */
static void
many_names(void **state)
{
	struct fixture *f = *state;
	char name[32];
	int i;

	for (i = 0; i < 4096; i++) {
		snprintf(name, sizeof(name), "none..%d", i);
		assert_non_null(resolve_ask(f->resolve, name, on_answer, f));
	}
	wait_for(f, 4096);
	assert_non_null(resolve_known(f->resolve, "none..0"));
	assert_non_null(resolve_ask(f->resolve, "good.test", on_answer, f));
	assert_null(resolve_known(f->resolve, "none..0"));
	assert_non_null(resolve_known(f->resolve, "none..1"));
	wait_for(f, 4097);
	assert_int_equal(f->last.err, 0);
}

/* Nobody listens where the name server should be. */
static void
no_server_there(void **state)
{
	struct fixture *f = *state;

	loop_fd_remove(f->watch);
	f->watch = NULL;
	close(f->fd);
	f->fd = -1;
	assert_non_null(resolve_ask(f->resolve, "good.test", on_answer, f));
	wait_for(f, 1);
	assert_true(f->last.err == ERR_IO || f->last.err == ERR_TIMEOUT);
}

static void
freed_with_a_query_under_way(void **state)
{
	struct fixture *f = *state;

	assert_non_null(resolve_ask(f->resolve, "hole.test", on_answer, f));
	/* teardown: no callback, no leak */
}

static void
bad_servers(void **state)
{
	char bad[] = "not an address", *servers[] = { bad };
	struct resolve_options o = { .servers = servers, .servers_n = 1 };
	struct fixture *f = *state;
	const char *why = NULL;

	assert_null(resolve_new(f->loop, &o, &why));
	assert_string_equal(why, "[sender] dns: a list of name "
	    "servers, addresses or address:port, is expected");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(literals),
		TEST(one_query_for_many),
		TEST(no_such_name),
		TEST(search_domains_are_not_searched),
		TEST(black_hole),
		TEST(cancelled),
		TEST(other_failures),
		TEST(too_long_a_name),
		TEST(many_addresses),
		TEST(many_names),
		TEST(no_server_there),
		TEST(freed_with_a_query_under_way),
		TEST(bad_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
