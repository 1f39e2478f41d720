/* What a journal knows after its process has died, and who may go ahead then. */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/id.h"
#include "sender/journal.h"

enum { IDS = 20 };

static char folder[] = "/tmp/test_journal.XXXXXX";
static char path[64];
static struct id ids[IDS];

static int
setup(void **state)
{
	int i;

	(void)state;
	unlink(path);
	for (i = 0; i < IDS; i++)
		ids[i] = id_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	journal_close();
	return 0;
}

/* Enters an id and goes ahead when it may; its crashes. */
static int
enter(int i, int *slot, bool *goes)
{
	int crashes;

	*slot = journal_enter(&ids[i], &crashes);
	*goes = journal_go(*slot);
	return crashes;
}

/* A process that has the first n in hand and ends by sig. */
static void
die(int n, int sig)
{
	const struct rlimit none = { 0, 0 };
	volatile uintptr_t nowhere = 8;		/* not seen through */
	int i, slot, status;
	bool goes;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(sig == 0 ? SIGSEGV : sig, SIG_DFL);	/* not cmocka's */
		if (journal_open(path) != 0)
			_exit(9);
		for (i = 0; i < n; i++)
			enter(i, &slot, &goes);
		if (sig == 0)
			journal_close();
		else if (sig == SIGSEGV)
			*(volatile char *)nowhere = 1;
		else if (sig == SIGABRT)
			abort();
		else
			raise(sig);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (sig == 0)
		assert_int_equal(status, 0);
	else if (WIFSIGNALED(status))	/* a sanitizer may say it and exit */
		assert_int_equal(WTERMSIG(status), sig);
	else
		assert_int_not_equal(status, 0);
}

static void
test_whoever_ends_in_peace_suspects_nobody(void **state)
{
	int slot;
	bool goes;

	(void)state;
	die(5, 0);
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(journal_suspects(), 0);
	assert_int_equal(journal_crashes(), 0);
	assert_int_equal(enter(0, &slot, &goes), 0);
	assert_true(slot > 0 && goes);
	journal_leave(slot);
}

/* kill -9, the power: nobody's fault. */
static void
test_killed_is_no_crash(void **state)
{
	(void)state;
	die(5, SIGKILL);
	die(5, SIGTERM);
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(journal_suspects(), 0);
	assert_int_equal(journal_crashes(), 0);
}

static void
test_few_at_a_time_after_a_crash(void **state)
{
	int i, n = 0, slots[IDS], other;
	bool goes;

	(void)state;
	die(IDS - 1, SIGSEGV);
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(journal_suspects(), IDS - 1);
	assert_int_equal(journal_crashes(), 1);
	for (i = 0; i < IDS - 1; i++) {
		assert_int_equal(enter(i, &slots[i], &goes), 1);
		n += goes;
	}
	assert_int_equal(n, 8);
	/* Others are not held up. */
	assert_int_equal(enter(IDS - 1, &other, &goes), 0);
	assert_true(goes);
	assert_false(journal_go(slots[8]));
	journal_prove(slots[0]);
	assert_true(journal_go(slots[8]));
	assert_true(journal_go(slots[8]));	/* it has already */
	assert_false(journal_go(slots[9]));
	journal_leave(slots[0]);
	/* Without a result it stays a suspect, and makes room. */
	journal_leave(slots[1]);
	assert_int_equal(journal_suspects(), 1);
	assert_true(journal_go(slots[9]));
	assert_int_equal(enter(0, &slots[0], &goes), 0);
	assert_int_equal(enter(1, &slots[1], &goes), 1);
}

/* Three crashes; from the second on only one of those that were there twice. */
static void
test_until_one_is_left(void **state)
{
	int i, slots[IDS], alone = 0;
	bool goes;

	(void)state;
	die(10, SIGABRT);
	die(10, SIGABRT);	/* eight of them go ahead */
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(journal_crashes(), 2);
	assert_int_equal(journal_suspects(), 10);
	for (i = 0; i < 8; i++) {
		assert_int_equal(enter(i, &slots[i], &goes), 2);
		alone += goes;
	}
	assert_int_equal(alone, 1);
	for (i = 8; i < 10; i++) {
		assert_int_equal(enter(i, &slots[i], &goes), 1);
		assert_true(goes);
	}
	journal_close();
	die(1, SIGABRT);
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(enter(0, &slots[0], &goes), JOURNAL_CRASHES);
	assert_int_equal(enter(1, &slots[1], &goes), 2);
	/* Its end is written: it is forgotten. */
	journal_prove(slots[0]);
	journal_leave(slots[0]);
	assert_int_equal(enter(0, &slots[0], &goes), 0);
}

/* Whoever waits was not in hand. */
static void
test_who_waits_is_not_blamed(void **state)
{
	int slot;
	bool goes;

	(void)state;
	die(10, SIGABRT);
	die(10, SIGABRT);
	die(10, SIGABRT);	/* the first alone, and two of one crash */
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(enter(0, &slot, &goes), 3);
	assert_int_equal(enter(1, &slot, &goes), 2);
	assert_int_equal(enter(7, &slot, &goes), 2);
	assert_int_equal(enter(8, &slot, &goes), 2);
}

static void
test_one_process_only(void **state)
{
	int crashes, status;
	pid_t pid;

	(void)state;
	assert_int_equal(journal_open(path), 0);
	pid = fork();
	if (pid == 0) {
		/* The lock belongs to the open file, which a child has as well. */
		journal_close();
		_exit(journal_open(path) == ERR_EXISTS ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	journal_close();
	assert_int_equal(journal_open("/nowhere/journal"), ERR_IO);
	assert_int_equal(journal_enter(&ids[0], &crashes), 0);
	assert_int_equal(crashes, 0);
	assert_true(journal_go(0));
	journal_prove(0);
	journal_leave(0);
}

/* What is no journal of ours is made one. */
static void
test_another_file(void **state)
{
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	fputs("something else", f);
	fclose(f);
	assert_int_equal(journal_open(path), 0);
	assert_int_equal(journal_suspects(), 0);
	assert_int_equal(journal_crashes(), 0);
}

/* More than there are slots: the others are not entered, and nothing breaks. */
static void
test_no_slot_left(void **state)
{
	struct id id;
	int i, crashes, last = 0, first;

	(void)state;
	assert_int_equal(journal_open(path), 0);
	id = id_new();
	first = journal_enter(&id, &crashes);
	for (i = 0; i < 20000; i++)
		last = journal_enter(&id, &crashes);
	assert_int_equal(last, 0);
	assert_true(journal_go(last));
	journal_leave(first);
	assert_int_equal(journal_enter(&id, &crashes), first);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whoever_ends_in_peace_suspects_nobody),
		TEST(test_killed_is_no_crash),
		TEST(test_few_at_a_time_after_a_crash),
		TEST(test_until_one_is_left),
		TEST(test_who_waits_is_not_blamed),
		TEST(test_one_process_only),
		TEST(test_another_file),
		TEST(test_no_slot_left),
	};
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/journal", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
