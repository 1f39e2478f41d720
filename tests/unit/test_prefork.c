/*
 * The master of preforked workers with real forks: each case runs
 * prefork_run in a child of its own and looks at a shared page, at signals
 * and at the exit status.  Every wait is bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/prefork.h"

#define LIVES 64

/* What the processes of one case tell each other. */
struct page {
	volatile int started;		/* lives begun so far */
	volatile int64_t at_us[LIVES];	/* when */
	volatile int generation[LIVES];
	volatile pid_t pid[LIVES];
	volatile int drained;		/* lives that ended by term_fd */
	volatile int reloads;
	volatile int refuse_reload;
	volatile int ticks;
	volatile int idle_seen;		/* most idle slots in one tick */
	char name[16];
};

enum act { SERVE, CRASH_FIRST, CRASH_ALWAYS, LEAVE_FIRST, HANG_BUSY, DEAF };

struct scene {
	enum act act;
	struct page *page;
};

static int
life(void *cookie, struct scoreboard_slot *slot, int term_fd)
{
	const struct scene *s = cookie;
	struct pollfd pfd = { .fd = term_fd, .events = POLLIN };
	int n = __atomic_fetch_add(&s->page->started, 1, __ATOMIC_SEQ_CST);

	if (n < LIVES) {
		s->page->at_us[n] = clock_mono_us();
		s->page->generation[n] = s->page->reloads;
		s->page->pid[n] = getpid();
	}
	if (s->act == CRASH_ALWAYS || (s->act == CRASH_FIRST && n < 2))
		abort();
	if (s->act == LEAVE_FIRST && n < 1)
		return 0;
	prctl(PR_GET_NAME, s->page->name);
	slot->phase = SCOREBOARD_IDLE;
	slot->requests = 7;
	if (s->act == HANG_BUSY && n == 0) {
		slot->phase = SCOREBOARD_BUSY;
		slot->since_us = clock_mono_us();
		snprintf(slot->what, sizeof(slot->what), "/slow");
		for (;;)
			pause();
	}
	if (s->act == DEAF)
		for (;;)
			pause();
	if (poll(&pfd, 1, 20000) == 1)
		__atomic_fetch_add(&s->page->drained, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int
reload(void *cookie, struct prefork_limits *limits)
{
	const struct scene *s = cookie;

	if (s->page->refuse_reload)
		return ERR_INVALID;
	s->page->reloads++;
	limits->workers = limits->workers_min = 3;
	return 0;
}

static void
tick(void *cookie, struct scoreboard *board)
{
	const struct scene *s = cookie;
	struct scoreboard_slot *slot;
	int i, idle = 0;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		slot = &board->slots[i];
		idle += slot->phase == SCOREBOARD_IDLE && slot->requests == 7;
	}
	s->page->ticks++;
	if (idle > s->page->idle_seen)
		s->page->idle_seen = idle;
}

static struct page *
page_new(void)
{
	void *p = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

/* The master in a process of its own; its status is 0 or -err. */
static pid_t
start(struct page *page, enum act act, int workers)
{
	struct scene scene = { act, page };
	struct prefork_hooks hooks = { .worker = life, .reload = reload,
		.tick = tick, .cookie = &scene };
	struct prefork_limits limits = {
		.listen_fd = -1, .workers = workers, .workers_min = workers,
		.drain_ms = 400, .request_ms = 300,
		.max_deaths = 5, .death_window_ms = 10000,
	};
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	alarm(20);
	if (freopen("/dev/null", "w", stderr) == NULL)
		_exit(99);
	prctl(PR_SET_NAME, "master");
	_exit(-prefork_run(&limits, &hooks) & 0xff);
}

#define WAIT_FOR(condition) do { \
	int left_ = 800; \
	while (!(condition) && left_-- > 0) \
		usleep(5000); \
	assert_true(condition); \
} while (0)

static int
status_of(pid_t master)
{
	int status = 0, left = 1000;

	while (waitpid(master, &status, WNOHANG) == 0 && left-- > 0)
		usleep(5000);
	if (left <= 0) {
		kill(master, SIGKILL);
		waitpid(master, &status, 0);
		fail_msg("the master does not end");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void
drains_on_sigterm(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, SERVE, 2);

	(void)state;
	WAIT_FOR(page->idle_seen == 2);
	assert_string_equal(page->name, page->name[7] == '1' ? "master/1" :
	    "master/2");
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	assert_int_equal(page->started, 2);
	assert_int_equal(page->drained, 2);
	munmap(page, sizeof(*page));
}

static void
restarts_crashed_with_delay(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, CRASH_FIRST, 1);

	(void)state;
	WAIT_FOR(page->idle_seen == 1);
	assert_int_equal(page->started, 3);
	assert_true(page->at_us[1] - page->at_us[0] >= 50 * 1000);
	assert_true(page->at_us[2] - page->at_us[1] >= 100 * 1000);
	kill(master, SIGINT);
	assert_int_equal(status_of(master), 0);
	munmap(page, sizeof(*page));
}

static void
recycles_clean_exit(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, LEAVE_FIRST, 1);

	(void)state;
	WAIT_FOR(page->idle_seen == 1);
	assert_int_equal(page->started, 2);
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	munmap(page, sizeof(*page));
}

