/* Results on their way into a database that answers as the test wants it. */
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
#include "sender/delivery.h"
#include "sender/settle.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

struct fixture {
	struct loop *loop;
	struct settle *settle;
	struct delivery d[8];
	int settled, revoked, shard, failing;
	const struct delivery *last;
};

static int64_t touched;		/* what the database says it wrote */

int64_t __wrap_dbresult_touched(const struct pg_result *r);

int64_t
__wrap_dbresult_touched(const struct pg_result *r)
{
	(void)r;
	return touched;
}

static int64_t
epoch(void *cookie, int shard)
{
	(void)cookie;
	return 100 + shard;
}

static void
on_settled(void *cookie, struct delivery *d)
{
	struct fixture *f = cookie;

	f->settled++;
	f->last = d;
}

static void
on_revoked(void *cookie, int shard)
{
	struct fixture *f = cookie;

	f->revoked++;
	f->shard = shard;
}

static void
on_failing(void *cookie, const struct delivery *d)
{
	struct fixture *f = cookie;

	f->failing++;
	f->last = d;
}

static int
setup(void **state)
{
	static struct fixture f;
	struct settle_options o = { .delay = 20, .rows = 2, .limit = 3,
		.epoch = epoch, .settled = on_settled, .revoked = on_revoked,
		.failing = on_failing, .disable_after = DAY_MS };
	int i;

	memset(&f, 0, sizeof(f));
	o.loop = f.loop = loop_new();
	o.db = &fake;
	o.cookie = &f;
	fake_open(f.loop);
	f.settle = settle_new(&o);
	assert_non_null(f.settle);
	for (i = 0; i < 8; i++) {
		f.d[i].shard = 5;
		f.d[i].account_id = 1;
		f.d[i].id = id_new();
		f.d[i].webhook_id.b[0] = (unsigned char)(i % 2);
	}
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fake_end(ERR_CLOSED);
	settle_free(f->settle);
	settle_free(NULL);
	settle_discard(NULL);
	loop_free(f->loop);
	return 0;
}

static void
add(struct fixture *f, int i)
{
	struct settle_result *r = settle_result_new();

	assert_non_null(r);
	r->delivery = &f->d[i];
	r->id = id_new();
	r->at = clock_real_us();
	r->n = 1;
	r->outcome = OUTCOME_FAILED;
	r->error = OUTCOME_HTTP_STATUS;
	r->status = 500;
	r->detail = strdup("what a stranger said");
	settle_add(f->settle, r);
}

static PGresult *
nothing(void)
{
	return fake_rows(0, "");
}

/* Does the first statement that waits hold this text? */
static bool
holds(const char *text)
{
	const struct buf *b = &fake.v[0]->v[0].p.data;

	return memmem(b->p, b->len, text, strlen(text)) != NULL;
}

static void
batch_by_batch(void **state)
{
	struct fixture *f = *state;
	int i;

	add(f, 0);
	assert_int_equal(fake.n, 0);		/* it waits for company */
	for (i = 1; i < 5; i++)
		add(f, i);
	assert_int_equal(fake.n, 1);		/* never two of a shard */
	assert_int_equal(settle_pending(f->settle), 5);
	assert_true(settle_is_full(f->settle));
	settle_flush(f->settle);
	assert_int_equal(fake.n, 1);
	touched = 2;
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_int_equal(f->settled, 2);
	assert_ptr_equal(f->last, &f->d[1]);
	assert_int_equal(fake.n, 1);		/* the next two at once */
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_int_equal(f->settled, 4);
	assert_int_equal(fake.n, 0);
	fake_run(1000000);			/* the fifth after a while */
	touched = 1;
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_ptr_equal(f->last, &f->d[4]);
	assert_int_equal(settle_pending(f->settle), 0);
	assert_false(settle_is_full(f->settle));
}

/* As much as a statement takes, whatever receivers answer. */
static void
long_answers_go_one_by_one(void **state)
{
	struct fixture *f = *state;
	const size_t len = 33 << 20;
	struct settle_result *r;
	int i;

	for (i = 0; i < 2; i++) {
		r = settle_result_new();
		assert_non_null(r);
		r->delivery = &f->d[i];
		r->response = calloc(1, len);
		assert_non_null(r->response);
		r->response_len = len;
		settle_add(f->settle, r);
	}
	touched = 1;
	for (i = 0; i < 2; i++) {
		assert_int_equal(f->settled, i);
		if (i > 0)
			fake_run(1000000);
		assert_int_equal(fake.n, 1);
		assert_true(fake.v[0]->v[0].p.data.len < len + 1000);
		fake_answer("settle_attempts", 0, nothing(), nothing());
	}
	assert_int_equal(f->settled, 2);
	assert_int_equal(settle_pending(f->settle), 0);
}

