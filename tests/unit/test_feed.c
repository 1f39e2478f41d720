/*
 * What is due, on its way into the lanes, from a database that answers as the
 * test wants it: feed.c and due.c.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_db.h"

#include "core/log.h"
#include "sender/delivery.h"
#include "sender/feed.h"
#include "sender/hooks.h"
#include "sender/lanes.h"

#define SHARD 5
#define SETTINGS "{\"service\":\"calltracking\",\"origin\":\"https://a.ru\"}"
#define DUE "uuuhlhiblhssltbtni"	/* the columns of due.sql */
#define LONG_US INT64_C(2000000)
#define SHORT_US INT64_C(60000)

static int allocations = -1;	/* so many succeed; -1: all */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

static bool
there_is_memory(void)
{
	if (allocations > 0)
		allocations--;
	else if (allocations == 0)
		return false;
	return true;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return there_is_memory() ? __real_calloc(n, size) : NULL;
}

void *
__wrap_realloc(void *p, size_t size)
{
	return there_is_memory() ? __real_realloc(p, size) : NULL;
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return there_is_memory() ? __real_reallocarray(p, n, size) : NULL;
}

struct fixture {
	struct loop *loop;
	struct lanes *lanes;
	struct hooks *hooks;
	struct feed *feed;
	int fed, errands, shard;
	unsigned what;
};

static void
on_fed(void *cookie)
{
	struct fixture *f = cookie;

	f->fed++;
}

static void
on_errand(void *cookie, int shard, unsigned what)
{
	struct fixture *f = cookie;

	f->errands++;
	f->shard = shard;
	f->what = what;
}

static void
open_feed(struct fixture *f, int held)
{
	const struct feed_options o = { .loop = f->loop, .db = &fake,
		.lanes = f->lanes, .hooks = f->hooks, .poll_busy = 5,
		.poll_idle = 20, .held = held, .bytes = 1 << 20,
		.fed = on_fed, .errand = on_errand, .cookie = f };

	feed_free(f->feed);
	f->feed = feed_new(&o);
	assert_non_null(f->feed);
}

static int
setup(void **state)
{
	static struct fixture f;
	const struct lanes_options o = { .window = { .cap = 10,
		.pause_us = 1000000 }, .in_flight = 100,
		.flying_bytes = 1 << 20, .gulp_rows = 100, .gulp_bytes = 5000,
		.release = feed_release };

	memset(&f, 0, sizeof(f));
	f.loop = loop_new();
	fake_open(f.loop);
	f.lanes = lanes_new(&o);
	f.hooks = hooks_new(4);
	assert_true(f.lanes != NULL && f.hooks != NULL);
	open_feed(&f, 1000);
	feed_open(f.feed, SHARD);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fake_end(ERR_CLOSED);
	feed_free(f->feed);
	feed_free(NULL);
	lanes_free(f->lanes);
	hooks_free(f->hooks);
	loop_timer_free(fake.poll);
	loop_free(f->loop);
	return 0;
}

static const char *
number(int n)
{
	static struct id ids[256];

	ids[n].b[15] = (unsigned char)n;
	return (const char *)ids[n].b;
}

/* Delivery n of webhook 200 that is due, its attempts so far; next: or NULL. */
static PGresult *
row(int n, enum event_kind kind, int attempt)
{
	int64_t now = clock_real_us();

	return fake_rows(1, DUE, number(200), number(n), number(n + 100),
	    kind, INT64_C(7), attempt, 3, 1, INT64_C(42), SERVICE_CALLTRACKING,
	    "call-1", "{\"a\":1}", INT64_C(16), now - 1000, 1, now, 7);
}

static PGresult *
settings(void)
{
	return fake_rows(1, "uiss", number(200), 3, SETTINGS, NULL);
}

static PGresult *
secrets(void)
{
	return fake_rows(2, "usn", number(201), "of another", number(200),
	    "sealed");
}

/* Reads delivery n, and the settings the first time. */
static void
feed_one(struct fixture *f, int n, bool known)
{
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, row(n, EVENT_CALL_END, 0), NULL);
	if (!known)
		fake_answer("webhook_settings", ERR_OK, settings(), secrets());
}

