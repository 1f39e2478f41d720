/*
 * Unit test of core/settings: the defaults, the checks across options, where
 * the file is looked for, and the sample configuration that is packaged.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/settings.h"
#include "config_file.h"

static int
load(struct settings *s, const char *text)
{
	config_file_write(text, strlen(text));
	return settings_load(s, path, &why);
}

static void
load_good(struct settings *s, const char *text)
{
	if (load(s, text) != 0)
		fail_msg("%s", buf_cstr(&why));
}

static void
test_defaults(void **state)
{
	struct settings s;

	(void)state;
	load_good(&s, "");
	assert_int_equal(s.log_level, LOG_INFO_);
	assert_int_equal(s.log_format, LOG_TEXT);
	assert_string_equal(s.db_api, "dbname=callhook user=callhook_api");
	assert_string_equal(s.db_admin, "dbname=callhook");
	assert_int_equal(s.db_statement_timeout, 2000);
	assert_int_equal(s.api_socket_mode, 660);
	assert_string_equal(s.api_socket_group, "");
	assert_int_equal(s.api_workers, 2);
	assert_int_equal(s.api_batch_bytes, 4 << 20);
	assert_int_equal(s.api_max_body, 1 << 20);
	assert_int_equal(s.api_auth.n, 1);
	assert_string_equal(s.api_auth.v[0], "key");
	assert_int_equal(s.sender_retries.n, 8);
	assert_int_equal(s.sender_retries.v[0], 10000);
	assert_int_equal(s.sender_retries.v[7], 86400000);
	assert_int_equal(s.sender_host_connections, 64);
	assert_int_equal(s.sender_idle_age, 60000);
	assert_false(s.sender_http2);
	assert_string_equal(s.sender_proxy, "");
	assert_int_equal(s.sender_start_ttl, 300000);
	assert_int_equal(s.sender_settle_delay, 20);
	assert_int_equal(s.sender_dns.n, 0);
	assert_string_equal(s.request_prefix, "X-CKCT-");
	assert_true(s.target_http);
	assert_int_equal(s.retention_dedupe, 7);
	assert_string_equal(s.secrets_key_file,
	    "/etc/callhook/credentials/master.key");
	settings_free(&s);
	assert_null(s.db_api);
}

static void
test_good(void **state)
{
	static const char *const good[] = {
		"[api]\nauth = key, vouched\nsocket_mode = 777\n",
		"[api]\ncors = https://a.example http://b.example:3000\n",
		"[api]\nlisten = /tmp/x\nauth = vouched\nworkers = 256\n",
		"[api]\nproblem_base = https://example.com/p?x=\n",
		"[sender]\nwake =\nretries =\ndns = 127.0.0.1:5353, ::1\n",
		"[request]\nuser_agent = \"A b/1 (+http://x)\"\n",
		"[request]\nprefix = X_~!#-\n",
		"[sender]\nproxy = http://proxy.example.com:3128\n",
		"[sender]\nproxy = http://[fd00::1]:1\nhttp2 = yes\n",
		"[sender]\nproxy =\nidle_age = 1s\nhost_connections = 1\n",
		"[target]\nhttp = no\nallow = 127.0.0.0/8:8080 fd00::/8\n",
		"[log]\nlevel = debug\nformat = json\n",
		"[api]\nbatch_bytes = 32m\nmax_body = 32m\n",
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		load_good(&s, good[i]);
		settings_free(&s);
	}
}

static void
test_bad(void **state)
{
	static const char *const bad[][2] = {
		{ "[api]\nauth = key password\n", ":2: [api] auth" },
		{ "[api]\ncors = *\n", ":2: [api] cors" },
		{ "[api]\ncors = https://a.example/\n", ":2: [api] cors" },
		{ "[api]\ncors = https://\n", ":2: [api] cors" },
		{ "[api]\ncors = a.example\n", ":2: [api] cors" },
		{ "[api]\nauth =\n", ":2: [api] auth" },
		{ "[api]\nsocket_mode = 680\n", "[api] socket_mode" },
		{ "[secrets]\nkey_file = key\n", "[secrets] key_file" },
		{ "[secrets]\nkey_file =\n", "[secrets] key_file" },
		{ "[api]\nsocket_mode = 0660\n", "[api] socket_mode" },
		{ "[api]\nsocket_mode = 1777\n", "[api] socket_mode" },
		{ "[api]\nlisten = run/x.sock\n", "[api] listen" },
		{ "[api]\nlisten =\n", "[api] listen" },
		{ "[api]\nlisten = /\n", "[api] listen" },
		{ "[api]\nlisten = /012345678901234567890123456789"
		  "0123456789012345678901234567890123456789"
		  "01234567890123456789012345678901234567\n", "[api] listen" },
		{ "[api]\nworkers = 0\n", ":2: [api] workers" },
		{ "[api]\nworkers = 257\n", ":2: [api] workers" },
		{ "[api]\nbatch_bytes = 33m\n", ":2: [api] batch_bytes" },
		{ "[api]\nmax_body = 33m\n", ":2: [api] max_body" },
		{ "[api]\nproblem_base =\n", "[api] problem_base" },
		{ "[api]\nproblem_base = /a b\n", "[api] problem_base" },
		{ "[api]\nproblem_base = /ы\n", "[api] problem_base" },
		{ "[sender]\nwake = wake\n", "[sender] wake" },
		{ "[sender]\njournal = j\n", "[sender] journal" },
		{ "[sender]\nproxy = proxy:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = https://proxy:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = socks5://proxy:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://proxy\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://proxy:0\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://proxy:65536\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://proxy:3128/\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://a@proxy:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://[proxy]:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nproxy = http://[::1:3128\n", ":2: [sender] proxy" },
		{ "[sender]\nidle_age = 999ms\n", ":2: [sender] idle_age" },
		{ "[sender]\nhost_connections = 0\n",
		  ":2: [sender] host_connections" },
		{ "[sender]\nhttp2 = maybe\n", ":2: [sender] http2" },
		{ "[sender]\nwindow = 0\n", ":2: [sender] window" },
		{ "[sender]\njitter = 101\n", ":2: [sender] jitter" },
		{ "[sender]\nretries = 10s 31d\n", ":2: [sender] retries" },
		{ "[request]\nuser_agent =\n", "[request] user_agent" },
		{ "[request]\nuser_agent = \" a\"\n",
		  "[request] user_agent" },
		{ "[request]\nuser_agent = é\n", "[request] user_agent" },
		{ "[request]\nprefix =\n", ":2: [request] prefix" },
		{ "[request]\nprefix = X:\n", ":2: [request] prefix" },
		{ "[request]\nprefix = X CKCT\n", ":2: [request] prefix" },
		{ "[request]\nprefix = \"X\\\"\"\n", ":2: [request] prefix" },
		{ "[log]\nlevel = loud\n", ":2: [log] level" },
		{ "[retention]\ndays = 0\n", ":2: [retention] days" },
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (load(&s, bad[i][0]) != ERR_INVALID)
			fail_msg("accepted: %s", bad[i][0]);
		assert_memory_equal(buf_cstr(&why), path, strlen(path));
		if (strstr(buf_cstr(&why), bad[i][1]) == NULL)
			fail_msg("%s", buf_cstr(&why));
		assert_null(s.db_api);
		assert_null(s.sender_retries.v);
	}
}

/* Each mistake with its line; what was not set is not complained of. */
static void
test_all_named(void **state)
{
	static const char *const named[] = {
		":2: [api] workers: ", ":3: [api] socket_mode: ",
		":5: [sender] proxy: ", ":6: unknown option windows in ",
	};
	struct settings s;
	const char *p;
	size_t i, lines = 1;

	(void)state;
	assert_int_equal(load(&s, "[api]\nworkers = many\nsocket_mode = 8\n"
	    "[sender]\nproxy = here\nwindows = 5\n"), ERR_INVALID);
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (strstr(buf_cstr(&why), named[i]) == NULL)
			fail_msg("%s is not in: %s", named[i], buf_cstr(&why));
	for (p = buf_cstr(&why); *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, i);
}

