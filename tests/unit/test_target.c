/*
 * The address policy against the two tables in tests/fixtures: every denied
 * network with its edges, and every case of the attack list, plus holes, own
 * addresses, ports and names.
 */
#include "config.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "core/buf.h"
#include "hook/fault.h"
#include "hook/target.h"
#include "hook/url.h"

#define ROWS 64

struct row {
	int family, bits;
	unsigned char first[16], last[16];
};

static struct row rows[ROWS];
static size_t rows_n;

static FILE *
fixture(const char *name)
{
	const char *dir = getenv("CALLHOOK_SRCDIR");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", dir ? dir : ".",
	    name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s cannot be opened", path);
	return f;
}

static struct target_policy *
policy_of(char *const *holes, size_t n)
{
	struct buf why = BUF_INIT(1000);
	struct target_policy *p = target_policy_new(true, holes, n, &why);

	if (!p)
		fail_msg("%s", buf_cstr(&why));
	buf_free(&why);
	return p;
}

static struct target_policy *
policy(const char *hole)
{
	char *copy = hole ? strdup(hole) : NULL;
	struct target_policy *p = policy_of(&copy, hole ? 1 : 0);

	free(copy);
	return p;
}

static const char *
denied_bytes(const struct target_policy *p, int family,
    const unsigned char *b, int port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (family == AF_INET) {
		memcpy(&v4.sin_addr, b, 4);
		return target_denied(p, (const struct sockaddr *)&v4, port);
	}
	memcpy(&v6.sin6_addr, b, 16);
	return target_denied(p, (const struct sockaddr *)&v6, port);
}

static int
bytes_of(const char *text, unsigned char b[16])
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	return inet_pton(family, text, b) == 1 ? family : -1;
}

static const char *
denied(const struct target_policy *p, const char *text, int port)
{
	unsigned char b[16];
	int family = bytes_of(text, b);

	if (family < 0)
		fail_msg("%s is no address", text);
	return denied_bytes(p, family, b, port);
}

static void
load_rows(void)
{
	FILE *f = fixture("ip_deny.tsv");
	char line[1000], *slash;
	struct row *r;
	int i;

	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_true(rows_n < ROWS);
		r = &rows[rows_n++];
		slash = strchr(line, '/');
		assert_non_null(slash);
		*slash = '\0';
		/* The one row that abbreviates: 0000::/3 is written ::/3. */
		r->family = bytes_of(line, r->first);
		assert_true(r->family >= 0);
		r->bits = (int)strtol(slash + 1, NULL, 10);
		memcpy(r->last, r->first, 16);
		for (i = r->bits; i < (r->family == AF_INET ? 32 : 128); i++)
			r->last[i / 8] |= (unsigned char)(0x80 >> i % 8);
	}
	fclose(f);
	assert_true(rows_n > 40);
}

static int
covered(int family, const unsigned char *b)
{
	size_t n = family == AF_INET ? 4 : 16, i;

	for (i = 0; i < rows_n; i++)
		if (rows[i].family == family &&
		    memcmp(b, rows[i].first, n) >= 0 &&
		    memcmp(b, rows[i].last, n) <= 0)
			return 1;
	return 0;
}

/* Adds one or takes one away; 0 when there is no such neighbour. */
static int
step(int family, const unsigned char *from, int by, unsigned char *to)
{
	int i = family == AF_INET ? 3 : 15;

	memcpy(to, from, 16);
	for (; i >= 0; i--) {
		to[i] = (unsigned char)(to[i] + by);
		if (to[i] != (by > 0 ? 0 : 255))
			return 1;
	}
	return 0;
}

static void
check_neighbour(const struct target_policy *p, const struct row *r, int by,
    int *allowed)
{
	unsigned char b[16];
	const char *why;
	char text[INET6_ADDRSTRLEN];

	if (!step(r->family, by < 0 ? r->first : r->last, by, b))
		return;
	why = denied_bytes(p, r->family, b, 443);
	inet_ntop(r->family, b, text, sizeof(text));
	if (covered(r->family, b) ? !why : why != NULL)
		fail_msg("%s: %s", text, why ? why : "allowed");
	*allowed += !why;
}

static void
every_denied_network_ends_where_it_ends(void **state)
{
	struct target_policy *p = policy(NULL);
	int allowed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < rows_n; i++) {
		const struct row *r = &rows[i];

		if (!denied_bytes(p, r->family, r->first, 443) ||
		    !denied_bytes(p, r->family, r->last, 443))
			fail_msg("row %zu is not denied", i + 1);
		check_neighbour(p, r, -1, &allowed);
		check_neighbour(p, r, 1, &allowed);
	}
	assert_true(allowed > 30);
	target_policy_free(p);
}

