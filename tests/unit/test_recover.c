/* Recoveries, with a database that answers as the test wants it. */
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
#include "sender/lanes.h"
#include "sender/recover.h"

#define SHARD 9

/* The columns of recover_list and recover_find. */
#define LIST "uuuut"
#define FOUND "uuuhlhsbb"

struct fixture {
	struct loop *loop;
	int64_t epoch;
	struct lanes *lanes;
	struct recoveries *all;
	int owes;
	struct id id, webhook, none, attempt, event;
};

static int64_t
epoch(void *cookie, int shard)
{
	const struct fixture *f = cookie;

	assert_int_equal(shard, SHARD);
	return f->epoch;
}

static void
on_owes(void *cookie, int shard)
{
	struct fixture *f = cookie;

	assert_int_equal(shard, SHARD);
	f->owes++;
}

static void
release(struct delivery *d)
{
	free(d);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct lanes_options lanes = { .in_flight = 8,
		.flying_bytes = 1, .gulp_rows = 100, .gulp_bytes = 1 << 20, .release = release };
	struct recover_options o = { .start_ttl = 60000, .epoch = epoch,
		.owes = on_owes };

	memset(&f, 0, sizeof(f));
	f.epoch = 77;
	f.id = id_new();
	f.webhook = id_new();
	f.attempt = id_new();
	f.event = id_new();
	lanes.window.cap = 8;
	o.loop = f.loop = loop_new();
	o.db = &fake;
	o.lanes = f.lanes = lanes_new(&lanes);
	o.cookie = &f;
	fake_open(f.loop);
	f.all = recover_new(&o);
	assert_non_null(f.all);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fake_end(ERR_CLOSED);
	recover_free(f->all);
	recover_free(NULL);
	lanes_free(f->lanes);
	loop_free(f->loop);
	return 0;
}

/* One recovery runs in the shard; counted: nothing is left to count. */
static void
begin(struct fixture *f, bool counted)
{
	int64_t until = 1800000000000000;
	struct id stop = id_floor(until);

	recover_look(f->all, SHARD, true);
	fake_answer("recover_list", 0, fake_rows(1, LIST, f->id.b,
	    f->webhook.b, counted ? stop.b : f->none.b, f->none.b, until),
	    NULL);
	fake_run(1000000);
}

static PGresult *
state_of(bool enabled, bool paused, int64_t owed)
{
	return fake_rows(1, "bbl", enabled, paused, owed);
}

static PGresult *
found(struct fixture *f)
{
	return fake_rows(1, FOUND, f->attempt.b, f->attempt.b, f->event.b, 1,
	    INT64_C(5), 1, "call", 1, 0);
}

/* Does the last statement of the unit that waits hold these bytes? */
static bool
holds(const void *bytes, size_t len)
{
	const struct dbasync_unit *u = fake.v[0];
	const struct buf *b = &u->v[u->n - 1].p.data;

	return memmem(b->p, b->len, bytes, len) != NULL;
}

static void
counts_then_puts_back(void **state)
{
	struct fixture *f = *state;

	begin(f, false);
	fake_answer("recover_count", 0, fake_rows(1, "lu", INT64_C(3),
	    f->attempt.b), NULL);
	assert_true(holds(f->attempt.b, 16));
	fake_answer("recover_counted", 0, fake_rows(1, "b", 1), NULL);
	fake_run(1000000);
	fake_answer("recover_count", 0, fake_rows(1, "ls", INT64_C(0), NULL),
	    NULL);			/* there are no more */
	fake_answer("recover_counted", 0, fake_rows(1, "b", 1), NULL);
	fake_run(1000000);
	fake_answer("recover_state", 0, state_of(true, false, 0), found(f));
	assert_true(holds(f->attempt.b, 16));
	assert_true(holds("done", 4));
	fake_answer("recover_again", 0, fake_rows(0, ""),
	    fake_rows(1, "b", 0));
	fake_run(200000);
	assert_int_equal(fake.n, 0);	/* it is over, and forgotten */
}

/* After a step that is not the last one its shard owes more. */
static void
goes_on(void **state)
{
	struct fixture *f = *state;
	PGresult *r;

	begin(f, true);
	r = found(f);
	fake_number(r, 0, 8, 1, 1);	/* more may stand behind it */
	fake_answer("recover_state", 0, state_of(true, false, 0), r);
	assert_true(holds("running", 7));
	fake_answer("recover_again", 0, fake_rows(0, ""),
	    fake_rows(1, "b", 1));
	assert_int_equal(f->owes, 1);
	fake_run(1000000);
	assert_string_equal(fake_asked(), "recover_state");
	/* A step that failed is made again where it was. */
	fake_answer("recover_state", ERR_DB, NULL, NULL);
	fake_run(3000000);
	assert_string_equal(fake_asked(), "recover_state");
	assert_int_equal(f->owes, 1);
}

