/* The operator's events, told to a receiver of our own on the same loop. */
#include "config.h"

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

#include "short_memory.h"

#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "hook/target.h"
#include "hook/url.h"
#include "sender/operator.h"
#include "sender/resolve.h"
#include "sender/transfer.h"

#define GUARD INT64_C(20000000)

struct fixture {
	struct loop *loop;
	struct loop_timer *guard;
	struct resolve *resolve;
	struct target_policy *policy;
	struct transfers *transfers;
	struct operator *operator;
	int fd;
	char url[64];
	struct loop_fd *watch;
	int failures;		/* so many requests are answered with 500 */
	int seen, wanted;
	char bodies[4096];	/* of those that were answered with 200 */
};

struct connection {
	struct fixture *f;
	int fd;
	struct loop_fd *watch;
	size_t len;
	char text[2048];
};

static void
answer(struct connection *c, const char *body)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n";
	static const char sick[] = "HTTP/1.1 500 Sick\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n";
	struct fixture *f = c->f;
	bool fail = f->failures > 0;
	ssize_t n;

	assert_memory_equal(c->text, "POST /told HTTP/1.1\r\n", 21);
	assert_non_null(strstr(c->text, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(c->text, "User-Agent: test\r\n"));
	if (fail)
		f->failures--;
	else
		strncat(f->bodies, body,
		    sizeof(f->bodies) - strlen(f->bodies) - 1);
	n = fail ? send(c->fd, sick, sizeof(sick) - 1, 0) :
	    send(c->fd, ok, sizeof(ok) - 1, 0);
	assert_true(n > 0);
	if (++f->seen == f->wanted)
		loop_stop(f->loop);
}

/* The bodies end with a bracket of either kind. */
static void
on_request(void *cookie, unsigned events)
{
	struct connection *c = cookie;
	char *body;
	ssize_t n;

	(void)events;
	n = recv(c->fd, c->text + c->len, sizeof(c->text) - 1 - c->len, 0);
	if (n > 0) {
		c->len += (size_t)n;
		c->text[c->len] = '\0';
		body = strstr(c->text, "\r\n\r\n");
		if (body == NULL || strpbrk(body, "]}") == NULL)
			return;
		answer(c, body + 4);
	}
	loop_fd_remove(c->watch);
	close(c->fd);
	free(c);
}

static void
serve(void *cookie, unsigned events)
{
	struct fixture *f = cookie;
	struct connection *c = calloc(1, sizeof(*c));

	(void)events;
	assert_non_null(c);
	c->f = f;
	c->fd = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(c->fd >= 0);
	c->watch = loop_fd_add(f->loop, c->fd, LOOP_READ, on_request, c);
	assert_non_null(c->watch);
}

static void
too_late(void *cookie)
{
	struct fixture *f = cookie;

	loop_stop(f->loop);
}

static void
listen_on(struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->fd >= 0);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(f->fd, 128), 0);
	assert_int_equal(getsockname(f->fd, (struct sockaddr *)&a, &len), 0);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/told",
	    ntohs(a.sin_port));
	f->watch = loop_fd_add(f->loop, f->fd, LOOP_READ, serve, f);
	assert_non_null(f->watch);
}

/* inside: the policy allows this machine's own addresses. */
static void
start(struct fixture *f, bool inside, const char *url)
{
	char nobody[] = "127.0.0.1:9", *servers[] = { nobody };
	struct resolve_options names = { .servers = servers, .servers_n = 1 };
	struct transfer_options wire = { .ca_file = "", .proxy = "",
		.idle_age = 1000, .connect_timeout = 2000, .timeout = 2000,
		.response_max = 1024, .connections = 4,
		.host_connections = 4 };
	struct operator_options o = { .user_agent = "test" };
	char hole[] = "127.0.0.0/8", *holes[] = { hole };
	struct buf reason = BUF_INIT(256);
	const char *why;

	memset(f, 0, sizeof(*f));
	f->loop = loop_new();
	assert_non_null(f->loop);
	listen_on(f);
	f->policy = target_policy_new(true, holes, inside, &reason);
	assert_non_null(f->policy);
	buf_free(&reason);
	f->resolve = resolve_new(f->loop, &names, &why);
	assert_non_null(f->resolve);
	wire.loop = o.loop = f->loop;
	wire.policy = o.policy = f->policy;
	f->transfers = transfer_new(&wire, &why);
	assert_non_null(f->transfers);
	o.resolve = f->resolve;
	o.transfers = f->transfers;
	o.url = url != NULL ? url : f->url;
	f->operator = operator_new(&o, &why);
	f->guard = loop_timer_new(f->loop, too_late, f);
	assert_non_null(f->guard);
}

