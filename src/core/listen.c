/*
 * Finds or makes the listening socket: systemd's, the one on descriptor 0,
 * or a Unix socket of our own.  Called by the master of callhook-api
 * before it forks, the backlog again with each reload.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/listen.h"
#include "core/num.h"
#include "core/span.h"

#define SYSTEMD_FIRST_FD 3

static int
is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static int
prepare(int fd)
{
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ERR_IO;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return ERR_IO;
	return 0;
}

/* How many sockets systemd has passed, from SYSTEMD_FIRST_FD on. */
static int passed;

/* 1: *fd is systemd's socket; 0: none was passed to us. */
static int
from_systemd(int *fd)
{
	const char *pid_text, *n_text;
	int64_t pid = 0, n = 0;
	int ours;

	pid_text = getenv("LISTEN_PID");
	n_text = getenv("LISTEN_FDS");
	if (pid_text == NULL || n_text == NULL)
		return 0;
	ours = num_i64(span_of(pid_text), 1, INT32_MAX, &pid) == 0 &&
	    num_i64(span_of(n_text), 1, 1024, &n) == 0 && pid == getpid();
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return 0;
	if (!is_listening(SYSTEMD_FIRST_FD))
		return ERR_INVALID;
	passed = (int)n;
	*fd = SYSTEMD_FIRST_FD;
	return 1;
}

/*
 * 1: descriptor 0 was a listening socket and is now *fd; /dev/null takes
 * its place, so that nobody reads the socket as standard input.
 */
static int
from_stdin(int *fd)
{
	int moved, null;

	if (!is_listening(STDIN_FILENO))
		return 0;
	moved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (moved < 0)
		return ERR_IO;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0) {
		if (null >= 0)
			close(null);
		close(moved);
		return ERR_IO;
	}
	close(null);
	*fd = moved;
	return 1;
}

/* Removes a socket that nobody listens on any more. */
static int
remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, rc, saved;

	if (lstat(sa->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : ERR_IO;
	if (!S_ISSOCK(st.st_mode))
		return ERR_EXISTS;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_IO;
	rc = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	saved = errno;
	close(fd);
	/* A full queue (EAGAIN) or a lack of rights is still somebody's socket. */
	if (rc == 0 || saved != ECONNREFUSED)
		return ERR_EXISTS;
	if (unlink(sa->sun_path) < 0 && errno != ENOENT)
		return ERR_IO;
	return 0;
}

static int
give_to(const char *path, int mode, const char *group)
{
	const struct group *gr;

	if (group != NULL && *group != '\0') {
		errno = 0;
		gr = getgrnam(group);
		if (gr == NULL)
			return errno ? ERR_IO : ERR_NOT_FOUND;
		if (chown(path, (uid_t)-1, gr->gr_gid) < 0)
			return ERR_IO;
	}
	return chmod(path, (mode_t)mode) < 0 ? ERR_IO : 0;
}

static int
from_path(const char *path, int mode, const char *group, int *fd)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct span name = span_of(path);
	mode_t old;
	int s, rc, saved;

	if (name.len == 0)
		return ERR_INVALID;
	if (name.len >= sizeof(sa.sun_path))
		return ERR_TOO_BIG;
	memcpy(sa.sun_path, name.p, name.len);
	rc = remove_stale(&sa);
	if (rc < 0)
		return rc;
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return ERR_IO;
	/* Nobody gets in before group and mode are right. */
	old = umask(0177);
	rc = bind(s, (const struct sockaddr *)&sa, sizeof(sa));
	saved = errno;
	umask(old);
	if (rc < 0) {
		close(s);
		errno = saved;
		return saved == EADDRINUSE ? ERR_EXISTS : ERR_IO;
	}
	rc = give_to(path, mode, group);
	if (rc < 0) {
		saved = errno;
		unlink(path);
		close(s);
		errno = saved;
		return rc;
	}
	*fd = s;
	return 0;
}

/* A socket of our own. */
static int
make(const char *path, int mode, const char *group, int backlog, int *fd,
    int *made)
{
	int rc, s = -1, saved;

	rc = from_path(path, mode, group, &s);
	if (rc < 0)
		return rc;
	if (listen(s, backlog) < 0) {
		saved = errno;
		unlink(path);
		close(s);
		errno = saved;
		return ERR_IO;
	}
	*made = 1;
	*fd = s;
	return 0;
}

int
listen_get(const char *path, int mode, const char *group, int backlog,
    int *fd, int *made)
{
	int rc, s = -1;

	*made = 0;
	rc = from_systemd(&s);
	if (rc == 0)
		rc = from_stdin(&s);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return make(path, mode, group, backlog, fd, made);
	if (prepare(s) < 0 || listen_backlog(s, backlog) < 0)
		return ERR_IO;
	*fd = s;
	return 0;
}

int
listen_also(const char *path, int mode, const char *group, int backlog,
    int *fd, int *made)
{
	*made = 0;
	if (passed < 2 || !is_listening(SYSTEMD_FIRST_FD + 1))
		return make(path, mode, group, backlog, fd, made);
	*fd = SYSTEMD_FIRST_FD + 1;
	return prepare(*fd);
}

int
listen_backlog(int fd, int backlog)
{
	return listen(fd, backlog) < 0 ? ERR_IO : 0;
}
