/*
 * Texts with parameters in braces, names that nest, and that both are escaped
 * for where they stand: what a template says is never more than one value.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/mapping.h"
#include "hook/nest.h"
#include "hook/parameter.h"
#include "hook/template.h"
#include "hook/webhook.h"
#include "hook_fixture.h"
#include "settings_fixture.h"

#define CT SERVICE_CALLTRACKING
#define CK SERVICE_CALLKEEPER

static const char DATA[] = "{\"client_number\":\"79995550188\",\"duration\":"
	"1.50e1,\"city\":\"A \\\"&\\u0001\\n+%\\u041b😀\",\"host\":null,"
	"\"unique\":true,\"target\":false,\"tags_list\":[\"a\",\"b c\",3,"
	"null,{\"x\": 1}],\"call_status\":\"200/200\"}";

static struct parameter_call
call_of(enum service service, const char *data)
{
	return (struct parameter_call){ service, EVENT_CALL_END,
		SPAN("1337486"), fixture_proven(span_of(data)) };
}

static void
renders(enum service service, const char *data, const char *text,
    const char *want)
{
	struct parameter_call call = call_of(service, data);
	struct buf out = BUF_INIT(10000);
	struct template_flaw flaw;
	struct template *t;

	if (template_parse(service, span_of(text), &t, &flaw) != 0)
		fail_msg("%s: %d", text, (int)flaw.fault);
	assert_string_equal(template_text(t), text);
	template_render(t, &call, &out);
	assert_int_equal(buf_err(&out), 0);
	assert_string_equal(buf_cstr(&out), want);
	template_free(t);
	buf_free(&out);
}

static void
every_kind_of_value_becomes_text(void **state)
{
	(void)state;
	renders(CT, DATA, "", "");
	renders(CT, DATA, "as it is", "as it is");
	renders(CT, DATA, "{client_number} ({duration})",
	    "79995550188 (1.50e1)");
	renders(CT, DATA, "{client_number}{client_number}",
	    "7999555018879995550188");
	renders(CT, DATA, "[{host}][{region}]", "[][]");
	renders(CT, DATA, "{unique}{target}", "10");
	renders(CT, DATA, "{tags_list}", "a, b c, 3, null, {\"x\":1}");
	renders(CT, DATA, "{city}", "A \"&\001\n+%Л😀");
	renders(CT, DATA, "{call_id} {event}: {status_description}",
	    "1337486 AFTER_CALL_FINISH: Успешный звонок. Всё прошло хорошо");
	renders(CK, "{\"visit_info\":{\"current\":{\"src\":\"ya\", \"n\":[]}}}",
	    "{visit_info.current.src}/{current.src}/{current.no}/{current}",
	    "ya/ya//{\"src\":\"ya\",\"n\":[]}");
}

static void
braces_can_be_written(void **state)
{
	(void)state;
	renders(CT, DATA, "{{", "{");
	renders(CT, DATA, "}}", "}");
	renders(CT, DATA, "{{{{a}}}}", "{{a}}");
	renders(CT, DATA, "{{client_number}}", "{client_number}");
	renders(CT, DATA, "{{{client_number}}}", "{79995550188}");
	renders(CT, DATA, "a{{b}}c", "a{b}c");
}

static void
what_is_wrong_is_refused(void **state)
{
	static const char *const OPEN[] = { "{", "}", "a{", "{client_number",
		"client_number}", "{a{client_number}", "{{{", "}}}",
		"{client_number}}" };
	static const char *const UNKNOWN[][2] = { { "{}", "" },
		{ "{ client_number}", " client_number" },
		{ "{nothing}", "nothing" }, { "{city.a}", "city.a" },
		{ "{visit_info}", "visit_info" },
		{ "{{ {client_number}{x}{y}", "x" },
		{ "{client_number\n}", "client_number\n" } };
	struct template_flaw flaw;
	struct template *t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(OPEN) / sizeof(OPEN[0]); i++) {
		assert_int_equal(template_parse(CT, span_of(OPEN[i]), &t,
		    &flaw), ERR_INVALID);
		if (flaw.fault != TEMPLATE_SYNTAX)
			fail_msg("%s", OPEN[i]);
		assert_null(t);
	}
	for (i = 0; i < sizeof(UNKNOWN) / sizeof(UNKNOWN[0]); i++) {
		assert_int_equal(template_parse(CT, span_of(UNKNOWN[i][0]), &t,
		    &flaw), ERR_INVALID);
		if (flaw.fault != TEMPLATE_UNKNOWN ||
		    !span_is(flaw.name, UNKNOWN[i][1]))
			fail_msg("%s", UNKNOWN[i][0]);
	}
	template_free(NULL);
}

/* Settings with these params; their faults. */
static int
read_params(enum service service, const char *params, struct webhook *w,
    struct faults *faults)
{
	return settings_read(service, "\"params\":", params, w, faults);
}

