/* Figures as OpenMetrics text, and what the log makes unreadable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/logmask.h"
#include "core/openmetrics.h"

static void
families_and_samples(void **state)
{
	struct buf out = BUF_INIT(4096), labels = BUF_INIT(256);

	(void)state;
	openmetrics_label(&labels, "sender", "a\"b\\c\nd");
	openmetrics_label(&labels, "state", "open");
	openmetrics_family(&out, "x_lanes", "gauge", "Lanes.");
	openmetrics_gauge(&out, "x_lanes", buf_cstr(&labels), -3);
	openmetrics_family(&out, "x_sent", "counter", "Sent.");
	openmetrics_counter(&out, "x_sent", "", UINT64_MAX);
	openmetrics_seconds(&out, "x_age", "", 1500001);
	openmetrics_seconds(&out, "x_age", "", -5);
	openmetrics_one(&out, "x_up", "Up.", 1);
	openmetrics_end(&out);
	assert_string_equal(buf_cstr(&out),
	    "# TYPE x_lanes gauge\n# HELP x_lanes Lanes.\n"
	    "x_lanes{sender=\"a\\\"b\\\\c\\nd\",state=\"open\"} -3\n"
	    "# TYPE x_sent counter\n# HELP x_sent Sent.\n"
	    "x_sent_total 18446744073709551615\n"
	    "x_age 1.500001\nx_age 0\n"
	    "# TYPE x_up gauge\n# HELP x_up Up.\nx_up 1\n# EOF\n");
	buf_free(&out);
	buf_free(&labels);
}

static void
histograms(void **state)
{
	static const int64_t bounds[] = { 500, 1000, 2500000 };
	const struct openmetrics_scale scale = { bounds, 3, 1000000 };
	uint64_t cells[5] = { 0 };
	struct buf out = BUF_INIT(4096);

	(void)state;
	openmetrics_observe(&scale, cells, -1);
	openmetrics_observe(&scale, cells, 500);
	openmetrics_observe(&scale, cells, 501);
	openmetrics_observe(&scale, cells, 2500001);
	openmetrics_histogram(&out, "t", "k=\"v\"", &scale, cells);
	openmetrics_histogram(&out, "u", "", &scale, cells);
	assert_non_null(strstr(buf_cstr(&out),
	    "t_bucket{k=\"v\",le=\"0.0005\"} 2\n"
	    "t_bucket{k=\"v\",le=\"0.001\"} 3\n"
	    "t_bucket{k=\"v\",le=\"2.5\"} 3\n"
	    "t_bucket{k=\"v\",le=\"+Inf\"} 4\n"
	    "t_sum{k=\"v\"} 2.501002\nt_count{k=\"v\"} 4\n"
	    "u_bucket{le=\"0.0005\"} 2\n"));
	assert_int_equal(openmetrics_cells(&openmetrics_latency),
	    OPENMETRICS_LATENCY_CELLS);
	buf_free(&out);
}

static void
masked(const char *text, const char *expected)
{
	char out[256];
	const char *s = logmask_text(text, strlen(text), out);

	assert_int_equal(strlen(text), strlen(expected));
	if (strncmp(s, expected, strlen(text)) != 0)
		fail_msg("%.*s, not %s", (int)strlen(text), s, expected);
	if (strcmp(text, expected) == 0)
		assert_ptr_equal(s, text);
}

static void
numbers_and_secrets_are_masked(void **state)
{
	(void)state;
	masked("79995550188", "7999*****88");
	masked("DETAIL: Key (phone)=(+79995550188) exists.",
	    "DETAIL: Key (phone)=(+7999*****88) exists.");
	masked("http://x/?phone=9995550188&a=1", "http://x/?phone=9995****88&a=1");
	masked("number 79995550188.", "number 7999*****88.");
	/* Not numbers: ids, sizes, hashes, times. */
	masked("019abcde-1234-7123-8123-123456789012",
	    "019abcde-1234-7123-8123-123456789012");
	masked("123456789 bytes", "123456789 bytes");
	masked("a9b12345678901234c", "a9b12345678901234c");
	masked("1234567890123456", "1234567890123456");
	masked("callhook_1fabcdefghij_abcdefghijklmnopqrstuvwxyz234567abcdefgh",
	    "callhook_1fab*************************************************");
	masked("role \"callhook_sender\" does not exist",
	    "role \"callhook_sender\" does not exist");
	masked("whsec_C2FsdHNhbHRzYWx0c2FsdA==", "whsec_C2Fs********************");
	masked("Authorization: Bearer secret", "Authorization: Bearer ******");
	masked("host=/run password=hunter2 user=x",
	    "host=/run password=******* user=x");
	masked("", "");
	masked("password=", "password=");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_and_samples),
		cmocka_unit_test(histograms),
		cmocka_unit_test(numbers_and_secrets_are_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