/* The escapes of the table, and <4096 x a>; in place or longer. */
static size_t
decode(const char *s, char *out)
{
	static const char MANY[] = "<4096 x a>";
	size_t n = 0;

	while (*s) {
		if (strncmp(s, MANY, sizeof(MANY) - 1) == 0) {
			memset(out + n, 'a', 4096);
			n += 4096;
			s += sizeof(MANY) - 1;
		} else if (s[0] != '\\') {
			out[n++] = *s++;
		} else if (s[1] == 'x') {
			char hex[3] = { s[2], s[3], '\0' };

			out[n++] = (char)strtoul(hex, NULL, 16);
			s += 4;
		} else {
			out[n++] = s[1] == 'r' ? '\r' : s[1] == 'n' ? '\n' :
			    s[1];
			s += 2;
		}
	}
	return n;
}

/*
 * The table has whole URLs, the API takes the two fields of the form.  The
 * form splits a pasted URL at the first slash behind the host and drops a
 * fragment; so does this test.  What has no "://" stays in the first field.
 */
static void
split_as_the_form(const char *url, size_t len, struct span *origin,
    struct span *path)
{
	const char *host = memmem(url, len, "://", 3), *slash, *hash;

	*origin = (struct span){ url, len };
	*path = (struct span){ "", 0 };
	if (!host)
		return;
	host += 3;
	slash = memchr(host, '/', len - (size_t)(host - url));
	if (!slash)
		return;
	origin->len = (size_t)(slash - url);
	*path = (struct span){ slash, len - origin->len };
	hash = memchr(path->p, '#', path->len);
	if (hash)
		path->len = (size_t)(hash - path->p);
}

static int
create(const struct target_policy *p, const char *escaped, struct buf *url)
{
	char text[8192];
	size_t len = decode(escaped, text);
	struct faults f = { 0 };
	struct url parts;
	struct span origin, path;
	int err;

	split_as_the_form(text, len, &origin, &path);
	buf_reset(url);
	err = url_join(origin, path, url, &parts, &f);
	if (!err)
		err = target_check(p, &parts, &f);
	assert_int_equal(err ? f.n > 0 : f.n == 0, 1);
	fault_free(&f);
	return err;
}

/* Of the addresses a name resolves to: how many may be called; the last? */
static int
callable(const struct target_policy *p, char *list, int *n, int *last)
{
	char *save, *word, *then = strstr(list, " then ");
	unsigned char b[16];
	int family, count = 0;

	if (then)
		*then = '\0';
	*n = 0;
	for (word = strtok_r(list, " ,;=", &save); word;
	    word = strtok_r(NULL, " ,;=", &save)) {
		family = bytes_of(word, b);
		if (family < 0)
			continue;
		*last = !denied_bytes(p, family, b, 443);
		count += *last;
		++*n;
	}
	return count;
}

static void
every_case_of_the_attack_list(void **state)
{
	struct target_policy *p = policy(NULL);
	struct buf url = BUF_INIT(URL_MAX);
	FILE *f = fixture("ssrf_cases.tsv");
	char line[4000], *save, *id, *text, *to, *stage, *verdict;
	int refused = 0, accepted = 0, resolved = 0, n, last = 0, ok, err;

	(void)state;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] != 'S')
			continue;
		id = strtok_r(line, "\t", &save);
		text = strtok_r(NULL, "\t", &save);
		to = strtok_r(NULL, "\t", &save);
		stage = strtok_r(NULL, "\t", &save);
		verdict = strtok_r(NULL, "\t", &save);
		assert_non_null(verdict);
		err = create(p, text, &url);
		if (strcmp(stage, "create") == 0) {
			if (err != ERR_INVALID)
				fail_msg("%s %s is accepted", id, text);
			refused++;
			continue;
		}
		if (err)
			fail_msg("%s %s is refused", id, text);
		accepted++;
		ok = callable(p, to, &n, &last);
		if (n == 0)
			continue;
		resolved++;
		if (strcmp(verdict, "BLOCK") == 0 ? last : ok == 0)
			fail_msg("%s %s: %d of %d callable", id, text, ok, n);
		if (strcmp(id, "S004") == 0)
			assert_string_equal(url.p,
			    "https://hooks.example.com/in?x=1");
		if (strcmp(id, "S007") == 0)
			assert_string_equal(url.p,
			    "https://xn--bcher-kva.example.com/");
		if (strcmp(id, "S135") == 0)
			assert_string_equal(url.p,
			    "https://example.com/%0d%0aX-Inj:1");
	}
	fclose(f);
	buf_free(&url);
	target_policy_free(p);
	assert_true(refused > 160);
	assert_true(accepted > 55);
	assert_true(resolved > 40);
}

