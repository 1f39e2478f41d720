/*
 * Joining and taking apart addresses: what is accepted and in which
 * spelling, and what is refused with which fault.  The cases of the address
 * policy are in test_target.c.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "hook/fault.h"
#include "hook/hostname.h"
#include "hook/text.h"
#include "hook/url.h"

/* origin and path that join to url. */
static const struct {
	const char *origin, *path, *url;
} GOOD[] = {
	{ "https://mysite.ru", "path/to/file.php",
	    "https://mysite.ru/path/to/file.php" },
	{ "https://mysite.ru", "", "https://mysite.ru/" },
	{ "https://mysite.ru/", "/", "https://mysite.ru/" },
	{ "HTTPS://MySite.RU:443", "/Path", "https://mysite.ru/Path" },
	{ "http://mysite.ru:80", "a", "http://mysite.ru/a" },
	{ "http://mysite.ru:443", "a", "http://mysite.ru:443/a" },
	{ "https://mysite.ru:8443", "", "https://mysite.ru:8443/" },
	{ "https://mysite.ru:65535", "", "https://mysite.ru:65535/" },
	{ "https://mysite.ru:1", "", "https://mysite.ru:1/" },
	{ "https://mysite.ru.", "", "https://mysite.ru/" },
	{ "http://a_b.example.com", "", "http://a_b.example.com/" },
	{ "http://localhost:9000", "", "http://localhost:9000/" },
	{ "http://203.0.113.5:8080", "", "http://203.0.113.5:8080/" },
	{ "https://[2606:2800:0220:0001::0001]", "x",
	    "https://[2606:2800:220:1::1]/x" },
	{ "https://[2001:DB8::A]:8443", "", "https://[2001:db8::a]:8443/" },
	{ "https://[::1]:443", "", "https://[::1]/" },
	{ "https://пример.рф", "", "https://xn--e1afmkfd.xn--p1ai/" },
	{ "https://ПРИМЕР.РФ:8443", "",
	    "https://xn--e1afmkfd.xn--p1ai:8443/" },
	{ "https://faß.de", "", "https://xn--fa-hia.de/" },
	{ "https://xn--e1afmkfd.xn--p1ai", "",
	    "https://xn--e1afmkfd.xn--p1ai/" },
	/* The path is kept as it is typed. */
	{ "https://a.ru", "//x//Y/", "https://a.ru//x//Y/" },
	{ "https://a.ru", "/./a/../b/.", "https://a.ru/./a/../b/." },
	{ "https://a.ru", "%2e%2E/%d0%B0", "https://a.ru/%2e%2E/%d0%B0" },
	{ "https://a.ru", "rest/1/SeCrEt/x.json?a=1&b=%26&c",
	    "https://a.ru/rest/1/SeCrEt/x.json?a=1&b=%26&c" },
	{ "https://a.ru", "?a=b", "https://a.ru/?a=b" },
	{ "https://a.ru", "?", "https://a.ru/?" },
	{ "https://a.ru", "x?fields[A][0]=1&b=a/b?c",
	    "https://a.ru/x?fields[A][0]=1&b=a/b?c" },
	{ "https://a.ru", "a:b@c;d=e,f!$&'()*+~_.-",
	    "https://a.ru/a:b@c;d=e,f!$&'()*+~_.-" },
	{ "https://a.ru", "https://b.ru/", "https://a.ru/https://b.ru/" },
	/* What may not stand in a request line is encoded. */
	{ "https://a.ru", "a b\"<>\\^`{|}", "https://a.ru/"
	    "a%20b%22%3C%3E%5C%5E%60%7B%7C%7D" },
	{ "https://a.ru", "путь?ключ=да",
	    "https://a.ru/%D0%BF%D1%83%D1%82%D1%8C?"
	    "%D0%BA%D0%BB%D1%8E%D1%87=%D0%B4%D0%B0" },
	{ "https://a.ru", "100%", "https://a.ru/100%25" },
	{ "https://a.ru", "%zz%4", "https://a.ru/%25zz%254" },
	{ "https://a.ru", "%0d%0aX:1", "https://a.ru/%0d%0aX:1" },
};

