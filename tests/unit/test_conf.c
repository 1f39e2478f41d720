/*
 * Unit test of core/conf and core/confvalue on a table of its own: every
 * type, every mistake with its file and line, and dumping what was read.
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

#include "core/conf.h"
#include "config_file.h"

struct target {
	char *text;
	bool flag;
	int64_t number, size, time;
	struct conf_list times;
	struct conf_words words;
	int choice;
	char *other;
};

static const char *const choices[] = { "red", "green", NULL };

static const struct conf_option table[] = {
	{ "a", "text", CONF_STRING, offsetof(struct target, text),
	    "hello world", 0, 0, NULL, "A text." },
	{ "a", "flag", CONF_BOOL, offsetof(struct target, flag), "yes",
	    0, 0, NULL, "A flag." },
	{ "a", "number", CONF_INT, offsetof(struct target, number), "7",
	    -10, 1000, NULL, "A number." },
	{ "a", "size", CONF_SIZE, offsetof(struct target, size), "16k",
	    0, 1 << 30, NULL, "A size." },
	{ "b", "time", CONF_DURATION, offsetof(struct target, time), "1500ms",
	    0, 86400000, NULL, "A time." },
	{ "b", "times", CONF_DURATIONS, offsetof(struct target, times),
	    "10s 1m", 1000, 86400000, NULL, "Times." },
	{ "b", "words", CONF_WORDS, offsetof(struct target, words), "",
	    0, 0, NULL, "Words." },
	{ "b", "choice", CONF_ENUM, offsetof(struct target, choice), "green",
	    0, 0, choices, "A choice." },
	{ "b", "text", CONF_STRING, offsetof(struct target, other), "",
	    0, 0, NULL, "The same name elsewhere." },
	{ .section = NULL },
};

static int
load(struct target *t, const char *text)
{
	config_file_write(text, strlen(text));
	/* What was there before must not matter. */
	memset(t, 0x5a, sizeof(*t));
	return conf_load(table, t, path, NULL, &why);
}

static void
load_good(struct target *t, const char *text)
{
	if (load(t, text) != 0)
		fail_msg("%s", buf_cstr(&why));
}

/* message follows "file:". */
static void
load_bad(const char *text, const char *message)
{
	struct target t;
	char expected[400];

	assert_int_equal(load(&t, text), ERR_INVALID);
	(void)snprintf(expected, sizeof(expected), "%s:%s", path, message);
	assert_string_equal(buf_cstr(&why), expected);
	assert_null(t.text);
	assert_null(t.times.v);
	assert_null(t.words.v);
	assert_null(t.other);
}

static void
test_defaults(void **state)
{
	struct target t;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (i == 0)
			assert_int_equal(conf_load(table, &t, NULL, NULL,
			    &why), 0);
		else
			load_good(&t, "");
		assert_string_equal(t.text, "hello world");
		assert_true(t.flag);
		assert_int_equal(t.number, 7);
		assert_int_equal(t.size, 16384);
		assert_int_equal(t.time, 1500);
		assert_int_equal(t.times.n, 2);
		assert_int_equal(t.times.v[0], 10000);
		assert_int_equal(t.times.v[1], 60000);
		assert_int_equal(t.words.n, 0);
		assert_int_equal(t.choice, 1);
		assert_string_equal(t.other, "");
		conf_free(table, &t);
		assert_null(t.text);
		conf_free(table, &t);
		conf_free(table, NULL);
	}
}

