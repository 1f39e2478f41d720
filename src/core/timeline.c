/*
 * The highest timeline of PostgreSQL that a process, or the pool that it
 * belongs to, has worked with.  Cluster and timeline stand in one word, so that
 * processes which share it need no lock that one of them could die with.  Called by
 * db.c and dbasync.c at each connection, by the master before it forks.
 */
#include "config.h"

#include "core/timeline.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

enum { TELL_US = 60 * 1000 * 1000 };

struct knowledge {
	_Atomic uint64_t seen;		/* mark of the cluster, timeline */
	_Atomic uint64_t refused;
	_Atomic int64_t told_us;	/* 0: never */
};

static struct knowledge own;
static struct knowledge *known = &own;

int
timeline_share(void)
{
	struct knowledge *k;

	if (known != &own)
		return 0;
	k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k == MAP_FAILED)
		return ERR_NOMEM;
	atomic_store(&k->seen, atomic_load(&own.seen));
	atomic_store(&k->refused, atomic_load(&own.refused));
	known = k;
	return 0;
}

/* Half of a word is enough to tell clusters apart; never 0. */
static uint64_t
word(int64_t cluster, int64_t timeline)
{
	uint64_t mark = (uint64_t)cluster * 0x9e3779b97f4a7c15U;

	return (mark | (uint64_t)1 << 32) >> 32 << 32 | (uint32_t)timeline;
}

static bool
is_lower(uint64_t mine, uint64_t seen)
{
	return mine >> 32 == seen >> 32 && (uint32_t)mine < (uint32_t)seen;
}

bool
timeline_accept(int64_t cluster, int64_t timeline)
{
	uint64_t mine = word(cluster, timeline);
	uint64_t seen = atomic_load(&known->seen);

	if (timeline == 0)
		return true;
	do {
		if (is_lower(mine, seen)) {
			atomic_fetch_add(&known->refused, 1);
			return false;
		}
	} while (mine != seen &&
	    !atomic_compare_exchange_weak(&known->seen, &seen, mine));
	return true;
}

bool
timeline_is_old(int64_t cluster, int64_t timeline)
{
	return timeline != 0 && is_lower(word(cluster, timeline),
	    atomic_load(&known->seen));
}

int64_t
timeline_known(void)
{
	return (uint32_t)atomic_load(&known->seen);
}

uint64_t
timeline_refused(void)
{
	return atomic_load(&known->refused);
}

bool
timeline_tells(int64_t now_us)
{
	int64_t told = atomic_load(&known->told_us);

	return (told == 0 || now_us - told >= TELL_US) &&
	    atomic_compare_exchange_strong(&known->told_us, &told, now_us);
}
