/* Which server is an old primary, for one process and for a pool. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/timeline.h"

#define HERE INT64_C(7711116458877416835)
#define THERE INT64_C(7711116458877416836)

static void
test_lower_is_refused(void **state)
{
	uint64_t before = timeline_refused();

	(void)state;
	assert_true(timeline_accept(HERE, 0));
	assert_int_equal(timeline_known(), 0);
	assert_true(timeline_accept(HERE, 1));
	assert_true(timeline_accept(HERE, 1));
	assert_false(timeline_is_old(HERE, 1));
	assert_true(timeline_accept(HERE, 3));
	assert_true(timeline_is_old(HERE, 1));
	assert_true(timeline_is_old(HERE, 2));
	assert_false(timeline_is_old(HERE, 3));
	assert_false(timeline_is_old(HERE, 0));
	assert_false(timeline_accept(HERE, 1));
	assert_false(timeline_accept(HERE, 2));
	assert_true(timeline_accept(HERE, 0));	/* it cannot be asked */
	assert_int_equal(timeline_known(), 3);
	assert_int_equal(timeline_refused() - before, 2);
	assert_true(timeline_accept(HERE, UINT32_MAX));
	assert_false(timeline_accept(HERE, 3));
}

/* Restored into a new cluster: it begins at 1, and the old one may come back. */
static void
test_another_cluster(void **state)
{
	(void)state;
	assert_true(timeline_accept(HERE, UINT32_MAX));
	assert_false(timeline_is_old(THERE, 1));
	assert_true(timeline_accept(THERE, 1));
	assert_int_equal(timeline_known(), 1);
	assert_true(timeline_accept(HERE, 2));
	assert_false(timeline_accept(HERE, 1));
}

/* What one process of a pool has seen its siblings know, and what was known before. */
static void
test_shared(void **state)
{
	uint64_t before = timeline_refused();
	int status;
	pid_t pid;

	(void)state;
	assert_true(timeline_accept(THERE, 4));
	assert_int_equal(timeline_share(), 0);
	assert_int_equal(timeline_share(), 0);
	assert_false(timeline_accept(THERE, 3));
	pid = fork();
	if (pid == 0)
		_exit(timeline_accept(THERE, 5) && !timeline_accept(THERE, 4) ?
		    0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(timeline_is_old(THERE, 4));
	assert_int_equal(timeline_known(), 5);
	assert_int_equal(timeline_refused() - before, 2);
}

static void
test_it_is_told_once_a_minute(void **state)
{
	(void)state;
	assert_true(timeline_tells(5));
	assert_false(timeline_tells(6));
	assert_false(timeline_tells(59000000));
	assert_true(timeline_tells(60000005));
	assert_false(timeline_tells(60000006));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower_is_refused),
		cmocka_unit_test(test_another_cluster),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_it_is_told_once_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