static void
test_place(void **state)
{
	struct settings s;
	int err;

	(void)state;
	load_good(&s, "[api]\nworkers = 5\n");
	settings_free(&s);
	assert_int_equal(setenv("CALLHOOK_CONFIG", path, 1), 0);
	assert_int_equal(settings_load(&s, NULL, &why), 0);
	assert_int_equal(s.api_workers, 5);
	settings_free(&s);
	assert_int_equal(settings_load(&s, "/dev/null", &why), 0);
	assert_int_equal(s.api_workers, 2);
	settings_free(&s);
	assert_int_equal(setenv("CALLHOOK_CONFIG", "/nonexistent/c", 1), 0);
	assert_int_equal(settings_load(&s, NULL, &why), ERR_NOT_FOUND);
	assert_string_equal(buf_cstr(&why),
	    "/nonexistent/c: No such file or directory");
	assert_int_equal(unsetenv("CALLHOOK_CONFIG"), 0);
	/* The installed one, which may or may not be there. */
	err = settings_load(&s, NULL, &why);
	if (err == 0)
		settings_free(&s);
	else
		assert_non_null(strstr(buf_cstr(&why),
		    CALLHOOK_SYSCONFDIR "/callhook/callhook.conf"));
}

static void
test_dump(void **state)
{
	struct buf first = BUF_INIT(65536), second = BUF_INIT(65536);
	struct settings s;

	(void)state;
	load_good(&s, "[database]\n"
	    "api = \"host=/run/pg password='a \\\"#b\\\\\\\\'\"\n"
	    "[api]\nauth = vouched key\nbatch_bytes = 65537\n"
	    "[sender]\nretries = 1500ms 90m\ntimeout = 61s\nca_file = /a b\n"
	    "[target]\nhttp = off\nallow = 10.0.0.0/8 ::1/128\n");
	assert_string_equal(s.db_api,
	    "host=/run/pg password='a \"#b\\\\'");
	settings_dump(&s, &first);
	assert_int_equal(buf_err(&first), ERR_OK);
	settings_free(&s);
	load_good(&s, buf_cstr(&first));
	assert_string_equal(s.db_api,
	    "host=/run/pg password='a \"#b\\\\'");
	assert_int_equal(s.api_batch_bytes, 65537);
	assert_int_equal(s.sender_retries.v[1], 5400000);
	settings_dump(&s, &second);
	settings_free(&s);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	buf_free(&first);
	buf_free(&second);
}

