/*
 * The list of faults and the table of codes: complete, unique, and with the
 * same argument in both languages.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "hook/fault.h"

static int
marks(const char *s)
{
	int n = 0;

	for (; *s; s++) {
		if (*s != '%')
			continue;
		assert_int_equal(s[1], 's');
		n++;
	}
	return n;
}

static int
has_cyrillic(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s == 0xd0 || (unsigned char)*s == 0xd1)
			return 1;
	return 0;
}

static void
every_code_has_a_name_and_two_sentences(void **state)
{
	const char *p;
	int i, k;

	(void)state;
	for (i = 0; i < FAULT_CODES; i++) {
		enum fault_code c = (enum fault_code)i;

		assert_non_null(fault_code(c));
		assert_non_null(fault_text_en(c));
		assert_non_null(fault_text_ru(c));
		for (p = fault_code(c); *p; p++)
			assert_true(islower((unsigned char)*p) || *p == '_');
		assert_true(strlen(fault_text_en(c)) > 10);
		assert_false(has_cyrillic(fault_text_en(c)));
		assert_true(has_cyrillic(fault_text_ru(c)));
		assert_int_equal(marks(fault_text_en(c)),
		    marks(fault_text_ru(c)));
		assert_in_range(marks(fault_text_en(c)), 0, 1);
		for (k = 0; k < i; k++) {
			assert_string_not_equal(fault_code(c),
			    fault_code((enum fault_code)k));
			assert_string_not_equal(fault_text_ru(c),
			    fault_text_ru((enum fault_code)k));
		}
	}
}

static void
the_form_has_the_sentences_of_the_cabinet(void **state)
{
	(void)state;
	assert_string_equal(fault_text_ru(FAULT_URL_REQUIRED),
	    "Укажите адрес, например https://mysite.ru");
	assert_string_equal(fault_text_ru(FAULT_URL_PORT),
	    "Недопустимый порт: используйте 80, 443 или порт от 1024, не занятый "
	    "другим протоколом");
	assert_string_equal(fault_text_ru(FAULT_URL_PRIVATE),
	    "Адрес внутренней сети недоступен");
	assert_string_equal(fault_text_ru(FAULT_DUPLICATE_NAME),
	    "Имя уже используется");
}

static void
faults_keep_pointer_code_and_argument(void **state)
{
	struct faults f = { 0 };

	(void)state;
	fault_add(&f, FAULT_TOO_LONG, "255", "/params/%d/name", 3);
	fault_add(&f, FAULT_REQUIRED, NULL, "%s", "");
	assert_int_equal(f.err, 0);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.v[0].pointer, "/params/3/name");
	assert_int_equal(f.v[0].code, FAULT_TOO_LONG);
	assert_string_equal(f.v[0].arg, "255");
	assert_string_equal(f.v[1].pointer, "");
	assert_null(f.v[1].arg);
	fault_free(&f);
	assert_int_equal(f.n, 0);
	assert_null(f.v);
	fault_free(&f);
	fault_free(NULL);
}

static void
no_more_than_the_maximum_is_collected(void **state)
{
	struct faults f = { 0 };
	int i;

	(void)state;
	for (i = 0; i < FAULTS_MAX + 10; i++)
		fault_add(&f, FAULT_REQUIRED, NULL, "/%d", i);
	assert_int_equal(f.n, FAULTS_MAX);
	assert_string_equal(f.v[FAULTS_MAX - 1].pointer, "/49");
	fault_free(&f);
}

static void
nothing_is_added_after_memory_ran_out(void **state)
{
	struct faults f = { .err = ERR_NOMEM };

	(void)state;
	fault_add(&f, FAULT_REQUIRED, NULL, "/a");
	assert_int_equal(f.n, 0);
	assert_int_equal(f.err, ERR_NOMEM);
	fault_free(&f);
}

static void
a_sentence_takes_its_argument(void **state)
{
	struct fault f = { .code = FAULT_TOO_MANY, .arg = (char[]){ "200" } };
	struct buf b = BUF_INIT(1000);

	(void)state;
	fault_sentence(&f, fault_text_en(f.code), &b);
	assert_string_equal(buf_cstr(&b),
	    "Too many entries; at most 200 are allowed.");
	buf_reset(&b);
	fault_sentence(&f, fault_text_ru(f.code), &b);
	assert_non_null(strstr(buf_cstr(&b), "не более 200"));
	buf_reset(&b);
	f.arg = NULL;
	fault_sentence(&f, fault_text_en(f.code), &b);
	assert_null(strstr(buf_cstr(&b), "%s"));
	buf_reset(&b);
	f.code = FAULT_REQUIRED;
	fault_sentence(&f, fault_text_en(f.code), &b);
	assert_string_equal(buf_cstr(&b), fault_text_en(FAULT_REQUIRED));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_a_name_and_two_sentences),
		cmocka_unit_test(the_form_has_the_sentences_of_the_cabinet),
		cmocka_unit_test(faults_keep_pointer_code_and_argument),
		cmocka_unit_test(no_more_than_the_maximum_is_collected),
		cmocka_unit_test(nothing_is_added_after_memory_ran_out),
		cmocka_unit_test(a_sentence_takes_its_argument),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