static void
end(struct fixture *f)
{
	operator_free(f->operator);
	transfer_free(f->transfers);
	resolve_free(f->resolve);
	target_policy_free(f->policy);
	loop_free(f->loop);
	close(f->fd);
}

static void
run(struct fixture *f, int wanted, int64_t us)
{
	f->wanted = wanted;
	loop_timer_arm(f->guard, us);
	assert_int_equal(loop_run(f->loop), 0);
}

static void
tells_in_order(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true, NULL);
	assert_non_null(f.operator);
	operator_tell(f.operator, span_of("{\"n\":1}"));
	operator_tell(f.operator, span_of("{\"n\":2}"));
	operator_tell(f.operator, (struct span){ "{\"n\":3}+", 7 });
	run(&f, 3, GUARD);
	assert_string_equal(f.bodies, "{\"n\":1}{\"n\":2}{\"n\":3}");
	end(&f);
}

/* A failure is tried again, before what came later is told. */
static void
tries_again(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true, NULL);
	f.failures = 1;
	operator_tell(f.operator, span_of("[1]"));
	operator_tell(f.operator, span_of("[2]"));
	run(&f, 3, GUARD);
	assert_int_equal(f.seen, 3);
	assert_string_equal(f.bodies, "[1][2]");
	end(&f);
}

static void
keeps_a_bounded_queue(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	start(&f, true, NULL);
	for (i = 0; i < OPERATOR_QUEUE + 20; i++)
		operator_tell(f.operator, span_of("[1]"));
	run(&f, OPERATOR_QUEUE + 1, 3000000);
	assert_int_equal(f.seen, OPERATOR_QUEUE);
	end(&f);
}

/* The address policy holds for the operator too. */
static void
calls_no_address_inside(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, false, NULL);
	operator_tell(f.operator, span_of("[1]"));
	run(&f, 1, 300000);
	assert_int_equal(f.seen, 0);
	end(&f);
}

/* Its name is asked for each time, and nobody knows it: no harm is done. */
static void
a_name_that_nobody_knows(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true, "http://operator.test/told");
	assert_non_null(f.operator);
	operator_tell(f.operator, span_of("[1]"));
	operator_tell(f.operator, span_of("[2]"));
	run(&f, 1, 300000);
	assert_int_equal(f.seen, 0);
	end(&f);
}

/* Neither made nor told; what is told later arrives. */
static void
no_memory(void **state)
{
	struct operator_options o = { .user_agent = "test" };
	struct operator *operator = NULL;
	struct fixture f;
	const char *why = NULL;
	int n;

	(void)state;
	start(&f, true, NULL);
	o.loop = f.loop;
	o.url = f.url;
	for (n = 0; operator == NULL && n < 10; n++) {
		allocations = n;
		operator = operator_new(&o, &why);
		allocations = -1;
		if (operator == NULL)
			assert_string_equal(why, "out of memory");
	}
	assert_in_range(n, 3, 9);	/* it and its timer */
	operator_free(operator);
	allocations = 0;
	operator_tell(f.operator, span_of("[1]"));
	allocations = -1;
	operator_tell(f.operator, span_of("[2]"));
	run(&f, 1, GUARD);
	assert_string_equal(f.bodies, "[2]");
	end(&f);
}

static void
nobody_to_tell(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true, "");
	assert_non_null(f.operator);
	operator_tell(f.operator, span_of("[1]"));
	run(&f, 1, 100000);
	assert_int_equal(f.seen, 0);
	end(&f);
	start(&f, true, "ftp://operator.example.org/");
	assert_null(f.operator);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_in_order),
		cmocka_unit_test(tries_again),
		cmocka_unit_test(keeps_a_bounded_queue),
		cmocka_unit_test(calls_no_address_inside),
		cmocka_unit_test(a_name_that_nobody_knows),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(nobody_to_tell),
	};

	log_init("test_operator", LOG_ERROR_, LOG_TEXT);
	if (url_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