/* It waits while the webhook is paused, or owes what its lane takes. */
static void
waits(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	fake_answer("recover_state", 0, state_of(true, true, 0), found(f));
	fake_run(100000);
	assert_int_equal(fake.n, 0);
	fake_run(1000000);
	fake_answer("recover_state", 0, state_of(true, false, 1000),
	    found(f));
	assert_int_equal(fake.n, 0);
	fake_run(1000000);
	assert_string_equal(fake_asked(), "recover_state");
}

static void
webhook_gone(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	fake.refuse = 1;
	fake_answer("recover_state", 0, state_of(false, false, 0), found(f));
	assert_int_equal(fake.n, 0);	/* refused: made again later */
	fake_run(3000000);
	fake_answer("recover_state", 0, state_of(false, false, 0), found(f));
	assert_true(holds("cancelled", 9));
	fake_answer("recover_step", 0, fake_rows(0, "b"), NULL);
	assert_int_equal(f->owes, 0);
	fake_run(200000);
	assert_int_equal(fake.n, 0);
}

/* Somebody stopped it: no row. */
static void
stopped(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	fake_answer("recover_state", 0, fake_rows(0, "bbl"),
	    fake_rows(0, FOUND));
	fake_run(400000);
	assert_int_equal(fake.n, 0);
	begin(f, false);		/* found again, stopped while it counts */
	fake_answer("recover_count", 0, fake_rows(1, "lu", INT64_C(3),
	    f->attempt.b), NULL);
	fake_answer("recover_counted", 0, fake_rows(0, "b"), NULL);
	fake_run(400000);
	assert_int_equal(fake.n, 0);
}

static void
counting_fails(void **state)
{
	struct fixture *f = *state;

	begin(f, false);
	fake_answer("recover_count", ERR_DB, NULL, NULL);
	fake_run(100000);
	assert_int_equal(fake.n, 0);	/* forgotten: its row is there */
	begin(f, false);
	fake_answer("recover_count", 0, fake_rows(1, "lu", INT64_C(3),
	    f->attempt.b), NULL);
	fake_answer("recover_counted", ERR_DB, NULL, NULL);
	fake_run(3000000);
	assert_string_equal(fake_asked(), "recover_count");
	fake.refuse = 1;
	fake_answer("recover_count", 0, fake_rows(1, "lu", INT64_C(3),
	    f->attempt.b), NULL);
	fake_run(100000);
	assert_int_equal(fake.n, 0);
}

/* The shard is another one's: a step under way is the last. */
static void
shard_lost(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	f->epoch = 0;
	recover_drop(f->all, SHARD);
	fake_answer("recover_state", 0, state_of(true, false, 0), found(f));
	fake_run(400000);
	assert_int_equal(fake.n, 0);
	recover_look(f->all, SHARD, true);	/* not ours: not asked */
	assert_int_equal(fake.n, 0);
	f->epoch = 78;
	begin(f, true);
	fake_answer("recover_state", 0, state_of(true, true, 0), found(f));
	recover_drop(f->all, SHARD + 1);
	recover_drop(f->all, SHARD);		/* while it waits */
	fake_run(400000);
	assert_int_equal(fake.n, 0);
}

/* Polling asks once a second; what is known is not begun twice. */
static void
looks(void **state)
{
	struct fixture *f = *state;
	int64_t until = 1800000000000000;

	begin(f, true);
	recover_look(f->all, SHARD, false);
	assert_int_equal(fake.n, 1);
	recover_look(f->all, SHARD, true);
	assert_int_equal(fake.n, 2);
	fake_answer("recover_state", 0, state_of(true, true, 0), found(f));
	fake_answer("recover_list", 0, fake_rows(1, LIST, f->id.b,
	    f->webhook.b, f->none.b, f->none.b, until), NULL);
	fake_run(1000000);
	assert_int_equal(fake.n, 1);
	fake_answer("recover_state", ERR_DB_DOWN, NULL, NULL);
	fake.refuse = 1;
	recover_look(f->all, SHARD, true);
	assert_int_equal(fake.n, 0);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_then_puts_back),
		TEST(goes_on),
		TEST(waits),
		TEST(webhook_gone),
		TEST(stopped),
		TEST(counting_fails),
		TEST(shard_lost),
		TEST(looks),
	};

	log_init("test_recover", LOG_ERROR_, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
