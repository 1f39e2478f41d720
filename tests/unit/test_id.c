/*
 * Unit test of core/id: form and order of new ids, also over fork, their
 * text, shards that must never change, and the digest.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/id.h"

static void
test_new(void **state)
{
	struct id last = id_new(), id;
	int64_t from = clock_real_us() / 1000;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		id = id_new();
		assert_true(memcmp(last.b, id.b, 16) < 0);
		assert_int_equal(id.b[6] >> 4, 7);
		assert_int_equal(id.b[8] >> 6, 2);
		last = id;
	}
	/* Counting on must not run ahead of the clock for long. */
	assert_true(id_time_ms(&last) >= from);
	assert_true(id_time_ms(&last) <= clock_real_us() / 1000 + 20);
}

/* The random half of ids differs everywhere, in a forked child too. */
static void
test_fork(void **state)
{
	struct id mine[3], theirs[3];
	int fds[2], i, j, status;
	pid_t pid;

	(void)state;
	(void)id_new();
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	for (i = 0; i < 3; i++)
		mine[i] = id_new();
	if (pid == 0)
		_exit(write(fds[1], mine, sizeof(mine)) == sizeof(mine) ?
		    0 : 1);
	close(fds[1]);
	assert_int_equal(read(fds[0], theirs, sizeof(theirs)),
	    sizeof(theirs));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			assert_memory_not_equal(mine[i].b + 8,
			    theirs[j].b + 8, 8);
	assert_memory_not_equal(mine[0].b + 8, mine[1].b + 8, 8);
}

static void
test_floor(void **state)
{
	int64_t at = INT64_C(1795345361123456);
	char out[ID_TEXT_LEN];
	struct id low, id;

	(void)state;
	low = id_floor(at);
	assert_string_equal(id_text(&low, out),
	    "01a202ec-28e3-7000-8000-000000000000");
	assert_int_equal(id_time_ms(&low), at / 1000);
	id = id_floor(0);
	assert_string_equal(id_text(&id, out),
	    "00000000-0000-7000-8000-000000000000");
	low = id_floor(clock_real_us());
	id = id_new();
	assert_true(memcmp(low.b, id.b, 16) <= 0);
	low = id_floor(clock_real_us() + INT64_C(60000000));
	assert_true(memcmp(low.b, id.b, 16) > 0);
}

static void
test_text(void **state)
{
	static const char *const bad[] = { "", "0192",
	    "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f506",
	    "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f50617",
	    "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f506g",
	    "01a2b3c4d-5e6-7f80-9a0b-1c2d3e4f5061",
	    "01a2b3c4-d5e6-7f80-9a0b_1c2d3e4f5061",
	    "{1a2b3c4-d5e6-7f80-9a0b-1c2d3e4f506}",
	    "01a2b3c4d5e67f809a0b1c2d3e4f5061----" };
	const char *text = "01a2b3c4-d5e6-7f80-9a0b-1c2d3e4f5061";
	struct id id, upper, kept = { { 9 } };
	char out[ID_TEXT_LEN];
	size_t i;

	(void)state;
	assert_int_equal(id_parse(span_of(text), &id), 0);
	assert_int_equal(id.b[0], 0x01);
	assert_int_equal(id.b[15], 0x61);
	assert_string_equal(id_text(&id, out), text);
	assert_int_equal(id_parse(
	    span_of("01A2B3C4-D5E6-7F80-9A0B-1C2D3E4F5061"), &upper), 0);
	assert_true(id_eq(&id, &upper));
	upper.b[15] ^= 1;
	assert_false(id_eq(&id, &upper));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(id_parse(span_of(bad[i]), &kept),
		    ERR_SYNTAX);
	assert_int_equal(kept.b[0], 9);
}

/* These are stored in every key of the database: they never change. */
static void
test_shard(void **state)
{
	int count[SHARDS] = { 0 };
	int64_t i;

	(void)state;
	assert_int_equal(id_shard(0), 0);
	assert_int_equal(id_shard(1), 37);
	assert_int_equal(id_shard(10234), 1);
	assert_int_equal(id_shard(INT64_MAX), 61);
	assert_int_equal(id_shard(-1), 59);
	for (i = 1; i <= 6400; i++)
		count[id_shard(i)]++;
	for (i = 0; i < SHARDS; i++)
		assert_in_range(count[i], 60, 140);
}

static void
test_sha256(void **state)
{
	/* FIPS 180-4: "abc"; and of nothing */
	static const unsigned char abc[32] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41,
		0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3,
		0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00,
		0x15, 0xad };
	static const unsigned char nothing[4] = { 0xe3, 0xb0, 0xc4, 0x42 };
	unsigned char out[32];

	(void)state;
	id_sha256(SPAN("abc"), out);
	assert_memory_equal(out, abc, 32);
	id_sha256((struct span){ NULL, 0 }, out);
	assert_memory_equal(out, nothing, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_shard),
		cmocka_unit_test(test_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
