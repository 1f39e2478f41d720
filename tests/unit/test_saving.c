/*
 * What a change of a webhook keeps of what is stored: the login for its server and
 * nobody else's; and which changes are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/http.h"
#include "api/response.h"
#include "api/saving.h"
#include "api/webhookdb.h"
#include "core/buf.h"
#include "core/jsonx.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/webhook.h"

#define BASIC "{\"type\":\"basic\",\"user\":\"u\"}"
#define BEARER "{\"type\":\"bearer\"}"
#define SEALED SPAN("sealed")

static struct settings settings = { .request_prefix = (char[]){ "X-CKCT-" } };

static void
settings_text(const char *origin, const char *auth, struct buf *out)
{
	buf_reset(out);
	buf_fmt(out, "{\"service\":\"calltracking\",\"origin\":\"%s\","
	    "\"auth\":%s}", origin, auth);
}

/* What stands in the table of settings with this origin and login. */
static void
store(const char *origin, const char *auth, struct buf *out)
{
	struct buf text = BUF_INIT(4096);
	struct webhook w;

	settings_text(origin, auth, &text);
	assert_int_equal(saving_stored(buf_as_span(&text), &w), 0);
	buf_reset(out);
	assert_int_equal(webhook_write(&w, out), 0);
	webhook_free(&w);
	buf_free(&text);
}

/* Settings with this origin and login come where before is. */
static int
change(const struct webhookdb_row *before, const char *origin,
    const char *auth, struct webhook *w, struct faults *faults)
{
	struct api api = { .settings = &settings };
	struct http_request req = { .lang = HTTP_EN };
	struct buf text = BUF_INIT(4096);
	struct id id = { .b = { 1 } };
	struct response res = { 0 };
	int rc;

	settings_text(origin, auth, &text);
	assert_int_equal(saving_stored(buf_as_span(&text), w), 0);
	rc = saving_prepare(&api, &req, &id, before, w, faults, &res);
	buf_free(&text);
	return rc;
}

static void
keeps(const struct webhookdb_row *before, const char *origin,
    const char *auth)
{
	struct faults f = { 0 };
	struct webhook w;

	if (change(before, origin, auth, &w, &f) != 0)
		fail_msg("%s: %s", origin, f.n ? fault_code(f.v[0].code) : "");
	assert_true(w.login.keep);
	assert_int_equal(f.n, 0);
	webhook_free(&w);
}

static void
refuses(const struct webhookdb_row *before, const char *origin,
    const char *auth, enum fault_code code, const char *pointer)
{
	struct faults f = { 0 };
	struct webhook w;

	assert_int_equal(change(before, origin, auth, &w, &f), ERR_INVALID);
	assert_false(w.login.keep);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.v[0].code, code);
	assert_string_equal(f.v[0].pointer, pointer);
	webhook_free(&w);
	fault_free(&f);
}

static void
a_login_stays_with_its_server(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct webhookdb_row row = { .auth = SEALED };
	const char *at = "/auth/password";

	(void)state;
	store("https://mysite.ru", BASIC, &text);
	row.settings = buf_as_span(&text);
	keeps(&row, "https://mysite.ru", BASIC);
	keeps(&row, "https://MySite.ru:443", BASIC);
	refuses(&row, "https://mysite.ru:8443", BASIC, FAULT_LOGIN_AGAIN, at);
	refuses(&row, "http://mysite.ru", BASIC, FAULT_LOGIN_AGAIN, at);
	refuses(&row, "http://mysite.ru:443", BASIC, FAULT_LOGIN_AGAIN, at);
	refuses(&row, "https://evil.mysite.ru", BASIC, FAULT_LOGIN_AGAIN, at);
	refuses(&row, "https://mysite.ru.evil.ru", BASIC, FAULT_LOGIN_AGAIN,
	    at);
	store("https://mysite.ru", BEARER, &text);
	row.settings = buf_as_span(&text);
	keeps(&row, "https://mysite.ru", BEARER);
	refuses(&row, "https://evil.ru", BEARER, FAULT_LOGIN_AGAIN,
	    "/auth/token");
	buf_free(&text);
}

