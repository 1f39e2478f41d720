#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/*
 * One epoll loop: descriptors, timers, signals as events (signalfd).  All
 * callbacks run from loop_run; they may add, change and remove anything,
 * themselves included.
 */
struct loop;
struct loop_fd;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };	/* events */

typedef void loop_fd_fn(void *cookie, unsigned events);
typedef void loop_timer_fn(void *cookie);
typedef void loop_signal_fn(void *cookie, int signal);

struct loop *loop_new(void);
/* Also frees watches and timers that are left; NULL does nothing. */
void loop_free(struct loop *l);
/* Runs until loop_stop. */
int loop_run(struct loop *l) MUST_CHECK;
void loop_stop(struct loop *l);
/* Microseconds of the monotonic clock when this round began. */
int64_t loop_now(const struct loop *l);

/* The loop never closes fd.  Error and hang-up are reported as LOOP_ERROR. */
struct loop_fd *loop_fd_add(struct loop *l, int fd, unsigned events,
    loop_fd_fn *fn, void *cookie);
int loop_fd_set(struct loop_fd *f, unsigned events) MUST_CHECK;
void loop_fd_remove(struct loop_fd *f);		/* NULL does nothing */

/* A timer is made once and armed many times; disarmed when it fires. */
struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn *fn,
    void *cookie);
void loop_timer_arm(struct loop_timer *t, int64_t after_us);	/* re-arms */
void loop_timer_disarm(struct loop_timer *t);
bool loop_timer_armed(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);	/* NULL does nothing */

/* Blocks the signals of set and reports them here; once per loop. */
int loop_signals(struct loop *l, const sigset_t *set, loop_signal_fn *fn,
    void *cookie) MUST_CHECK;

#endif
