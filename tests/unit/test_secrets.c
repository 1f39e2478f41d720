/*
 * sender/secrets.c with sender/hooks.c: secrets are opened, expire one by
 * one, and are nothing without the right key: then there is an error and
 * never an empty list of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/vault.h"
#include "sender/hooks.h"
#include "sender/secrets.h"

#define OLD "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define NEW "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define SETTINGS SPAN("{\"service\":\"calltracking\"," \
    "\"origin\":\"http://a.example\"}")

#define NO_LOGIN ((struct span){ NULL, 0 })

static char path[] = "/tmp/callhook-secrets-XXXXXX";
static const struct id webhook = { { 1, 2, 3 } }, other = { { 4 } };
static struct hooks *hooks;
static struct vault *vault;
static struct buf old_sealed, new_sealed;

static void
seal(const char *text, struct buf *out)
{
	char context[ID_TEXT_LEN];

	buf_init(out, 1000);
	assert_int_equal(vault_seal(vault, span_of(id_text(&webhook, context)),
	    span_of(text), out), 0);
}

static int
setup(void **state)
{
	struct buf why = BUF_INIT(1000);
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	unsetenv("CREDENTIALS_DIRECTORY");
	log_init("test", LOG_ERROR_, LOG_TEXT);
	assert_int_equal(vault_make(path), 0);
	assert_int_equal(vault_open(path, &vault, &why), 0);
	seal(OLD, &old_sealed);
	seal(NEW, &new_sealed);
	hooks = hooks_new(8);
	assert_non_null(hooks);
	buf_free(&why);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hooks_free(hooks);
	vault_free(vault);
	buf_free(&old_sealed);
	buf_free(&new_sealed);
	unlink(path);
	return 0;
}

/* A hook with the new secret and the old one until 100. */
static struct hook *
put(const struct id *id, int version)
{
	struct hook_sealed sealed[2] = {
		{ buf_as_span(&new_sealed), 0 },
		{ buf_as_span(&old_sealed), 100 },
	};
	struct hook *hook = hooks_put(hooks, id, version, SETTINGS, NO_LOGIN,
	    sealed, 2);

	assert_non_null(hook);
	assert_false(hook->broken);
	return hook;
}

static void
keys_are_opened_and_expire(void **state)
{
	struct secrets *s = secrets_new(path);
	struct sign_key keys[SIGN_KEYS_MAX];
	struct hook *hook = put(&webhook, 1);
	const char *why = NULL;
	size_t n;

	(void)state;
	assert_int_equal(secrets_keys(s, hook, 99, keys, &n, &why), 0);
	assert_int_equal(n, 2);
	assert_int_equal(keys[0].kind, SIGN_ED25519);
	assert_int_equal(keys[0].secret[0], 0x9d);
	assert_int_equal(keys[1].kind, SIGN_HMAC);
	assert_int_equal(secrets_keys(s, hook, 100, keys, &n, &why), 0);
	assert_int_equal(n, 1);
	assert_int_equal(keys[0].kind, SIGN_ED25519);
	/* All expired: still not unsigned. */
	hook->secrets[0].until = 200;
	assert_int_equal(secrets_keys(s, hook, 200, keys, &n, &why),
	    ERR_DENIED);
	assert_non_null(strstr(why, "expired"));
	hooks_release(hook);
	/* A newer version without secrets replaces it. */
	hook = hooks_put(hooks, &webhook, 2, SETTINGS, NO_LOGIN, NULL, 0);
	assert_int_equal(secrets_keys(s, hook, 1, keys, &n, &why), 0);
	assert_int_equal(n, 0);
	hooks_release(hook);
	secrets_free(s);
}

static void
without_the_key_nothing_is_signed(void **state)
{
	struct secrets *s = secrets_new("/nonexistent/master.key");
	struct sign_key keys[SIGN_KEYS_MAX];
	struct hook *hook = put(&webhook, 3), *plain;
	const char *why = NULL;
	size_t n = 9;

	(void)state;
	assert_int_equal(secrets_keys(s, hook, 1, keys, &n, &why), ERR_DENIED);
	assert_int_equal(n, 0);
	assert_non_null(strstr(why, "missing"));
	/* Those without secrets need no key. */
	plain = hooks_put(hooks, &other, 1, SETTINGS, NO_LOGIN, NULL, 0);
	assert_int_equal(secrets_keys(s, plain, 1, keys, &n, &why), 0);
	hooks_release(plain);
	hooks_release(hook);
	secrets_free(s);
}

static void
sealed_for_another(void **state)
{
	struct hook_sealed longer = { { old_sealed.p, HOOKS_SEALED_MAX + 1 },
		0 };
	struct secrets *s = secrets_new(path);
	struct sign_key keys[SIGN_KEYS_MAX];
	struct hook *hook = put(&other, 2);
	const char *why = NULL;
	size_t n;

	(void)state;
	assert_int_equal(secrets_keys(s, hook, 1, keys, &n, &why), ERR_DENIED);
	assert_non_null(strstr(why, "another key"));
	hooks_release(hook);
	/* What cannot be one of ours is not cut, but refused. */
	hook = hooks_put(hooks, &other, 3, SETTINGS, NO_LOGIN, &longer, 1);
	assert_int_equal(secrets_keys(s, hook, 1, keys, &n, &why), ERR_DENIED);
	hooks_release(hook);
	secrets_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_opened_and_expire),
		cmocka_unit_test(without_the_key_nothing_is_signed),
		cmocka_unit_test(sealed_for_another),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