static void
due_goes_into_its_lane(void **state)
{
	struct fixture *f = *state;
	struct delivery *d;

	feed_one(f, 1, false);
	assert_int_equal(f->fed, 1);
	assert_int_equal(feed_reads(f->feed), 1);
	assert_int_equal(feed_rows(f->feed), 1);
	/* The settings are known now; what is in hand is let go. */
	feed_one(f, 2, true);
	feed_one(f, 2, true);
	assert_int_equal(lanes_held(f->lanes), 2);
	assert_int_equal(feed_rows(f->feed), 2);
	d = lanes_next(f->lanes, loop_now(f->loop));
	assert_non_null(d);
	assert_memory_equal(d->id.b, number(1), 16);
	assert_int_equal(d->account_id, 42);
	assert_true(span_is(d->call_id, "call-1"));
	assert_true(span_is(d->data, "{\"a\":1}"));
	assert_int_equal(d->hook->version, 3);
	assert_int_equal(d->hook->secrets_n, 1);
	assert_memory_equal(d->hook->secrets[0].sealed, "sealed", 6);
}

/* Neither the event nor the webhook is there any more: it is read all the same. */
static void
what_is_gone_is_owed_all_the_same(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_real_us();
	struct delivery *d;

	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(1, "uuuhlhnnnnnnltbtnn",
	    number(200), number(1), number(2), EVENT_CALL_START, INT64_C(7), 1,
	    INT64_C(16), now, 1, now), NULL);
	assert_string_equal(fake_asked(), "nothing");
	d = lanes_next(f->lanes, loop_now(f->loop));
	assert_non_null(d);
	assert_null(d->hook);
	assert_null(d->call_id.p);
	assert_int_equal(d->account_id, 0);
}

/* Delivery n of webhook 200, whose event has more data than is read along. */
static PGresult *
long_rows(int rows, int size)
{
	int64_t now = clock_real_us();

	return fake_rows(rows, "uuuhlhiblhsnltbtni",
	    number(200), number(1), number(101), EVENT_CALL_END, INT64_C(7), 0,
	    3, 1, INT64_C(42), SERVICE_CALLTRACKING, "call-1", INT64_C(16), now,
	    1, now, size,
	    number(200), number(2), number(101), EVENT_CALL_END, INT64_C(7), 0,
	    3, 1, INT64_C(42), SERVICE_CALLTRACKING, "call-1", INT64_C(16), now,
	    1, now, size,
	    number(200), number(3), number(103), EVENT_CALL_END, INT64_C(8), 0,
	    3, 1, INT64_C(42), SERVICE_CALLTRACKING, "call-2", INT64_C(16), now,
	    1, now, size);
}

/* Long data is asked for apart, once an event, and only as much as there is room for. */
static void
long_data_is_read_apart(void **state)
{
	enum { SIZE = 100000 };
	static char text[SIZE + 1];
	struct fixture *f = *state;
	struct delivery *d;
	int i;

	feed_one(f, 9, false);
	lanes_drop_waiting(f->lanes, -1);
	memset(text, 'x', SIZE);
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, long_rows(3, SIZE), NULL);
	fake_answer("event_data", ERR_OK, fake_rows(1, "us", number(101),
	    text), NULL);
	/* A quarter of a megabyte is two of them; the third waits. */
	assert_int_equal(lanes_held(f->lanes), 2);
	for (i = 0; i < 2; i++) {
		d = lanes_next(f->lanes, loop_now(f->loop));
		assert_non_null(d);
		assert_int_equal(d->data.len, SIZE);
		assert_memory_equal(d->data.p, text, SIZE);
		lanes_forget(f->lanes, d);
	}
	/* The event has gone in between, or is not what it was. */
	for (i = 0; i < 2; i++) {
		feed_wake(f->feed, SHARD);
		feed_run(f->feed);
		fake_answer("due", ERR_OK, long_rows(1, SIZE), NULL);
		fake_answer("event_data", ERR_OK, i == 0 ? fake_rows(0, "") :
		    fake_rows(1, "us", number(101), "short"), NULL);
		d = lanes_next(f->lanes, loop_now(f->loop));
		assert_non_null(d);
		assert_null(d->call_id.p);
		lanes_forget(f->lanes, d);
	}
	/* One is read however long it is. */
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, long_rows(2, 300000), NULL);
	fake_answer("event_data", ERR_DB_DOWN, NULL, NULL);
	assert_int_equal(lanes_held(f->lanes), 0);
}

static void
late_ones_are_asked_about(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *statement;
		int yes;
	} v[] = {
		{ EVENT_CALL_START, "end_settled", 1 },
		{ EVENT_CALL_CHANGE, "change_followed", 1 },
		{ EVENT_CALL_START, "end_settled", 0 },
	};
	struct fixture *f = *state;
	struct delivery *d;
	size_t i;

	feed_one(f, 1, false);
	lanes_drop_waiting(f->lanes, -1);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		feed_wake(f->feed, SHARD);
		feed_run(f->feed);
		fake_answer("due", ERR_OK, row(2, v[i].kind, 1), NULL);
		fake_answer(v[i].statement, ERR_OK, fake_rows(1, "b", v[i].yes),
		    NULL);
		d = lanes_next(f->lanes, loop_now(f->loop));
		assert_non_null(d);
		assert_int_equal(d->superseded, v[i].yes);
		lanes_forget(f->lanes, d);
	}
}

