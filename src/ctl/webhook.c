/*
 * callhookctl webhook: an account's webhooks, by hand; see byhand.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "ctl/byhand.h"
#include "ctl/table.h"

#define TEXT_MAX 65536

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_webhook = {
	.name = "webhook",
	.usage = "list --account N [--service SERVICE] [--limit NUMBER] "
	    "[--json] |\n"
	    "\tshow ID [--account N] [--json] |\n"
	    "\tenable ID [--account N] [--json] |\n"
	    "\tdisable ID [--account N] [--json] |\n"
	    "\tpause ID [--account N] [--json] |\n"
	    "\tresume ID [--account N] [--json] |\n"
	    "\ttest ID [--event EVENT] [--call CALL] [--account N] [--json]",
	.help = "Shows an account's webhooks, switches them on and off, pauses "
	    "and tries them.",
	.run = run,
};

static const char *
state_of(const json_t *w)
{
	if (json_is_false(json_object_get(w, "enabled")))
		return "off";
	return json_is_string(json_object_get(w, "paused_at")) ? "paused" :
	    "on";
}

/* Strings of a list, with commas. */
static void
add_list(struct buf *b, const json_t *list)
{
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
		buf_fmt(b, "%s%s", i > 0 ? "," : "", json_string_value(s));
}

static int
print_rows(const json_t *list)
{
	static const char *const titles[] = { "ID", "SERVICE", "STATE",
		"EVENTS", "SENT", "FAILED", "METHOD", "ADDRESS" };
	struct table t = table_new(titles, 8, 1U << 4 | 1U << 5);
	struct buf events = BUF_INIT(TEXT_MAX);
	const json_t *w;
	size_t i;

	json_array_foreach(list, i, w) {
		buf_reset(&events);
		add_list(&events, json_object_get(w, "events"));
		table_text(&t, table_get(w, "id"));
		table_text(&t, table_get(w, "service"));
		table_text(&t, state_of(w));
		table_text(&t, buf_cstr(&events));
		table_number(&t, json_integer_value(json_object_get(w,
		    "sent_ok")));
		table_number(&t, json_integer_value(json_object_get(w,
		    "sent_failed")));
		table_text(&t, table_get(w, "method"));
		table_text(&t, table_get(w, "url"));
	}
	buf_free(&events);
	return table_print(&t);
}

/* Whatever the API says of it: text as it is, the rest as JSON. */
static void
add_fact(struct table *t, const char *name, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		table_fact(t, name, json_string_value(value));
	} else if (json_is_null(value)) {
		table_fact(t, name, NULL);
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
		table_fact(t, name, text);
		free(text);
	}
}

static int
print_params(const json_t *params)
{
	static const char *const titles[] = { "PARAMETER", "KIND", "IS" };
	static const char *const kinds[] = { "value", "text", "template" };
	struct table t = table_new(titles, 3, 0);
	const json_t *p;
	size_t i, k;

	if (json_array_size(params) == 0) {
		json_decref(t.cells);
		return 0;
	}
	json_array_foreach(params, i, p)
		for (k = 0; k < 3; k++)
			if (table_get(p, kinds[k]) != NULL) {
				table_text(&t, table_get(p, "name"));
				table_text(&t, kinds[k]);
				table_text(&t, table_get(p, kinds[k]));
			}
	putchar('\n');
	return table_print(&t);
}

static int
print_whole(const json_t *json)
{
	struct table t = table_new(NULL, 2, 0);
	const char *name;
	json_t *value;
	int rc;

	table_fact(&t, "state", state_of(json));
	json_object_foreach((json_t *)json, name, value)
		if (strcmp(name, "params") != 0)
			add_fact(&t, name, value);
	rc = table_print(&t);
	return rc < 0 ? rc : print_params(json_object_get(json, "params"));
}

static int
print_test(const json_t *json)
{
	const json_t *request = json_object_get(json, "request");
	struct table t = table_new(NULL, 2, 0);
	int rc;

	table_fact(&t, "outcome", table_get(json, "outcome"));
	table_text(&t, "status");
	table_number(&t, json_integer_value(json_object_get(json, "status")));
	table_fact(&t, "request", table_get(request, "line"));
	table_fact(&t, "address", table_get(json, "address"));
	table_text(&t, "ms");
	table_real(&t, json_object_get(json_object_get(json, "timings"),
	    "total_ms"));
	table_fact(&t, "error", table_get(json, "error"));
	table_fact(&t, "why", table_get(json, "error_text"));
	rc = table_print(&t);
	table_below("request", table_get(request, "body"));
	table_below("response", table_get(json, "response"));
	return rc;
}

static bool
was_delivered(const json_t *json)
{
	const char *outcome = table_get(json, "outcome");

	return outcome != NULL && strcmp(outcome, "delivered") == 0;
}

static const struct byhand_action actions[] = {
	{ .name = "list", .about = BYHAND_ACCOUNT, .method = "GET",
	    .path = "/v1/webhooks", .entries = BYHAND_ALL, .options =
	    BYHAND_BIT(BYHAND_SERVICE) | BYHAND_BIT(BYHAND_LIMIT),
	    .rows = print_rows },
	{ .name = "show", .about = BYHAND_ID, .method = "GET",
	    .path = "/v1/webhooks/{id}", .print = print_whole },
	{ .name = "enable", .about = BYHAND_ID, .method = "PATCH",
	    .path = "/v1/webhooks/{id}", .body = "{\"enabled\":true}",
	    .rows = print_rows },
	{ .name = "disable", .about = BYHAND_ID, .method = "PATCH",
	    .path = "/v1/webhooks/{id}", .body = "{\"enabled\":false}",
	    .rows = print_rows },
	{ .name = "pause", .about = BYHAND_ID, .method = "POST",
	    .path = "/v1/webhooks/{id}/pause", .rows = print_rows },
	{ .name = "resume", .about = BYHAND_ID, .method = "POST",
	    .path = "/v1/webhooks/{id}/resume", .rows = print_rows },
	{ .name = "test", .about = BYHAND_ID, .method = "POST",
	    .path = "/v1/webhooks/{id}/test", .event = "call_end", .options =
	    BYHAND_BIT(BYHAND_EVENT) | BYHAND_BIT(BYHAND_CALL),
	    .print = print_test, .well = was_delivered },
};

static int
run(struct ctl *ctl, int argc, char **argv)
{
	return byhand_run(ctl, argc, argv, actions,
	    sizeof(actions) / sizeof(actions[0]));
}