static void
gives_up_on_crash_loop(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, CRASH_ALWAYS, 2);

	(void)state;
	assert_int_equal(status_of(master), -ERR_CLOSED);
	assert_in_range(page->started, 6, 8);
	munmap(page, sizeof(*page));
}

static void
overlaps_generations(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, SERVE, 2);
	int i;

	(void)state;
	WAIT_FOR(page->idle_seen == 2);
	kill(master, SIGHUP);
	WAIT_FOR(page->drained == 2 && page->idle_seen >= 3);
	assert_int_equal(page->started, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(page->generation[i], i < 2 ? 0 : 1);
	/* Refused: nobody is replaced. */
	page->refuse_reload = 1;
	kill(master, SIGHUP);
	usleep(200 * 1000);
	assert_int_equal(page->started, 5);
	kill(master, SIGUSR1);
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	assert_int_equal(page->drained, 5);
	munmap(page, sizeof(*page));
}

static void
kills_the_stuck(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, HANG_BUSY, 1);

	(void)state;
	/* request_ms, then the grace between SIGTERM and SIGKILL. */
	WAIT_FOR(page->started == 2);
	assert_int_equal(kill(page->pid[0], 0), -1);
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	munmap(page, sizeof(*page));
}

static void
kills_the_deaf_after_drain(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, DEAF, 1);
	int64_t begun;

	(void)state;
	WAIT_FOR(page->idle_seen == 1);
	begun = clock_mono_us();
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	assert_true(clock_mono_us() - begun >= 390 * 1000);
	munmap(page, sizeof(*page));
}

static void
second_sigterm_is_at_once(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, DEAF, 2);
	int64_t begun;

	(void)state;
	WAIT_FOR(page->idle_seen == 2);
	begun = clock_mono_us();
	kill(master, SIGTERM);
	usleep(50 * 1000);
	kill(master, SIGTERM);
	assert_int_equal(status_of(master), 0);
	assert_true(clock_mono_us() - begun < 350 * 1000);
	munmap(page, sizeof(*page));
}

static void
workers_die_with_master(void **state)
{
	struct page *page = page_new();
	pid_t master = start(page, SERVE, 2);

	(void)state;
	WAIT_FOR(page->idle_seen == 2);
	kill(master, SIGKILL);
	assert_int_equal(status_of(master), 1000);
	WAIT_FOR(page->drained == 2);
	munmap(page, sizeof(*page));
}

static void
refuses_odd_limits(void **state)
{
	struct prefork_hooks hooks = { .worker = life };
	struct prefork_limits limits = { .workers = 0, .workers_min = 1 };

	(void)state;
	assert_int_equal(prefork_run(&limits, &hooks), ERR_RANGE);
	limits.workers = 257;
	assert_int_equal(prefork_run(&limits, &hooks), ERR_RANGE);
	limits.workers = 2;
	limits.workers_min = 3;
	assert_int_equal(prefork_run(&limits, &hooks), ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drains_on_sigterm),
		cmocka_unit_test(restarts_crashed_with_delay),
		cmocka_unit_test(recycles_clean_exit),
		cmocka_unit_test(gives_up_on_crash_loop),
		cmocka_unit_test(overlaps_generations),
		cmocka_unit_test(kills_the_stuck),
		cmocka_unit_test(kills_the_deaf_after_drain),
		cmocka_unit_test(second_sigterm_is_at_once),
		cmocka_unit_test(workers_die_with_master),
		cmocka_unit_test(refuses_odd_limits),
	};

	log_init("test_prefork", LOG_ERROR_, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
