#ifndef CORE_LISTENQUEUE_H
#define CORE_LISTENQUEUE_H

#include "core/err.h"

/*
 * How many connections wait in the queue of a listening socket (Unix or TCP)
 * to be accepted, and how many may.  Unix sockets are asked for over netlink,
 * which sees those of its own network namespace only: ERR_NOT_FOUND for
 * another's, ERR_IO where netlink is forbidden.
 */
int listenqueue_get(int listen_fd, int *waiting, int *limit) MUST_CHECK;

#endif
