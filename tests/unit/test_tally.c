/* What a batch of results adds to the figures by webhook and hour. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "short_memory.h"
#include "fake_db.h"

#include "hook/latency.h"
#include "sender/batch.h"
#include "sender/delivery.h"
#include "sender/settle.h"
#include "sender/tally.h"

#define HOUR INT64_C(3600000000)

/* The parameters of settle_hours.sql. */
enum { SHARD, EPOCH, OF_SERVICES, HOURS, ACCOUNTS, WEBHOOKS, DELIVERED, FAILED,
	ATTEMPTS, FAILED_ATTEMPTS, ANSWER_US, BUCKETS, PARAMS };

struct fixture {
	struct delivery d[8];
	struct settle_result r[8];
	struct settle_result *v[8];
	struct batch batch;
	struct dbasync_unit *unit;
};

static int
setup(void **state)
{
	static struct fixture f;
	int i;

	memset(&f, 0, sizeof(f));
	for (i = 0; i < 8; i++) {
		f.v[i] = &f.r[i];
		f.r[i].delivery = &f.d[i];
		f.r[i].total_us = -1;
	}
	f.batch = (struct batch){ .v = f.v, .shard = 5, .epoch = 77 };
	f.unit = dbasync_unit_new();
	assert_non_null(f.unit);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	allocations = -1;
	dbasync_unit_free(f->unit);
	return 0;
}

/* One more attempt of a delivery: the n-th; status 0: nobody answered. */
static struct settle_result *
attempt(struct fixture *f, int64_t account, int webhook, int64_t hour,
    enum outcome outcome, int status, int64_t answer_us)
{
	struct settle_result *r = &f->r[f->batch.n++];

	r->delivery->account_id = account;
	r->delivery->service = SERVICE_CALLKEEPER;
	r->delivery->webhook_id.b[0] = (unsigned char)webhook;
	r->at = hour * HOUR + 1;
	r->n = 1;
	r->outcome = outcome;
	r->error = outcome == OUTCOME_DELIVERED ? OUTCOME_NO_ERROR :
	    status != 0 ? OUTCOME_HTTP_STATUS : OUTCOME_CONNECT;
	r->status = status;
	r->total_us = (int32_t)answer_us;
	return r;
}

static int64_t
big_endian(const char *p, int size)
{
	uint64_t v = (unsigned char)p[0] & 0x80 ? ~UINT64_C(0) : 0;
	int i;

	for (i = 0; i < size; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

static const struct dbparam *
params(const struct fixture *f)
{
	assert_int_equal(f->unit->n, 1);
	assert_string_equal(f->unit->v[0].s->name, "settle_hours");
	assert_int_equal(f->unit->v[0].p.n, PARAMS);
	return &f->unit->v[0].p;
}

static int
length(const struct fixture *f, int param)
{
	const struct dbparam *p = params(f);

	return (int)big_endian(p->data.p + p->at[param] + 12, 4);
}

/* Element i of an array of numbers, or the first byte of an id. */
static int64_t
element(const struct fixture *f, int param, int i)
{
	const struct dbparam *p = params(f);
	const char *at = p->data.p + p->at[param] + 20;
	int size = (int)big_endian(at, 4);

	assert_in_range(i, 0, length(f, param) - 1);
	at += (size_t)i * (4 + (size_t)size) + 4;
	return size == 16 ? (unsigned char)at[0] : big_endian(at, size);
}

static void
check(const struct fixture *f, int param, int n, const int64_t *wanted)
{
	int i;

	assert_int_equal(length(f, param), n);
	for (i = 0; i < n; i++)
		assert_int_equal(element(f, param, i), wanted[i]);
}
#define CHECK(param, ...) check(f, param, (int)(sizeof((int64_t[]) \
	{ __VA_ARGS__ }) / sizeof(int64_t)), (const int64_t[]){ __VA_ARGS__ })

static void
in_the_order_of_the_key(void **state)
{
	struct fixture *f = *state;
	const struct dbparam *p;

	attempt(f, 9, 1, 500, OUTCOME_DELIVERED, 200, 4000);
	attempt(f, 2, 7, 501, OUTCOME_DELIVERED, 200, 4000);
	attempt(f, 2, 8, 500, OUTCOME_DELIVERED, 200, 4000);
	attempt(f, 2, 3, 501, OUTCOME_DELIVERED, 200, 4000);
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	p = params(f);
	assert_int_equal(big_endian(p->data.p + p->at[SHARD], 2), 5);
	assert_int_equal(big_endian(p->data.p + p->at[EPOCH], 8), 77);
	CHECK(ACCOUNTS, 2, 2, 2, 9);
	CHECK(HOURS, 500, 501, 501, 500);
	CHECK(WEBHOOKS, 8, 3, 7, 1);
	CHECK(OF_SERVICES, SERVICE_CALLKEEPER, SERVICE_CALLKEEPER,
	    SERVICE_CALLKEEPER, SERVICE_CALLKEEPER);
}

