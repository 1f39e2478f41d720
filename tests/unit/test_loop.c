/*
 * Unit test of core/loop: timers in order, removal inside callbacks of every
 * kind, signals, and what is left at the end.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop.h"

enum { MANY = 300 };

static struct loop *loop;

/* Whatever a test counts or remembers. */
static struct {
	int fired[MANY];
	int n;
	struct loop_timer *timers[MANY];
	int64_t due_from[MANY], due_to[MANY];
	struct loop_fd *watches[4];
	int fds[4][2];
	unsigned events;
} t;

static int
setup(void **state)
{
	int i;

	(void)state;
	t = (__typeof__(t)){ .n = 0 };
	for (i = 0; i < 4; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
		    t.fds[i]) != 0)
			return -1;
	loop = loop_new();
	return loop != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	loop_free(loop);
	for (i = 0; i < 4; i++) {
		close(t.fds[i][0]);
		if (t.fds[i][1] >= 0)
			close(t.fds[i][1]);
	}
	return 0;
}

static void
stop(void *cookie)
{
	(void)cookie;
	loop_stop(loop);
}

static void
note(void *cookie)
{
	t.fired[t.n++] = (int)(intptr_t)cookie;
}

static struct loop_timer *
timer(loop_timer_fn *fn, intptr_t what, int64_t after_us)
{
	struct loop_timer *tm = loop_timer_new(loop, fn, (void *)what);

	assert_non_null(tm);
	assert_false(loop_timer_armed(tm));
	if (after_us >= 0)
		loop_timer_arm(tm, after_us);
	return tm;
}

static void
run_for(int64_t us)
{
	struct loop_timer *end = timer(stop, 0, us);

	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(end);
}

/* Arms and remembers between which two times it is due. */
static void
arm(int i, int64_t after_us)
{
	t.due_from[i] = clock_mono_us() + after_us;
	loop_timer_arm(t.timers[i], after_us);
	t.due_to[i] = clock_mono_us() + after_us;
}

static void
test_order(void **state)
{
	int i;

	(void)state;
	/* 0 .. 299 shuffled (7 and 300 have no common divisor). */
	for (i = 0; i < MANY; i++) {
		int place = i * 7 % MANY;

		t.timers[place] = timer(note, place, -1);
		arm(place, 5000 + (int64_t)place * 100);
	}
	/* Some are taken out, some of them are armed again. */
	for (i = 0; i < MANY; i += 3)
		loop_timer_disarm(t.timers[i]);
	for (i = 0; i < MANY; i += 30)
		arm(i, 5000 + (int64_t)(MANY - i) * 100);
	/* Some are moved without being taken out; one is out already. */
	for (i = 1; i < MANY; i += 30)
		arm(i, 5000 + (int64_t)(MANY - i) * 100);
	loop_timer_disarm(t.timers[3]);
	run_for(60000);
	assert_int_equal(t.n, MANY - MANY / 3 + MANY / 30);
	for (i = 1; i < t.n; i++)
		assert_true(t.due_from[t.fired[i - 1]] <=
		    t.due_to[t.fired[i]]);
	for (i = 0; i < MANY; i++)
		assert_false(loop_timer_armed(t.timers[i]));
}

static void
test_same_time(void **state)
{
	int64_t before;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		t.timers[i] = timer(note, i, 0);
	loop_timer_arm(t.timers[0], -5);	/* now, and behind the others */
	before = clock_mono_us();
	run_for(3000);
	assert_true(clock_mono_us() - before >= 3000);
	assert_true(loop_now(loop) >= before + 3000);
	assert_int_equal(t.n, 10);
	for (i = 0; i < 9; i++)
		assert_int_equal(t.fired[i], i + 1);
	assert_int_equal(t.fired[9], 0);
}

static void
again(void *cookie)
{
	note(cookie);
	if (t.n < 5)
		loop_timer_arm(t.timers[0], 0);
	else
		loop_stop(loop);
}

static void
free_all(void *cookie)
{
	int i;

	note(cookie);
	for (i = 0; i < 4; i++)
		loop_timer_free(t.timers[i]);
}

static void
test_timer_callbacks(void **state)
{
	int i;

	(void)state;
	t.timers[0] = timer(again, 1, 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(t.n, 5);
	assert_false(loop_timer_armed(t.timers[0]));
	loop_timer_free(t.timers[0]);
	loop_timer_free(NULL);
	/* The first frees itself and the others, which are due too. */
	t.n = 0;
	for (i = 0; i < 4; i++)
		t.timers[i] = timer(free_all, i, 100);
	run_for(2000);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.fired[0], 0);
}

