/*
 * A library for LD_PRELOAD that makes the C library as unkind as it may be,
 * from the time on that a file exists: FAULTS_FILE has a line "NAME N" for each fault, and one
 * call in N has it.  Used by tests/chaos, built by them.
 *
 *	malloc	malloc, calloc and realloc return NULL
 *	eintr	blocking system calls are interrupted by a signal
 *	short	read and write do a part of what was asked for
 *	nospc	write to a file fails with ENOSPC
 *	poison	who sends the bytes "poison-pill" dies of SIGABRT
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum fault { MALLOC, EINTRS, SHORT, NOSPC, POISON, FAULTS };
static const char *const names[FAULTS] = { "malloc", "eintr", "short", "nospc",
	"poison" };
static atomic_uint one_in[FAULTS];
static atomic_uint_fast64_t state = 0x9e3779b97f4a7c15U;
static atomic_long looked_at;

/* Reads the file again at most ten times a second; no allocation, no libc I/O. */
static void
look(void)
{
	const char *path = getenv("FAULTS_FILE");
	struct timespec t;
	char text[200], *at, *line;
	long now, old = atomic_load(&looked_at);
	ssize_t n = 0;
	int fd, i;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec * 10 + t.tv_nsec / 100000000;
	if (now == old || !atomic_compare_exchange_strong(&looked_at, &old, now))
		return;
	fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		n = syscall(SYS_read, fd, text, sizeof(text) - 1);
		syscall(SYS_close, fd);
	}
	text[n > 0 ? n : 0] = '\0';
	for (i = 0; i < FAULTS; i++) {
		line = strstr(text, names[i]);
		at = line ? strchr(line, ' ') : NULL;
		atomic_store(&one_in[i], at ? (unsigned)strtoul(at, NULL, 10) : 0);
	}
}

static int
now_is(enum fault f)
{
	uint64_t x;
	unsigned n;
	int saved = errno;

	look();
	errno = saved;
	n = atomic_load(&one_in[f]);
	if (n == 0)
		return 0;
	x = atomic_fetch_add(&state, 0x9e3779b97f4a7c15U) ^ (uint64_t)getpid() << 20;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return (x >> 33) % n == 0;
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *
malloc(size_t n)
{
	if (now_is(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t m)
{
	if (now_is(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, m);
}

void *
realloc(void *p, size_t n)
{
	if (now_is(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, n);
}

static int
interrupted(void)
{
	if (!now_is(EINTRS))
		return 0;
	errno = EINTR;
	return 1;
}

static size_t
part(size_t n)
{
	return n > 1 && now_is(SHORT) ? (n + 1) / 2 : n;
}

ssize_t
read(int fd, void *p, size_t n)
{
	return interrupted() ? -1 : syscall(SYS_read, fd, p, part(n));
}

ssize_t
write(int fd, const void *p, size_t n)
{
	struct stat st;

	if (interrupted())
		return -1;
	if (now_is(NOSPC) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, p, part(n));
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	return interrupted() ? -1 :
	    syscall(SYS_recvfrom, fd, p, part(n), flags, NULL, NULL);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	static const char pill[] = "poison-pill";
	struct stat st;
	int type = 0;
	socklen_t len = sizeof(type);

	if (now_is(POISON) && memmem(p, n, pill, sizeof(pill) - 1) != NULL)
		abort();
	/* A datagram is sent whole or not at all. */
	if (fstat(fd, &st) == 0)
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	return interrupted() ? -1 : syscall(SYS_sendto, fd, p,
	    type == SOCK_STREAM ? part(n) : n, flags, NULL, 0);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct iovec first;
	struct msghdr less = *m;

	if (interrupted())
		return -1;
	if (m->msg_name == NULL && m->msg_iovlen > 0 &&
	    m->msg_iov[0].iov_len > 1 && now_is(SHORT)) {
		first = m->msg_iov[0];
		first.iov_len = (first.iov_len + 1) / 2;
		less.msg_iov = &first;
		less.msg_iovlen = 1;
	}
	return syscall(SYS_sendmsg, fd, &less, flags);
}

int
accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	return interrupted() ? -1 : (int)syscall(SYS_accept4, fd, a, n, flags);
}

int
poll(struct pollfd *v, nfds_t n, int ms)
{
	return interrupted() ? -1 : (int)syscall(SYS_poll, v, n, ms);
}

int
epoll_wait(int fd, struct epoll_event *v, int n, int ms)
{
	return interrupted() ? -1 :
	    (int)syscall(SYS_epoll_pwait, fd, v, n, ms, NULL, 0);
}

int
epoll_pwait(int fd, struct epoll_event *v, int n, int ms, const sigset_t *mask)
{
	return interrupted() ? -1 :
	    (int)syscall(SYS_epoll_pwait, fd, v, n, ms, mask, 8);
}
