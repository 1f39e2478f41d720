/*
 * Unit test of core/apikey: made keys parse, every deviation of the form is
 * refused, hashes compare.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/apikey.h"
#include "core/id.h"

static void
test_make(void **state)
{
	char a[APIKEY_TEXT_LEN], b[APIKEY_TEXT_LEN];
	struct span prefix;
	int i, shard;

	(void)state;
	for (i = 0; i < SHARDS; i++) {
		assert_int_equal(apikey_make(i, a), 0);
		assert_int_equal(strlen(a), 62);
		assert_memory_equal(a, "callhook_", 9);
		shard = -1;
		assert_int_equal(apikey_parse(span_of(a), &shard, &prefix),
		    0);
		assert_int_equal(shard, i);
		assert_ptr_equal(prefix.p, a + 9);
		assert_int_equal(prefix.len, 12);
	}
	assert_memory_equal(a + 9, "3f", 2);
	assert_int_equal(apikey_make(63, b), 0);
	assert_memory_not_equal(a + 11, b + 11, 10);
	assert_memory_not_equal(a + 22, b + 22, 40);
}

static void
test_parse(void **state)
{
	static const char good[] = "callhook_1aabcdefgh27_"
	    "abcdefghijklmnopqrstuvwxyz234567abcdefgh";
	char bad[sizeof(good) + 1];
	struct span prefix;
	size_t i;
	int shard;

	(void)state;
	assert_int_equal(sizeof(good), APIKEY_TEXT_LEN);
	assert_int_equal(apikey_parse(SPAN(good), &shard, &prefix), 0);
	assert_int_equal(shard, 26);
	assert_true(span_is(prefix, "1aabcdefgh27"));
	/* One wrong character anywhere. */
	for (i = 0; i < sizeof(good) - 1; i++) {
		memcpy(bad, good, sizeof(good));
		bad[i] = '-';
		assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
		    ERR_SYNTAX);
		bad[i] = 'A';
		assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
		    ERR_SYNTAX);
		bad[i] = '\0';
		assert_int_equal(apikey_parse(
		    (struct span){ bad, sizeof(good) - 1 }, &shard, &prefix),
		    ERR_SYNTAX);
		/* Cut off there. */
		assert_int_equal(apikey_parse((struct span){ good, i },
		    &shard, &prefix), ERR_SYNTAX);
	}
	memcpy(bad, good, sizeof(good));
	memcpy(bad + sizeof(good) - 1, "a", 2);
	assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
	    ERR_SYNTAX);
	/* Shard 64 does not exist, digits 0, 1, 8, 9 are no letters. */
	memcpy(bad, good, sizeof(good));
	memcpy(bad + 9, "40", 2);
	assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
	    ERR_SYNTAX);
	memcpy(bad + 9, "3f", 2);
	assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix), 0);
	assert_int_equal(shard, 63);
	bad[11] = '1';
	assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
	    ERR_SYNTAX);
	bad[11] = 'a';
	bad[61] = '8';
	assert_int_equal(apikey_parse(span_of(bad), &shard, &prefix),
	    ERR_SYNTAX);
	assert_int_equal(apikey_parse((struct span){ NULL, 0 }, &shard,
	    &prefix), ERR_SYNTAX);
}

static void
test_hash(void **state)
{
	unsigned char a[APIKEY_HASH_LEN], b[APIKEY_HASH_LEN];
	struct span stored = { (const char *)b, sizeof(b) };
	size_t i;

	(void)state;
	apikey_hash(SPAN("abc"), a);
	id_sha256(SPAN("abc"), b);
	assert_true(apikey_equal(a, stored));
	for (i = 0; i < sizeof(b); i++) {
		b[i] ^= 0x80;
		assert_false(apikey_equal(a, stored));
		b[i] ^= 0x80;
	}
	stored.len--;
	assert_false(apikey_equal(a, stored));
	assert_false(apikey_equal(a, (struct span){ NULL, 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
