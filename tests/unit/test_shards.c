/* Who owns which shard, with a database that answers as the test wants it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_db.h"

#include "core/log.h"
#include "core/loop.h"
#include "sender/shards.h"

#define PATIENCE_US 2000000

struct fixture {
	struct loop *loop;
	struct shards *shards;
	int gained, closed, lost, alive, done;
	int last;			/* shard of the last call */
	int in_hand[SHARDS];
};

static void
on_gained(void *cookie, int shard)
{
	struct fixture *f = cookie;

	f->gained++;
	f->last = shard;
}

static void
on_closed(void *cookie, int shard)
{
	struct fixture *f = cookie;

	f->closed++;
	f->last = shard;
}

static void
on_lost(void *cookie, int shard)
{
	struct fixture *f = cookie;

	f->lost++;
	f->last = shard;
}

static int
in_hand(void *cookie, int shard)
{
	const struct fixture *f = cookie;

	return f->in_hand[shard];
}

static int
in_flight(void *cookie)
{
	(void)cookie;
	return 0;
}

static void
figures(void *cookie, struct buf *out)
{
	(void)cookie;
	buf_str(out, "figures\n");
}

static void
on_alive(void *cookie)
{
	struct fixture *f = cookie;

	f->alive++;
}

static void
on_done(void *cookie)
{
	struct fixture *f = cookie;

	f->done++;
}

static int
setup(void **state)
{
	static struct fixture f;
	struct shards_options o = { .host = "host", .gained = on_gained,
		.closed = on_closed, .lost = on_lost, .in_hand = in_hand,
		.in_flight = in_flight, .figures = figures,
		.alive = on_alive };

	memset(&f, 0, sizeof(f));
	o.loop = f.loop = loop_new();
	o.db = &fake;
	o.cookie = &f;
	fake_open(f.loop);
	f.shards = shards_new(&o);
	assert_non_null(f.shards);
	shards_up(f.shards);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fake_end(ERR_CLOSED);
	shards_free(f->shards);
	shards_free(NULL);
	loop_free(f->loop);
	return 0;
}

/* A heartbeat comes back: so many senders live. */
static void
beat(int live)
{
	fake_run(PATIENCE_US);
	fake_answer("sender_beat", 0, fake_rows(0, ""),
	    fake_rows(1, "i", live));
}

static PGresult *
yes(void)
{
	return fake_rows(1, "b", 1);
}

static PGresult *
number(int64_t epoch)
{
	return fake_rows(1, "l", epoch);
}

/* All shards are free, and become ours. */
static void
take_all(struct fixture *f)
{
	PGresult *r = fake_rows(0, "h");
	int i;

	for (i = 0; i < SHARDS; i++)
		fake_number(r, i, 0, (uint64_t)i, 2);
	fake_answer("shard_free", 0, r, NULL);
	assert_int_equal(fake.n, SHARDS);
	for (i = 0; i < SHARDS; i++)
		fake_answer("shard_lock", 0, yes(), NULL);
	for (i = 0; i < SHARDS; i++)
		fake_answer("shard_claim", 0, number(100 + i), NULL);
	assert_int_equal(f->gained, SHARDS);
	assert_int_equal(shards_owned(f->shards), SHARDS);
}

static void
lock_then_epoch(void **state)
{
	struct fixture *f = *state;

	assert_false(shards_certain(f->shards));
	beat(1);
	assert_int_equal(f->alive, 1);
	assert_true(shards_certain(f->shards));
	fake_answer("shard_free", 0, fake_rows(4, "h", 3, 4, 5, 99), NULL);
	assert_int_equal(fake.n, 3);
	fake_answer("shard_lock", 0, yes(), NULL);
	assert_int_equal(shards_epoch(f->shards, 3), 0);	/* not yet */
	/* Another one was faster; a lock without an answer is none. */
	fake_answer("shard_lock", 0, fake_rows(1, "b", 0), NULL);
	fake_answer("shard_lock", ERR_DB, NULL, NULL);
	fake_answer("shard_claim", 0, number(9), NULL);
	assert_int_equal(f->gained, 1);
	assert_int_equal(f->last, 3);
	assert_int_equal(shards_epoch(f->shards, 3), 9);
	assert_int_equal(shards_epoch(f->shards, 4), 0);
	assert_int_equal(shards_owned(f->shards), 1);
}

/* A lock without an epoch is given back, and left alone for a while. */
static void
claim_fails(void **state)
{
	struct fixture *f = *state;

	beat(1);
	fake_answer("shard_free", 0, fake_rows(2, "h", 3, 4), NULL);
	fake_answer("shard_lock", 0, yes(), NULL);
	fake.refuse = 1;		/* the claim cannot be asked */
	fake_answer("shard_lock", 0, yes(), NULL);
	fake_answer("shard_claim", ERR_DB, NULL, NULL);
	fake_answer("shard_unlock", ERR_DB, NULL, NULL);
	fake_answer("shard_unlock", 0, yes(), NULL);
	assert_int_equal(fake.n, 0);
	assert_int_equal(f->gained, 0);
	fake_run(PATIENCE_US);
	fake_answer("shard_free", 0, fake_rows(1, "h", 3), NULL);
	assert_int_equal(fake.n, 0);
}

