/*
 * The web server's word: whose account, which role, and what a user's name
 * looks like in the audit trail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "core/settings.h"

static char *ways[] = { (char *)(uintptr_t)"vouched" };
static struct settings settings = { .api_auth = { .v = ways, .n = 1 } };
static struct http_request req;
static struct identity who;

static enum problem
vouched(const char *account, const char *user, const char *role)
{
	static char a[100], u[300], r[100];
	static char *vars[] = { a, u, r, NULL, NULL };
	struct auth *auth = auth_new(&settings);
	enum problem p;

	assert_non_null(auth);
	snprintf(a, sizeof(a), "CALLHOOK_ACCOUNT=%s", account);
	snprintf(u, sizeof(u), "CALLHOOK_USER=%s", user);
	snprintf(r, sizeof(r), "CALLHOOK_ROLE=%s", role);
	vars[3] = (char *)(uintptr_t)"REQUEST_METHOD=GET";
	assert_int_equal(http_read(&req, vars), ERR_SYNTAX);	/* no path */
	p = auth_identify(auth, NULL, &req, &who);
	auth_free(auth);
	return p;
}

static void
accounts_are_numbers(void **state)
{
	static const char *const wrong[] = { "", "0", "-1", "7x", " 7",
		"9223372036854775808" };
	size_t i;

	(void)state;
	assert_int_equal(vouched("9223372036854775807", "", ""), PROBLEM_NONE);
	assert_true(who.account_id == INT64_MAX);
	assert_string_equal(who.who, "user:");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(vouched(wrong[i], "u", ""),
		    PROBLEM_UNAUTHORIZED);
}

static void
a_word_that_is_not_known_is_no_owner_s(void **state)
{
	(void)state;
	assert_int_equal(vouched("7", "u", ""), PROBLEM_NONE);
	assert_false(who.viewer);
	assert_int_equal(who.scopes, SCOPE_WEBHOOKS | SCOPE_KEYS);
	assert_int_equal(vouched("7", "u", "owner"), PROBLEM_NONE);
	assert_false(who.viewer);
	assert_int_equal(vouched("7", "u", "Owner"), PROBLEM_NONE);
	assert_true(who.viewer);
	assert_int_equal(who.scopes, SCOPE_WEBHOOKS);
}

static void
names_are_kept_as_far_as_they_can_be_read(void **state)
{
	static const struct {
		const char *user, *who;
	} cases[] = {
		{ "manager@mysite.ru", "user:manager@mysite.ru" },
		{ "Иванова Ольга", "user:Иванова Ольга" },
		{ "a\nb\tc\x7f", "user:a?b?c?" },
		{ "a\x1b[31m", "user:a?[31m" },
		{ "\xff\xd0", "user:??" },		/* no UTF-8 */
		{ "\xc2\x9b", "user:?" },		/* C1 */
		{ "a\xe2\x80\xae" "b", "user:a?b" },	/* turns the direction */
	};
	char longer[200] = "", wanted[IDENTITY_WHO_MAX + 1] = "user:";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(vouched("7", cases[i].user, ""), PROBLEM_NONE);
		assert_string_equal(who.who, cases[i].who);
	}
	/* Cut between characters: 75 bytes are 37 letters and a half. */
	for (i = 0; i < 80; i++)
		memcpy(longer + 2 * i, "я", 3);
	for (i = 0; i < 37; i++)
		memcpy(wanted + 5 + 2 * i, "я", 3);
	assert_int_equal(vouched("7", longer, ""), PROBLEM_NONE);
	assert_string_equal(who.who, wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_numbers),
		cmocka_unit_test(a_word_that_is_not_known_is_no_owner_s),
		cmocka_unit_test(names_are_kept_as_far_as_they_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
