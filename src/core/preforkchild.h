#ifndef CORE_PREFORKCHILD_H
#define CORE_PREFORKCHILD_H

#include <signal.h>
#include <sys/types.h>

#include "core/err.h"

/*
 * What a forked worker does before its work: dies with master, gets mask
 * (with SIGTERM blocked, see below) and a name with its place.  Returns
 * a descriptor that is readable when SIGTERM came or life_fd (the reading
 * end of a pipe that the master holds open) has ended; ERR_IO.  Ends the
 * process when the master has gone already.
 *
 * SIGTERM stays blocked: a system call of the worker is never interrupted,
 * it finds the signal in that descriptor when it has time.
 */
int preforkchild_enter(pid_t master, int life_fd, int place,
    const sigset_t *mask) MUST_CHECK;

#endif
