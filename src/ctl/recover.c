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
	static const struct table_column columns[] = {
		{ "ID", "id", TABLE_TEXT, NULL },
		{ "STATE", "state", TABLE_TEXT, NULL },
		{ "FOUND", "found", TABLE_NUMBER, NULL },
		{ "RESENT", "resent", TABLE_NUMBER, NULL },
		{ "SINCE", "since", TABLE_TEXT, NULL },
		{ "UNTIL", "until", TABLE_TEXT, NULL },
		{ "CREATED", "created_at", TABLE_TEXT, NULL },
		{ "FINISHED", "finished_at", TABLE_TEXT, NULL },
		{ .title = NULL },
	};

	return table_list(list, columns);
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
