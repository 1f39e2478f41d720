/*
 * What may stand in a header, and what is shown of strangers: the validators
 * against plain restatements of their rules.
 */
#include "config.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "api/http.h"
#include "api/shown.h"
#include "hook/event.h"
#include "hook/text.h"
#include "fuzz.h"

static bool
has_control(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

static void
check_call_id(struct span s)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._:-";
	bool ok = s.len >= 1 && s.len <= EVENT_CALL_ID_MAX;
	size_t i;

	for (i = 0; i < s.len; i++)
		ok = ok && s.p[i] != '\0' && strchr(good, s.p[i]);
	FUZZ_CHECK(event_call_id_ok(s) == ok);
}

/* Harmless to show, and JSON whatever the bytes were. */
static void
check_shown(struct span s)
{
	json_t *j = shown_bytes(s);
	const unsigned char *p;
	char *text;

	FUZZ_CHECK(j != NULL);
	for (p = (const unsigned char *)json_string_value(j); *p; p++) {
		FUZZ_CHECK(*p >= 0x20 || *p == '\n' || *p == '\t');
		FUZZ_CHECK(*p != 0x7f);
		/* The marks that turn the direction of writing. */
		FUZZ_CHECK(strncmp((const char *)p, "\xe2\x80\xae", 3) != 0);
		FUZZ_CHECK(p[0] != 0xc2 || p[1] >= 0xa0);
	}
	text = json_dumps(j, JSON_ENCODE_ANY);
	FUZZ_CHECK(text != NULL);
	free(text);
	json_decref(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = fuzz_span(data, size), token;
	json_t *j;

	check_call_id(s);
	check_shown(s);
	/* jansson's idea of UTF-8, one string at a time. */
	j = json_stringn((const char *)data, size);
	if (text_is_clean(s))
		FUZZ_CHECK(j != NULL && !has_control(s));
	else if (j != NULL && !has_control(s))
		FUZZ_CHECK(memmem(data, size, "\xc2", 1) != NULL);
	json_decref(j);
	token = http_bearer(s);
	if (token.p != NULL)
		FUZZ_CHECK(token.p >= s.p &&
		    token.p + token.len <= s.p + s.len);
	(void)http_language(s);
	(void)http_if_match(s, 7);
	return 0;
}
