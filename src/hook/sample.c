/*
 * An invented call of each service, made of the examples of the parameters: for
 * previews and tests of webhooks whose account has no calls yet.  Pure.
 */
#include "config.h"

#include <string.h>

#include "hook/parameter.h"
#include "hook/sample.h"

/* What is not final when a call begins, and says so. */
static const struct {
	const char *id;
	const char *json;
} at_start[] = {
	{ "call_status", "\"1/0\"" },
	{ "status_code", "1" },
	{ "status_reason", "\"Звонок происходит прямо сейчас\"" },
	{ "status2_code", "0" },
	{ "status2_reason", "\"\"" },
	{ "hook_event", "\"Call is processing\"" },
};

static const char *
value(const struct parameter *p, enum event_kind kind)
{
	size_t i;

	if (kind == EVENT_CALL_END)
		return p->example;
	for (i = 0; i < sizeof(at_start) / sizeof(at_start[0]); i++)
		if (strcmp(at_start[i].id, p->id) == 0)
			return at_start[i].json;
	return p->known == PARAMETER_AT_END ? p->blank : p->example;
}

/* Nested values come with the object that they are in. */
void
sample_data(enum service service, enum event_kind kind, struct buf *out)
{
	const struct parameter *list;
	bool first = true;
	size_t i, n;

	list = parameter_list(service, &n);
	buf_chr(out, '{');
	for (i = 0; i < n; i++) {
		if (strchr(list[i].path, '.') != NULL)
			continue;
		if (!first)
			buf_chr(out, ',');
		first = false;
		buf_json_str(out, span_of(list[i].path));
		buf_chr(out, ':');
		buf_str(out, value(&list[i], kind));
	}
	buf_chr(out, '}');
}
