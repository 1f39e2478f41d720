/*
 * Tests of webhooks that somebody waits for, with a database that answers as
 * the test wants it and attempts that the test ends.
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
#include "sender/attempt.h"
#include "sender/delivery.h"
#include "sender/hooks.h"
#include "sender/settle.h"
#include "sender/trial.h"

#define SHARD 5
#define SETTINGS "{\"service\":\"calltracking\",\"origin\":\"https://a.ru\"}"

struct fixture {
	struct trials *trials;
	int64_t epoch;
	struct delivery *started[TRIALS_MAX + 8];
	int n;
};

static struct fixture f;

void __wrap_attempt_start(struct attempts *a, struct delivery *d);

void
__wrap_attempt_start(struct attempts *a, struct delivery *d)
{
	assert_null(a);
	f.started[f.n++] = d;
}

static int64_t
epoch(void *cookie, int shard)
{
	assert_ptr_equal(cookie, &f);
	return shard == SHARD ? f.epoch : 0;
}

static int
setup(void **state)
{
	const struct trial_options o = { .db = &fake, .epoch = epoch,
		.cookie = &f };

	(void)state;
	memset(&f, 0, sizeof(f));
	memset(&fake, 0, sizeof(fake));
	fake.up = true;
	f.epoch = 1;
	f.trials = trial_new(&o);
	assert_non_null(f.trials);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_end(ERR_CLOSED);
	trial_free(f.trials);
	trial_free(NULL);
	return 0;
}

static const char *
number(int n)
{
	static struct id ids[256];

	ids[n].b[14] = (unsigned char)n;
	return (const char *)ids[n].b;
}

/* n rows, numbered from first, of one webhook. */
static PGresult *
rows(int first, int n, const char *settings)
{
	PGresult *r = fake_rows(0, "luuhhssss"), *one;
	int i, k;

	for (i = 0; i < n; i++) {
		one = fake_rows(1, "luuhhssss", INT64_C(42), number(first + i),
		    number(200), EVENT_CALL_END, SERVICE_CALLTRACKING,
		    "call-1", settings, NULL, "{\"a\":1}");
		for (k = 0; k < 9; k++)
			assert_true(PQsetvalue(r, i, k, PQgetvalue(one, 0, k),
			    PQgetisnull(one, 0, k) ? -1 :
			    PQgetlength(one, 0, k)));
		PQclear(one);
	}
	return r;
}

static PGresult *
nothing(void)
{
	return fake_rows(0, "ust");
}

static void
take(int first, int n)
{
	trial_look(f.trials, SHARD);
	fake_answer("trial_take", ERR_OK, rows(first, n, SETTINGS), nothing());
}

static struct settle_result *
result(void)
{
	struct settle_result *r = settle_result_new();

	assert_non_null(r);
	r->at = clock_real_us();
	r->outcome = OUTCOME_FAILED;
	r->error = OUTCOME_HTTP_STATUS;
	r->status = 500;
	r->dns_us = -1;
	r->total_us = 4000;
	r->detail = strdup("what a stranger said");
	r->response = strdup("his page");
	assert_non_null(r->response);
	r->response_len = strlen(r->response);
	return r;
}

/* Does the first statement that waits hold this text? */
static bool
holds(const char *text)
{
	const struct buf *b = &fake.v[0]->v[0].p.data;

	return memmem(b->p, b->len, text, strlen(text)) != NULL;
}

static void
made_as_it_was_asked_for(void **state)
{
	struct delivery *d;

	(void)state;
	take(1, 2);
	assert_int_equal(f.n, 2);
	assert_int_equal(trial_running(f.trials), 2);
	d = f.started[0];
	assert_true(d->trial && d->enabled);
	assert_int_equal(d->shard, SHARD);
	assert_int_equal(d->account_id, 42);
	assert_int_equal(d->kind, EVENT_CALL_END);
	assert_memory_equal(d->id.b, number(1), 16);
	assert_memory_equal(d->webhook_id.b, number(200), 16);
	assert_true(span_is(d->call_id, "call-1"));
	assert_true(span_is(d->data, "{\"a\":1}"));
	assert_non_null(d->hook);
	/* Asked for again it is under way. */
	take(1, 2);
	assert_int_equal(f.n, 2);

	trial_ended(f.trials, d, result());
	assert_true(holds("what a stranger said"));
	assert_true(holds("his page"));
	assert_int_equal(trial_running(f.trials), 2);
	fake_answer("trial_done", ERR_OK, fake_rows(0, ""), NULL);
	assert_int_equal(trial_running(f.trials), 1);
}

static void
only_in_our_shards(void **state)
{
	(void)state;
	f.epoch = 0;
	trial_look(f.trials, SHARD);
	f.epoch = 1;
	trial_look(f.trials, SHARD + 1);
	fake.up = false;
	trial_look(f.trials, SHARD);
	assert_string_equal(fake_asked(), "nothing");
	/* The shard changes hands while it is read. */
	fake.up = true;
	trial_look(f.trials, SHARD);
	f.epoch = 0;
	fake_answer("trial_take", ERR_OK, rows(1, 2, SETTINGS), nothing());
	assert_int_equal(f.n, 0);
	assert_int_equal(trial_running(f.trials), 0);
}

