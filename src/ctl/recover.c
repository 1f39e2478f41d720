/*
 * callhookctl recover: all failed deliveries of a webhook once more, by hand; see
 * byhand.h.
 */
#include "ctl/byhand.h"
#include "ctl/table.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_recover = {
	.name = "recover",
	.usage = "start WEBHOOK --since TIME [--until TIME] [--account N] "
	    "[--json] |\n"
	    "\tlist WEBHOOK [--account N] [--json] |\n"
	    "\tshow RECOVERY [--account N] [--json] |\n"
	    "\tcancel RECOVERY [--account N] [--json]",
	.help = "Makes all failed deliveries of a webhook once more.",
	.run = run,
};

static int
print_rows(const json_t *list)
{
	static const char *const titles[] = { "ID", "STATE", "FOUND", "RESENT",
		"SINCE", "UNTIL", "CREATED", "FINISHED" };
	struct table t = table_new(titles, 8, 1U << 2 | 1U << 3);
	const json_t *r;
	size_t i;

	json_array_foreach(list, i, r) {
		table_text(&t, table_get(r, "id"));
		table_text(&t, table_get(r, "state"));
		table_number(&t, json_integer_value(json_object_get(r,
		    "found")));
		table_number(&t, json_integer_value(json_object_get(r,
		    "resent")));
		table_text(&t, table_get(r, "since"));
		table_text(&t, table_get(r, "until"));
		table_text(&t, table_get(r, "created_at"));
		table_text(&t, table_get(r, "finished_at"));
	}
	return table_print(&t);
}

static const struct byhand_action actions[] = {
	{ .name = "start", .about = BYHAND_ID, .method = "POST",
	    .path = "/v1/webhooks/{id}/recover", .options =
	    BYHAND_BIT(BYHAND_SINCE) | BYHAND_BIT(BYHAND_UNTIL),
	    .needed = BYHAND_BIT(BYHAND_SINCE), .rows = print_rows },
	{ .name = "list", .about = BYHAND_ID, .method = "GET",
	    .path = "/v1/webhooks/{id}/recoveries", .rows = print_rows },
	{ .name = "show", .about = BYHAND_ID, .method = "GET",
	    .path = "/v1/recoveries/{id}", .rows = print_rows },
	{ .name = "cancel", .about = BYHAND_ID, .method = "DELETE",
	    .path = "/v1/recoveries/{id}", .rows = print_rows },
};

static int
run(struct ctl *ctl, int argc, char **argv)
{
	return byhand_run(ctl, argc, argv, actions,
	    sizeof(actions) / sizeof(actions[0]));
}