static const struct {
	const char *origin;
	enum fault_code code;
} BAD_ORIGIN[] = {
	{ "", FAULT_URL_REQUIRED },
	{ "https://", FAULT_URL_REQUIRED },
	{ "mysite.ru", FAULT_URL_SCHEME },
	{ "mysite.ru:8080", FAULT_URL_SCHEME },
	{ "//mysite.ru", FAULT_URL_SCHEME },
	{ "ftp://x.ru", FAULT_URL_SCHEME },
	{ "gopher://x.ru", FAULT_URL_SCHEME },
	{ "httpss://x.ru", FAULT_URL_SCHEME },
	{ "https:/x.ru", FAULT_URL_SYNTAX },
	{ "https:x.ru", FAULT_URL_SYNTAX },
	{ "https:\\\\x.ru", FAULT_URL_SYNTAX },
	{ "https://x.ru\\a", FAULT_URL_SYNTAX },
	{ "https:///x.ru", FAULT_URL_HOST },
	{ "https:////x.ru", FAULT_URL_HOST },
	{ "https://?x", FAULT_URL_HOST },
	{ "https://x.ru/a", FAULT_URL_PATH_IN_ORIGIN },
	{ "https://x.ru//", FAULT_URL_PATH_IN_ORIGIN },
	{ "https://x.ru?a", FAULT_URL_PATH_IN_ORIGIN },
	{ "https://x.ru#", FAULT_URL_PATH_IN_ORIGIN },
	{ "https://x.ru/#a", FAULT_URL_PATH_IN_ORIGIN },
	{ "https://u@x.ru", FAULT_URL_USERINFO },
	{ "https://u:p@x.ru", FAULT_URL_USERINFO },
	{ "https://@x.ru", FAULT_URL_USERINFO },
	{ "https://a b", FAULT_BAD_CHARACTER },
	{ " https://a.ru", FAULT_BAD_CHARACTER },
	{ "https://a.ru\n", FAULT_BAD_CHARACTER },
	{ "https://a\t.ru", FAULT_BAD_CHARACTER },
	{ "https://a\x7f.ru", FAULT_BAD_CHARACTER },
	{ "https://a\xc2\x85.ru", FAULT_BAD_CHARACTER },
	{ "https://a\xc0\xae.ru", FAULT_BAD_CHARACTER },
	{ "https://a\xff.ru", FAULT_BAD_CHARACTER },
	{ "https://a%2eru", FAULT_URL_HOST },
	{ "https://a..ru", FAULT_URL_HOST },
	{ "https://.a.ru", FAULT_URL_HOST },
	{ "https://a.ru..", FAULT_URL_HOST },
	{ "https://.", FAULT_URL_HOST },
	{ "https://-a.ru", FAULT_URL_HOST },
	{ "https://a-.ru", FAULT_URL_HOST },
	{ "https://a*.ru", FAULT_URL_HOST },
	{ "https://a,b.ru", FAULT_URL_HOST },
	{ "https://a\xef\xbc\x8f.ru", FAULT_URL_HOST },	/* fullwidth / */
	{ "https://a\xe2\x80\xae.ru", FAULT_URL_HOST },	/* right to left */
	{ "https://\xcc\x80.ru", FAULT_URL_HOST },	/* combining first */
	{ "https://[::1", FAULT_URL_HOST },
	{ "https://[]", FAULT_URL_HOST },
	{ "https://[127.0.0.1]", FAULT_URL_HOST },
	{ "https://[fe80::1%25eth0]", FAULT_URL_HOST },
	{ "https://[fe80::1%eth0]", FAULT_URL_HOST },
	{ "https://[::1]x", FAULT_URL_PORT },
	{ "https://::1", FAULT_URL_HOST },
	{ "https://2001:db8::1", FAULT_URL_HOST },
	{ "https://a.ru:80:80", FAULT_URL_HOST },
	{ "https://:80", FAULT_URL_HOST },
	{ "https://2130706433", FAULT_URL_HOST_NUMERIC },
	{ "https://4294967297", FAULT_URL_HOST_NUMERIC },
	{ "https://0x7f000001", FAULT_URL_HOST_NUMERIC },
	{ "https://0X7F.1", FAULT_URL_HOST_NUMERIC },
	{ "https://0177.0.0.1", FAULT_URL_HOST_NUMERIC },
	{ "https://127.1", FAULT_URL_HOST_NUMERIC },
	{ "https://127.0.1", FAULT_URL_HOST_NUMERIC },
	{ "https://1.2.3.4.", FAULT_URL_HOST_NUMERIC },
	{ "https://1.2.3.4.5", FAULT_URL_HOST_NUMERIC },
	{ "https://1.2.3.256", FAULT_URL_HOST_NUMERIC },
	{ "https://1.2.3.04", FAULT_URL_HOST_NUMERIC },
	{ "https://a.ru.0x", FAULT_URL_HOST_NUMERIC },
	{ "https://①②⑦.0.0.1", FAULT_URL_HOST_NUMERIC },
	{ "https://１２７.0.0.1", FAULT_URL_HOST_NUMERIC },
	{ "https://127。0。0。1", FAULT_URL_HOST_NUMERIC },
	{ "https://a.ru:", FAULT_URL_PORT },
	{ "https://a.ru:0", FAULT_URL_PORT },
	{ "https://a.ru:080", FAULT_URL_PORT },
	{ "https://a.ru:65536", FAULT_URL_PORT },
	{ "https://a.ru:99999999999999999999", FAULT_URL_PORT },
	{ "https://a.ru:-1", FAULT_URL_PORT },
	{ "https://a.ru:+1", FAULT_URL_PORT },
	{ "https://a.ru:8o", FAULT_URL_PORT },
	{ "https://[::1]:", FAULT_URL_PORT },
};

