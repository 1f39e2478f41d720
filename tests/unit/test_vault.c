/*
 * core/vault.c: what is sealed comes back, only with the same key, context
 * and bytes; key files that are no key are refused with a reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vault.h"

static char path[] = "/tmp/callhook-vault-XXXXXX";

static void
write_key(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
seals_and_unseals(void **state)
{
	struct buf why = BUF_INIT(1000), sealed = BUF_INIT(1000);
	struct buf plain = BUF_INIT(1000);
	struct vault *v = NULL, *other = NULL;
	struct stat st;

	(void)state;
	unlink(path);
	assert_int_equal(vault_make(path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(vault_make(path), ERR_EXISTS);
	assert_int_equal(vault_open(path, &v, &why), 0);
	assert_int_equal(vault_seal(v, SPAN("row 1"), SPAN("secret"), &sealed),
	    0);
	assert_int_equal(sealed.len, 6 + VAULT_OVERHEAD);
	assert_int_equal(vault_unseal(v, SPAN("row 1"), buf_as_span(&sealed),
	    &plain), 0);
	assert_string_equal(buf_cstr(&plain), "secret");
	assert_int_equal(vault_unseal(v, SPAN("row 2"), buf_as_span(&sealed),
	    &plain), ERR_DENIED);
	for (size_t i = 1; i < sealed.len; i++) {
		sealed.p[i] = (char)(sealed.p[i] ^ 1);
		assert_int_equal(vault_unseal(v, SPAN("row 1"),
		    buf_as_span(&sealed), &plain), ERR_DENIED);
		sealed.p[i] = (char)(sealed.p[i] ^ 1);
	}
	assert_int_equal(vault_unseal(v, SPAN("row 1"),
	    (struct span){ sealed.p, VAULT_OVERHEAD - 1 }, &plain), ERR_SYNTAX);
	unlink(path);
	assert_int_equal(vault_make(path), 0);
	assert_int_equal(vault_open(path, &other, &why), 0);
	assert_int_equal(vault_unseal(other, SPAN("row 1"),
	    buf_as_span(&sealed), &plain), ERR_DENIED);
	vault_free(v);
	vault_free(other);
	buf_free(&sealed);
	buf_free(&plain);
	buf_free(&why);
}

static void
bad_key_files(void **state)
{
	struct buf why = BUF_INIT(1000);
	struct vault *v = NULL;

	(void)state;
	write_key("too short\n");
	assert_int_equal(vault_open(path, &v, &why), ERR_SYNTAX);
	assert_non_null(strstr(buf_cstr(&why), "64 hexadecimal digits"));
	write_key("zz000000000000000000000000000000"
	    "00000000000000000000000000000000");
	assert_int_equal(vault_open(path, &v, &why), ERR_SYNTAX);
	unlink(path);
	buf_reset(&why);
	assert_int_equal(vault_open(path, &v, &why), ERR_IO);
	assert_non_null(strstr(buf_cstr(&why), path));
	assert_null(v);
	buf_free(&why);
}

/* systemd's copy goes first; an empty line means that there was none to copy. */
static void
credential(void **state)
{
	char dir[] = "/tmp/test_vault.XXXXXX", file[64], key[66];
	struct buf why = BUF_INIT(200);
	struct vault *v = NULL;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/master.key", dir);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(vault_open(file, &v, &why), ERR_IO);
	assert_non_null(strstr(buf_cstr(&why), file));

	memset(key, 'a', 64);
	key[64] = '\0';
	assert_non_null(f = fopen(file, "w"));
	fputs(key, f);
	fclose(f);
	assert_int_equal(vault_open("/nonexistent/key", &v, &why), 0);
	vault_free(v);

	assert_non_null(f = fopen(file, "w"));
	fputs("\n", f);
	fclose(f);
	buf_reset(&why);
	assert_int_equal(vault_open("/nonexistent/key", &v, &why), ERR_IO);
	assert_non_null(strstr(buf_cstr(&why), "/nonexistent/key"));
	write_key(key);
	assert_int_equal(vault_open(path, &v, &why), 0);
	vault_free(v);

	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(file);
	rmdir(dir);
	buf_free(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seals_and_unseals),
		cmocka_unit_test(bad_key_files),
		cmocka_unit_test(credential),
	};
	int fd = mkstemp(path), failed;

	if (fd == -1)
		return 1;
	close(fd);
	unsetenv("CREDENTIALS_DIRECTORY");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