static void
one_fault(const char *params, const char *pointer, enum fault_code code,
    const char *arg)
{
	settings_fault(CT, "\"params\":", params, pointer, code, arg);
}

/* As much of a name as a sentence has room for, and a letter less. */
#define SHORT "ббббббббббббббббббббббббббббббб"
#define LONG SHORT "б"

static void
faults_say_where(void **state)
{
	struct buf giant = BUF_INIT(10000);

	(void)state;
	one_fault("[{\"name\":\"a\",\"template\":7}]", "/params/0/template",
	    FAULT_WRONG_TYPE, "string");
	one_fault("[{\"name\":\"a\",\"template\":\"{x}\"}]",
	    "/params/0/template", FAULT_UNKNOWN_PARAMETER, "x");
	one_fault("[{\"name\":\"a\",\"template\":\"{city}, {" LONG "x}\"}]",
	    "/params/0/template", FAULT_UNKNOWN_PARAMETER, LONG "…");
	one_fault("[{\"name\":\"a\",\"template\":\"{xx" LONG "}\"}]",
	    "/params/0/template", FAULT_UNKNOWN_PARAMETER, "xx" SHORT "…");
	one_fault("[{\"name\":\"a\",\"template\":\"{x" LONG "}\"}]",
	    "/params/0/template", FAULT_UNKNOWN_PARAMETER, "x" SHORT "…");
	one_fault("[{\"name\":\"a\",\"template\":\"{" LONG "}\"}]",
	    "/params/0/template", FAULT_UNKNOWN_PARAMETER, LONG);
	one_fault("[{\"name\":\"a\",\"template\":\"{\"}]",
	    "/params/0/template", FAULT_TEMPLATE_SYNTAX, NULL);
	one_fault("[{\"name\":\"a\",\"template\":\"\\n\"}]",
	    "/params/0/template", FAULT_BAD_CHARACTER, NULL);
	one_fault("[{\"name\":\"a\",\"template\":\"x\",\"text\":\"y\"}]",
	    "/params/0/value", FAULT_VALUE_OR_TEXT, NULL);
	one_fault("[{\"name\":\"a\",\"template\":\"x\",\"value\":\"city\"}]",
	    "/params/0/value", FAULT_VALUE_OR_TEXT, NULL);
	one_fault("[{\"name\":\"a\",\"template\":\"x\",\"text\":\"y\","
	    "\"value\":\"city\"}]", "/params/0/value", FAULT_VALUE_OR_TEXT,
	    NULL);
	one_fault("[{\"name\":\"a\",\"value\":\"city.x\"}]",
	    "/params/0/value", FAULT_UNKNOWN_PARAMETER, "city.x");
	one_fault("[{\"name\":\"a\",\"text\":\"1\"},"
	    "{\"name\":\"a[b]\",\"text\":\"2\"}]", "/params/1/name",
	    FAULT_CONFLICT, "a");
	one_fault("[{\"name\":\"a[b][c]\",\"text\":\"1\"},"
	    "{\"name\":\"x\",\"text\":\"2\"},"
	    "{\"name\":\"a[b]\",\"text\":\"2\"}]", "/params/2/name",
	    FAULT_CONFLICT, "a[b][c]");
	buf_str(&giant, "[{\"name\":\"a\",\"template\":\"");
	while (giant.len < 4200)
		buf_chr(&giant, 'x');
	buf_str(&giant, "\"}]");
	one_fault(buf_cstr(&giant), "/params/0/template", FAULT_TOO_LONG,
	    "4096");
	buf_free(&giant);
}