static void
test_values(void **state)
{
	struct target t;

	(void)state;
	load_good(&t, "# comment\n\n  [ a ]  # here\n\ttext=plain # not this\n"
	    "flag = off\nnumber = -10\nsize = 1m\n"
	    "[b]\ntime = 1d\ntimes = 5s,1m , 2h\n"
	    "words = one, two\tthree\nchoice=red\ntext=a#b=c\n"
	    "[a]");
	assert_string_equal(t.text, "plain");
	assert_false(t.flag);
	assert_int_equal(t.number, -10);
	assert_int_equal(t.size, 1048576);
	assert_int_equal(t.time, 86400000);
	assert_int_equal(t.times.n, 3);
	assert_int_equal(t.times.v[2], 7200000);
	assert_int_equal(t.words.n, 3);
	assert_string_equal(t.words.v[0], "one");
	assert_string_equal(t.words.v[2], "three");
	assert_int_equal(t.choice, 0);
	assert_string_equal(t.other, "a#b=c");
	conf_free(table, &t);
	load_good(&t, "[a]\ntext = \"  a # \\\"b\\\" \\\\ \" # comment\n"
	    "number = \"12\"\n[b]\ntext = \"\"\ntimes =\nwords = # none\n");
	assert_string_equal(t.text, "  a # \"b\" \\ ");
	assert_int_equal(t.number, 12);
	assert_string_equal(t.other, "");
	assert_int_equal(t.times.n, 0);
	assert_null(t.times.v);
	assert_int_equal(t.words.n, 0);
	conf_free(table, &t);
	/* Lines of another system; no newline at the end; a last section. */
	load_good(&t, "[a]\r\ntext = x y\r\n\r\nflag = true\r\n[b]\r\n"
	    "text = \"q\"\r");
	assert_string_equal(t.text, "x y");
	assert_string_equal(t.other, "q");
	conf_free(table, &t);
}

static void
test_mistakes(void **state)
{
	(void)state;
	load_bad("[a]\nflag = on\n\nfoo = 1\n", "4: unknown option foo in [a]");
	load_bad("[a]\ntime = 1s\n", "2: unknown option time in [a]");
	load_bad("\n[c]\n", "2: unknown section [c]");
	load_bad("[\x1b]\n", "1: a control character is not allowed");
	load_bad("[A B]\n", "1: this is not the name of a section");
	load_bad("[a\n", "1: ] is missing");
	load_bad("[a] b\n", "1: nothing may follow [section]");
	load_bad("text = 1\n", "1: a [section] has to come first");
	load_bad("[a]\ntext\n", "2: name = value is expected");
	load_bad("[a]\n= 5\n", "2: name = value is expected");
	load_bad("[a]\nText = 5\n", "2: name = value is expected");
	load_bad("[a]\nflag = on\n[b]\n[a]\nflag = on\n",
	    "5: [a] flag is set again, first in line 2");
	load_bad("[a]\ntext = right\ntext = \"wrong\n",
	    "3: the closing \" is missing");
	load_bad("[a]\r\nflag = on\r\nfoo = 1\r\n",
	    "3: unknown option foo in [a]");
	load_bad("[a]\ntext = a\rb\n",
	    "2: a control character is not allowed");
	load_bad("[a]\ntext = a\x7f\n",
	    "2: a control character is not allowed");
}

static void
test_quotes(void **state)
{
	(void)state;
	load_bad("[a]\ntext = \"a\n", "2: the closing \" is missing");
	load_bad("[a]\ntext = \"a\\\"\n", "2: the closing \" is missing");
	load_bad("[a]\ntext = \"\n", "2: the closing \" is missing");
	load_bad("[a]\ntext = \"a\" b\n",
	    "2: nothing may follow the closing \"");
	load_bad("[a]\ntext = a\"b\"\n",
	    "2: a value with \" has to be quoted as a whole");
	load_bad("[a]\ntext = \"a\\n\"\n",
	    "2: after \\ in quotes only \" or \\ may stand");
	load_bad("[a]\ntext = \"a\\",
	    "2: after \\ in quotes only \" or \\ may stand");
}