static void
without_a_stored_login_one_is_required(void **state)
{
	static const char origin[] = "https://mysite.ru";
	struct buf text = BUF_INIT(4096);
	struct webhookdb_row row = { .auth = SEALED };

	(void)state;
	refuses(NULL, origin, BASIC, FAULT_REQUIRED, "/auth/password");
	store(origin, BASIC, &text);
	row.settings = buf_as_span(&text);
	refuses(&row, origin, BEARER, FAULT_REQUIRED, "/auth/token");
	refuses(&row, "https://evil.ru", BEARER, FAULT_REQUIRED,
	    "/auth/token");
	refuses(&row, origin, "{\"type\":\"basic\",\"user\":\"v\"}",
	    FAULT_REQUIRED, "/auth/password");
	/* What is stored and cannot be read any more says nothing. */
	row.settings = SPAN("{\"service\":\"calltracking\"}");
	refuses(&row, origin, BASIC, FAULT_REQUIRED, "/auth/password");
	row = (struct webhookdb_row){ .settings = buf_as_span(&text) };
	refuses(&row, origin, BASIC, FAULT_REQUIRED, "/auth/password");
	buf_free(&text);
}

static void
some_changes_are_none(void **state)
{
	struct buf text = BUF_INIT(4096);
	struct webhookdb_row row = { .auth = SEALED };
	struct faults f = { 0 };
	struct webhook w;

	(void)state;
	store("https://mysite.ru", BASIC, &text);
	row.settings = buf_as_span(&text);
	assert_int_equal(change(&row, "https://mysite.ru", BASIC, &w, &f), 0);
	assert_true(saving_same(&w, row.settings));
	w.enabled = false;
	assert_false(saving_same(&w, row.settings));
	w.enabled = true;
	/* Nobody compares passwords. */
	w.login.sealed_len = 1;
	assert_false(saving_same(&w, row.settings));
	webhook_free(&w);
	assert_int_equal(change(&row, "https://mysite.ru", "null", &w, &f), 0);
	assert_false(saving_same(&w, row.settings));
	webhook_free(&w);
	assert_int_equal(change(&row, "https://mysite.ru:443", BASIC, &w, &f),
	    0);
	assert_false(saving_same(&w, row.settings));
	webhook_free(&w);
	buf_free(&text);
}

/* Settings with n constants as long as may be, and one of last bytes. */
static void
long_settings(int n, int last, struct buf *text)
{
	int i;

	buf_reset(text);
	buf_str(text, "{\"service\":\"calltracking\",\"origin\":"
	    "\"https://a.ru\",\"params\":[");
	for (i = 0; i < n; i++)
		buf_fmt(text, "{\"name\":\"n%d\",\"text\":\"%0*d\"},", i,
		    WEBHOOK_TEXT_MAX, 7);
	buf_fmt(text, "{\"name\":\"last\",\"text\":\"%0*d\"}]}", last, 7);
}

/* Fills up what is left; the length of the settings as they are stored. */
static int
longest(struct buf *text, struct webhook *w)
{
	struct buf stored = BUF_INIT(1 << 20);
	int len, last = 1;

	for (;;) {
		long_settings(15, last, text);
		assert_int_equal(saving_stored(buf_as_span(text), w), 0);
		buf_reset(&stored);
		assert_int_equal(webhook_write(w, &stored), 0);
		len = (int)stored.len;
		if (len == WEBHOOK_LENGTH_MAX || last > WEBHOOK_TEXT_MAX)
			break;
		last += WEBHOOK_LENGTH_MAX - len;
		webhook_free(w);
	}
	buf_free(&stored);
	return len;
}

static void
settings_have_a_length(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct api api = { .settings = &settings };
	struct http_request req = { .lang = HTTP_EN };
	struct id id = { .b = { 1 } };
	struct response res = { 0 };
	struct faults f = { 0 };
	struct webhook w;
	int n;

	(void)state;
	for (n = 15; n <= 16; n++) {
		long_settings(n, 1, &text);
		assert_int_equal(saving_stored(buf_as_span(&text), &w), 0);
		assert_int_equal(saving_prepare(&api, &req, &id, NULL, &w, &f,
		    &res), n == 15 ? 0 : ERR_INVALID);
		webhook_free(&w);
	}
	/* As long as may be; whoever switches it off can still store it. */
	assert_int_equal(longest(&text, &w), WEBHOOK_LENGTH_MAX);
	assert_int_equal(saving_prepare(&api, &req, &id, NULL, &w, &f, &res), 0);
	w.enabled = false;
	buf_free(&text);
	buf_init(&text, WEBHOOK_SETTINGS_MAX);
	assert_int_equal(webhook_write(&w, &text), 0);
	assert_int_equal(text.len, WEBHOOK_LENGTH_MAX + 1);
	webhook_free(&w);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.v[0].code, FAULT_TOO_LONG);
	assert_string_equal(f.v[0].pointer, "");
	assert_string_equal(f.v[0].arg, "65536");
	fault_free(&f);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_stays_with_its_server),
		cmocka_unit_test(without_a_stored_login_one_is_required),
		cmocka_unit_test(some_changes_are_none),
		cmocka_unit_test(settings_have_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