static void
good_addresses_have_one_spelling(void **state)
{
	struct url parts, seen;
	struct faults f = { 0 };
	struct buf b = BUF_INIT(URL_MAX);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		buf_reset(&b);
		if (url_join(span_of(GOOD[i].origin), span_of(GOOD[i].path),
		    &b, &parts, &f) != 0)
			fail_msg("%s %s: %s", GOOD[i].origin, GOOD[i].path,
			    f.n ? fault_code(f.v[0].code) : "?");
		assert_string_equal(buf_cstr(&b), GOOD[i].url);
		assert_int_equal(f.n, 0);
		/* Taking it apart again gives the same parts. */
		assert_int_equal(url_split(b.p, &seen), 0);
		assert_string_equal(seen.host, parts.host);
		assert_int_equal(seen.port, parts.port);
		assert_int_equal(seen.https, parts.https);
		assert_int_equal(seen.literal, parts.literal);
		assert_int_equal(seen.ipv6, parts.ipv6);
	}
	buf_free(&b);
}

static void
bad_origins_say_what_is_wrong(void **state)
{
	struct url parts;
	struct buf b = BUF_INIT(URL_MAX);
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(BAD_ORIGIN) / sizeof(BAD_ORIGIN[0]); i++) {
		struct faults f = { 0 };

		err = url_join(span_of(BAD_ORIGIN[i].origin), SPAN("x"), &b,
		    &parts, &f);
		if (err != ERR_INVALID || f.n != 1 ||
		    f.v[0].code != BAD_ORIGIN[i].code)
			fail_msg("%s: %d, %s instead of %s",
			    BAD_ORIGIN[i].origin, err,
			    f.n ? fault_code(f.v[0].code) : "nothing",
			    fault_code(BAD_ORIGIN[i].code));
		assert_string_equal(f.v[0].pointer, "/origin");
		assert_int_equal(b.len, 0);
		fault_free(&f);
	}
	buf_free(&b);
}