/* A database that takes no text of strangers gets the figures. */
static void
refused_text_is_left_out(void **state)
{
	(void)state;
	take(1, 2);
	trial_ended(f.trials, f.started[0], result());
	fake_answer("trial_done", ERR_DB, NULL, NULL);
	assert_string_equal(fake_asked(), "trial_done");
	assert_false(holds("what a stranger said"));
	assert_false(holds("his page"));
	assert_true(holds("http_status"));
	assert_int_equal(trial_running(f.trials), 2);
	/* Once more is enough. */
	fake_answer("trial_done", ERR_DB, NULL, NULL);
	assert_string_equal(fake_asked(), "nothing");
	assert_int_equal(trial_running(f.trials), 1);
}

static void
what_cannot_be_written_is_let_go(void **state)
{
	(void)state;
	take(1, 3);
	fake.refuse = 1;
	trial_ended(f.trials, f.started[0], result());
	assert_string_equal(fake_asked(), "nothing");
	assert_int_equal(trial_running(f.trials), 2);
	/* Out of memory on the way back too. */
	trial_ended(f.trials, f.started[1], result());
	fake.refuse = 1;
	fake_answer("trial_done", ERR_DB, NULL, NULL);
	assert_int_equal(trial_running(f.trials), 1);
	/* And when the session breaks. */
	trial_ended(f.trials, f.started[2], result());
	fake_end(ERR_DB_DOWN);
	assert_int_equal(trial_running(f.trials), 0);
}

/* Not sent: the row stays as it is, and may be taken once more. */
static void
not_made_is_still_to_be_made(void **state)
{
	(void)state;
	take(1, 1);
	trial_ended(f.trials, f.started[0], NULL);
	assert_string_equal(fake_asked(), "nothing");
	assert_int_equal(trial_running(f.trials), 0);
	take(1, 1);
	assert_int_equal(f.n, 2);
}

static void
those_that_found_no_room_come_later(void **state)
{
	(void)state;
	take(1, TRIALS_MAX + 1);
	assert_int_equal(f.n, TRIALS_MAX);
	assert_string_equal(fake_asked(), "nothing");
	trial_ended(f.trials, f.started[3], NULL);
	fake_answer("trial_take", ERR_OK, rows(TRIALS_MAX + 1, 1, SETTINGS),
	    nothing());
	assert_int_equal(f.n, TRIALS_MAX + 1);
	assert_memory_equal(f.started[TRIALS_MAX]->id.b, number(TRIALS_MAX + 1),
	    16);
	/* Nobody was turned away since: nothing to look for. */
	trial_ended(f.trials, f.started[4], NULL);
	assert_string_equal(fake_asked(), "nothing");
}

static void
a_look_that_fails(void **state)
{
	static const enum err errors[] = { ERR_DB, ERR_DB_DOWN, ERR_CLOSED };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		trial_look(f.trials, SHARD);
		fake_answer("trial_take", errors[i], NULL, NULL);
		assert_int_equal(trial_running(f.trials), 0);
	}
	fake.refuse = 1;
	trial_look(f.trials, SHARD);
	assert_string_equal(fake_asked(), "nothing");
	take(1, 1);
	assert_int_equal(f.n, 1);
}

/* Settings that cannot be read make an attempt too: it says so. */
static void
settings_that_are_none(void **state)
{
	(void)state;
	trial_look(f.trials, SHARD);
	fake_answer("trial_take", ERR_OK, rows(1, 1, "{"), nothing());
	assert_int_equal(f.n, 1);
	assert_true(f.started[0]->hook->broken);
}

static void
dropped_with_the_shard(void **state)
{
	(void)state;
	take(1, 2);
	trial_ended(f.trials, f.started[0], result());
	trial_drop(f.trials, SHARD + 1);
	assert_int_equal(trial_running(f.trials), 2);
	/* What is being written belongs to the session. */
	trial_drop(f.trials, SHARD);
	assert_int_equal(trial_running(f.trials), 1);
	fake_answer("trial_done", ERR_OK, fake_rows(0, ""), NULL);
	assert_int_equal(trial_running(f.trials), 0);
	take(3, 2);
	trial_drop(f.trials, -1);
	assert_int_equal(trial_running(f.trials), 0);
	take(5, 1);	/* trial_free is given one that is under way */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(made_as_it_was_asked_for),
		TEST(only_in_our_shards),
		TEST(refused_text_is_left_out),
		TEST(what_cannot_be_written_is_let_go),
		TEST(not_made_is_still_to_be_made),
		TEST(those_that_found_no_room_come_later),
		TEST(a_look_that_fails),
		TEST(settings_that_are_none),
		TEST(dropped_with_the_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
