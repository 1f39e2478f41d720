/*
 * Unit test of core/wake and core/notify: datagrams that arrive, that are
 * garbage, that have nobody to go to.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/id.h"
#include "core/notify.h"
#include "core/wake.h"

static char dir[] = "/tmp/test_wake.XXXXXX";
static char path[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/wake", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void
test_wake(void **state)
{
	unsigned char all[SHARDS], got[2 * SHARDS];
	struct stat st;
	int in = -1, out = -1;
	size_t i;

	(void)state;
	assert_int_equal(wake_listen(path, &in), 0);
	assert_int_equal(wake_open(&out), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(wake_receive(in, got, sizeof(got)), 0);
	wake_send(out, path, (const unsigned char *)"\x05\x3f", 2);
	wake_send(out, path, (const unsigned char *)"\x00", 1);
	/* No shards: passed over, and no end of what follows. */
	wake_send(out, path, (const unsigned char *)"\xc0\xff", 2);
	wake_send(out, path, (const unsigned char *)"\x07", 1);
	/* Errands of shard 5, and what is in hand of shard 63 is old. */
	wake_send(out, path, (const unsigned char *)"\x45\xbf", 2);
	assert_int_equal(wake_receive(in, got, sizeof(got)), 6);
	assert_memory_equal(got, "\x05\x3f\x00\x07\x45\xbf", 6);
	for (i = 0; i < SHARDS; i++)
		all[i] = (unsigned char)i;
	wake_send(out, path, all, sizeof(all));
	assert_int_equal(wake_receive(in, got, SHARDS), SHARDS);
	assert_memory_equal(got, all, SHARDS);
	assert_int_equal(wake_receive(in, got, SHARDS), 0);
	wake_send(out, path, all, 0);
	wake_send(out, "", all, 1);
	wake_send(-1, path, all, 1);
	assert_int_equal(wake_receive(in, got, SHARDS), 0);
	close(in);
	close(out);
}

/* Nobody reads: sending returns all the same. */
static void
test_flood(void **state)
{
	unsigned char got[SHARDS];
	int in = -1, out = -1, i;

	(void)state;
	assert_int_equal(wake_listen(path, &in), 0);
	assert_int_equal(wake_open(&out), 0);
	for (i = 0; i < 5000; i++)
		wake_send(out, path, (const unsigned char *)"\x01", 1);
	assert_in_range(wake_receive(in, got, sizeof(got)), 1, sizeof(got));
	close(in);
	wake_send(out, path, (const unsigned char *)"\x01", 1);
	close(out);
}

static void
test_paths(void **state)
{
	char longest[200];
	int a = -1, b = -1;
	FILE *f;

	(void)state;
	/* A dead one's socket is replaced, a living one's is not. */
	assert_int_equal(wake_listen(path, &a), 0);
	assert_int_equal(wake_listen(path, &b), ERR_EXISTS);
	assert_int_equal(b, -1);
	close(a);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(wake_listen(path, &a), 0);
	close(a);
	assert_int_equal(unlink(path), 0);
	/* Nor is a file. */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(wake_listen(path, &b), ERR_EXISTS);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(wake_listen("/nonexistent/wake", &b), ERR_IO);
	assert_int_equal(wake_listen("", &b), ERR_TOO_BIG);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(wake_listen(longest, &b), ERR_TOO_BIG);
	assert_int_equal(b, -1);
}

static int
manager(const char *name, size_t len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(sa.sun_path, name, len);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

static void
test_notify(void **state)
{
	char got[64], abstract[64];
	int fd;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	fd = manager(path, strlen(path));
	setenv("NOTIFY_SOCKET", path, 1);
	notify_send("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
	notify_send("STATUS=nobody");
	assert_int_equal(unlink(path), 0);
	(void)snprintf(abstract, sizeof(abstract), "@test_wake.%ld",
	    (long)getpid());
	setenv("NOTIFY_SOCKET", abstract, 1);
	abstract[0] = '\0';
	fd = manager(abstract, 1 + strlen(abstract + 1));
	notify_send("STATUS=a\nWATCHDOG=1");
	assert_int_equal(recv(fd, got, sizeof(got), 0), 19);
	assert_memory_equal(got, "STATUS=a\nWATCHDOG=1", 19);
	/* Not an address of this kind. */
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "@", 1);
	notify_send("READY=1");
	assert_int_equal(recv(fd, got, sizeof(got), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
