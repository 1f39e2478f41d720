/*
 * callhookctl stats: what a webhook or an account sent, by hand; see byhand.h.
 */
#include "ctl/byhand.h"
#include "ctl/table.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_stats = {
	.name = "stats",
	.usage = "[WEBHOOK] [--account N] [--service SERVICE] "
	    "[--step hour|day]\n\t    [--tz MINUTES] [--since TIME] [--until TIME] [--json]",
	.help = "Shows what a webhook or an account sent, step by step.",
	.run = run,
};

static void
add_row(struct table *t, const char *at, const json_t *figures)
{
	static const char *const counts[] = { "delivered", "failed",
		"attempts", "failed_attempts" };
	static const char *const times[] = { "avg_ms", "p50_ms", "p95_ms",
		"p99_ms" };
	const json_t *latency = json_object_get(figures, "latency");
	size_t i;

	table_text(t, at);
	for (i = 0; i < 4; i++)
		table_number(t, json_integer_value(json_object_get(figures,
		    counts[i])));
	for (i = 0; i < 4; i++)
		table_real(t, json_object_get(latency, times[i]));
}

/* Steps in which nothing happened are left out. */
static bool
is_quiet(const json_t *figures)
{
	return json_integer_value(json_object_get(figures, "attempts")) == 0 &&
	    json_integer_value(json_object_get(figures, "failed")) == 0;
}

static int
print(const json_t *json)
{
	static const char *const titles[] = { "AT", "DELIVERED", "FAILED",
		"ATTEMPTS", "IN VAIN", "AVG MS", "P50 MS", "P95 MS", "P99 MS" };
	struct table t = table_new(titles, 9, ~1U);
	const json_t *figures;
	size_t i;

	json_array_foreach(json_object_get(json, "data"), i, figures)
		if (!is_quiet(figures))
			add_row(&t, table_get(figures, "at"), figures);
	add_row(&t, "total", json_object_get(json, "total"));
	return table_print(&t);
}

static const struct byhand_action action = {
	.about = BYHAND_EITHER, .method = "GET",
	.path = "/v1/webhooks/{id}/stats", .path_account = "/v1/stats",
	.options = BYHAND_BIT(BYHAND_STEP) | BYHAND_BIT(BYHAND_TZ) |
	    BYHAND_BIT(BYHAND_SINCE) | BYHAND_BIT(BYHAND_UNTIL) |
	    BYHAND_BIT(BYHAND_SERVICE),
	.from_to = true, .print = print,
};

static int
run(struct ctl *ctl, int argc, char **argv)
{
	return byhand_run(ctl, argc, argv, &action, 1);
}
