/*
 * The first steps of a preforked worker: signals, name, and the descriptor
 * that tells it to go.  Called by prefork.c in each child, once.
 */
#include "config.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/preforkchild.h"

static int
term_fd_new(int life_fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	sigset_t term;
	int ep, sig;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sig = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig < 0)
		return ERR_IO;
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0)
		goto err_sig;
	ev.data.fd = sig;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, sig, &ev) < 0)
		goto err_ep;
	ev.data.fd = life_fd;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, life_fd, &ev) < 0)
		goto err_ep;
	return ep;	/* sig lives as long as the process */
err_ep:
	close(ep);
err_sig:
	close(sig);
	return ERR_IO;
}

static void
set_signals(const sigset_t *mask)
{
	sigset_t ours = *mask;

	signal(SIGINT, SIG_IGN);	/* Ctrl-C is the master's business */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_SETMASK, &ours, NULL);
}

static void
set_name(int place)
{
	char name[16] = "", full[40];

	prctl(PR_GET_NAME, name);
	snprintf(full, sizeof(full), "%.12s/%d", name, place + 1);
	prctl(PR_SET_NAME, full);
}

int
preforkchild_enter(pid_t master, int life_fd, int place, const sigset_t *mask)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(0);
	set_name(place);
	fd = term_fd_new(life_fd);
	set_signals(mask);
	return fd;
}