/*
 * The packaged file is the dump of the defaults with every option commented
 * out, after a head of its own.
 */
static void
test_sample(void **state)
{
	const char *dir = getenv("CALLHOOK_SRCDIR");
	struct buf dump = BUF_INIT(65536), with = BUF_INIT(65536);
	static char file[65536];
	char name[1024], *sections;
	struct settings s;
	const char *p;
	size_t n;
	FILE *f;

	(void)state;
	(void)snprintf(name, sizeof(name), "%s/packaging/callhook.conf",
	    dir != NULL ? dir : ".");
	assert_int_equal(settings_load(&s, name, &why), 0);
	settings_dump(&s, &dump);
	settings_free(&s);
	for (p = buf_cstr(&dump); *p != '\0'; p++) {
		if ((p == buf_cstr(&dump) || p[-1] == '\n') && *p >= 'a' &&
		    *p <= 'z')
			buf_chr(&with, '#');
		buf_chr(&with, *p);
	}
	f = fopen(name, "r");
	assert_non_null(f);
	n = fread(file, 1, sizeof(file) - 1, f);
	file[n] = '\0';
	assert_int_equal(fclose(f), 0);
	sections = strstr(file, "\n[");
	assert_non_null(sections);
	assert_string_equal(sections + 1, buf_cstr(&with));
	/* And what the comments say can be said. */
	load_good(&s, buf_cstr(&dump));
	settings_free(&s);
	buf_free(&dump);
	buf_free(&with);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_all_named),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, config_file_make, config_file_remove);
}