static void
a_read_that_fails_is_made_again(void **state)
{
	static const enum err errors[] = { ERR_DB, ERR_DB_DOWN, ERR_NOMEM };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		feed_wake(f->feed, SHARD);
		feed_run(f->feed);
		fake_answer("due", errors[i], NULL, NULL);
		/* Half way: with the rows in hand. */
		feed_wake(f->feed, SHARD);
		feed_run(f->feed);
		fake_answer("due", ERR_OK, row(1, EVENT_CALL_END, 0), NULL);
		fake_answer("webhook_settings", errors[i], NULL, NULL);
		assert_int_equal(lanes_held(f->lanes), 0);
	}
	/* Nor may the second step be asked for, nor the first. */
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	fake.refuse = 1;
	fake_answer("due", ERR_OK, row(1, EVENT_CALL_END, 0), NULL);
	fake.refuse = 1;
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	assert_string_equal(fake_asked(), "nothing");
	assert_int_equal(f->fed, 0);
	feed_one(f, 1, false);
	assert_int_equal(lanes_held(f->lanes), 1);
}

static void
a_shard_that_was_closed_gets_nothing(void **state)
{
	struct fixture *f = *state;

	feed_run(f->feed);
	feed_close(f->feed, SHARD);
	fake_answer("due", ERR_OK, row(1, EVENT_CALL_END, 0), NULL);
	fake_answer("webhook_settings", ERR_OK, settings(), secrets());
	assert_int_equal(lanes_held(f->lanes), 0);
	/* Closed and open again meanwhile: the answer is an old one. */
	feed_open(f->feed, SHARD);
	feed_run(f->feed);
	feed_close(f->feed, SHARD);
	feed_open(f->feed, SHARD);
	fake_answer("due", ERR_OK, row(1, EVENT_CALL_END, 0), NULL);
	assert_int_equal(lanes_held(f->lanes), 0);
	feed_wake(f->feed, SHARD + 1);
	feed_wake(f->feed, -1);
	feed_wake(f->feed, SHARDS);
	feed_close(f->feed, SHARD);
	feed_expect(f->feed, SHARD, clock_real_us());
	feed_run(f->feed);
	assert_string_equal(fake_asked(), "nothing");
}

/* The look at all shards: work, an errand, and who has nothing to say. */
static void
polling_looks_at_all_shards(void **state)
{
	struct fixture *f = *state;

	feed_open(f->feed, SHARD + 1);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
	fake_run(LONG_US);
	fake_answer("due_shards", ERR_OK, fake_rows(1, "hh", SHARD,
	    FEED_TRIALS), NULL);
	assert_int_equal(f->errands, 1);
	assert_int_equal(f->shard, SHARD);
	assert_int_equal(f->what, FEED_TRIALS);
	assert_string_equal(fake_asked(), "nothing");
	/* A look that fails, or cannot be asked for, is followed by another. */
	fake_run(LONG_US);
	fake_answer("due_shards", ERR_DB, NULL, NULL);
	fake.refuse = 1;
	fake_run(LONG_US);
	assert_int_equal(fake.refuse, 0);
	fake_answer("due_shards", ERR_OK, fake_rows(2, "hh", SHARD + 1, 0,
	    SHARDS, 0), NULL);
	assert_int_equal(fake.n, 1);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
	/* Without a session nobody is asked. */
	fake.up = false;
	fake_run(SHORT_US);
	feed_wake(f->feed, SHARD);
	feed_run(f->feed);
	assert_string_equal(fake_asked(), "nothing");
}

/* One shard is never without work: the others are looked at all the same. */
static void
work_is_no_reason_not_to_look(void **state)
{
	struct fixture *f = *state;
	int64_t end;

	feed_one(f, 1, false);
	end = clock_mono_us() + LONG_US;
	while (clock_mono_us() < end) {
		lanes_drop_waiting(f->lanes, -1);
		feed_one(f, 1, true);
		fake_run(2000);
		if (strcmp(fake_asked(), "due_shards") == 0)
			return;
	}
	fail_msg("nobody asked for the other shards");
}

