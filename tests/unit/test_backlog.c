/*
 * The listen queue: wide for a burst, narrow while it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/backlog.h"
#include "core/listenqueue.h"
#include "core/settings.h"

static const struct settings shipped = {
	.api_backlog = 512, .api_workers = 2, .api_batch = 64,
};

static int
listening(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_true(fd >= 0);
	if (family == AF_UNIX)	/* the kernel finds a name */
		assert_int_equal(bind(fd, (struct sockaddr *)&un,
		    sizeof(un.sun_family)), 0);
	else
		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 7), 0);
	return fd;
}

static int
limit(int fd)
{
	int waiting, most;

	assert_int_equal(listenqueue_get(fd, &waiting, &most), 0);
	return most;
}

static void
narrow_while_it_stands(void **state)
{
	int64_t t = 5000000, stands = t + BACKLOG_STANDING_US;
	struct backlog b;
	int fd = listening(AF_UNIX);

	(void)state;
	backlog_open(&b, fd, &shipped);
	assert_int_equal(limit(fd), 512);
	assert_false(backlog_left(&b, t));
	assert_false(backlog_left(&b, stands - 1));
	assert_int_equal(limit(fd), 512);
	assert_int_equal(backlog_patience_ms(&b), -1);
	assert_true(backlog_left(&b, stands));
	assert_int_equal(limit(fd), 128);	/* 2 workers take 64 each */
	assert_false(backlog_left(&b, stands + 1));	/* still */
	assert_true(backlog_patience_ms(&b) > 0);
	backlog_emptied(&b);
	assert_int_equal(limit(fd), 512);
	assert_int_equal(backlog_patience_ms(&b), -1);
	/* What has been does not count. */
	assert_false(backlog_left(&b, stands + 2));
	assert_int_equal(limit(fd), 512);
	close(fd);
}

static void
what_another_worker_said_holds_until_the_next_batch(void **state)
{
	int64_t t = 5000000;
	struct backlog one, other;
	int fd = listening(AF_UNIX);

	(void)state;
	backlog_open(&one, fd, &shipped);
	backlog_left(&one, t);
	assert_true(backlog_left(&one, t += BACKLOG_STANDING_US));
	/* In the place of one that was killed while the queue was narrow. */
	backlog_open(&other, fd, &shipped);
	assert_int_equal(limit(fd), 512);
	backlog_left(&one, ++t);
	assert_int_equal(limit(fd), 128);
	close(fd);
}

static void
a_few_may_wait_in_any_case(void **state)
{
	struct settings s = shipped;
	struct backlog b;
	int fd = listening(AF_UNIX);

	(void)state;
	s.api_workers = s.api_batch = 1;
	backlog_open(&b, fd, &s);
	backlog_left(&b, 1);
	assert_true(backlog_left(&b, 1 + BACKLOG_STANDING_US));
	assert_int_equal(limit(fd), BACKLOG_LEAST);
	close(fd);
}

static void
left_alone(struct backlog *b, int fd, int as_it_is)
{
	backlog_left(b, 1);
	assert_false(backlog_left(b, 1 + 2 * BACKLOG_STANDING_US));
	assert_int_equal(backlog_patience_ms(b), -1);
	backlog_emptied(b);
	assert_int_equal(limit(fd), as_it_is);
	close(fd);
}

static void
short_queues_and_tcp_are_left_alone(void **state)
{
	struct settings s = shipped;
	struct backlog b;
	int fd = listening(AF_UNIX);

	(void)state;
	s.api_backlog = 128;	/* one round */
	backlog_open(&b, fd, &s);
	left_alone(&b, fd, 7);
	fd = listening(AF_INET);
	backlog_open(&b, fd, &shipped);
	left_alone(&b, fd, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow_while_it_stands),
		cmocka_unit_test(what_another_worker_said_holds_until_the_next_batch),
		cmocka_unit_test(a_few_may_wait_in_any_case),
		cmocka_unit_test(short_queues_and_tcp_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
