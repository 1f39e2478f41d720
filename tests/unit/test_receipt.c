/* What is kept of an answer, and where too much of it is cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sender/receipt.h"

static int
header(struct receipt *r, const char *line)
{
	return receipt_header(r, span_of(line));
}

static void
keeps_the_last_head(void **state)
{
	struct receipt r;

	(void)state;
	receipt_init(&r, 100);
	assert_int_equal(header(&r, "HTTP/1.1 103 Early Hints\r\n"), 0);
	assert_int_equal(header(&r, "Retry-After: 9\r\n"), 0);
	assert_int_equal(header(&r, "Location: /early\r\n"), 0);
	assert_int_equal(header(&r, "\r\n"), 0);
	assert_int_equal(header(&r, "HTTP/1.1 302 Found\r\n"), 0);
	assert_null(receipt_retry_after(&r).p);
	assert_string_equal(r.location, "");
	assert_int_equal(header(&r, "LOCATION:\t/la\x01ter \r\n"), 0);
	assert_string_equal(r.location, "/la?ter");
	assert_int_equal(receipt_body(&r, span_of("body")), 0);
	assert_string_equal(buf_cstr(&r.kept),
	    "HTTP/1.1 302 Found\r\nLOCATION:\t/la\x01ter \r\nbody");
	receipt_free(&r);
}

static void
finds_retry_after(void **state)
{
	struct receipt r;

	(void)state;
	receipt_init(&r, 1000);
	assert_null(receipt_retry_after(&r).p);
	assert_int_equal(header(&r, "X-Retry-After: 5\r\n"), 0);
	assert_int_equal(header(&r, "Retry-After-X: 5\r\n"), 0);
	assert_int_equal(header(&r, "Retry-After"), 0);
	assert_null(receipt_retry_after(&r).p);
	assert_int_equal(header(&r, "retry-after:  120 \r\n"), 0);
	assert_string_equal(receipt_retry_after(&r).p, "120");
	receipt_reset(&r);
	assert_null(receipt_retry_after(&r).p);
	receipt_free(&r);
}

static void
cuts_off_floods(void **state)
{
	static char large[RECEIPT_HEADER_BYTES + 1];
	struct receipt r;
	int i;

	(void)state;
	receipt_init(&r, 10);
	for (i = 0; i < RECEIPT_HEADERS + 2; i++)
		assert_int_equal(header(&r, "A: b\r\n"), 0);
	assert_false(r.flooded);
	assert_int_equal(header(&r, "A: b\r\n"), ERR_TOO_BIG);
	assert_true(r.flooded);
	receipt_reset(&r);
	assert_false(r.flooded);
	memset(large, 'x', sizeof(large));
	assert_int_equal(receipt_header(&r, (struct span){ large,
	    sizeof(large) }), ERR_TOO_BIG);
	receipt_reset(&r);
	for (i = 0; receipt_body(&r, (struct span){ large, 1000 }) == 0; i++)
		assert_in_range(i, 0, 20);
	assert_true(r.cut);
	assert_int_equal(r.kept.len, 10);
	receipt_free(&r);
}

static void
sanitises(void **state)
{
	char out[6];

	(void)state;
	receipt_sanitise(out, sizeof(out), span_of("a\x1b\xc3\xa9z and more"));
	assert_string_equal(out, "a???z");
	receipt_sanitise(out, sizeof(out), span_of(""));
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last_head),
		cmocka_unit_test(finds_retry_after),
		cmocka_unit_test(cuts_off_floods),
		cmocka_unit_test(sanitises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
