#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

#include "core/err.h"

/*
 * The listening socket, from the first of: systemd activation (LISTEN_FDS,
 * LISTEN_PID), descriptor 0 when it is a listening socket (spawn-fcgi, mod_fcgid), or
 * a Unix socket made at path (mode, group; a stale one is replaced, a live
 * one is ERR_EXISTS).  Close-on-exec, non-blocking.  *made is 1 when path was made here.
 * backlog: how many connections may wait in it, also in one that was passed in.
 */
int listen_get(const char *path, int mode, const char *group, int backlog,
    int *fd, int *made) MUST_CHECK;

/*
 * A further socket, for status: systemd's second one, or one made at path.
 * After listen_get.
 */
int listen_also(const char *path, int mode, const char *group, int backlog,
    int *fd, int *made) MUST_CHECK;

/* Another backlog for a socket that listens already; what waits goes on waiting. */
int listen_backlog(int fd, int backlog) MUST_CHECK;

#endif
