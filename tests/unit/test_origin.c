/*
 * Pages of other sites: whose requests are ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "api/http.h"
#include "api/origin.h"
#include "core/settings.h"

static char *listed[] = { (char *)(uintptr_t)"https://front.example" };
static struct settings settings = { .api_cors = { .v = listed, .n = 1 } };

static bool
ours(const char *site, const char *origin, const char *host)
{
	static char s[100], o[200], h[200];
	static char *vars[] = { s, o, h, NULL };
	struct http_request req;

	snprintf(s, sizeof(s), "HTTP_SEC_FETCH_SITE=%s", site);
	snprintf(o, sizeof(o), "HTTP_ORIGIN=%s", origin);
	snprintf(h, sizeof(h), "HTTP_HOST=%s", host);
	assert_int_equal(http_read(&req, vars), ERR_SYNTAX);
	return origin_is_ours(&settings, &req);
}

static void
the_browsers_word_comes_first(void **state)
{
	(void)state;
	assert_true(ours("", "", "a.example"));
	assert_true(ours("same-origin", "https://other.example", "a.example"));
	assert_true(ours("none", "", "a.example"));
	assert_false(ours("same-site", "https://a.example", "a.example"));
	assert_false(ours("cross-site", "https://a.example", "a.example"));
	assert_false(ours("new-word", "", "a.example"));
	assert_true(ours("cross-site", "https://front.example", "a.example"));
	assert_false(ours("cross-site", "https://front.example:1", "a.example"));
}

static void
an_origin_is_the_host_asked(void **state)
{
	static const struct {
		const char *origin, *host;
		bool ours;
	} cases[] = {
		{ "https://a.example", "a.example", true },
		{ "http://A.example", "a.EXAMPLE", true },
		{ "https://a.example:8443", "a.example:8443", true },
		{ "https://a.example:8443", "a.example:8444", false },
		{ "https://a.example", "a.example:8443", false },
		/* The web server left out the port. */
		{ "https://a.example:8443", "a.example", true },
		{ "https://[::1]:8443", "[::1]", true },
		{ "https://[::1]", "[::1]", true },
		{ "https://[::1]:8443", "[::1]:8443", true },
		{ "https://[::2]:8443", "[::1]", false },
		{ "https://b.example", "a.example", false },
		{ "https://a.example.b", "a.example", false },
		{ "https://b.a.example", "a.example", false },
		{ "https://a.example:", "a.example", false },
		{ "ftp://a.example", "a.example", false },
		{ "a.example", "a.example", false },
		{ "null", "null", false },
		{ "https://", "", false },
		{ "https://a.example", "", false },
		{ "https://:8443", "", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ours("", cases[i].origin, cases[i].host) != cases[i].ours)
			fail_msg("%s at %s", cases[i].origin, cases[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_browsers_word_comes_first),
		cmocka_unit_test(an_origin_is_the_host_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
