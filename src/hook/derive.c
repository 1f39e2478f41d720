/*
 * Values of our own parameters that the platform need not post: made of the
 * event and of what it did post.  Called by parameter.c.
 */
#include "config.h"

#include "hook/derive.h"
#include "hook/parameter.h"
#include "hook/scan.h"
#include "hook/status.h"
#include "hook/tags.h"

/* The tags of a text, "Целевой, Тест-драйв", as a JSON list. */
static void
list_of_tags(struct span text, struct buf *out)
{
	struct scan_iter it = { 0 };
	struct span tag;

	buf_chr(out, '[');
	while (tags_next(&it, text, &tag)) {
		if (out->len > 1)
			buf_chr(out, ',');
		/* As it stood between quotes: its escapes are good here too. */
		buf_chr(out, '"');
		buf_span(out, tag);
		buf_chr(out, '"');
	}
	buf_chr(out, ']');
}

static void
quote(const char *text, struct span s, struct buf *out)
{
	buf_chr(out, '"');
	buf_span(out, text ? span_of(text) : s);
	buf_chr(out, '"');
}

struct span
derive_value(const struct parameter *p, const struct parameter_call *call,
    struct span posted, struct buf *scratch)
{
	char status[STATUS_LEN];
	struct span text;

	switch (p->source) {
	case PARAMETER_POSTED:
		return posted.p || !p->instead ? posted :
		    scan_path(call->data, p->instead);
	case PARAMETER_CALL_ID:
		quote(NULL, call->call_id, scratch);
		break;
	case PARAMETER_EVENT:
		quote(event_api_name(call->kind), call->call_id, scratch);
		break;
	case PARAMETER_STATUS:
		return posted.p ? posted :
		    span_of(status_description(status_text(call->service,
		    call->data, status)));
	case PARAMETER_TAGS:
		if (scan_type(posted) == SCAN_ARRAY)
			return posted;
		text = scan_get(call->data, "tags");
		if (scan_type(text) != SCAN_STRING)
			return span_of(NULL);
		list_of_tags(text, scratch);
		break;
	}
	return buf_as_span(scratch);
}