static void
what_is_written_is_what_is_read(void **state)
{
	static const char PARAMS[] = "[{\"name\":\"a[b]\",\"value\":"
	    "\"visit_info.current.src\"},{\"name\":\"a[c]\",\"template\":"
	    "\"{{{phone2}}} «{current.src}»\"},{\"name\":\"t\",\"text\":"
	    "\"{not}\"},{\"name\":\"e\",\"template\":\"\"}]";
	struct buf text = BUF_INIT(10000);
	struct faults f = { 0 };
	struct webhook w;
	json_t *json;

	(void)state;
	assert_int_equal(read_params(CK, PARAMS, &w, &f), 0);
	json = webhook_json(&w);
	jsonx_write(&text, json_object_get(json, "params"));
	assert_string_equal(buf_cstr(&text), PARAMS);
	json_decref(json);
	webhook_free(&w);
	buf_free(&text);
}

/* A CallTracking mapping in all three shapes. */
static void
maps(const char *params, const char *json, const char *form,
    const char *query)
{
	struct parameter_call call = call_of(CT, DATA);
	struct buf out = BUF_INIT(10000);
	struct faults f = { 0 };
	struct webhook w;

	if (read_params(CT, params, &w, &f) != 0)
		fail_msg("%s: %s", params, f.n ? f.v[0].pointer : "?");
	mapping_json(w.items, w.items_n, &call, &out);
	assert_string_equal(buf_cstr(&out), json);
	fixture_proven(buf_as_span(&out));
	buf_reset(&out);
	mapping_pairs(w.items, w.items_n, &call, true, &out);
	assert_string_equal(buf_cstr(&out), form);
	buf_reset(&out);
	mapping_pairs(w.items, w.items_n, &call, false, &out);
	assert_string_equal(buf_cstr(&out), query);
	assert_int_equal(buf_err(&out), 0);
	webhook_free(&w);
	buf_free(&out);
}

static void
the_whole_is_escaped_for_its_place(void **state)
{
	(void)state;
	/* A quote ends no string, an ampersand begins no pair. */
	maps("[{\"name\":\"a\",\"template\":\"<{city}> & \\\"=\\\\\"}]",
	    "{\"a\":\"<A \\\"&\\u0001\\n+%Л😀> & \\\"=\\\\\"}",
	    "a=%3CA+%22%26%01%0A%2B%25%D0%9B%F0%9F%98%80%3E+%26+%22%3D%5C",
	    "a=%3CA%20%22%26%01%0A%2B%25%D0%9B%F0%9F%98%80%3E%20%26%20%22"
	    "%3D%5C");
	/* A number in a template is text; null is an empty one. */
	maps("[{\"name\":\"n\",\"template\":\"{duration}\"},"
	    "{\"name\":\"e\",\"template\":\"{host}\"}]",
	    "{\"n\":\"1.50e1\",\"e\":\"\"}", "n=1.50e1&e=", "n=1.50e1&e=");
	/* The same value as such keeps its type. */
	maps("[{\"name\":\"n\",\"value\":\"duration\"},"
	    "{\"name\":\"l\",\"value\":\"tags_list\"},"
	    "{\"name\":\"u\",\"value\":\"unique\"}]",
	    "{\"n\":1.50e1,\"l\":[\"a\",\"b c\",3,null,{\"x\":1}],"
	    "\"u\":true}",
	    "n=1.50e1&l%5B0%5D=a&l%5B1%5D=b+c&l%5B2%5D=3&l%5B3%5D=&"
	    "l%5B4%5D%5Bx%5D=1&u=1",
	    "n=1.50e1&l%5B0%5D=a&l%5B1%5D=b%20c&l%5B2%5D=3&l%5B3%5D=&"
	    "l%5B4%5D%5Bx%5D=1&u=1");
}

#define T(name, text) "{\"name\":\"" name "\",\"text\":\"" text "\"}"

