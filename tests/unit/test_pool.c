/*
 * What the master of a prefork pool decides and counts: its size, loops of
 * crashes, the scoreboard, the listen queue, the title.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/deaths.h"
#include "core/listenqueue.h"
#include "core/pool.h"
#include "core/scoreboard.h"
#include "core/title.h"

enum { SECOND = 1000000 };

static void
pool_grows_faster_and_faster(void **state)
{
	struct pool p = { .wanted = 0 };

	(void)state;
	pool_bounds(&p, 1, 20, 2, 4);
	assert_int_equal(p.wanted, 2);
	assert_int_equal(pool_next(&p, 1, 0), 3);
	assert_int_equal(pool_next(&p, 0, 1), 5);
	assert_int_equal(pool_next(&p, 0, 2), 9);
	assert_int_equal(pool_next(&p, 0, 3), 17);
	assert_false(p.at_limit);
	assert_int_equal(pool_next(&p, 0, 4), 20);
	assert_false(p.at_limit);
	assert_int_equal(pool_next(&p, 0, 5), 20);
	assert_true(p.at_limit);
	/* Enough: the next growth begins small again. */
	assert_int_equal(pool_next(&p, 3, 6), 20);
	assert_false(p.at_limit);
	p.wanted = 10;
	assert_int_equal(pool_next(&p, 1, 7), 11);
}

static void
pool_shrinks_one_a_second(void **state)
{
	struct pool p = { .wanted = 8 };

	(void)state;
	pool_bounds(&p, 2, 20, 1, 3);
	assert_int_equal(pool_next(&p, 3, 0), 8);
	assert_int_equal(pool_next(&p, 8, SECOND - 1), 8);
	assert_int_equal(pool_next(&p, 8, SECOND), 7);
	assert_int_equal(pool_next(&p, 7, 2 * SECOND - 1), 7);
	assert_int_equal(pool_next(&p, 7, 2 * SECOND), 6);
	p.wanted = 2;
	assert_int_equal(pool_next(&p, 4, 9 * SECOND), 2);
	/* Other bounds. */
	pool_bounds(&p, 5, 6, 1, 3);
	assert_int_equal(p.wanted, 5);
	pool_bounds(&p, 1, 3, 1, 3);
	assert_int_equal(p.wanted, 3);
}

static void
deaths_within_the_window(void **state)
{
	struct deaths d = { .at = NULL };

	(void)state;
	assert_int_equal(deaths_init(&d, 2, 10), 0);
	assert_false(deaths_add(&d, 0));
	assert_false(deaths_add(&d, 5));
	assert_true(deaths_add(&d, 10));
	assert_false(deaths_add(&d, 16));
	assert_int_equal(deaths_init(&d, 0, 10), 0);
	assert_true(deaths_add(&d, 17));
	deaths_free(&d);
}

static void
scoreboard_keeps_what_has_gone(void **state)
{
	struct scoreboard *b = scoreboard_new();
	struct scoreboard_sum sum;

	(void)state;
	assert_non_null(b);
	assert_int_equal(b->queue, -1);
	b->slots[0].phase = SCOREBOARD_IDLE;
	b->slots[0].requests = 3;
	b->slots[1].phase = SCOREBOARD_BUSY;
	b->slots[1].events = 5;
	b->slots[1].counters[SCOREBOARD_COUNTERS - 1] = 7;
	b->slots[SCOREBOARD_SLOTS - 1].phase = SCOREBOARD_BUSY;
	b->slots[SCOREBOARD_SLOTS - 1].place = SCOREBOARD_OBSERVER;
	b->slots[SCOREBOARD_SLOTS - 1].requests = 100;
	scoreboard_gone(b, 1);
	scoreboard_gone(b, SCOREBOARD_SLOTS - 1);
	b->slots[1].phase = SCOREBOARD_STARTING;
	scoreboard_sum(b, &sum);
	assert_int_equal(sum.idle, 1);
	assert_int_equal(sum.busy, 0);
	assert_int_equal(sum.starting, 1);
	assert_int_equal(sum.requests, 3);
	assert_int_equal(sum.events, 5);
	assert_int_equal(sum.counters[SCOREBOARD_COUNTERS - 1], 7);
	assert_string_equal(scoreboard_phase_name(SCOREBOARD_BUSY), "busy");
	assert_string_equal(scoreboard_phase_name(99), "unknown");
	scoreboard_free(b);
}

static void
queue_of_a_unix_socket(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct scoreboard *b = scoreboard_new();
	int fd, client[3], waiting = -2, limit = -2, i;

	(void)state;
	assert_non_null(b);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/tmp/callhook-queue-%d",
	    (int)getpid());
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 9), 0);
	assert_int_equal(listenqueue_get(fd, &waiting, &limit), 0);
	assert_int_equal(waiting, 0);
	assert_int_equal(limit, 9);
	for (i = 0; i < 3; i++) {
		client[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(client[i], (struct sockaddr *)&sa,
		    sizeof(sa)), 0);
	}
	scoreboard_look(b, fd);
	assert_int_equal(b->queue, 3);
	close(accept(fd, NULL, NULL));
	scoreboard_look(b, fd);
	assert_int_equal(b->queue, 2);
	assert_int_equal(b->queue_most, 3);
	assert_int_equal(b->queue_limit, 9);
	scoreboard_look(b, -1);
	assert_int_equal(b->queue, -1);
	for (i = 0; i < 3; i++)
		close(client[i]);
	close(fd);
	unlink(sa.sun_path);
	scoreboard_free(b);
}

static void
queue_of_a_tcp_socket(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd, client, waiting = -1, limit = -1, left = 200;

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 7), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&sa, len), 0);
	do
		assert_int_equal(listenqueue_get(fd, &waiting, &limit), 0);
	while (waiting != 1 && left-- > 0 && usleep(1000) == 0);
	assert_int_equal(waiting, 1);
	assert_int_equal(limit, 7);
	close(client);
	close(fd);
	assert_int_equal(listenqueue_get(-1, &waiting, &limit), ERR_IO);
}

/* In a child: its arguments are made up, in one piece as the kernel does. */
static void
title_takes_the_place_of_the_arguments(void **state)
{
	static char area[64] = "prog\0--config\0/etc/x";
	char *argv[] = { area, area + 5, area + 14, NULL };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		title_set("never", "before title_init");
		title_init(3, argv);
		title_set("api", "worker 1");
		if (strcmp(area, "api: worker 1") != 0)
			_exit(1);
		title_state("idle");
		if (strcmp(area, "api: worker 1 idle") != 0)
			_exit(2);
		title_state("/v1/events/that/is/too/long");
		if (strcmp(area, "api: worker 1 /v1/ev") != 0 || area[20] != 0)
			_exit(3);
		title_state("x");
		_exit(strcmp(area, "api: worker 1 x") != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_grows_faster_and_faster),
		cmocka_unit_test(pool_shrinks_one_a_second),
		cmocka_unit_test(deaths_within_the_window),
		cmocka_unit_test(scoreboard_keeps_what_has_gone),
		cmocka_unit_test(queue_of_a_unix_socket),
		cmocka_unit_test(queue_of_a_tcp_socket),
		cmocka_unit_test(title_takes_the_place_of_the_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
