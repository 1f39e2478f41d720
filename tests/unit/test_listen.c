/*
 * Where the listening socket comes from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/listen.h"
#include "core/listenqueue.h"

static char dir[] = "/tmp/callhook-listen-XXXXXX";
static char path[64];

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static int
can_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	memcpy(sa.sun_path, path, strlen(path) + 1);
	rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return rc == 0;
}

static void
makes_and_replaces(void **state)
{
	struct stat st;
	int fd, again, made;

	(void)state;
	assert_int_equal(listen_get(path, 0660, "", 16, &fd, &made), 0);
	assert_int_equal(made, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(can_connect());
	/* A live one is left alone, a stale one is replaced. */
	assert_int_equal(listen_get(path, 0660, NULL, 16, &again, &made),
	    ERR_EXISTS);
	assert_true(can_connect());
	close(fd);
	assert_false(can_connect());
	assert_int_equal(listen_get(path, 0600, NULL, 16, &fd, &made), 0);
	assert_true(can_connect());
	close(fd);
	unlink(path);
}

static void
refuses(void **state)
{
	char longer[200];
	int fd, made;
	FILE *f;

	(void)state;
	assert_int_equal(listen_get("", 0660, "", 1, &fd, &made), ERR_INVALID);
	memset(longer, 'x', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(listen_get(longer, 0660, "", 1, &fd, &made), ERR_TOO_BIG);
	assert_int_equal(listen_get("/nonexistent/s", 0660, "", 1, &fd, &made),
	    ERR_IO);
	assert_int_equal(listen_get(path, 0660, "no-such-group-here", 1, &fd,
	    &made), ERR_NOT_FOUND);
	assert_int_equal(access(path, F_OK), -1);
	/* A file of somebody else's is never removed. */
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(listen_get(path, 0660, "", 1, &fd, &made), ERR_EXISTS);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

/* In a child, because descriptors 0 and 3 are taken. */
static int
inherited(int at, int with_env)
{
	char pid[24];
	int status, fd, made, s, waiting, limit;
	pid_t child = fork();

	if (child == 0) {
		if (listen_get(path, 0600, NULL, 4, &s, &made) != 0)
			_exit(10);
		if (dup2(s, at) != at)
			_exit(11);
		if (with_env) {
			snprintf(pid, sizeof(pid), "%d", (int)getpid());
			setenv("LISTEN_PID", pid, 1);
			setenv("LISTEN_FDS", "1", 1);
		}
		if (listen_get("/nonexistent/s", 0600, NULL, 9, &fd, &made) != 0)
			_exit(12);
		/* The settings rule its backlog, not who made it. */
		if (listenqueue_get(fd, &waiting, &limit) != 0 || limit != 9)
			_exit(15);
		if (listen_backlog(fd, 5) != 0 ||
		    listenqueue_get(fd, &waiting, &limit) != 0 || limit != 5)
			_exit(16);
		if (made || fd < 3 || getenv("LISTEN_FDS") != NULL)
			_exit(13);
		if (at == 0 && isatty(0) + lseek(0, 0, SEEK_SET) != 0)
			_exit(14);
		_exit(0);
	}
	waitpid(child, &status, 0);
	unlink(path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
takes_inherited(void **state)
{
	(void)state;
	assert_int_equal(inherited(0, 0), 0);
	assert_int_equal(inherited(3, 1), 0);
}

/* The second socket of systemd is the one for status; without it one is made. */
static void
takes_another(void **state)
{
	char second[80], pid[24];
	int status, fd, made, s;
	pid_t child = fork();

	(void)state;
	(void)snprintf(second, sizeof(second), "%s-status", path);
	if (child == 0) {
		if (listen_also(second, 0600, NULL, 4, &s, &made) != 0 ||
		    made != 1)
			_exit(10);
		if (dup2(s, 3) != 3 || dup2(s, 4) != 4)
			_exit(11);
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "2", 1);
		if (listen_get("/nonexistent/s", 0600, NULL, 4, &fd, &made) != 0)
			_exit(12);
		if (listen_also("/nonexistent/s", 0600, NULL, 4, &fd,
		    &made) != 0 || fd != 4 || made)
			_exit(13);
		_exit(0);
	}
	waitpid(child, &status, 0);
	unlink(second);
	assert_int_equal(status, 0);
}

static void
ignores_foreign_activation(void **state)
{
	int fd, made;

	(void)state;
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(listen_get(path, 0600, NULL, 4, &fd, &made), 0);
	assert_int_equal(made, 1);
	assert_null(getenv("LISTEN_PID"));
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_and_replaces),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_inherited),
		cmocka_unit_test(takes_another),
		cmocka_unit_test(ignores_foreign_activation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