static void
holes_open_what_they_name_and_no_more(void **state)
{
	struct target_policy *p = policy("10.1.0.0/16");

	(void)state;
	assert_null(denied(p, "10.1.0.0", 443));
	assert_null(denied(p, "10.1.255.255", 9000));
	assert_non_null(denied(p, "10.0.255.255", 443));
	assert_non_null(denied(p, "10.2.0.0", 443));
	assert_non_null(denied(p, "::ffff:10.1.0.1", 443));
	assert_non_null(denied(p, "10.1.0.1", 22));	/* addresses only */
	target_policy_free(p);

	p = policy("127.0.0.0/8:25");
	assert_null(denied(p, "127.0.0.1", 25));	/* the port as well */
	assert_non_null(denied(p, "127.0.0.1", 443));
	assert_non_null(denied(p, "1.1.1.1", 25));
	target_policy_free(p);

	p = policy("[::1]:9000");
	assert_null(denied(p, "::1", 9000));
	assert_non_null(denied(p, "::1", 9001));
	assert_non_null(denied(p, "::2", 9000));
	target_policy_free(p);

	p = policy("fd00::/8");
	assert_null(denied(p, "fd12::1", 443));
	assert_non_null(denied(p, "fc12::1", 443));
	target_policy_free(p);

	p = policy("[fd00::/9]:8443");
	assert_null(denied(p, "fd7f::1", 8443));
	assert_non_null(denied(p, "fd80::1", 8443));
	target_policy_free(p);

	p = policy("127.0.0.1");
	assert_null(denied(p, "127.0.0.1", 9000));
	assert_non_null(denied(p, "127.0.0.2", 9000));
	target_policy_free(p);
}

static void
wrong_holes_are_named(void **state)
{
	static const char *const bad[] = { "", "localhost", "10.0.0.1/8",
		"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0",
		"10.0.0.0:0", "10.0.0.0:65536", "10.0.0.0:", "10.0.0.0:80/8",
		"[::1", "[::1]9000", "[::1]:", "[127.0.0.1]", "::1/129",
		"fe80::1%lo", "fd00::1/8", "0.0.0.0/0", "::/0", "[]", "[", ":",
		"/8", "10.0.0.0/8 " };
	char *holes[2] = { (char[]){ "127.0.0.1" }, NULL };
	struct buf why = BUF_INIT(1000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_reset(&why);
		holes[1] = strdup(bad[i]);
		if (target_policy_new(true, holes, 2, &why))
			fail_msg("%s is accepted", bad[i]);
		assert_int_equal(strncmp(buf_cstr(&why), bad[i],
		    strlen(bad[i])), 0);
		assert_true(why.len > strlen(bad[i]) + 10);
		free(holes[1]);
	}
	buf_free(&why);
	target_policy_free(NULL);
}

static void
deny(struct target_policy *p, const char *text)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		assert_int_equal(target_policy_deny(p,
		    (const struct sockaddr *)&v6), 0);
	} else {
		assert_int_equal(inet_pton(AF_INET, text, &v4.sin_addr), 1);
		assert_int_equal(target_policy_deny(p,
		    (const struct sockaddr *)&v4), 0);
	}
}

static void
own_addresses_are_denied_unless_named(void **state)
{
	char *holes[] = { (char[]){ "10.0.0.0/8" }, (char[]){ "127.0.0.0/8" },
		(char[]){ "10.0.0.9" }, (char[]){ "2600::9:0/112" } };
	struct target_policy *p = policy_of(holes, 4);

	(void)state;
	assert_null(denied(p, "93.184.216.34", 443));
	deny(p, "93.184.216.34");
	deny(p, "2600::1");
	deny(p, "2600::9:1");
	deny(p, "10.0.0.5");
	deny(p, "10.0.0.9");
	deny(p, "127.0.0.1");
	assert_non_null(denied(p, "93.184.216.34", 443));
	assert_null(denied(p, "93.184.216.35", 443));
	assert_non_null(denied(p, "2600::1", 443));
	assert_null(denied(p, "2600::2", 443));
	assert_non_null(denied(p, "2600::9:1", 443));
	assert_non_null(denied(p, "10.0.0.5", 443));	/* wide hole */
	assert_null(denied(p, "10.0.0.6", 443));
	assert_null(denied(p, "10.0.0.9", 443));	/* its own hole */
	assert_null(denied(p, "127.0.0.1", 9000));	/* loopback */
	target_policy_free(p);
}

static void
only_ip_addresses_can_be_called(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct target_policy *p = policy(NULL);

	(void)state;
	assert_non_null(target_denied(p, (const struct sockaddr *)&un, 443));
	assert_int_equal(target_policy_deny(p, (const struct sockaddr *)&un),
	    ERR_INVALID);
	target_policy_free(p);
}