/* Only JSON nests: in a query the receiver does it. */
static void
nests(const char *params, const char *json)
{
	struct parameter_call call = call_of(CT, DATA);
	struct buf out = BUF_INIT(10000);
	struct faults f = { 0 };
	struct webhook w;

	if (read_params(CT, params, &w, &f) != 0)
		fail_msg("%s: %s", params, f.n ? f.v[0].pointer : "?");
	mapping_json(w.items, w.items_n, &call, &out);
	assert_string_equal(buf_cstr(&out), json);
	webhook_free(&w);
	buf_free(&out);
}

static void
names_nest_in_json(void **state)
{
	(void)state;
	nests("[" T("a[b]", "1") "]", "{\"a\":{\"b\":\"1\"}}");
	nests("[" T("a[b][c]", "1") "," T("x", "2") "," T("a[d]", "3") ","
	    T("a[b][e]", "4") "]", "{\"a\":{\"b\":{\"c\":\"1\",\"e\":\"4\"},"
	    "\"d\":\"3\"},\"x\":\"2\"}");
	nests("[" T("P[0][V]", "1") "," T("P[0][T]", "2") "," T("P[1][V]",
	    "3") "]", "{\"P\":[{\"V\":\"1\",\"T\":\"2\"},{\"V\":\"3\"}]}");
	nests("[" T("a[1]", "1") "," T("a[0]", "2") "]",
	    "{\"a\":{\"1\":\"1\",\"0\":\"2\"}}");
	nests("[" T("a[0]", "1") "," T("a[x]", "2") "]",
	    "{\"a\":{\"0\":\"1\",\"x\":\"2\"}}");
	nests("[" T("a[0]", "1") "," T("a[]", "2") "]",
	    "{\"a\":[\"1\",\"2\"]}");
	nests("[" T("a[]", "1") "," T("b[][c]", "2") "]",
	    "{\"a\":[\"1\"],\"b\":[{\"c\":\"2\"}]}");
	nests("[" T("a[00]", "1") "," T("0", "2") "," T("b[-1]", "3") "]",
	    "{\"a\":{\"00\":\"1\"},\"0\":\"2\",\"b\":{\"-1\":\"3\"}}");
	nests("[" T("a[ \\\"я\\\"]", "1") "," T("a[b.c]", "2") "]",
	    "{\"a\":{\" \\\"я\\\"\":\"1\",\"b.c\":\"2\"}}");
	/* What PHP would not take apart either is a name like others. */
	nests("[" T("a[b", "1") "," T("[a]", "2") "," T("a]", "3") ","
	    T("a[b]c", "4") "," T("a", "5") "]", "{\"a[b\":\"1\",\"[a]\":"
	    "\"2\",\"a]\":\"3\",\"a[b]c\":\"4\",\"a\":\"5\"}");
}

static void
deep_names_are_bounded(void **state)
{
	struct buf name = BUF_INIT(1000), params = BUF_INIT(10000);
	struct parameter_call call = call_of(CT, DATA);
	struct buf out = BUF_INIT(10000), small = BUF_INIT(20);
	struct faults f = { 0 };
	struct webhook w;

	(void)state;
	buf_str(&name, "a");
	while (name.len + 3 <= WEBHOOK_NAME_MAX)
		buf_str(&name, "[b]");
	buf_fmt(&params, "[{\"name\":\"%s\",\"template\":\"{city}\"}]",
	    buf_cstr(&name));
	assert_int_equal(read_params(CT, buf_cstr(&params), &w, &f), 0);
	mapping_json(w.items, w.items_n, &call, &out);
	assert_int_equal(buf_err(&out), 0);
	mapping_json(w.items, w.items_n, &call, &small);
	assert_int_equal(buf_err(&small), ERR_TOO_BIG);
	webhook_free(&w);
	buf_free(&out);
	buf_free(&small);
	buf_free(&name);
	buf_free(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_becomes_text),
		cmocka_unit_test(braces_can_be_written),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(faults_say_where),
		cmocka_unit_test(what_is_written_is_what_is_read),
		cmocka_unit_test(the_whole_is_escaped_for_its_place),
		cmocka_unit_test(names_nest_in_json),
		cmocka_unit_test(deep_names_are_bounded),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
