/* Addresses compared, written and read, and what a proxy's URL says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "sender/address.h"

static const struct sockaddr *
parse(const char *text, int port, struct sockaddr_storage *out)
{
	assert_int_equal(address_parse(text, port, out), 0);
	return (const struct sockaddr *)out;
}

static void
comes_back_as_written(void **state)
{
	static const struct { const char *text, *out; int family; } v[] = {
		{ "192.0.2.7", "192.0.2.7", AF_INET },
		{ "2001:db8::1", "[2001:db8::1]", AF_INET6 },
		{ "2001:DB8:0:0::0:1", "[2001:db8::1]", AF_INET6 },
		{ "::ffff:192.0.2.7", "[::ffff:192.0.2.7]", AF_INET6 },
	};
	struct sockaddr_storage a;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const struct sockaddr *in = parse(v[i].text, 8443, &a);

		assert_int_equal(in->sa_family, v[i].family);
		assert_int_equal(address_port(in), 8443);
		assert_int_equal(address_text(in, text, sizeof(text)), 0);
		assert_string_equal(text, v[i].out);
	}
	a.ss_family = AF_UNIX;
	assert_int_equal(address_text((const struct sockaddr *)&a, text,
	    sizeof(text)), ERR_INVALID);
}

static void
refuses_what_is_none(void **state)
{
	static const char *const v[] = { "", "192.0.2", "192.0.2.256",
		"[2001:db8::1]", "2001:db8::g", "example.org", "0x7f.1",
		"192.0.2.7 ", "192.0.2.7:80" };
	struct sockaddr_storage a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(address_parse(v[i], 80, &a), ERR_INVALID);
}

/* Ports do not matter, families do. */
static void
same_address(void **state)
{
	struct sockaddr_storage a, b;

	(void)state;
	assert_true(address_same(parse("192.0.2.7", 80, &a),
	    parse("192.0.2.7", 443, &b)));
	assert_false(address_same(parse("192.0.2.7", 80, &a),
	    parse("192.0.2.8", 80, &b)));
	assert_true(address_same(parse("2001:db8::1", 80, &a),
	    parse("2001:db8:0::1", 443, &b)));
	assert_false(address_same(parse("2001:db8::1", 80, &a),
	    parse("2001:db8::2", 80, &b)));
	assert_false(address_same(parse("192.0.2.7", 80, &a),
	    parse("::ffff:192.0.2.7", 80, &b)));
	a.ss_family = b.ss_family = AF_UNIX;
	assert_false(address_same((const struct sockaddr *)&a,
	    (const struct sockaddr *)&b));
}

static void
proxies(void **state)
{
	static const struct { const char *url; int family, port; } v[] = {
		{ "http://192.0.2.7:3128", AF_INET, 3128 },
		{ "http://[2001:db8::1]:8080", AF_INET6, 8080 },
		{ "http://proxy.example.org:65535", AF_UNSPEC, 65535 },
	};
	static const char *const bad[] = { "", "http://", "proxy:3128",
		"https://proxy:3128", "http://proxy", "http://proxy:",
		"http://proxy:0", "http://proxy:65536", "http://proxy:3128/",
		"http://:3128" };
	struct sockaddr_storage a;
	char text[64];
	size_t i;
	int port;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(address_of_proxy(v[i].url, &a, &port), 0);
		assert_int_equal(a.ss_family, v[i].family);
		assert_int_equal(port, v[i].port);
		if (a.ss_family != AF_UNSPEC)
			assert_int_equal(address_port(
			    (const struct sockaddr *)&a), port);
	}
	assert_int_equal(address_of_proxy(v[1].url, &a, &port), 0);
	assert_int_equal(address_text((const struct sockaddr *)&a, text,
	    sizeof(text)), 0);
	assert_string_equal(text, "[2001:db8::1]");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_of_proxy(bad[i], &a, &port),
		    ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_written),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(same_address),
		cmocka_unit_test(proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
