/*
 * callhookctl delivery: what became of a webhook's events, by hand; see
 * byhand.h.
 */

#include "ctl/byhand.h"
#include "ctl/table.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_delivery = {
	.name = "delivery",
	.usage = "list WEBHOOK [--outcome OUTCOME] [--status STATUS] "
	    "[--event EVENT]\n"
	    "\t    [--call CALL] [--since TIME] [--until TIME] "
	    "[--limit NUMBER]\n\t    [--account N] [--json] |\n"
	    "\tshow ID [--account N] [--json] |\n"
	    "\tresend ID [--account N] [--json]",
	.help = "Shows what became of a webhook's events, and sends once more.",
	.run = run,
};

static int
print_rows(const json_t *list)
{
	static const struct table_column columns[] = {
		{ "ID", "id", TABLE_TEXT, NULL },
		{ "AT", "at", TABLE_TEXT, NULL },
		{ "EVENT", "event", TABLE_TEXT, NULL },
		{ "OUTCOME", "outcome", TABLE_TEXT, NULL },
		{ "STATUS", "status", TABLE_NUMBER, NULL },
		{ "ATTEMPTS", "attempts", TABLE_NUMBER, NULL },
		{ "ERROR", "error", TABLE_TEXT, NULL },
		{ "CALL", "call_id", TABLE_TEXT, NULL },
		{ .title = NULL },
	};

	return table_list(list, columns);
}

static int
print_attempts(const json_t *attempts)
{
	static const struct table_column columns[] = {
		{ "N", "n", TABLE_NUMBER, NULL },
		{ "AT", "at", TABLE_TEXT, NULL },
		{ "OUTCOME", "outcome", TABLE_TEXT, NULL },
		{ "STATUS", "status", TABLE_NUMBER, NULL },
		{ "MS", "total_ms", TABLE_REAL, "timings" },
		{ "ERROR", "error", TABLE_TEXT, NULL },
		{ "ADDRESS", "address", TABLE_TEXT, NULL },
		{ .title = NULL },
	};

	return table_list(attempts, columns);
}

/* The request and the answer of one attempt, as they went over the wire. */
static void
print_exchange(const json_t *a)
{
	const json_t *request = json_object_get(a, "request"), *h;
	size_t i;

	table_below("why", table_get(a, "error_text"));
	table_below("request", table_get(request, "line"));
	json_array_foreach(json_object_get(request, "headers"), i, h)
		table_line(json_string_value(h));
	if (table_get(request, "body") != NULL) {
		putchar('\n');
		table_line(table_get(request, "body"));
	}
	table_below("response", table_get(a, "response"));
}

static int
print_whole(const json_t *json)
{
	const json_t *event = json_object_get(json, "event");
	const json_t *attempts = json_object_get(json, "attempts");
	struct table t = table_new(NULL, 2, 0);
	size_t n = json_array_size(attempts);
	int rc;

	table_fact(&t, "id", table_get(json, "id"));
	table_fact(&t, "webhook", table_get(json, "webhook_id"));
	table_fact(&t, "outcome", table_get(json, "outcome"));
	table_fact(&t, "next attempt", table_get(json, "next_attempt_at"));
	table_fact(&t, "service", table_get(event, "service"));
	table_fact(&t, "event", table_get(event, "event"));
	table_fact(&t, "call", table_get(event, "call_id"));
	rc = table_print(&t);
	if (rc < 0 || n == 0)
		return rc;
	putchar('\n');
	rc = print_attempts(attempts);
	if (rc == 0)
		print_exchange(json_array_get(attempts, n - 1));
	return rc;
}

static int
print_again(const json_t *json)
{
	struct table t = table_new(NULL, 2, 0);

	table_fact(&t, "due now", table_get(json, "id"));
	return table_print(&t);
}

static const struct byhand_action actions[] = {
	{ .name = "list", .about = BYHAND_ID, .method = "GET",
	    .path = "/v1/webhooks/{id}/deliveries", .entries = 50,
	    .options = BYHAND_BIT(BYHAND_OUTCOME) | BYHAND_BIT(BYHAND_STATUS) |
	    BYHAND_BIT(BYHAND_EVENT) | BYHAND_BIT(BYHAND_CALL) |
	    BYHAND_BIT(BYHAND_SINCE) | BYHAND_BIT(BYHAND_UNTIL) |
	    BYHAND_BIT(BYHAND_LIMIT), .rows = print_rows },
	{ .name = "show", .about = BYHAND_ID, .method = "GET",
	    .path = "/v1/deliveries/{id}", .print = print_whole },
	{ .name = "resend", .about = BYHAND_ID, .method = "POST",
	    .path = "/v1/deliveries/{id}/resend", .print = print_again },
};

static int
run(struct ctl *ctl, int argc, char **argv)
{
	return byhand_run(ctl, argc, argv, actions,
	    sizeof(actions) / sizeof(actions[0]));
}
