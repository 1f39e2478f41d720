/*
 * Events per second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/rate.h"
#include "core/settings.h"

static struct settings settings;

/* How many of n events at once get through. */
static int
take(struct rate *r, int64_t account, int n, int64_t now)
{
	int i, taken = 0;

	for (i = 0; i < n; i++)
		taken += rate_take(r, account, now);
	return taken;
}

static void
any_number(void **state)
{
	struct rate *r;

	(void)state;
	settings.api_events_per_second = 0;
	r = rate_new(&settings);
	assert_int_equal(take(r, 1, 100000, 1000000), 100000);
	rate_free(r);
}

static void
a_second_at_once(void **state)
{
	struct rate *r;
	int64_t now = 1000000000;

	(void)state;
	settings.api_events_per_second = 5;
	r = rate_new(&settings);
	assert_int_equal(take(r, 2, 20, now), 5);
	assert_int_equal(take(r, 2, 20, now + 199999), 0);
	assert_int_equal(take(r, 2, 20, now + 200000), 1);
	assert_int_equal(take(r, 2, 20, now + 1000000), 4);
	/* Another account has its own, and after a rest all is there again. */
	assert_int_equal(take(r, 3, 20, now), 5);
	assert_int_equal(take(r, 2, 20, now + 60000000), 5);
	rate_free(r);
}

static void
one_a_second(void **state)
{
	struct rate *r;
	int i, taken = 0;

	(void)state;
	settings.api_events_per_second = 1;
	r = rate_new(&settings);
	for (i = 0; i < 1000; i++)
		taken += rate_take(r, 4, 5000000000 + i * 10000);
	assert_int_equal(taken, 10);
	rate_free(r);
}

static void
many_accounts(void **state)
{
	struct rate *r;
	int64_t a;
	int taken = 0;

	(void)state;
	settings.api_events_per_second = 3;
	r = rate_new(&settings);
	for (a = 1000; a < 6000; a++)
		taken += take(r, a, 10, 9000000000);
	assert_int_equal(taken, 5000 * 3);
	/* Twice as many later: the slots of those are free again. */
	for (taken = 0, a = 10000; a < 20000; a++)
		taken += take(r, a, 10, 9010000000);
	assert_int_equal(taken, 10000 * 3);
	rate_free(r);
}

static void
processes_count_together(void **state)
{
	struct rate *r;
	int i, status, taken = 0;
	pid_t pids[4];

	(void)state;
	settings.api_events_per_second = 1000;
	r = rate_new(&settings);
	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(take(r, 7, 1000, 20000000000) / 10);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		taken += WEXITSTATUS(status);
	}
	/* Each rounds down. */
	assert_in_range(taken, 96, 100);
	assert_int_equal(take(r, 7, 10, 20000000000), 0);
	rate_free(r);
}

static int
share(void **state)
{
	(void)state;
	return rate_share();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number),
		cmocka_unit_test(a_second_at_once),
		cmocka_unit_test(one_a_second),
		cmocka_unit_test(many_accounts),
		cmocka_unit_test(processes_count_together),
	};

	return cmocka_run_group_tests(tests, share, NULL);
}
