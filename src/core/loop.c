/*
 * The event loop of the sender (and of whatever else waits for many things):
 * epoll for descriptors, a binary heap for timers, a signalfd for signals.
 * A descriptor's watch is live until it is removed; then it lies on the dead
 * list until the round is over, because the round may still hold its event.
 * A timer is in the heap while it is armed, and out of it before it fires.
 */
#include "config.h"

#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/clock.h"

enum { ROUND = 128 };		/* events taken from the kernel at once */
#define DISARMED SIZE_MAX

struct loop_fd {
	struct loop *loop;
	struct loop_fd *prev, *next;	/* live list; next: also dead list */
	loop_fd_fn *fn;
	void *cookie;
	int fd;
	bool dead;
};

struct loop_timer {
	struct loop *loop;
	struct loop_timer *prev, *next;
	loop_timer_fn *fn;
	void *cookie;
	int64_t due;
	uint64_t order;			/* first armed, first fired */
	size_t at;			/* in the heap, or DISARMED */
};

struct loop {
	int epoll;
	bool stop;
	int64_t now;
	struct loop_fd *fds, *dead;
	struct loop_timer *timers;
	struct loop_timer **heap;	/* the armed ones, earliest first */
	size_t armed;
	size_t timer_count;		/* armed or not */
	size_t heap_cap;		/* never below timer_count */
	uint64_t orders;
	int signal_fd;
	struct loop_fd *signal_watch;
	loop_signal_fn *signal_fn;
	void *signal_cookie;
	sigset_t old_mask;
};

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->signal_fd = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return NULL;
	}
	l->now = clock_mono_us();
	return l;
}

static void
bury(struct loop *l)
{
	while (l->dead != NULL) {
		struct loop_fd *f = l->dead;

		l->dead = f->next;
		free(f);
	}
}

