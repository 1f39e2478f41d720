/*
 * Unit test of core/log: lines are caught from stderr (a pipe or a socket) and
 * compared: both formats, escapes, cutting, the journal, and a full pipe.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

static int real_stderr = -1;
static int catcher = -1;	/* what is written to stderr is read here */
static char line[8192];

static int
catch_pipe(void **state)
{
	int fds[2];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	if (pipe(fds) != 0 || (real_stderr = dup(2)) < 0 ||
	    dup2(fds[1], 2) != 2 || fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	close(fds[1]);
	catcher = fds[0];
	return 0;
}

static int
catch_socket(void **state)
{
	int fds[2];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
	    (real_stderr = dup(2)) < 0 || dup2(fds[1], 2) != 2 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	close(fds[1]);
	catcher = fds[0];
	return 0;
}

static int
release(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	close(catcher);
	if (dup2(real_stderr, 2) != 2)
		return -1;
	return close(real_stderr);
}

/* Everything caught so far. */
static const char *
caught(void)
{
	ssize_t n = read(catcher, line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

/* The same after the head "time level program[pid] ". */
static const char *
caught_text(void)
{
	const char *at = strstr(caught(), "] ");

	assert_non_null(at);
	return at + 2;
}

/* The same after the event of a JSON line. */
static const char *
caught_json(void)
{
	const char *at;
	json_t *v;

	v = json_loads(caught(), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(v);
	json_decref(v);
	at = strstr(line, "\"event\":");
	assert_non_null(at);
	return at + 8;
}

static void
test_text(void **state)
{
	char head[64];
	size_t len;

	(void)state;
	log_init("prog", LOG_INFO_, LOG_TEXT);
	log_info("a.start", LS("path", "/run/x"), LI("n", -7));
	caught();
	assert_int_equal(line[10], 'T');
	(void)snprintf(head, sizeof(head), "Z info prog[%ld] a.start "
	    "path=/run/x n=-7\n", (long)getpid());
	len = strlen(line);
	assert_int_equal(len, 23 + strlen(head));
	assert_string_equal(line + 23, head);
	log_warn("b", LS("none", NULL), LS("empty", ""), LS("blank", "a b"),
	    LS("eq", "a=b"), LI("max", INT64_MIN), LN("cut", "abcdef", 3));
	assert_string_equal(caught_text(), "b none=- empty=\"\" "
	    "blank=\"a b\" eq=\"a=b\" max=-9223372036854775808 cut=abc\n");
}

static void
test_text_escapes(void **state)
{
	(void)state;
	log_init("prog", LOG_INFO_, LOG_TEXT);
	log_error("e", LS("v", "a\"b\\c\nd\te\rf\x1b[31m\x7fz"));
	assert_string_equal(caught_text(), "e v=\"a\\\"b\\\\c\\nd\\te\\x0df"
	    "\\x1b[31m\\x7fz\"\n");
	log_error("e", LN("v", "a\0b", 3), LS("u", "é€𝄞"));
	assert_string_equal(caught_text(), "e v=\"a\\x00b\" u=\"é€𝄞\"\n");
	/* Lone, overlong, surrogate, beyond Unicode, cut, C1. */
	log_error("e", LS("v", "\x80 \xc0\xaf \xed\xa0\x80 "
	    "\xf4\x90\x80\x80 \xe2\x82"), LS("c", "\xc2\x9b"));
	assert_string_equal(caught_text(), "e v=\"\\x80 \\xc0\\xaf "
	    "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82\" "
	    "c=\"\\x9b\"\n");
}

static void
test_json(void **state)
{
	json_t *v;

	(void)state;
	log_init("prog", LOG_INFO_, LOG_JSON);
	log_info("a.start", LS("path", "x y"), LI("n", 5), LS("none", NULL));
	v = json_loads(caught(), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(v);
	assert_string_equal(json_string_value(json_object_get(v, "level")),
	    "info");
	assert_string_equal(json_string_value(json_object_get(v, "program")),
	    "prog");
	assert_int_equal(json_integer_value(json_object_get(v, "pid")),
	    getpid());
	assert_int_equal(json_string_length(json_object_get(v, "time")), 24);
	assert_string_equal(json_string_value(json_object_get(v, "event")),
	    "a.start");
	assert_int_equal(json_integer_value(json_object_get(v, "n")), 5);
	assert_true(json_is_null(json_object_get(v, "none")));
	json_decref(v);
	assert_int_equal(line[strlen(line) - 1], '\n');
	log_info("e", LS("v", "a\"b\\c\nd\te\rf\x1b\x7f\xff\xc2\x85é"));
	assert_string_equal(caught_json(), "\"e\",\"v\":\"a\\\"b\\\\c\\nd\\te"
	    "\\u000df\\u001b\\u007f\\ufffd\\u0085é\"}\n");
}

static void
test_level(void **state)
{
	(void)state;
	log_init("prog", LOG_WARN_, LOG_TEXT);
	log_debug("d", LI("n", 1));
	log_info("i", LI("n", 1));
	assert_string_equal(caught(), "");
	errno = ENOENT;
	log_warn("w", LI("n", 1));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(caught_text(), "w n=1\n");
	log_init("prog", LOG_DEBUG_, LOG_TEXT);
	log_debug("d", LI("n", 1));
	assert_string_equal(caught_text(), "d n=1\n");
	log_fields(LOG_INFO_, "bare", NULL);
	assert_string_equal(caught_text(), "bare\n");
}

/* Long values and long lines stay whole lines, and whole JSON. */
static void
test_cut(void **state)
{
	char big[6000], wide[1400];
	const char *text;
	size_t i;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_init("prog", LOG_INFO_, LOG_JSON);
	log_info("e", LS("v", big), LI("n", 1));
	text = caught_json();
	assert_int_equal(strlen(text), 3 + 5 + 1024 + 5 + 6 + 2);
	assert_non_null(strstr(text, "xxx...\",\"n\":1}\n"));
	log_info("e", LS("a", big), LS("b", big), LS("c", big),
	    LS("d", big), LS("f", big), LI("n", 1));
	text = caught_json();
	assert_non_null(strstr(text, "...\",\"cut\":true}\n"));
	assert_null(strstr(text, "\"n\""));
	/* Everything escaped: four or six times as long. */
	memset(big, '\x01', 1024);
	big[1024] = '\0';
	log_info("e", LI("n", 1), LS("v", big));
	assert_string_equal(caught_json(), "\"e\",\"n\":1,\"cut\":true}\n");
	log_init("prog", LOG_INFO_, LOG_TEXT);
	log_info("e", LI("n", 1), LS("v", big));
	assert_string_equal(caught_text(), "e n=1 cut=1\n");
	/* A cut through the middle of a character. */
	wide[0] = 'a';
	for (i = 1; i + 2 < sizeof(wide); i += 2)
		memcpy(wide + i, "é", 2);
	wide[i] = '\0';
	log_info("e", LS("v", wide));
	text = caught_text();
	assert_non_null(strstr(text, "éé...\"\n"));
	assert_null(strstr(text, "\\x"));
}

static void
test_journal(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(2, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju",
	    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init("prog", LOG_DEBUG_, LOG_TEXT);
	log_debug("d", LI("n", 1));
	assert_string_equal(caught(), "<7>d n=1\n");
	log_info("i", LI("n", 1));
	assert_string_equal(caught(), "<6>i n=1\n");
	log_warn("w", LI("n", 1));
	assert_string_equal(caught(), "<4>w n=1\n");
	log_error("e", LI("n", 1));
	assert_string_equal(caught(), "<3>e n=1\n");
	log_init("prog", LOG_INFO_, LOG_JSON);
	log_info("i", LI("n", 1));
	assert_memory_equal(caught(), "<6>{", 4);
	/* stderr was redirected after the journal made its stream. */
	assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	log_init("prog", LOG_INFO_, LOG_TEXT);
	log_info("i", LI("n", 1));
	assert_string_equal(caught_text(), "i n=1\n");
}

/* What goes well has so many lines a second, and the others are counted. */
static void
test_routine(void **state)
{
	char wanted[64];
	int denied = 0, given, i;

	(void)state;
	log_init("prog", LOG_INFO_, LOG_TEXT);
	for (i = 0; i < 100; i++)
		assert_true(log_may());
	log_routine(3);
	/* The first second may end on the way. */
	for (given = 0; log_may(); given++)
		assert_true(given < 10);
	assert_true(given >= 3);
	assert_string_equal(caught(), "");
	for (denied = 1; !log_may(); denied++)
		(void)usleep(20000);
	(void)snprintf(wanted, sizeof(wanted), "log.skipped lines=%d\n",
	    denied);
	assert_string_equal(caught_text(), wanted);
	assert_true(denied > 2);
	log_routine(0);
	for (i = 0; i < 100; i++)
		assert_true(log_may());
	assert_string_equal(caught(), "");
}

/* Nobody reads: the program goes on, and what is lost is counted. */
static void
test_full(void **state)
{
	char big[1000];
	uint64_t before = log_dropped();
	size_t got = 0;
	int i;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_init("prog", LOG_INFO_, LOG_TEXT);
	for (i = 0; i < 1000; i++)
		log_info("e", LS("v", big));
	assert_true(log_dropped() > before);
	assert_true(log_dropped() < before + 1000);
	before = log_dropped();
	while (*caught() != '\0')
		got += strlen(line);
	assert_true(got > 0);
	log_info("after", LI("n", 1));
	assert_int_equal(log_dropped(), before);
	assert_non_null(strstr(caught(), "] after n=1\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, catch_pipe, release),
		cmocka_unit_test_setup_teardown(test_text_escapes, catch_pipe,
		    release),
		cmocka_unit_test_setup_teardown(test_json, catch_pipe, release),
		cmocka_unit_test_setup_teardown(test_level, catch_pipe,
		    release),
		cmocka_unit_test_setup_teardown(test_cut, catch_pipe, release),
		cmocka_unit_test_setup_teardown(test_routine, catch_pipe,
		    release),
		cmocka_unit_test_setup_teardown(test_journal, catch_pipe,
		    release),
		cmocka_unit_test_setup_teardown(test_full, catch_pipe,
		    release),
		cmocka_unit_test_setup_teardown(test_full, catch_socket,
		    release),
		cmocka_unit_test_setup_teardown(test_text, catch_socket,
		    release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