static void
one_row_for_a_webhook_and_an_hour(void **state)
{
	struct fixture *f = *state;

	attempt(f, 1, 1, 500, OUTCOME_DELIVERED, 200, 4000);
	attempt(f, 1, 1, 500, OUTCOME_RETRY, 500, 7000);
	attempt(f, 1, 1, 500, OUTCOME_FAILED, 0, -1);
	attempt(f, 1, 1, 500, OUTCOME_DELIVERED, 204, 3000);
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	CHECK(WEBHOOKS, 1);
	CHECK(DELIVERED, 2);
	CHECK(FAILED, 1);		/* what is tried again has not failed */
	CHECK(ATTEMPTS, 4);
	CHECK(FAILED_ATTEMPTS, 2);
	CHECK(ANSWER_US, 14000);	/* nobody answered the third */
	assert_int_equal(length(f, BUCKETS), LATENCY_BUCKETS);
	assert_int_equal(element(f, BUCKETS, 0), 0);
	assert_int_equal(element(f, BUCKETS, 1), 2);	/* 2 to 5 ms */
	assert_int_equal(element(f, BUCKETS, 2), 1);
	assert_int_equal(element(f, BUCKETS, LATENCY_BUCKETS - 1), 0);
}

/* Its buckets stand behind those of the row before. */
static void
each_row_has_buckets_of_its_own(void **state)
{
	struct fixture *f = *state;

	attempt(f, 1, 1, 500, OUTCOME_DELIVERED, 200, 1000);
	attempt(f, 1, 2, 500, OUTCOME_DELIVERED, 200, INT64_C(70000000));
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	assert_int_equal(length(f, BUCKETS), 2 * LATENCY_BUCKETS);
	assert_int_equal(element(f, BUCKETS, 0), 1);
	assert_int_equal(element(f, BUCKETS, LATENCY_BUCKETS - 1), 0);
	assert_int_equal(element(f, BUCKETS, LATENCY_BUCKETS), 0);
	assert_int_equal(element(f, BUCKETS, 2 * LATENCY_BUCKETS - 1), 1);
}

/* Expired and superseded ones failed, though no request was made. */
static void
what_was_not_sent_is_no_attempt(void **state)
{
	struct fixture *f = *state;
	struct settle_result *r;

	r = attempt(f, 1, 1, 500, OUTCOME_EXPIRED, 0, -1);
	r->n = r->delivery->attempt = 3;
	r = attempt(f, 1, 1, 500, OUTCOME_SUPERSEDED, 0, -1);
	r->n = r->delivery->attempt = 1;
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	CHECK(FAILED, 2);
	CHECK(DELIVERED, 0);
	CHECK(ATTEMPTS, 0);
	CHECK(FAILED_ATTEMPTS, 0);
}

static void
cancelled_is_not_counted(void **state)
{
	struct fixture *f = *state;

	attempt(f, 1, 1, 500, OUTCOME_CANCELLED, 0, -1);
	attempt(f, 0, 2, 500, OUTCOME_FAILED, 500, 1000);	/* whose? */
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	assert_int_equal(f->unit->n, 0);
	attempt(f, 1, 3, 500, OUTCOME_DELIVERED, 200, 1000);
	assert_int_equal(tally_add(&f->batch, f->unit), 0);
	CHECK(WEBHOOKS, 3);
}

static void
no_memory(void **state)
{
	struct fixture *f = *state;
	int i, rc = ERR_NOMEM;

	attempt(f, 1, 1, 500, OUTCOME_DELIVERED, 200, 1000);
	for (i = 0; rc == ERR_NOMEM && i < 10; i++) {
		allocations = i;
		rc = tally_add(&f->batch, f->unit);
		allocations = -1;
		assert_int_equal(f->unit->n, rc == 0);
	}
	assert_int_equal(rc, 0);
	assert_true(i > 2);	/* the list and the hours */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_the_order_of_the_key, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    one_row_for_a_webhook_and_an_hour, setup, teardown),
		cmocka_unit_test_setup_teardown(each_row_has_buckets_of_its_own,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_sent_is_no_attempt,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(cancelled_is_not_counted, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(no_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