static void
ports_of_other_protocols_are_denied(void **state)
{
	static const int bad[] = { 0, 1, 22, 25, 79, 81, 110, 442, 444, 993,
		1023, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
		6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
		65536, -1 };
	static const int good[] = { 80, 443, 1024, 1721, 5062, 6001, 6670,
		8080, 8443, 10081, 65535 };
	struct target_policy *p = policy(NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(denied(p, "1.1.1.1", bad[i]));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(denied(p, "1.1.1.1", good[i]));
	target_policy_free(p);
}

/* FAULT_CODES: no fault. */
static void
check(const struct target_policy *p, const char *origin, enum fault_code code)
{
	struct buf b = BUF_INIT(URL_MAX);
	struct faults f = { 0 };
	struct url parts;
	int err;

	assert_int_equal(url_join(span_of(origin), SPAN(""), &b, &parts, &f),
	    0);
	err = target_check(p, &parts, &f);
	if (code == FAULT_CODES) {
		if (err)
			fail_msg("%s: %s", origin, fault_code(f.v[0].code));
		assert_int_equal(f.n, 0);
	} else {
		assert_int_equal(err, ERR_INVALID);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.v[0].pointer, "/origin");
		assert_string_equal(fault_code(f.v[0].code),
		    fault_code(code));
	}
	fault_free(&f);
	buf_free(&b);
}

static void
saving_says_which_rule_was_broken(void **state)
{
	struct target_policy *p = policy(NULL);

	(void)state;
	check(p, "https://mysite.ru", FAULT_CODES);
	check(p, "http://hooks.example", FAULT_CODES);
	check(p, "http://hooks.test:8080", FAULT_CODES);
	check(p, "http://mylocal.ru", FAULT_CODES);
	check(p, "http://local.host.ru", FAULT_CODES);
	check(p, "http://1.1.1.1", FAULT_CODES);
	check(p, "http://[2600::1]", FAULT_CODES);
	check(p, "https://mysite.ru:22", FAULT_URL_PORT);
	check(p, "https://1.1.1.1:22", FAULT_URL_PORT);
	check(p, "https://10.0.0.1", FAULT_URL_PRIVATE);
	check(p, "https://[::1]", FAULT_URL_PRIVATE);
	check(p, "https://localhost", FAULT_URL_RESERVED_NAME);
	check(p, "https://LOCALHOST.", FAULT_URL_RESERVED_NAME);
	check(p, "https://a.localhost", FAULT_URL_RESERVED_NAME);
	check(p, "https://intranet", FAULT_URL_RESERVED_NAME);
	check(p, "https://printer.local", FAULT_URL_RESERVED_NAME);
	check(p, "https://a.internal", FAULT_URL_RESERVED_NAME);
	check(p, "https://a.onion", FAULT_URL_RESERVED_NAME);
	check(p, "https://nas.home.arpa", FAULT_URL_RESERVED_NAME);
	target_policy_free(p);

	p = policy("127.0.0.0/8:25");
	check(p, "http://127.0.0.1:25", FAULT_CODES);
	check(p, "http://127.0.0.1:26", FAULT_URL_PORT);
	check(p, "http://127.0.0.1", FAULT_URL_PRIVATE);
	check(p, "http://localhost:25", FAULT_URL_RESERVED_NAME);
	check(p, "http://1.1.1.1:25", FAULT_URL_PORT);
	/* The name may lead into the hole; the sender will see. */
	check(p, "http://mail.mysite.ru:25", FAULT_CODES);
	target_policy_free(p);
}

static void
plain_http_can_be_switched_off(void **state)
{
	struct buf why = BUF_INIT(1000);
	struct target_policy *p = target_policy_new(false, NULL, 0, &why);

	(void)state;
	assert_non_null(p);
	check(p, "http://mysite.ru", FAULT_URL_HTTP);
	check(p, "https://mysite.ru", FAULT_CODES);
	target_policy_free(p);
}

static int
init(void **state)
{
	(void)state;
	load_rows();
	return url_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_denied_network_ends_where_it_ends),
		cmocka_unit_test(every_case_of_the_attack_list),
		cmocka_unit_test(holes_open_what_they_name_and_no_more),
		cmocka_unit_test(wrong_holes_are_named),
		cmocka_unit_test(own_addresses_are_denied_unless_named),
		cmocka_unit_test(only_ip_addresses_can_be_called),
		cmocka_unit_test(ports_of_other_protocols_are_denied),
		cmocka_unit_test(saving_says_which_rule_was_broken),
		cmocka_unit_test(plain_http_can_be_switched_off),
	};

	return cmocka_run_group_tests_name("target", tests, init, NULL);
}
