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

static int64_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static int
print_rows(const json_t *list)
{
	static const char *const titles[] = { "ID", "AT", "EVENT", "OUTCOME",
		"STATUS", "ATTEMPTS", "ERROR", "CALL" };
	struct table t = table_new(titles, 8, 1U << 4 | 1U << 5);
	const json_t *d;
	size_t i;

	json_array_foreach(list, i, d) {
		table_text(&t, table_get(d, "id"));
		table_text(&t, table_get(d, "at"));
		table_text(&t, table_get(d, "event"));
		table_text(&t, table_get(d, "outcome"));
		table_number(&t, number(d, "status"));
		table_number(&t, number(d, "attempts"));
		table_text(&t, table_get(d, "error"));
		table_text(&t, table_get(d, "call_id"));
	}
	return table_print(&t);
}

static int
print_attempts(const json_t *attempts)
{
	static const char *const titles[] = { "N", "AT", "OUTCOME", "STATUS",
		"MS", "ERROR", "ADDRESS" };
	struct table t = table_new(titles, 7, 1U << 0 | 1U << 3 | 1U << 4);
	const json_t *a;
	size_t i;

	json_array_foreach(attempts, i, a) {
		table_number(&t, number(a, "n"));
		table_text(&t, table_get(a, "at"));
		table_text(&t, table_get(a, "outcome"));
		table_number(&t, number(a, "status"));
		table_real(&t, json_object_get(json_object_get(a, "timings"),
		    "total_ms"));
		table_text(&t, table_get(a, "error"));
		table_text(&t, table_get(a, "address"));
	}
	return table_print(&t);
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
