/*
 * The shared memory of a prefork pool: made by the master before it forks,
 * written by the workers, read by the master and its observer.  Nothing here
 * blocks or fails once it is made.
 */
#include "config.h"

#include "core/scoreboard.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "core/listenqueue.h"
#include "core/log.h"

struct scoreboard *
scoreboard_new(void)
{
	struct scoreboard *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		return NULL;
	b->queue = b->queue_most = b->queue_limit = -1;
	return b;
}

void
scoreboard_free(struct scoreboard *b)
{
	if (b != NULL)
		munmap(b, sizeof(*b));
}

void
scoreboard_look(struct scoreboard *b, int listen_fd)
{
	int waiting = -1, limit = -1;

	if (listen_fd >= 0 && listenqueue_get(listen_fd, &waiting, &limit) < 0)
		waiting = limit = -1;
	b->queue = waiting;
	b->queue_limit = limit;
	if (waiting > b->queue_most)
		b->queue_most = waiting;
}

static void
add_counters(uint64_t *to, const volatile uint64_t *from)
{
	int i;

	for (i = 0; i < SCOREBOARD_COUNTERS; i++)
		to[i] += from[i];
}

void
scoreboard_sum(const struct scoreboard *b, struct scoreboard_sum *sum)
{
	const struct scoreboard_slot *s;
	int i;

	memset(sum, 0, sizeof(*sum));
	sum->requests = b->gone_requests;
	sum->events = b->gone_events;
	memcpy(sum->counters, b->gone_counters, sizeof(sum->counters));
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		s = &b->slots[i];
		if (s->phase == SCOREBOARD_EMPTY ||
		    s->place == SCOREBOARD_OBSERVER)
			continue;
		sum->starting += s->phase == SCOREBOARD_STARTING;
		sum->idle += s->phase == SCOREBOARD_IDLE;
		sum->busy += s->phase == SCOREBOARD_BUSY;
		sum->draining += s->phase == SCOREBOARD_DRAINING;
		sum->requests += s->requests;
		sum->events += s->events;
		add_counters(sum->counters, s->counters);
	}
}

void
scoreboard_gone(struct scoreboard *b, int i)
{
	struct scoreboard_slot *s = &b->slots[i];

	if (s->place != SCOREBOARD_OBSERVER) {
		b->gone_requests += s->requests;
		b->gone_events += s->events;
		add_counters(b->gone_counters, s->counters);
	}
	memset(s, 0, sizeof(*s));
}

const char *
scoreboard_phase_name(int phase)
{
	static const char *const names[] = { "empty", "starting", "idle",
		"busy", "draining" };

	return phase >= 0 && phase < (int)(sizeof(names) / sizeof(names[0])) ?
	    names[phase] : "unknown";
}

void
scoreboard_log(const struct scoreboard *b)
{
	struct scoreboard_sum sum;

	scoreboard_sum(b, &sum);
	log_info("prefork.status", LI("idle", sum.idle), LI("busy", sum.busy),
	    LI("starting", sum.starting), LI("draining", sum.draining),
	    LI("queue", b->queue), LI("requests", sum.requests),
	    LI("events", sum.events), LI("reloads", b->reloads),
	    LI("deaths", b->deaths));
}

void
scoreboard_log_death(const struct scoreboard_slot *s, int status,
    int64_t lived_us)
{
	log_error("prefork.worker_died", LI("pid", s->pid),
	    LI("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    LI("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
	    LI("lived_ms", lived_us / 1000),
	    LS("phase", scoreboard_phase_name(s->phase)),
	    LN("what", s->what, strnlen(s->what, sizeof(s->what))),
	    LN("statement", s->statement,
	    strnlen(s->statement, sizeof(s->statement))));
}