static void
expect_path_fault(struct span path, enum fault_code code)
{
	struct faults f = { 0 };
	struct buf b = BUF_INIT(URL_MAX);
	struct url parts;

	assert_int_equal(url_join(SPAN("https://a.ru"), path, &b, &parts, &f),
	    ERR_INVALID);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.v[0].pointer, "/path");
	assert_string_equal(fault_code(f.v[0].code), fault_code(code));
	if (code == FAULT_URL_TOO_LONG)
		assert_string_equal(f.v[0].arg, "2048");
	assert_int_equal(b.len, 0);
	fault_free(&f);
	buf_free(&b);
}

static void
bad_paths_say_what_is_wrong(void **state)
{
	(void)state;
	expect_path_fault(SPAN("a#b"), FAULT_URL_FRAGMENT);
	expect_path_fault(SPAN("a?b#"), FAULT_URL_FRAGMENT);
	expect_path_fault(SPAN("a\r\nX: 1"), FAULT_BAD_CHARACTER);
	expect_path_fault(SPAN("a\0b"), FAULT_BAD_CHARACTER);
	expect_path_fault(SPAN("a\x1f"), FAULT_BAD_CHARACTER);
	expect_path_fault(SPAN("\xc0\xaf"), FAULT_BAD_CHARACTER);
	expect_path_fault(SPAN("\xed\xa0\x80"), FAULT_BAD_CHARACTER);
	expect_path_fault(SPAN("\xd0"), FAULT_BAD_CHARACTER);
}

static void
both_fields_are_checked_at_once(void **state)
{
	struct faults f = { 0 };
	struct buf b = BUF_INIT(URL_MAX);
	struct url parts;

	(void)state;
	assert_int_equal(url_join(SPAN("x"), SPAN("#"), &b, &parts, &f),
	    ERR_INVALID);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.v[0].pointer, "/origin");
	assert_string_equal(f.v[1].pointer, "/path");
	fault_free(&f);
	buf_free(&b);
}

static void
the_longest_address_is_2048_bytes(void **state)
{
	static const char ORIGIN[] = "https://a.ru";
	char path[URL_MAX + 10];
	struct faults f = { 0 };
	struct buf b = BUF_INIT(URL_MAX);
	struct url parts;
	size_t fits = URL_MAX - (sizeof(ORIGIN) - 1);

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	assert_int_equal(url_join(SPAN(ORIGIN), (struct span){ path, fits },
	    &b, &parts, &f), 0);
	assert_int_equal(b.len, URL_MAX);
	buf_free(&b);
	expect_path_fault((struct span){ path, fits + 1 },
	    FAULT_URL_TOO_LONG);
	expect_path_fault((struct span){ path, sizeof(path) },
	    FAULT_URL_TOO_LONG);
	/* Encoding makes it too long. */
	memset(path, ' ', URL_MAX / 2);
	expect_path_fault((struct span){ path, URL_MAX / 2 },
	    FAULT_URL_TOO_LONG);
	assert_int_equal(url_join((struct span){ path, sizeof(path) },
	    SPAN(""), &b, &parts, &f), ERR_INVALID);
	assert_int_equal(f.v[0].code, FAULT_URL_TOO_LONG);
	assert_string_equal(f.v[0].pointer, "/origin");
	fault_free(&f);
}

static void
labels_have_63_bytes_and_names_253(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	assert_true(hostname_is_name(name));
	name[63] = 'a';
	name[64] = '\0';
	assert_false(hostname_is_name(name));
	name[64] = 'a';
	name[50] = name[100] = name[150] = name[200] = '.';
	name[253] = '\0';
	assert_true(hostname_is_name(name));
	name[253] = 'a';
	name[254] = '\0';
	assert_false(hostname_is_name(name));
	assert_false(hostname_is_name(""));
	assert_false(hostname_is_name("A.ru"));
}