static void
test_bad_values(void **state)
{
	static const char time_text[] = "2: [b] time: a duration such as "
	    "250ms, 10s, 5m, 2h or 7d from 0s to 1d is expected";
	static const char times_text[] = "2: [b] times: at most 256 durations "
	    "such as 250ms, 10s, 5m, 2h or 7d, each from 1s to 1d are "
	    "expected";
	static const char number_text[] =
	    "2: [a] number: a whole number from -10 to 1000 is expected";

	(void)state;
	load_bad("[a]\nflag = maybe\n", "2: [a] flag: yes or no is expected");
	load_bad("[a]\nflag =\n", "2: [a] flag: yes or no is expected");
	load_bad("[a]\nnumber = -11\n", number_text);
	load_bad("[a]\nnumber = 1001\n", number_text);
	load_bad("[a]\nnumber = 1 2\n", number_text);
	load_bad("[a]\nnumber = 99999999999999999999\n", number_text);
	load_bad("[a]\nsize = 2g\n", "2: [a] size: a size such as 4096, 16k "
	    "or 1m from 0 to 1g is expected");
	load_bad("[b]\ntime = 25h\n", time_text);
	load_bad("[b]\ntime = 5\n", time_text);
	load_bad("[b]\ntimes = 10s 1ms\n", times_text);
	load_bad("[b]\ntimes = 10s x\n", times_text);
	load_bad("[b]\nchoice = blue\n",
	    "2: [b] choice: one of red, green is expected");
}

static void
test_limits(void **state)
{
	static char big[300 * 1024];
	struct target t;
	char expected[400];
	size_t i, len;

	(void)state;
	/* One value, one list, one file too many. */
	memset(big, 'x', sizeof(big));
	memcpy(big, "[a]\ntext = ", 11);
	big[9000] = '\0';
	load_bad(big, "2: the value is too long");
	len = (size_t)snprintf(big, sizeof(big), "[b]\nwords =");
	for (i = 0; i < 257; i++)
		len += (size_t)snprintf(big + len, sizeof(big) - len, " w");
	load_bad(big, "2: [b] words: at most 256 words are expected");
	memset(big, '\n', sizeof(big));
	config_file_write(big, sizeof(big));
	assert_int_equal(conf_load(table, &t, path, NULL, &why), ERR_TOO_BIG);
	(void)snprintf(expected, sizeof(expected), "%s: over the maximum size",
	    path);
	assert_string_equal(buf_cstr(&why), expected);
	/* A NUL does not hide the rest of a line. */
	config_file_write("[a]\nflag = on\0\n", 15);
	assert_int_equal(conf_load(table, &t, path, NULL, &why), ERR_INVALID);
	(void)snprintf(expected, sizeof(expected),
	    "%s:2: a control character is not allowed", path);
	assert_string_equal(buf_cstr(&why), expected);
}

static void
expects_seven(const void *target, struct conf_reading *r)
{
	const struct target *t = target;

	if (t->number != 7)
		conf_wrong(r, &t->number, "seven is expected");
	if (strcmp(t->other, "") != 0)
		conf_wrong(r, &t->other, "nothing is expected");
}

/* All mistakes of a file, each once, and nothing that only follows from one. */
static void
test_many(void **state)
{
	static const char text[] = "[a]\nflag = maybe\nnumber = 2000\n"
	    "foo = 1\n[c]\nflag = no\nbar\n[b]\ntext = x\n[a]\n"
	    "flag = yes\ntext = \"x\n";
	static const char *const lines[] = {
		"2: [a] flag: yes or no is expected",
		"3: [a] number: a whole number from -10 to 1000 is expected",
		"4: unknown option foo in [a]",
		"5: unknown section [c]",
		"7: name = value is expected",
		"11: [a] flag is set again, first in line 2",
		"12: the closing \" is missing",
		"9: [b] text: nothing is expected",
	};
	struct buf expected = BUF_INIT(4096);
	struct target t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		buf_fmt(&expected, "%s%s:%s", i > 0 ? "\n" : "", path,
		    lines[i]);
	config_file_write(text, strlen(text));
	assert_int_equal(conf_load(table, &t, path, expects_seven, &why),
	    ERR_INVALID);
	assert_string_equal(buf_cstr(&why), buf_cstr(&expected));
	assert_null(t.text);
	assert_null(t.other);
	config_file_write("[a]\n\nnumber = 8\n", 16);
	assert_int_equal(conf_load(table, &t, path, expects_seven, &why),
	    ERR_INVALID);
	buf_reset(&expected);
	buf_fmt(&expected, "%s:3: [a] number: seven is expected", path);
	assert_string_equal(buf_cstr(&why), buf_cstr(&expected));
	assert_null(t.text);
	config_file_write("[a]\n", 4);
	assert_int_equal(conf_load(table, &t, path, expects_seven, &why), 0);
	conf_free(table, &t);
	buf_free(&expected);
}

