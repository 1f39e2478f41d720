#ifndef TESTS_UNIT_SETTINGS_FIXTURE_H
#define TESTS_UNIT_SETTINGS_FIXTURE_H

#include <jansson.h>
#include <string.h>

#include "core/buf.h"
#include "core/jsonx.h"
#include "hook/fault.h"
#include "hook/webhook.h"

/* Settings with one part that matters; include after cmocka.h. */

/*
 * Reads settings of service in which name ("\"filters\":") stands before value;
 * see webhook_read.
 */
static inline int
settings_read(enum service service, const char *name, const char *value,
    struct webhook *w, struct faults *faults)
{
	struct buf text = BUF_INIT(1 << 20);
	const char *why;
	json_t *json;
	size_t at;
	int rc;

	buf_fmt(&text, "{\"service\":\"%s\",\"origin\":\"https://a.ru\",",
	    service_name(service));
	buf_str(&text, name);
	buf_str(&text, value);
	buf_chr(&text, '}');
	if (jsonx_parse(buf_as_span(&text), &json, &why, &at) != 0)
		fail_msg("%s at %zu: %s", why, at, buf_cstr(&text));
	rc = webhook_read(json, NULL, w, faults);
	json_decref(json);
	buf_free(&text);
	return rc;
}

/* They have this fault and no other. */
static inline void
settings_fault(enum service service, const char *name, const char *value,
    const char *pointer, enum fault_code code, const char *arg)
{
	struct faults f = { 0 };
	struct webhook w;

	assert_int_equal(settings_read(service, name, value, &w, &f),
	    ERR_INVALID);
	if (f.n != 1 || strcmp(f.v[0].pointer, pointer) != 0 ||
	    f.v[0].code != code)
		fail_msg("%s: %zu faults, %s %s", value, f.n,
		    f.n ? f.v[0].pointer : "",
		    f.n ? fault_code(f.v[0].code) : "");
	if (arg)
		assert_string_equal(f.v[0].arg, arg);
	else
		assert_null(f.v[0].arg);
	webhook_free(&w);
	fault_free(&f);
}

#endif
