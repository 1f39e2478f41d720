/*
 * An invented call of each service, made of the examples of the parameters: for
 * previews and tests of webhooks whose account has no calls yet.  Pure.
 */
#include "config.h"

#include <string.h>

#include "hook/parameter.h"
#include "hook/sample.h"

/* What is not as in the examples, which are those of an end. */
static const struct {
	enum event_kind kind;
	const char *id;
	const char *json;
} others[] = {
	{ EVENT_CALL_START, "call_status", "\"1/0\"" },
	{ EVENT_CALL_START, "status_code", "1" },
	{ EVENT_CALL_START, "status_reason",
	    "\"Звонок происходит прямо сейчас\"" },
	{ EVENT_CALL_START, "status2_code", "0" },
	{ EVENT_CALL_START, "status2_reason", "\"\"" },
	{ EVENT_CALL_START, "hook_event", "\"Call is processing\"" },
	{ EVENT_CALL_CHANGE, "hook_event", "\"Call is changed\"" },
	{ EVENT_CALL_CHANGE, "tags", "\"Целевой, Тест-драйв, Перезвонить\"" },
	{ EVENT_CALL_CHANGE, "tags_list",
	    "[\"Целевой\",\"Тест-драйв\",\"Перезвонить\"]" },
};

static const char *
value(const struct parameter *p, enum event_kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].kind == kind && strcmp(others[i].id, p->id) == 0)
			return others[i].json;
	return kind == EVENT_CALL_START && p->known == PARAMETER_AT_END ?
	    p->blank : p->example;
}

/*
 * Nested values come with the object that they are in; what can be made of
 * the rest is not posted.
 */
static bool
is_posted(const struct parameter *p, enum service service)
{
	if (strchr(p->path, '.') != NULL || p->instead != NULL)
		return false;
	return p->source == PARAMETER_POSTED ||
	    (p->source == PARAMETER_TAGS && service == SERVICE_CALLTRACKING);
}

void
sample_data(enum service service, enum event_kind kind, struct buf *out)
{
	const struct parameter *list;
	bool first = true;
	size_t i, n;

	list = parameter_list(service, &n);
	buf_chr(out, '{');
	for (i = 0; i < n; i++) {
		if (!is_posted(&list[i], service))
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