static void
no_heartbeat(void **state)
{
	struct fixture *f = *state;

	fake_run(PATIENCE_US);
	fake_answer("sender_beat", ERR_DB, NULL, NULL);
	assert_int_equal(f->alive, 0);
	assert_false(shards_certain(f->shards));
	assert_int_equal(fake.n, 0);
}

/* Beyond its share only what stays free. */
static void
surplus(void **state)
{
	struct fixture *f = *state;

	beat(SHARDS);
	fake_answer("shard_free", 0, fake_rows(2, "h", 1, 2), NULL);
	fake_answer("shard_lock", 0, yes(), NULL);
	fake_answer("shard_claim", 0, number(7), NULL);
	assert_int_equal(fake.n, 0);
	assert_int_equal(f->last, 1);
	fake_run(PATIENCE_US);
	fake_answer("shard_free", 0, fake_rows(1, "h", 2), NULL);
	assert_int_equal(fake.n, 1);
	fake_answer("shard_lock", 0, yes(), NULL);
	fake_answer("shard_claim", 0, number(8), NULL);
	assert_int_equal(shards_owned(f->shards), 2);
	beat(SHARDS);		/* kept for as long as a dead one lives */
	assert_int_equal(f->closed, 0);
}

/* Another one came: half is closed, and unlocked once nothing is in hand. */
static void
gives_back(void **state)
{
	struct fixture *f = *state;
	int i;

	beat(1);
	take_all(f);
	f->in_hand[SHARDS - 1] = 1;
	fake_run(PATIENCE_US);				/* between two beats: nothing to ask */
	beat(2);
	assert_int_equal(f->closed, SHARDS / 2);
	for (i = 0; i < SHARDS / 2 - 1; i++)
		fake_answer("shard_unlock", 0, yes(), NULL);
	assert_int_equal(shards_owned(f->shards), SHARDS / 2 + 1);
	assert_int_equal(shards_epoch(f->shards, SHARDS - 2), 0);
	assert_int_not_equal(shards_epoch(f->shards, SHARDS - 1), 0);
	f->in_hand[SHARDS - 1] = 0;
	while (strcmp(fake_asked(), "shard_unlock") != 0) {
		if (fake.n > 0)
			fake_answer("shard_free", 0, fake_rows(0, "h"), NULL);
		fake_run(PATIENCE_US);
	}
	assert_int_equal(shards_owned(f->shards), SHARDS / 2);
}

static void
revoked(void **state)
{
	struct fixture *f = *state;

	beat(1);
	take_all(f);
	shards_revoked(f->shards, 7);
	assert_int_equal(f->lost, 1);
	assert_int_equal(f->last, 7);
	assert_int_equal(shards_epoch(f->shards, 7), 0);
	shards_revoked(f->shards, 7);
	assert_int_equal(f->lost, 1);
	fake_answer("shard_unlock", 0, yes(), NULL);
	assert_int_equal(shards_owned(f->shards), SHARDS - 1);
}

/* With the session all locks are gone; late answers change nothing. */
static void
session_lost(void **state)
{
	struct fixture *f = *state;

	beat(1);
	take_all(f);
	shards_revoked(f->shards, 7);
	fake.up = false;
	shards_down(f->shards);
	assert_int_equal(f->lost, SHARDS);
	assert_int_equal(shards_owned(f->shards), 0);
	fake_end(ERR_DB_DOWN);
	assert_int_equal(shards_epoch(f->shards, 7), 0);
	fake.up = true;
	shards_up(f->shards);
	beat(1);
	assert_string_equal(fake_asked(), "shard_free");
}

static void
stops_and_leaves(void **state)
{
	struct fixture *f = *state;
	int i;

	beat(1);
	take_all(f);
	shards_stop(f->shards);
	assert_int_equal(f->closed, SHARDS);
	assert_int_equal(shards_owned(f->shards), SHARDS);	/* to settle */
	shards_leave(f->shards, on_done);
	for (i = 0; i < SHARDS; i++)
		fake_answer("shard_unlock", 0, yes(), NULL);
	assert_int_equal(f->done, 0);
	fake_answer("sender_gone", 0, fake_rows(0, ""), NULL);
	assert_int_equal(f->done, 1);
}

/* What was being claimed when it stopped is not kept. */
static void
stops_while_claiming(void **state)
{
	struct fixture *f = *state;

	beat(1);
	fake_answer("shard_free", 0, fake_rows(1, "h", 3), NULL);
	fake_answer("shard_lock", 0, yes(), NULL);
	shards_stop(f->shards);
	fake_answer("shard_claim", 0, number(9), NULL);
	assert_int_equal(f->gained, 0);
	fake_answer("shard_unlock", 0, yes(), NULL);
	fake.up = false;
	shards_leave(f->shards, on_done);
	assert_int_equal(f->done, 1);		/* nobody to tell */
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lock_then_epoch),
		TEST(claim_fails),
		TEST(no_heartbeat),
		TEST(surplus),
		TEST(gives_back),
		TEST(revoked),
		TEST(session_lost),
		TEST(stops_and_leaves),
		TEST(stops_while_claiming),
	};

	log_init("test_shards", LOG_ERROR_, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