void
loop_free(struct loop *l)
{
	struct loop_timer *t, *next;

	if (l == NULL)
		return;
	while (l->fds != NULL)
		loop_fd_remove(l->fds);
	bury(l);
	for (t = l->timers; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	if (l->signal_fd >= 0) {
		close(l->signal_fd);
		(void)sigprocmask(SIG_SETMASK, &l->old_mask, NULL);
	}
	free(l->heap);
	close(l->epoll);
	free(l);
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

int64_t
loop_now(const struct loop *l)
{
	return l->now;
}

/* Descriptors. */

static int
watch(struct loop_fd *f, int op, unsigned events)
{
	struct epoll_event ev = { .data.ptr = f };

	if ((events & LOOP_READ) != 0)
		ev.events |= EPOLLIN;
	if ((events & LOOP_WRITE) != 0)
		ev.events |= EPOLLOUT;
	return epoll_ctl(f->loop->epoll, op, f->fd, &ev) == 0 ? 0 : ERR_IO;
}

struct loop_fd *
loop_fd_add(struct loop *l, int fd, unsigned events, loop_fd_fn *fn,
    void *cookie)
{
	struct loop_fd *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->loop = l;
	f->fd = fd;
	f->fn = fn;
	f->cookie = cookie;
	if (watch(f, EPOLL_CTL_ADD, events) < 0) {
		free(f);
		return NULL;
	}
	f->next = l->fds;
	if (f->next != NULL)
		f->next->prev = f;
	l->fds = f;
	return f;
}

int
loop_fd_set(struct loop_fd *f, unsigned events)
{
	return watch(f, EPOLL_CTL_MOD, events);
}

void
loop_fd_remove(struct loop_fd *f)
{
	struct loop *l;

	if (f == NULL || f->dead)
		return;
	l = f->loop;
	/* Fails when the owner closed fd first, which removed it as well. */
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, f->fd, NULL);
	if (f->prev != NULL)
		f->prev->next = f->next;
	else
		l->fds = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
	f->dead = true;
	f->next = l->dead;
	l->dead = f;
}

/* Timers. */

static bool
earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void
heap_put(struct loop *l, size_t at, struct loop_timer *t)
{
	l->heap[at] = t;
	t->at = at;
}

/* Puts t where it belongs; the place at is free. */
static void
heap_settle(struct loop *l, size_t at, struct loop_timer *t)
{
	while (at > 0 && earlier(t, l->heap[(at - 1) / 2])) {
		heap_put(l, at, l->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= l->armed)
			break;
		if (child + 1 < l->armed &&
		    earlier(l->heap[child + 1], l->heap[child]))
			child++;
		if (!earlier(l->heap[child], t))
			break;
		heap_put(l, at, l->heap[child]);
		at = child;
	}
	heap_put(l, at, t);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_timer_fn *fn, void *cookie)
{
	struct loop_timer *t;

	/* Room is made here, so that arming cannot fail. */
	if (l->timer_count == l->heap_cap) {
		size_t cap = l->heap_cap == 0 ? 16 : l->heap_cap * 2;
		struct loop_timer **heap = reallocarray(l->heap, cap,
		    sizeof(struct loop_timer *));

		if (heap == NULL)
			return NULL;
		l->heap = heap;
		l->heap_cap = cap;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->loop = l;
	t->fn = fn;
	t->cookie = cookie;
	t->at = DISARMED;
	t->next = l->timers;
	if (t->next != NULL)
		t->next->prev = t;
	l->timers = t;
	l->timer_count++;
	return t;
}

void
loop_timer_arm(struct loop_timer *t, int64_t after_us)
{
	struct loop *l = t->loop;

	/* Not loop_now: a long callback before must not shorten the wait. */
	if (after_us < 0)
		after_us = 0;
	if (__builtin_add_overflow(clock_mono_us(), after_us, &t->due))
		t->due = INT64_MAX;
	t->order = l->orders++;
	heap_settle(l, t->at == DISARMED ? l->armed++ : t->at, t);
}

void
loop_timer_disarm(struct loop_timer *t)
{
	struct loop *l = t->loop;
	size_t at = t->at;

	if (at == DISARMED)
		return;
	t->at = DISARMED;
	l->armed--;
	if (at < l->armed)
		heap_settle(l, at, l->heap[l->armed]);
}

bool
loop_timer_armed(const struct loop_timer *t)
{
	return t->at != DISARMED;
}

void
loop_timer_free(struct loop_timer *t)
{
	struct loop *l;

	if (t == NULL)
		return;
	l = t->loop;
	loop_timer_disarm(t);
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		l->timers = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	l->timer_count--;
	free(t);
}

/* What a callback arms is due after now, so this ends. */
static void
fire(struct loop *l)
{
	while (!l->stop && l->armed > 0 && l->heap[0]->due <= l->now) {
		struct loop_timer *t = l->heap[0];

		loop_timer_disarm(t);
		t->fn(t->cookie);	/* may free t */
	}
}

/* Milliseconds for epoll_wait, rounded up: early is a wasted round. */
static int
patience(const struct loop *l)
{
	int64_t ms;

	if (l->armed == 0)
		return -1;
	ms = l->heap[0]->due - clock_mono_us();
	if (ms <= 0)
		return 0;
	ms = ms / 1000 + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Signals. */

static void
signal_ready(void *cookie, unsigned events)
{
	struct loop *l = cookie;
	struct signalfd_siginfo info;

	(void)events;
	while (!l->stop &&
	    read(l->signal_fd, &info, sizeof(info)) == sizeof(info))
		l->signal_fn(l->signal_cookie, (int)info.ssi_signo);
}

int
loop_signals(struct loop *l, const sigset_t *set, loop_signal_fn *fn,
    void *cookie)
{
	if (l->signal_fd >= 0)
		return ERR_EXISTS;
	l->signal_fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->signal_fd < 0)
		return ERR_IO;
	l->signal_watch = loop_fd_add(l, l->signal_fd, LOOP_READ,
	    signal_ready, l);
	if (l->signal_watch == NULL)
		goto close_fd;
	if (sigprocmask(SIG_BLOCK, set, &l->old_mask) != 0)
		goto remove;
	l->signal_fn = fn;
	l->signal_cookie = cookie;
	return 0;
remove:
	loop_fd_remove(l->signal_watch);
	l->signal_watch = NULL;
close_fd:
	close(l->signal_fd);
	l->signal_fd = -1;
	return ERR_IO;
}

/* The round. */

static unsigned
events_of(uint32_t got)
{
	unsigned events = 0;

	if ((got & EPOLLIN) != 0)
		events |= LOOP_READ;
	if ((got & EPOLLOUT) != 0)
		events |= LOOP_WRITE;
	if ((got & (EPOLLERR | EPOLLHUP)) != 0)
		events |= LOOP_ERROR;
	return events;
}

int
loop_run(struct loop *l)
{
	struct epoll_event ev[ROUND];
	int i, n, err = 0;

	while (!l->stop) {
		n = epoll_wait(l->epoll, ev, ROUND, patience(l));
		if (n < 0 && errno != EINTR) {
			err = ERR_IO;
			break;
		}
		l->now = clock_mono_us();
		/* Answers before timers: one that came in time counts. */
		for (i = 0; i < n && !l->stop; i++) {
			struct loop_fd *f = ev[i].data.ptr;

			if (!f->dead)
				f->fn(f->cookie, events_of(ev[i].events));
		}
		fire(l);
		bury(l);
	}
	l->stop = false;
	return err;
}
