/*
 * callhookctl as an administrator runs it: from a bare cluster to a working
 * database, twice; what it refuses; keys; and the daily maintenance.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/apikey.h"
#include "tests/db/pgtest.h"

#define PROGRAM "src/ctl/callhookctl"
#define OUTPUT_MAX 65536

static char config[] = "/tmp/test_setup.XXXXXX";
static char folder[] = "/tmp/test_setup_key.XXXXXX";
static char key_folder[64], key_file[80];
static char output[OUTPUT_MAX];

static void
read_output(int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(output) - 1 && (n = read(fd, output + len,
	    sizeof(output) - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
}

/* callhookctl -c CONFIG with up to 6 words; the exit status. */
static int
ctl(const char *a, const char *b, const char *c, const char *d, const char *e,
    const char *g)
{
	const char *argv[] = { PROGRAM, "-c", config, a, b, c, d, e, g, NULL };
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(PROGRAM, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	read_output(fds[0]);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CTL0(a) ctl(a, NULL, NULL, NULL, NULL, NULL)
#define CTL1(a, b) ctl(a, b, NULL, NULL, NULL, NULL)
#define CTL2(a, b, c) ctl(a, b, c, NULL, NULL, NULL)

static void
assert_says(const char *text)
{
	if (strstr(output, text) == NULL)
		fail_msg("\"%s\" is not in: %s", text, output);
}

static void
assert_silent(const char *text)
{
	if (strstr(output, text) != NULL)
		fail_msg("\"%s\" is in: %s", text, output);
}

static int
group_setup(void **state)
{
	static const char text[] =
	    "[database]\n"
	    "api = \"dbname='call hook' user=_callhook-api\"\n"
	    "sender = \"dbname='call hook' user=callhook_sender\"\n"
	    "admin = \"dbname='call hook'\"\n"
	    "[api]\nlisten = /nonexistent/api.sock\n"
	    "[sender]\nwake = /nonexistent/wake.sock\n";
	FILE *f;
	int fd;

	(void)state;
	if (getenv("PGHOST") == NULL)
		exit(77);
	fd = mkstemp(config);
	assert_true(fd >= 0);
	assert_non_null(mkdtemp(folder));
	snprintf(key_folder, sizeof(key_folder), "%s/credentials", folder);
	snprintf(key_file, sizeof(key_file), "%s/master.key", key_folder);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fprintf(f, "%s[secrets]\nkey_file = %s\n", text, key_file);
	assert_int_equal(fclose(f), 0);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	unlink(config);
	unlink(key_file);
	rmdir(key_folder);
	rmdir(folder);
	return 0;
}

static void
test_usage(void **state)
{
	(void)state;
	assert_int_equal(CTL0("nonsense"), 2);
	assert_says("no such command");
	assert_int_equal(CTL1("setup", "--nonsense"), 2);
	assert_int_equal(CTL1("maintain", "now"), 2);
	assert_int_equal(CTL0("key"), 2);
	assert_int_equal(CTL1("migrate", "--help"), 0);
	assert_says("usage: callhookctl");
	assert_int_equal(CTL0("version"), 0);
	assert_says("callhookctl ");
}

/* The key alone: made once, never replaced; what check says of it. */
static void
test_key_file(void **state)
{
	char text[100], again[100];
	struct stat st;
	FILE *f;

	(void)state;
	unlink(key_file);
	assert_int_equal(CTL0("check"), 1);
	assert_says("missing  master key");
	assert_int_equal(ctl("setup", "--key", "--api-login", "x", NULL, NULL),
	    2);
	assert_int_equal(CTL1("setup", "--key"), 0);
	assert_says("made the master key");
	assert_int_equal(stat(key_file, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	assert_int_equal(CTL0("check"), 1);
	assert_says("ok       master key");
	f = fopen(key_file, "r");
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(CTL1("setup", "--key"), 0);
	assert_says("master key is there");
	f = fopen(key_file, "r+");
	assert_non_null(fgets(again, sizeof(again), f));
	assert_string_equal(text, again);
	assert_int_equal(chmod(key_file, 0644), 0);
	assert_int_equal(CTL0("check"), 1);
	assert_says("FAILED   master key");
	assert_int_equal(chmod(key_file, 0600), 0);
	rewind(f);
	fputs("no key", f);
	fclose(f);
	assert_int_equal(CTL0("check"), 1);
	assert_says("64 hexadecimal digits");
	/* A folder in the way: said, and no failure of the rest. */
	unlink(key_file);
	rmdir(key_folder);
	f = fopen(key_folder, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(CTL1("setup", "--key"), 1);
	assert_says("cannot make the master key");
	unlink(key_folder);
}

static void
test_setup_twice(void **state)
{
	(void)state;
	/* Nothing is there yet. */
	assert_int_equal(CTL0("migrate"), 1);
	assert_says("does not exist");
	assert_int_equal(CTL0("check"), 1);
	assert_says("FAILED   database");
	assert_int_equal(CTL1("setup", "--dry-run"), 0);
	assert_says("CREATE DATABASE \"call hook\"");
	assert_says("CREATE TABLE callhook.outbox");
	assert_says("-- makes the master key");
	assert_int_equal(access(key_file, F_OK), -1);
	assert_int_equal(CTL0("migrate"), 1);
	assert_int_equal(CTL0("setup"), 0);
	assert_says("made the master key");
	assert_says("CREATE ROLE callhook_owner NOLOGIN");
	assert_says("GRANT callhook_api TO \"_callhook-api\"");
	assert_says("ALTER ROLE callhook_sender LOGIN");
	assert_says("applied 0001_schema");
	assert_says("made partition");
	assert_int_equal(CTL0("setup"), 0);
	assert_says("database and roles are there");
	assert_says("master key is there");
	assert_says("nothing to migrate");
	assert_silent("made partition");
	assert_int_equal(CTL1("setup", "--dry-run"), 0);
	assert_silent("CREATE");
	assert_int_equal(CTL2("setup", "--api-login", "o'neil \"x\""), 0);
	assert_says("CREATE ROLE \"o'neil \"\"x\"\"\" LOGIN");
}

static void
test_migrate(void **state)
{
	struct db *db = pg_open("dbname='call hook'", 0);

	(void)state;
	assert_int_equal(CTL1("migrate", "--status"), 0);
	assert_says("0001_schema  applied 2");
	/* Somebody else migrates. */
	pg_script(db, "SELECT pg_advisory_lock(25448, -1)");
	assert_int_equal(CTL0("migrate"), 1);
	assert_says("another callhookctl");
	pg_script(db, "SELECT pg_advisory_unlock(25448, -1)");
	/* A file that changed after it had been applied. */
	pg_script(db, "UPDATE callhook.migration SET sha256 = 'x' || sha256");
	assert_int_equal(CTL0("migrate"), 78);
	assert_says("0001_schema has changed");
	assert_int_equal(CTL1("migrate", "--status"), 78);
	pg_script(db, "UPDATE callhook.migration SET sha256 = "
	    "substr(sha256, 2)");
	/* A database that is ahead of the program. */
	pg_script(db, "INSERT INTO callhook.migration "
	    "VALUES (0, 9999, 'future', '', now())");
	assert_int_equal(CTL0("migrate"), 78);
	assert_says("9999_future");
	assert_int_equal(CTL1("key", "list"), 78);
	assert_says("install a newer callhook");
	pg_script(db, "DELETE FROM callhook.migration WHERE number = 9999");
	assert_int_equal(CTL0("migrate"), 0);
	assert_says("nothing to migrate");
	db_free(db);
}

static void
test_check(void **state)
{
	struct db *db = pg_open("dbname='call hook'", 0);

	(void)state;
	assert_int_equal(CTL0("check"), 1);
	assert_says("ok       database: schema version");
	assert_says("ok       partitions of event");
	assert_says("ok       login of callhook-api");
	assert_says("ok       login of callhook-sender");
	assert_says("FAILED   socket of callhook-api");
	pg_script(db, "ALTER ROLE \"_callhook-api\" BYPASSRLS;"
	    "ALTER ROLE callhook_sender NOLOGIN;");
	assert_int_equal(CTL0("check"), 1);
	assert_says("FAILED   login of callhook-api: row level security");
	assert_says("unknown  login of callhook-sender");
	assert_int_equal(CTL0("setup"), 0);
	pg_script(db, "ALTER ROLE \"_callhook-api\" NOBYPASSRLS;");
	assert_int_equal(CTL0("check"), 1);
	assert_silent("FAILED   login");
	db_free(db);
}

static void
test_keys(void **state)
{
	unsigned char hash[APIKEY_HASH_LEN];
	struct db *db = pg_open("dbname='call hook'", 0);
	PG_STATEMENT(row, "SELECT shard, account_id, sha256, scopes::text, "
	    "label, expires_at > now() + interval '89 d' "
	    "FROM callhook.api_key WHERE prefix = $1");
	char prefix[APIKEY_PREFIX_LEN + 1];
	const struct pg_result *r;
	struct dbparam p;
	struct span found;
	int shard;

	(void)state;
	assert_int_equal(ctl("key", "create", "--account=7",
	    "--scope=events,webhooks", "--label=Фронт", "--expires=90d"), 0);
	output[strcspn(output, "\n")] = '\0';
	assert_int_equal(apikey_parse(span_of(output), &shard, &found), 0);
	assert_int_equal(shard, id_shard(7));
	apikey_hash(span_of(output), hash);
	snprintf(prefix, sizeof(prefix), "%.*s", (int)found.len, found.p);
	dbparam_init(&p);
	dbparam_text(&p, span_of(prefix));
	r = pg_run(db, &row, &p);
	dbparam_free(&p);
	assert_int_equal(dbresult_rows(r), 1);
	assert_int_equal(dbresult_i16(r, 0, 0), shard);
	assert_true(dbresult_i64(r, 0, 1) == 7);
	assert_true(apikey_equal(hash, dbresult_span(r, 0, 2)));
	assert_true(span_is(dbresult_span(r, 0, 3), "{webhooks,events}"));
	assert_true(span_is(dbresult_span(r, 0, 4), "Фронт"));
	assert_true(dbresult_bool(r, 0, 5));
	assert_int_equal(ctl("key", "list", "--account=7", "--json", NULL,
	    NULL), 0);
	assert_says(prefix);
	assert_says("\"scopes\":[\"webhooks\",\"events\"]");
	assert_says("\"state\":\"active\"");
	assert_int_equal(ctl("key", "revoke", prefix, NULL, NULL, NULL), 0);
	assert_int_equal(ctl("key", "revoke", prefix, NULL, NULL, NULL), 1);
	assert_says("not found");
	assert_int_equal(CTL2("key", "list", "--account=7"), 0);
	assert_says("revoked");
	/* The platform's key posts events, nothing else. */
	assert_int_equal(CTL2("key", "create", "--scope=webhooks"), 2);
	assert_int_equal(CTL2("key", "create", "--scope=all"), 2);
	assert_int_equal(CTL2("key", "create", "--account=0"), 2);
	assert_int_equal(CTL2("key", "create", "--expires=soon"), 2);
	assert_int_equal(CTL2("key", "revoke", "zz"), 2);
	assert_int_equal(CTL1("key", "create"), 0);
	assert_int_equal(strncmp(output, "callhook_00", 11), 0);
	db_free(db);
}

static void
test_maintain(void **state)
{
	PG_STATEMENT(keys, "SELECT count(*) FROM callhook.event_key");
	PG_STATEMENT(late, "SELECT count(*) FROM callhook.event_default");
	struct db *db = pg_open("dbname='call hook'", 0);

	(void)state;
	pg_script(db, "SELECT callhook.partition_make('attempt', '2020-01-01',"
	    " '016f5e66-e800-7000-8000-000000000000',"
	    " '016f638d-4400-7000-8000-000000000000');"
	    "SELECT callhook.partition_make('event', '2020-01-01',"
	    " '016f5e66-e800-7000-8000-000000000000',"
	    " '016f638d-4400-7000-8000-000000000000');"
	    "INSERT INTO callhook.event_key SELECT 5, gen_random_uuid(),"
	    " '016f5e66-e800-7000-8000-000000000001'"
	    " FROM generate_series(1, 6000);"
	    "INSERT INTO callhook.event_key VALUES (6, gen_random_uuid(),"
	    " 'ffffffff-0000-7000-8000-000000000001');"
	    "INSERT INTO callhook.event VALUES (5, 0, 2, 7,"
	    " '01600000-0000-7000-8000-000000000001', NULL, 'c', '{}');"
	    "INSERT INTO callhook.outbox VALUES (5, 2, 0, now(), 1,"
	    " gen_random_uuid(), gen_random_uuid(),"
	    " '016f5e66-e800-7000-8000-000000000002')");
	assert_int_equal(CTL0("maintain"), 0);
	assert_says("dropped partition 2020-01-01 of attempt");
	assert_says("kept partition 2020-01-01 of event");
	assert_says("forgot 6000 event keys");
	assert_says("forgot 1 rows of event");
	assert_true(dbresult_i64(pg_run(db, &keys, NULL), 0, 0) == 1);
	assert_true(dbresult_i64(pg_run(db, &late, NULL), 0, 0) == 0);
	pg_script(db, "DELETE FROM callhook.outbox");
	/* Another one is at it. */
	pg_script(db, "SELECT pg_advisory_lock(25448, -2)");
	assert_int_equal(CTL0("maintain"), 0);
	assert_says("another callhookctl");
	pg_script(db, "SELECT pg_advisory_unlock(25448, -2)");
	assert_int_equal(CTL0("maintain"), 0);
	assert_says("dropped partition 2020-01-01 of event");
	db_free(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_setup_twice),
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_migrate),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_maintain),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
