/*
 * Numbers and times out of strangers' headers and files: Retry-After,
 * RFC 3339, decimals, durations, sizes.  Against strtoll and timegm, and
 * written again as what was read.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/num.h"
#include "hook/backoff.h"
#include "fuzz.h"

#define NOW INT64_C(1795343000000000)

static void
check_number(struct span s, const char *text)
{
	char *end, again[32];
	int64_t v, d;

	if (num_i64(s, INT64_MIN, INT64_MAX, &v) == 0) {
		errno = 0;
		FUZZ_CHECK(strtoll(text, &end, 10) == v && errno == 0);
		FUZZ_CHECK(*end == '\0' && end == text + s.len);
		snprintf(again, sizeof(again), "%lld", (long long)v);
		FUZZ_CHECK(strcmp(again, text) == 0 || strcmp(text, "-0") == 0);
	}
	if (num_i64(s, 5, 10, &v) == 0)
		FUZZ_CHECK(v >= 5 && v <= 10);
	if (num_duration_ms(s, 0, 100000, &d) == 0)
		FUZZ_CHECK(d >= 0 && d <= 100000);
	if (num_size(s, 1, 1 << 20, &d) == 0)
		FUZZ_CHECK(d >= 1 && d <= 1 << 20);
}

static void
check_retry_after(struct span s, const char *text)
{
	int64_t ms = backoff_retry_after(s, NOW);
	struct tm tm = { 0 };
	const char *end;
	int64_t seconds;

	FUZZ_CHECK(ms >= -1);
	if (num_i64(s, 0, 1000000, &seconds) == 0)
		FUZZ_CHECK(ms == seconds * 1000);
	else if (ms > 0 && text[0] >= 'A') {
		/* A date: the C library agrees when it takes it. */
		end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		if (end != NULL && *end == '\0' && tm.tm_sec < 60 &&
		    tm.tm_mday <= 28)
			FUZZ_CHECK(ms == (int64_t)timegm(&tm) * 1000 -
			    NOW / 1000);
	}
}

static void
check_clock(struct span s)
{
	char text[CLOCK_TEXT_LEN];
	int64_t us, again;

	if (clock_parse(s, &us) != 0)
		return;
	clock_text(us, text);
	FUZZ_CHECK(clock_parse(span_of(text), &again) == 0);
	FUZZ_CHECK(again <= us && us - again < 1000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = fuzz_span(data, size);
	int64_t schedule[4], delay;
	int attempt;
	char text[200];

	if (size < sizeof(text) && memchr(data, '\0', size) == NULL) {
		memcpy(text, data, size);
		text[size] = '\0';
		check_number(s, text);
		check_retry_after(s, text);
		check_clock(s);
	}
	if (size >= sizeof(schedule) + 6) {
		memcpy(schedule, data, sizeof(schedule));
		attempt = data[32] % 6;
		delay = backoff_delay(schedule, 4, attempt, data[33] % 120,
		    (uint32_t)data[34] << 24 | data[35]);
		FUZZ_CHECK(delay <= INT64_C(1) << 53);
		FUZZ_CHECK(attempt >= 1 && attempt <= 4 ? delay >= 0 :
		    delay == -1);
	}
	return 0;
}