/* A distributed database that cannot answer for all shards at once. */
static void
polling_shard_by_shard(void **state)
{
	struct fixture *f = *state;

	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
	fake_run(LONG_US);
	fake.sqlstate = "0A000";
	fake_answer("due_shards", ERR_DB, NULL, NULL);
	assert_int_equal(f->errands, 0);
	fake_run(LONG_US);
	assert_int_equal(f->errands, 1);
	assert_int_equal(f->shard, SHARD);
	assert_int_equal(f->what, FEED_TRIALS | FEED_RECOVERIES);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
}

/* The answer tells when more will be due: no look is needed for that. */
static void
due_later_is_read_in_time(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_real_us();
	int i;

	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(1, "unnnnnnnnnnnlnbttn", number(200),
	    INT64_C(16), 1, now, now + 50000), NULL);
	assert_int_equal(lanes_held(f->lanes), 0);
	assert_string_equal(fake_asked(), "nothing");
	/* The looks know of nothing. */
	for (i = 0; i < 1000; i++) {
		fake_run(LONG_US);
		if (strcmp(fake_asked(), "due_shards") != 0)
			break;
		fake_answer("due_shards", ERR_OK, fake_rows(0, ""), NULL);
	}
	assert_string_equal(fake_asked(), "due");
	assert_true(clock_real_us() >= now + 40000);
}

static void
nothing_is_read_without_room(void **state)
{
	struct fixture *f = *state;

	open_feed(f, 10);
	feed_open(f->feed, SHARD);
	feed_run(f->feed);
	assert_string_equal(fake_asked(), "nothing");
	open_feed(f, 20);
	feed_open(f->feed, SHARD);
	feed_open(f->feed, SHARD + 1);
	feed_run(f->feed);
	assert_int_equal(fake.n, 1);	/* all the room is reserved */
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
	feed_run(f->feed);
	fake_answer("due", ERR_OK, fake_rows(0, ""), NULL);
}

/* Many webhooks: the statement names the lanes of all of them. */
static void
fill_lanes(struct fixture *f)
{
	int64_t now = clock_real_us();
	int i;

	for (i = 1; i <= 20; i++) {
		feed_wake(f->feed, SHARD);
		feed_run(f->feed);
		fake_answer("due", ERR_OK, fake_rows(1, "uuuhlhnnnnnnltbtnn",
		    number(i), number(i + 20), number(i + 40), EVENT_CALL_END,
		    INT64_C(7), 0, INT64_C(16), now, 1, now), NULL);
	}
	assert_int_equal(lanes_held(f->lanes), 20);
}

/*
 * A read in which memory runs out after so many allocations.  True: it came
 * to its end all the same.
 */
static bool
read_with(struct fixture *f, int n)
{
	int held = lanes_held(f->lanes);
	PGresult *due = row(1, EVENT_CALL_START, 1);
	bool whole;

	feed_wake(f->feed, SHARD);
	allocations = n;
	feed_run(f->feed);
	if (fake.n > 0) {
		fake_answer("due", ERR_OK, due, NULL);
		due = NULL;
	}
	whole = fake.n > 0;
	allocations = -1;
	PQclear(due);
	if (whole)
		fake_answer("webhook_settings", ERR_DB_DOWN, NULL, NULL);
	assert_int_equal(lanes_held(f->lanes), held);
	return whole;
}

static void
memory_runs_out(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	fill_lanes(f);
	while (n < 200 && !read_with(f, n))
		n++;
	assert_in_range(n, 5, 199);
	feed_one(f, 1, false);
	assert_int_equal(lanes_held(f->lanes), 21);
}

/* Nor is a feed made of nothing. */
static void
no_memory_to_begin_with(void **state)
{
	struct fixture *f = *state;
	const struct feed_options o = { .loop = f->loop, .db = &fake,
		.poll_busy = 5, .poll_idle = 20 };
	struct feed *feed = NULL;
	int n;

	for (n = 0; feed == NULL && n < 20; n++) {
		allocations = n;
		feed = feed_new(&o);
		allocations = -1;
	}
	assert_in_range(n, 3, 19);
	feed_free(feed);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(due_goes_into_its_lane),
		TEST(what_is_gone_is_owed_all_the_same),
		TEST(long_data_is_read_apart),
		TEST(late_ones_are_asked_about),
		TEST(a_read_that_fails_is_made_again),
		TEST(a_shard_that_was_closed_gets_nothing),
		TEST(polling_looks_at_all_shards),
		TEST(work_is_no_reason_not_to_look),
		TEST(polling_shard_by_shard),
		TEST(due_later_is_read_in_time),
		TEST(nothing_is_read_without_room),
		TEST(memory_runs_out),
		TEST(no_memory_to_begin_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
