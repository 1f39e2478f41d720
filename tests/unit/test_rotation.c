/*
 * hook/rotation.c: defaults, an own secret, and what is refused at which
 * place with which code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "hook/fault.h"
#include "hook/rotation.h"

#define HOUR INT64_C(3600000000)
#define HMAC_TEXT "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SEED_TEXT "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

static struct faults faults;

static int
read_text(const char *text, struct rotation *out)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	int rc;

	assert_non_null(json);
	fault_free(&faults);
	rc = rotation_read(json, out, &faults);
	json_decref(json);
	return rc;
}

static void
what_is_not_said(void **state)
{
	struct rotation a, b;

	(void)state;
	assert_int_equal(read_text("{}", &a), 0);
	assert_int_equal(a.key.kind, SIGN_HMAC);
	assert_int_equal(a.key.len, 32);
	assert_true(a.overlap_us == 24 * HOUR);
	assert_int_equal(read_text("{}", &b), 0);
	assert_memory_not_equal(a.key.secret, b.key.secret, 32);
	assert_int_equal(read_text("{\"kind\":\"ed25519\"}", &a), 0);
	assert_int_equal(a.key.kind, SIGN_ED25519);
}

static void
own_secrets(void **state)
{
	struct rotation r;
	struct buf text = BUF_INIT(200);

	(void)state;
	assert_int_equal(read_text("{\"secret\":\"" HMAC_TEXT "\","
	    "\"kind\":\"hmac\",\"overlap_hours\":0}", &r), 0);
	assert_true(r.overlap_us == 0);
	sign_text(&r.key, &text);
	assert_string_equal(buf_cstr(&text), HMAC_TEXT);
	buf_reset(&text);
	/* The secret says of which kind it is. */
	assert_int_equal(read_text("{\"secret\":\"" SEED_TEXT "\","
	    "\"overlap_hours\":168}", &r), 0);
	assert_int_equal(r.key.kind, SIGN_ED25519);
	assert_true(r.overlap_us == 168 * HOUR);
	sign_text(&r.key, &text);
	assert_string_equal(buf_cstr(&text), SEED_TEXT);
	buf_free(&text);
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *text, *pointer;
		enum fault_code code;
	} cases[] = {
		{ "[]", "", FAULT_WRONG_TYPE },
		{ "null", "", FAULT_WRONG_TYPE },
		{ "{\"a/~b\":1}", "/a~1~0b", FAULT_UNKNOWN_FIELD },
		{ "{\"kind\":null}", "/kind", FAULT_WRONG_TYPE },
		{ "{\"kind\":\"HMAC\"}", "/kind", FAULT_NOT_IN_LIST },
		{ "{\"secret\":null}", "/secret", FAULT_WRONG_TYPE },
		{ "{\"secret\":\"\"}", "/secret", FAULT_SECRET_SYNTAX },
		{ "{\"secret\":\"whsec_c2hvcnQ=\"}", "/secret",
		    FAULT_SECRET_LENGTH },
		{ "{\"secret\":\"whsk_c2hvcnQ=\"}", "/secret",
		    FAULT_SECRET_LENGTH },
		{ "{\"secret\":\"" HMAC_TEXT "\",\"kind\":\"ed25519\"}",
		    "/secret", FAULT_SECRET_KIND },
		{ "{\"secret\":\"" SEED_TEXT "\",\"kind\":\"hmac\"}",
		    "/secret", FAULT_SECRET_KIND },
		{ "{\"overlap_hours\":-1}", "/overlap_hours",
		    FAULT_OUT_OF_RANGE },
		{ "{\"overlap_hours\":169}", "/overlap_hours",
		    FAULT_OUT_OF_RANGE },
		{ "{\"overlap_hours\":1.0}", "/overlap_hours",
		    FAULT_WRONG_TYPE },
		{ "{\"overlap_hours\":\"1\"}", "/overlap_hours",
		    FAULT_WRONG_TYPE },
	};
	static const struct sign_key wiped;
	struct rotation r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &r), ERR_INVALID);
		assert_int_equal(faults.n, 1);
		assert_string_equal(faults.v[0].pointer, cases[i].pointer);
		assert_string_equal(fault_code(faults.v[0].code),
		    fault_code(cases[i].code));
		assert_memory_equal(&r.key, &wiped, sizeof(wiped));
	}
	/* All at once. */
	assert_int_equal(read_text("{\"kind\":1,\"secret\":2,"
	    "\"overlap_hours\":null,\"x\":0}", &r), ERR_INVALID);
	assert_int_equal(faults.n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said),
		cmocka_unit_test(own_secrets),
		cmocka_unit_test(what_is_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	fault_free(&faults);
	return failed;
}
