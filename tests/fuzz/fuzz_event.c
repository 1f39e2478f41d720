/*
 * JSON and events.  The scanner and jansson have to agree on what is JSON,
 * but for what the scanner bounds or jansson cannot hold; what is compacted
 * stays the same value; an event that is accepted keeps its promises.
 */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "core/buf.h"
#include "hook/event.h"
#include "hook/fault.h"
#include "hook/scan.h"
#include "fuzz.h"

/* jansson knows no numbers beyond its types: not a matter of syntax. */
static int
too_big_for_jansson(const json_error_t *e)
{
	return json_error_code(e) == json_error_numeric_overflow;
}

/* Depths that only one of them takes; both have a bound. */
static int
bounded(int err)
{
	return err == ERR_TOO_BIG || err == ERR_NOMEM;
}

static void
check_compact(struct span value, const json_t *seen)
{
	struct buf out = BUF_INIT(1 << 20);
	struct scan_error error;
	struct span again;
	json_t *j;

	scan_compact(value, &out);
	FUZZ_CHECK(buf_err(&out) == 0 && out.len <= value.len);
	FUZZ_CHECK(scan_check(buf_as_span(&out), &again, &error) == 0);
	FUZZ_CHECK(again.len == out.len);
	if (seen != NULL) {
		j = json_loadb(out.p, out.len, JSON_DECODE_ANY, NULL);
		FUZZ_CHECK(j != NULL && json_equal(j, seen));
		json_decref(j);
	}
	buf_free(&out);
}

static void
check_event(struct span value)
{
	struct faults faults = { 0 };
	struct scan_error error;
	struct event e;
	struct span again;
	int err;

	err = event_read(value, "", &e, &faults);
	FUZZ_CHECK(err == 0 || err == ERR_INVALID);
	FUZZ_CHECK((err != 0) == (faults.n > 0));
	if (err == 0) {
		FUZZ_CHECK(e.account_id > 0);
		FUZZ_CHECK(event_call_id_ok(e.call_id));
		FUZZ_CHECK(e.data.len <= EVENT_DATA_MAX);
		FUZZ_CHECK(e.data.p >= value.p &&
		    e.data.p + e.data.len <= value.p + value.len);
		FUZZ_CHECK(scan_check(e.data, &again, &error) == 0);
		FUZZ_CHECK(scan_type(again) == SCAN_OBJECT);
	}
	fault_free(&faults);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = fuzz_span(data, size), value;
	struct scan_error error = { 0 };
	json_error_t why;
	json_t *j;
	int err;

	err = scan_check(text, &value, &error);
	j = json_loadb((const char *)data, size,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
	if (err == 0) {
		FUZZ_CHECK(value.p >= text.p &&
		    value.p + value.len <= text.p + text.len);
		FUZZ_CHECK(j != NULL || too_big_for_jansson(&why));
		check_compact(value, j);
		check_event(value);
	} else {
		FUZZ_CHECK(error.flaw != SCAN_FINE && error.flaw < SCAN_FLAWS);
		FUZZ_CHECK(error.offset <= size);
		/* jansson takes a NUL behind a value for the end. */
		FUZZ_CHECK(j == NULL || bounded(err) ||
		    memchr(data, '\0', size) != NULL);
	}
	json_decref(j);
	return 0;
}
