/*
 * The journal of callhook-sender: a file that is mapped into memory, best on a
 * tmpfs, with a slot for each delivery in hand.  Writing to it costs a few
 * stores; the kernel keeps them when the process dies.  States of a slot: FREE →
 * IN_HAND → FREE, and after a crash IN_HAND → SUSPECT → IN_HAND → FREE (proved).
 * Called by attempt.c, due.c and sender.c, and by the signals of crashes.
 */
#include "config.h"

#include "sender/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/id.h"
#include "core/log.h"

enum {
	SLOTS = 16384,		/* beyond them deliveries are not entered */
	FEW = 8,		/* suspects of one crash at a time */
	STACK = 64 * 1024,	/* of the handler: its own may be what overflowed */
};
#define FORGET_US (INT64_C(24) * 3600 * 1000000)

enum state { FREE, IN_HAND, SUSPECT };

struct slot {
	struct id id;
	volatile uint32_t state;
	uint32_t crashes;
	int64_t at;			/* real us, of the last crash */
};

struct file {
	char magic[8];
	volatile int32_t signal;	/* that the process died of, 0: none */
	int32_t unused;
	int64_t crashes;
	struct slot slots[SLOTS];
};

static const char magic[8] = "chjrnl1";
static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct file *file;		/* NULL: none */
static int lock = -1;
static struct sigaction before[SIGNALS];
static char stack[STACK];
static int free_slots[SLOTS], free_n;
static int suspects[SLOTS], suspects_n;
static bool gone_ahead[SLOTS];		/* suspects in hand that count */
static int few_n, alone_n;	/* how many: of one crash, of more */

/* Notes it, and lets happen what would have happened without us. */
static void
on_crash(int sig, siginfo_t *info, void *context)
{
	int i;

	(void)context;
	file->signal = sig;
	for (i = 0; i < SIGNALS; i++)
		if (signals[i] == sig)
			sigaction(sig, &before[i], NULL);
	/* A fault comes again by itself. */
	if (info->si_code <= 0)
		raise(sig);
}

static void
catch_crashes(void)
{
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	int i;

	sigaltstack(&own, NULL);
	sigemptyset(&action.sa_mask);
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &before[i]);
}

/* Who was in hand when the last process died, and of what did it die? */
static void
judge(void)
{
	int64_t now = clock_real_us();
	bool crashed = file->signal != 0;
	int i;

	for (i = SLOTS - 1; i >= 0; i--) {
		struct slot *s = &file->slots[i];

		if (s->state == IN_HAND && crashed) {
			s->crashes++;
			s->at = now;
		}
		s->state = s->state != FREE && s->crashes > 0 &&
		    now - s->at < FORGET_US ? SUSPECT : FREE;
		if (s->state == SUSPECT)
			suspects[suspects_n++] = i;
		else
			free_slots[free_n++] = i;
	}
	file->crashes += crashed;
	if (crashed)
		log_error("sender.crashed_before", LI("signal", file->signal),
		    LI("suspects", suspects_n));
	file->signal = 0;
}

static int
map(int fd)
{
	struct stat st;
	void *p;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ERR_EXISTS : ERR_IO;
	if (fstat(fd, &st) != 0 || ftruncate(fd, sizeof(*file)) != 0)
		return ERR_IO;
	/* Room that is there: a full disk must not be a crash. */
	errno = posix_fallocate(fd, 0, sizeof(*file));
	if (errno != 0)
		return ERR_IO;
	p = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	if (p == MAP_FAILED)
		return ERR_IO;
	file = p;
	if (st.st_size != sizeof(*file) ||
	    memcmp(file->magic, magic, sizeof(magic)) != 0) {
		memset(file, 0, sizeof(*file));
		memcpy(file->magic, magic, sizeof(magic));
	}
	return 0;
}

int
journal_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err;

	assert(file == NULL);
	if (fd < 0)
		return ERR_IO;
	err = map(fd);
	if (err < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return err;
	}
	lock = fd;
	free_n = suspects_n = few_n = alone_n = 0;
	memset(gone_ahead, 0, sizeof(gone_ahead));
	judge();
	catch_crashes();
	return 0;
}

void
journal_close(void)
{
	struct file *f = file;
	int i;

	if (f == NULL)
		return;
	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	for (i = 0; i < SLOTS; i++)
		if (f->slots[i].state == IN_HAND)
			f->slots[i].state = f->slots[i].crashes > 0 ? SUSPECT :
			    FREE;
	file = NULL;
	munmap(f, sizeof(*f));
	close(lock);
	lock = -1;
	suspects_n = 0;
}

int
journal_suspects(void)
{
	return suspects_n;
}

int64_t
journal_crashes(void)
{
	return file != NULL ? file->crashes : 0;
}

static int
find(const struct id *delivery)
{
	int i, slot;

	for (i = 0; i < suspects_n; i++) {
		slot = suspects[i];
		if (id_eq(&file->slots[slot].id, delivery)) {
			suspects[i] = suspects[--suspects_n];
			return slot;
		}
	}
	return -1;
}

int
journal_enter(const struct id *delivery, int *crashes)
{
	int slot = -1;

	*crashes = 0;
	if (file == NULL)
		return 0;
	if (suspects_n > 0)
		slot = find(delivery);
	if (slot >= 0) {
		*crashes = (int)file->slots[slot].crashes;
	} else if (free_n > 0) {
		slot = free_slots[--free_n];
		file->slots[slot].id = *delivery;
		file->slots[slot].crashes = 0;
	} else {
		return 0;
	}
	/* A suspect that has to wait is not in hand yet. */
	if (*crashes == 0)
		file->slots[slot].state = IN_HAND;
	return slot + 1;
}

bool
journal_go(int slot)
{
	struct slot *s;
	int *n;

	if (slot == 0 || file == NULL)
		return true;
	s = &file->slots[slot - 1];
	if (s->crashes == 0 || gone_ahead[slot - 1])
		return true;
	n = s->crashes == 1 ? &few_n : &alone_n;
	if (*n >= (s->crashes == 1 ? FEW : 1))
		return false;
	(*n)++;
	gone_ahead[slot - 1] = true;
	s->state = IN_HAND;
	return true;
}

/* It counts among those that are tried no longer. */
static void
come_back(int i)
{
	if (!gone_ahead[i])
		return;
	gone_ahead[i] = false;
	if (file->slots[i].crashes == 1)
		few_n--;
	else
		alone_n--;
}

void
journal_prove(int slot)
{
	if (slot == 0 || file == NULL)
		return;
	come_back(slot - 1);
	file->slots[slot - 1].crashes = 0;
}

void
journal_leave(int slot)
{
	struct slot *s;

	if (slot == 0 || file == NULL)
		return;
	s = &file->slots[slot - 1];
	come_back(slot - 1);
	if (s->crashes > 0) {
		s->state = SUSPECT;
		suspects[suspects_n++] = slot - 1;
	} else {
		s->state = FREE;
		free_slots[free_n++] = slot - 1;
	}
}