/* Nothing is lost with a failure; it is tried without strangers' words. */
static void
tried_again_and_given_up(void **state)
{
	struct fixture *f = *state;
	int i;

	add(f, 0);
	add(f, 1);
	assert_true(holds("what a stranger said"));
	for (i = 0; i < 5; i++) {
		fake_answer("settle_attempts", ERR_DB, NULL, NULL);
		assert_int_equal(f->revoked, 0);
		fake_run(5000000);
		assert_int_equal(fake.n, 1);
		assert_false(holds("what a stranger said"));
	}
	add(f, 2);
	fake_answer("settle_attempts", ERR_DB, NULL, NULL);
	assert_int_equal(f->revoked, 1);
	assert_int_equal(f->shard, 5);
	assert_int_equal(f->settled, 0);
	assert_int_equal(settle_pending(f->settle), 0);
}

static void
without_memory_later(void **state)
{
	struct fixture *f = *state;

	fake.refuse = 1;
	add(f, 0);
	add(f, 1);
	assert_int_equal(fake.n, 0);
	fake_run(2000000);
	touched = 2;
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_int_equal(f->settled, 2);
}

/* Fewer rows than results: the epoch is another sender's. */
static void
another_ones_epoch(void **state)
{
	struct fixture *f = *state;

	add(f, 0);
	add(f, 1);
	add(f, 2);
	touched = 0;
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_int_equal(f->settled, 0);
	assert_int_equal(f->revoked, 1);
	assert_int_equal(settle_pending(f->settle), 0);
}

static void
session_lost(void **state)
{
	struct fixture *f = *state;

	add(f, 0);
	add(f, 1);
	fake_end(ERR_DB_DOWN);
	assert_int_equal(f->settled + f->revoked, 0);
	assert_int_equal(settle_pending(f->settle), 0);
	add(f, 2);
	add(f, 3);			/* refused: void as well */
	assert_int_equal(settle_pending(f->settle), 0);
}

static void
dropped(void **state)
{
	struct fixture *f = *state;

	add(f, 0);
	add(f, 1);
	add(f, 2);
	settle_drop(f->settle, 4);		/* another shard */
	assert_int_equal(settle_pending(f->settle), 3);
	settle_drop(f->settle, 5);
	assert_int_equal(settle_pending(f->settle), 2);
	touched = 2;
	fake_answer("settle_attempts", 0, nothing(), nothing());
	assert_int_equal(f->settled, 0);
	assert_int_equal(settle_pending(f->settle), 0);
	/* And while it waits to be tried again. */
	add(f, 3);
	add(f, 4);
	fake_answer("settle_attempts", ERR_DB, NULL, NULL);
	settle_drop(f->settle, -1);
	assert_int_equal(settle_pending(f->settle), 0);
	fake_run(300000);
	assert_int_equal(fake.n, 0);
}

/* Only who has failed for longer than a day is told of, once a batch. */
static void
tells_who_keeps_failing(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_real_us();

	add(f, 0);
	add(f, 1);
	touched = 2;
	fake_answer("settle_attempts", 0, nothing(), fake_rows(2, "ut",
	    f->d[0].webhook_id.b, now - (DAY_MS + 1000) * 1000,
	    f->d[1].webhook_id.b, now - (DAY_MS - 60000) * 1000));
	assert_int_equal(f->failing, 1);
	assert_int_equal(f->settled, 2);
	add(f, 2);
	add(f, 3);
	fake_answer("settle_attempts", 0, nothing(), fake_rows(1, "us",
	    f->d[0].webhook_id.b, NULL));	/* something was delivered */
	assert_int_equal(f->failing, 1);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(batch_by_batch),
		TEST(long_answers_go_one_by_one),
		TEST(tried_again_and_given_up),
		TEST(without_memory_later),
		TEST(another_ones_epoch),
		TEST(session_lost),
		TEST(dropped),
		TEST(tells_who_keeps_failing),
	};

	log_init("test_settle", LOG_ERROR_, LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