static void
test_too_many(void **state)
{
	struct buf text = BUF_INIT(4096), end = BUF_INIT(400);
	struct target t;
	const char *p;
	int i;

	(void)state;
	for (i = 0; i < CONF_MISTAKES + 3; i++)
		buf_str(&text, "wrong\n");
	assert_int_equal(load(&t, buf_cstr(&text)), ERR_INVALID);
	buf_fmt(&end, ":%d: name = value is expected\n%s: and 3 more",
	    CONF_MISTAKES, path);
	p = strstr(buf_cstr(&why), buf_cstr(&end));
	assert_non_null(p);
	assert_string_equal(p, buf_cstr(&end));
	buf_free(&text);
	buf_free(&end);
}

static void
test_no_file(void **state)
{
	struct target t;

	(void)state;
	assert_int_equal(conf_load(table, &t, "/nonexistent/x.conf", NULL,
	    &why), ERR_NOT_FOUND);
	assert_string_equal(buf_cstr(&why),
	    "/nonexistent/x.conf: No such file or directory");
	assert_null(t.text);
	assert_int_equal(conf_load(table, &t, "/", NULL, &why), ERR_IO);
	assert_string_equal(buf_cstr(&why), "/: Is a directory");
}

static void
test_bad_default(void **state)
{
	static const struct conf_option bad[] = {
		{ "a", "text", CONF_STRING, offsetof(struct target, text),
		    "x", 0, 0, NULL, "A text." },
		{ "a", "number", CONF_INT, offsetof(struct target, number),
		    "7", 8, 9, NULL, "A number." },
		{ .section = NULL },
	};
	struct target t;

	(void)state;
	assert_int_equal(conf_load(bad, &t, NULL, NULL, &why), ERR_RANGE);
	assert_string_equal(buf_cstr(&why), "default of [a] number: "
	    "a whole number from 8 to 9 is expected");
	assert_null(t.text);
}

static void
test_dump(void **state)
{
	struct buf first = BUF_INIT(8192), second = BUF_INIT(8192);
	struct buf small = BUF_INIT(100);
	struct target t;

	(void)state;
	load_good(&t, "[a]\ntext = \" a#\\\"\\\\ \"\nflag = no\nnumber = -3\n"
	    "size = 1536\n[b]\ntime = 90s\ntimes = 1500ms 90m 1d\n"
	    "words = \"x #y\"\ntext = back\\slash\n");
	conf_dump(table, &t, &first);
	assert_string_equal(buf_cstr(&first),
	    "[a]\n# A text.\ntext = \" a#\\\"\\\\ \"\n# A flag.\nflag = no\n"
	    "# A number.\nnumber = -3\n# A size.\nsize = 1536\n\n"
	    "[b]\n# A time.\ntime = 90s\n# Times.\ntimes = 1500ms 90m 1d\n"
	    "# Words.\nwords = \"x #y\"\n# A choice.\nchoice = green\n"
	    "# The same name elsewhere.\ntext = back\\slash\n");
	conf_dump(table, &t, &small);
	assert_int_equal(buf_err(&small), ERR_TOO_BIG);
	conf_free(table, &t);
	load_good(&t, buf_cstr(&first));
	conf_dump(table, &t, &second);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	conf_free(table, &t);
	/* Nothing and zero. */
	load_good(&t, "[a]\ntext =\nsize = 0\n[b]\ntime = 0ms\ntimes =\n");
	buf_reset(&first);
	conf_dump(table, &t, &first);
	assert_non_null(strstr(buf_cstr(&first), "\ntext =\n"));
	assert_non_null(strstr(buf_cstr(&first), "\nsize = 0\n"));
	assert_non_null(strstr(buf_cstr(&first), "\ntime = 0s\n"));
	assert_non_null(strstr(buf_cstr(&first), "\ntimes =\n"));
	conf_free(table, &t);
	buf_free(&first);
	buf_free(&second);
	buf_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_bad_default),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, config_file_make, config_file_remove);
}