static void
only_joined_urls_are_split(void **state)
{
	struct url u;

	(void)state;
	assert_int_equal(url_split("https://a.ru:8443/x?y", &u), 0);
	assert_true(u.https);
	assert_false(u.literal);
	assert_int_equal(u.port, 8443);
	assert_string_equal(u.host, "a.ru");
	assert_int_equal(url_split("http://[::1]/", &u), 0);
	assert_false(u.https);
	assert_true(u.literal && u.ipv6);
	assert_int_equal(u.port, 80);
	assert_string_equal(u.host, "::1");
	assert_int_equal(url_split("http://1.2.3.4/", &u), 0);
	assert_true(u.literal && !u.ipv6);
	assert_int_equal(url_split("ftp://a.ru/", &u), ERR_SYNTAX);
	assert_int_equal(url_split("", &u), ERR_SYNTAX);
	assert_int_equal(url_split("https://u:p@a.ru/", &u), ERR_SYNTAX);
	assert_int_equal(url_split("/path", &u), ERR_SYNTAX);
}

static void
encoding_leaves_unreserved_characters_only(void **state)
{
	struct buf b = BUF_INIT(1000);
	char all[256], plain[100];
	size_t i, n = 0;

	(void)state;
	url_encode(SPAN("a b+&=[]/~_.-Я%\n"), false, &b);
	assert_string_equal(buf_cstr(&b),
	    "a%20b%2B%26%3D%5B%5D%2F~_.-%D0%AF%25%0A");
	buf_reset(&b);
	url_encode(SPAN("a b+ "), true, &b);
	assert_string_equal(buf_cstr(&b), "a+b%2B+");
	buf_reset(&b);
	url_encode((struct span){ NULL, 0 }, true, &b);
	url_encode(SPAN(""), true, &b);
	assert_int_equal(b.len, 0);
	for (i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	url_encode((struct span){ all, sizeof(all) }, false, &b);
	for (i = 0; i < b.len; i++) {
		if (b.p[i] == '%')
			i += 2;
		else
			plain[n++] = b.p[i];
	}
	plain[n] = '\0';
	assert_string_equal(plain, "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	    "abcdefghijklmnopqrstuvwxyz~");
	assert_int_equal(b.len, n + (sizeof(all) - n) * 3);
	buf_free(&b);
}

static void
clean_text_is_valid_utf8_without_controls(void **state)
{
	(void)state;
	assert_true(text_is_clean(SPAN("")));
	assert_true(text_is_clean((struct span){ NULL, 0 }));
	assert_true(text_is_clean(SPAN(" aЯ€\xf4\x8f\xbf\xbf")));
	assert_false(text_is_clean(SPAN("\xf4\x90\x80\x80")));
	assert_false(text_is_clean(SPAN("\xe0\x9f\xbf")));
	assert_false(text_is_clean(SPAN("\xf0\x8f\xbf\xbf")));
	assert_false(text_is_clean(SPAN("\xc1\xbf")));
	assert_false(text_is_clean(SPAN("\x80")));
	assert_false(text_is_clean(SPAN("\xe2\x82")));
	assert_false(text_is_clean(SPAN("\xe2\x82z")));
	assert_false(text_is_clean(SPAN("\xed\xbf\xbf")));
	assert_false(text_is_clean(SPAN("\0")));
	assert_false(text_is_clean(SPAN("\xc2\x80")));
	assert_true(text_is_clean(SPAN("\xc2\xa0")));
}

static void
without_utf8_locale_idn_is_refused(void **state)
{
	struct faults f = { 0 };
	struct buf b = BUF_INIT(URL_MAX);
	struct url parts;

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	assert_int_equal(url_join(SPAN("https://пример.рф"), SPAN(""), &b,
	    &parts, &f), ERR_INVALID);
	assert_int_equal(f.v[0].code, FAULT_URL_HOST);
	fault_free(&f);
	assert_int_equal(url_init(), 0);
	assert_int_equal(url_join(SPAN("https://пример.рф"), SPAN(""), &b,
	    &parts, &f), 0);
	buf_free(&b);
}

static void
a_small_buffer_is_an_error(void **state)
{
	struct faults f = { 0 };
	struct buf b = BUF_INIT(5);
	struct url parts;

	(void)state;
	assert_int_equal(url_join(SPAN("https://a.ru"), SPAN(""), &b, &parts,
	    &f), ERR_TOO_BIG);
	assert_int_equal(f.n, 0);
	buf_free(&b);
}

/* A small generator with a fixed seed: the same pieces in every run. */
static size_t
random_below(uint32_t *seed, size_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

/*
 * Puts pieces together at random.  What is accepted consists of printable
 * ASCII, is accepted again, and does not change any more.
 */
static void
what_is_accepted_stays_as_it_is(void **state)
{
	static const char *const pieces[] = { "a", "B", "0", "1", "127", ".",
		".", ".", "-", "_", ":", "80", "@", "[", "]", "::1", "%", "41",
		"%2e", "/", "\\", "?", "#", " ", "я", "ß", "①", "。",
		"\xe2\x80\xae", "\xcc\x80", "\xff", "\x01", "xn--", "0x", "ru" };
	size_t count = sizeof(pieces) / sizeof(pieces[0]);
	uint32_t seed = 20261122;
	int i, k, accepted = 0;

	(void)state;
	for (i = 0; i < 20000; i++) {
		struct buf in = BUF_INIT(1000), url = BUF_INIT(URL_MAX);
		struct buf path = BUF_INIT(1000), again = BUF_INIT(URL_MAX);
		struct faults f = { 0 };
		struct url u, v;
		const char *end;

		buf_str(&in, i % 3 ? "https://" : "http://");
		for (k = 1 + (int)random_below(&seed, 5); k > 0; k--)
			buf_str(&in, pieces[random_below(&seed, count)]);
		for (k = (int)random_below(&seed, 5); k > 0; k--)
			buf_str(&path, pieces[random_below(&seed, count)]);
		if (url_join(buf_as_span(&in), buf_as_span(&path), &url, &u,
		    &f) == 0) {
			accepted++;
			for (end = url.p; *end; end++)
				assert_true(*end > ' ' && *end < 0x7f);
			end = strchr(url.p + 8, '/');
			assert_non_null(end);
			assert_int_equal(url_join((struct span){ url.p,
			    (size_t)(end - url.p) }, span_of(end), &again, &v,
			    &f), 0);
			assert_string_equal(url.p, again.p);
			assert_string_equal(u.host, v.host);
			assert_true(u.literal || !hostname_ends_in_number(
			    u.host));
		} else {
			assert_true(f.n > 0);
		}
		fault_free(&f);
		buf_free(&in);
		buf_free(&path);
		buf_free(&url);
		buf_free(&again);
	}
	assert_true(accepted > 500);
}

static int
init(void **state)
{
	(void)state;
	return url_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_have_one_spelling),
		cmocka_unit_test(bad_origins_say_what_is_wrong),
		cmocka_unit_test(bad_paths_say_what_is_wrong),
		cmocka_unit_test(both_fields_are_checked_at_once),
		cmocka_unit_test(the_longest_address_is_2048_bytes),
		cmocka_unit_test(labels_have_63_bytes_and_names_253),
		cmocka_unit_test(only_joined_urls_are_split),
		cmocka_unit_test(encoding_leaves_unreserved_characters_only),
		cmocka_unit_test(clean_text_is_valid_utf8_without_controls),
		cmocka_unit_test(without_utf8_locale_idn_is_refused),
		cmocka_unit_test(a_small_buffer_is_an_error),
		cmocka_unit_test(what_is_accepted_stays_as_it_is),
	};

	return cmocka_run_group_tests_name("url", tests, init, NULL);
}