static void
remove_others(void *cookie, unsigned events)
{
	int me = (int)(intptr_t)cookie, i;
	char c;

	assert_int_equal(events, LOOP_READ);
	assert_int_equal(read(t.fds[me][0], &c, 1), 1);
	note(cookie);
	for (i = 0; i < 4; i++) {
		loop_fd_remove(t.watches[i]);
		loop_fd_remove(NULL);
		t.watches[i] = NULL;
	}
}

static void
watch(int i, unsigned events, loop_fd_fn *fn)
{
	t.watches[i] = loop_fd_add(loop, t.fds[i][0], events, fn,
	    (void *)(intptr_t)i);
	assert_non_null(t.watches[i]);
}

/* All are ready in one round; whoever is first removes everybody. */
static void
test_remove_in_callback(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		watch(i, LOOP_READ, remove_others);
		assert_int_equal(write(t.fds[i][1], "x", 1), 1);
	}
	run_for(2000);
	assert_int_equal(t.n, 1);
}

/* One is replaced by a watch of the same number while its event waits. */
static void
replace(void *cookie, unsigned events)
{
	int me = (int)(intptr_t)cookie, other = me == 0 ? 1 : 0;
	char c;

	(void)events;
	note(cookie);
	(void)!read(t.fds[me][0], &c, 1);
	if (t.n > 1)
		return;
	loop_fd_remove(t.watches[other]);
	/* The new holder of the number has nothing to read. */
	assert_int_equal(dup2(t.fds[2][0], t.fds[other][0]),
	    t.fds[other][0]);
	watch(other, LOOP_READ, replace);
}

static void
test_replace_in_callback(void **state)
{
	(void)state;
	watch(0, LOOP_READ, replace);
	watch(1, LOOP_READ, replace);
	assert_int_equal(write(t.fds[0][1], "x", 1), 1);
	assert_int_equal(write(t.fds[1][1], "x", 1), 1);
	run_for(2000);
	assert_int_equal(t.n, 1);
}

static void
see(void *cookie, unsigned events)
{
	note(cookie);
	t.events |= events;
	if (t.n == 1 && (events & LOOP_WRITE) != 0)
		assert_int_equal(loop_fd_set(t.watches[0], LOOP_READ), 0);
	if ((events & LOOP_ERROR) != 0)
		loop_fd_remove(t.watches[0]);
}

static void
test_events(void **state)
{
	(void)state;
	watch(0, LOOP_READ | LOOP_WRITE, see);
	run_for(1000);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.events, LOOP_WRITE);
	close(t.fds[0][1]);
	t.fds[0][1] = -1;
	run_for(1000);
	assert_int_equal(t.n, 2);
	assert_true((t.events & LOOP_ERROR) != 0);
	/* Not a thing to wait for. */
	assert_null(loop_fd_add(loop, -1, LOOP_READ, see, NULL));
}

static void
caught(void *cookie, int signal)
{
	assert_ptr_equal(cookie, &t);
	t.fired[t.n++] = signal;
}

static void
test_signals(void **state)
{
	sigset_t set, now;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	assert_int_equal(loop_signals(loop, &set, caught, &t), 0);
	assert_int_equal(loop_signals(loop, &set, caught, &t), ERR_EXISTS);
	raise(SIGUSR1);
	raise(SIGUSR2);
	run_for(1000);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.fired[0] + t.fired[1], SIGUSR1 + SIGUSR2);
	/* The mask comes back with the loop's end. */
	loop_free(loop);
	loop = NULL;
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_false(sigismember(&now, SIGUSR1));
	loop_free(NULL);
}

static void
test_stop(void **state)
{
	(void)state;
	/* Asked for before the run; and what is due stays due. */
	t.timers[0] = timer(note, 0, 0);
	loop_stop(loop);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(t.n, 0);
	assert_true(loop_timer_armed(t.timers[0]));
	run_for(1000);
	assert_int_equal(t.n, 1);
	/* Left to loop_free: a timer, an armed one, a watch. */
	loop_timer_arm(t.timers[0], INT64_MAX);
	(void)timer(note, 1, -1);
	watch(0, LOOP_READ, see);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_time, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_timer_callbacks, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_remove_in_callback, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_replace_in_callback,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
