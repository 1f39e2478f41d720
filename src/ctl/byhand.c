/*
 * callhookctl webhook, delivery, recover and stats: the API by hand, as tables
 * for people or as the API's JSON for scripts.  Each command becomes one request
 * (hand.c) and one table.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "ctl/hand.h"

#define TARGET_MAX 2048

static int run_webhook(struct ctl *ctl, int argc, char **argv);
static int run_delivery(struct ctl *ctl, int argc, char **argv);
static int run_recover(struct ctl *ctl, int argc, char **argv);
static int run_stats(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_webhook = {
	.name = "webhook",
	.usage = "list ACCOUNT [--json] |\n"
	    "\tshow|pause|resume|disable ID [--json] |\n"
	    "\ttest ID [--event EVENT] [--call CALL] [--json]",
	.help = "Shows an account's webhooks, pauses them, switches them off, "
	    "and tries them.",
	.run = run_webhook,
};

const struct ctl_command ctl_delivery = {
	.name = "delivery",
	.usage = "list WEBHOOK [--outcome OUTCOME] [--status STATUS] "
	    "[--call CALL] [--json] |\n\tshow|resend ID [--json]",
	.help = "Shows what became of a webhook's events, and sends once more.",
	.run = run_delivery,
};

const struct ctl_command ctl_recover = {
	.name = "recover",
	.usage = "WEBHOOK --since TIME [--until TIME] [--json] |\n"
	    "\tshow|cancel RECOVERY [--json]",
	.help = "Makes all failed deliveries of a webhook once more.",
	.run = run_recover,
};

const struct ctl_command ctl_stats = {
	.name = "stats",
	.usage = "WEBHOOK|ACCOUNT [--step hour|day] [--since TIME] "
	    "[--until TIME] [--json]",
	.help = "Shows what a webhook or an account sent, step by step.",
	.run = run_stats,
};

enum { EVENT, CALL, OUTCOME, STATUS, SINCE, UNTIL, STEP, OPTIONS };

struct words {
	const char *option[OPTIONS];	/* NULL: not given */
	bool json;
	const char *word[3];		/* what is no option */
	int n;
};

static int
read_words(int argc, char **argv, struct words *w)
{
	static const struct option longopts[] = {
		{ "event", required_argument, NULL, EVENT },
		{ "call", required_argument, NULL, CALL },
		{ "outcome", required_argument, NULL, OUTCOME },
		{ "status", required_argument, NULL, STATUS },
		{ "since", required_argument, NULL, SINCE },
		{ "until", required_argument, NULL, UNTIL },
		{ "step", required_argument, NULL, STEP },
		{ "json", no_argument, NULL, OPTIONS },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	memset(w, 0, sizeof(*w));
	while ((o = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		if (o >= 0 && o < OPTIONS)
			w->option[o] = optarg;
		else if (o == OPTIONS)
			w->json = true;
		else
			return CTL_USAGE;
	for (; optind < argc; optind++)
		if (w->n < 3)
			w->word[w->n++] = argv[optind];
		else
			return CTL_USAGE;
	return CTL_OK;
}

/* name=value of an option into a query; characters of times and ids only. */
static void
add_arg(struct buf *b, const char *name, const char *value)
{
	const char *p;

	if (value == NULL)
		return;
	buf_fmt(b, "%c%s=", memchr(b->p, '?', b->len) != NULL ? '&' : '?',
	    name);
	for (p = value; *p != '\0'; p++)
		buf_fmt(b, strchr(" +&%#", *p) != NULL ? "%%%02X" : "%c",
		    (unsigned char)*p);
}

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "-";
}

static json_int_t
number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* ---- tables ---- */

static void
print_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER |
	    JSON_REAL_PRECISION(9));
	putchar('\n');
}

static void
print_webhooks(const json_t *json)
{
	json_t *w;
	size_t i;

	printf("%-36s  %-12s  %-6s  %-8s  %9s  %9s  %s\n", "ID", "SERVICE",
	    "METHOD", "STATE", "OK", "FAILED", "ADDRESS");
	json_array_foreach(json_object_get(json, "data"), i, w)
		printf("%-36s  %-12s  %-6s  %-8s  %9lld  %9lld  %s\n",
		    text(w, "id"), text(w, "service"), text(w, "method"),
		    json_is_false(json_object_get(w, "enabled")) ? "off" :
		    json_is_string(json_object_get(w, "paused_at")) ?
		    "paused" : "on", (long long)number(w, "sent_ok"),
		    (long long)number(w, "sent_failed"), text(w, "url"));
}

static void
print_deliveries(const json_t *json)
{
	json_t *d;
	size_t i;

	printf("%-36s  %-24s  %-10s  %-10s  %6s  %8s  %-12s  %s\n", "ID", "AT",
	    "EVENT", "OUTCOME", "STATUS", "ATTEMPTS", "ERROR", "CALL");
	json_array_foreach(json_object_get(json, "data"), i, d)
		printf("%-36s  %-24s  %-10s  %-10s  %6lld  %8lld  %-12s  %s\n",
		    text(d, "id"), text(d, "at"), text(d, "event"),
		    text(d, "outcome"), (long long)number(d, "status"),
		    (long long)number(d, "attempts"), text(d, "error"),
		    text(d, "call_id"));
}

static void
print_test(const json_t *t)
{
	const json_t *timings = json_object_get(t, "timings");

	printf("%s: %s, status %lld, %.1f ms, %s\n", text(t, "outcome"),
	    text(json_object_get(t, "request"), "line"),
	    (long long)number(t, "status"),
	    json_number_value(json_object_get(timings, "total_ms")),
	    text(t, "address"));
	if (json_is_string(json_object_get(t, "error_text")))
		puts(text(t, "error_text"));
	if (json_is_string(json_object_get(t, "response")))
		printf("\n%s\n", text(t, "response"));
}

static void
print_recovery(const json_t *r)
{
	printf("%s %s: %lld of %lld resent, since %s until %s\n",
	    text(r, "id"), text(r, "state"), (long long)number(r, "resent"),
	    (long long)number(r, "found"), text(r, "since"),
	    text(r, "until"));
}

static void
print_line(const char *at, const json_t *f)
{
	const json_t *l = json_object_get(f, "latency");

	printf("%-24s  %9lld  %9lld  %9lld  %9lld  %9.1f  %9.1f\n", at,
	    (long long)number(f, "delivered"), (long long)number(f, "failed"),
	    (long long)number(f, "attempts"),
	    (long long)number(f, "failed_attempts"),
	    json_number_value(json_object_get(l, "p50_ms")),
	    json_number_value(json_object_get(l, "p99_ms")));
}

static void
print_stats(const json_t *json)
{
	json_t *d;
	size_t i;

	printf("%-24s  %9s  %9s  %9s  %9s  %9s  %9s\n", "AT", "DELIVERED",
	    "FAILED", "ATTEMPTS", "VAIN", "P50 MS", "P99 MS");
	json_array_foreach(json_object_get(json, "data"), i, d)
		if (number(d, "attempts") > 0 || number(d, "failed") > 0)
			print_line(text(d, "at"), d);
	print_line("total", json_object_get(json, "total"));
}

/* ---- asking ---- */

struct question {
	const char *id;			/* whose account; or account */
	int64_t account;
	const char *method;
	struct buf target;
	char *body;			/* allocated, or NULL */
	void (*print)(const json_t *json);
};

/* A refusal, with what is wrong where. */
static void
complain(int status, const json_t *json)
{
	json_t *e;
	size_t i;

	ctl_say("%d %s", status, json != NULL ? text(json, "detail") :
	    "not possible");
	json_array_foreach(json_object_get(json, "errors"), i, e)
		ctl_say("%s: %s", text(e, "pointer"), text(e, "detail"));
}

static int
ask(struct ctl *ctl, const struct words *w, struct question *q)
{
	struct hand *h;
	json_t *json;
	int status = hand_open(ctl, &h), answer;

	if (status == CTL_OK && q->account == 0)
		q->account = hand_account_of(h, q->id);
	if (status == CTL_OK && q->account == 0) {
		ctl_say("%s: there is no such thing", q->id);
		status = CTL_FAILED;
	}
	if (status == CTL_OK) {
		answer = hand_ask(h, q->account, q->method,
		    buf_cstr(&q->target), q->body, &json);
		if (answer < 200 || answer > 299 || json == NULL) {
			complain(answer, json);
			status = CTL_FAILED;
		} else if (w->json) {
			print_json(json);
		} else {
			q->print(json);
		}
		json_decref(json);
	}
	hand_close(h);
	buf_free(&q->target);
	free(q->body);
	return status;
}

static char *
object(const char *a, const char *x, const char *b, const char *y)
{
	json_t *o = json_object();
	char *out;

	if (x != NULL)
		json_object_set_new(o, a, json_string(x));
	if (y != NULL)
		json_object_set_new(o, b, json_string(y));
	out = json_dumps(o, 0);
	json_decref(o);
	return out;
}

static struct question
about(const char *method, const char *id, const char *before,
    const char *after, void (*print)(const json_t *json))
{
	struct question q = { .id = id, .method = method, .print = print,
		.target = BUF_INIT(TARGET_MAX) };

	buf_fmt(&q.target, "/v1/%s/%s%s", before, id, after);
	return q;
}

static bool
is(const struct words *w, const char *word)
{
	return strcmp(w->word[0], word) == 0;
}

static int
run_webhook(struct ctl *ctl, int argc, char **argv)
{
	struct question q;
	struct words w;
	const char *id;

	if (read_words(argc, argv, &w) != CTL_OK || w.n != 2)
		return CTL_USAGE;
	id = w.word[1];
	if (is(&w, "list")) {
		q = (struct question){ .method = "GET", .print = print_webhooks,
			.target = BUF_INIT(TARGET_MAX) };
		buf_str(&q.target, "/v1/webhooks?limit=100");
		if (num_i64(span_of(id), 1, INT64_MAX, &q.account) < 0)
			return CTL_USAGE;
	} else if (is(&w, "show")) {
		q = about("GET", id, "webhooks", "", print_json);
	} else if (is(&w, "pause") || is(&w, "resume")) {
		q = about("POST", id, "webhooks", is(&w, "pause") ? "/pause" :
		    "/resume", print_json);
	} else if (is(&w, "disable")) {
		q = about("PATCH", id, "webhooks", "", print_json);
		q.body = strdup("{\"enabled\":false}");
	} else if (is(&w, "test")) {
		q = about("POST", id, "webhooks", "/test", print_test);
		q.body = object("event", w.option[EVENT] != NULL ?
		    w.option[EVENT] : "call_end", "call_id", w.option[CALL]);
	} else {
		return CTL_USAGE;
	}
	return ask(ctl, &w, &q);
}

static int
run_delivery(struct ctl *ctl, int argc, char **argv)
{
	struct question q;
	struct words w;

	if (read_words(argc, argv, &w) != CTL_OK || w.n != 2)
		return CTL_USAGE;
	if (is(&w, "list")) {
		q = about("GET", w.word[1], "webhooks", "/deliveries",
		    print_deliveries);
		add_arg(&q.target, "outcome", w.option[OUTCOME]);
		add_arg(&q.target, "status", w.option[STATUS]);
		add_arg(&q.target, "call_id", w.option[CALL]);
		add_arg(&q.target, "since", w.option[SINCE]);
		add_arg(&q.target, "until", w.option[UNTIL]);
	} else if (is(&w, "show")) {
		q = about("GET", w.word[1], "deliveries", "", print_json);
	} else if (is(&w, "resend")) {
		q = about("POST", w.word[1], "deliveries", "/resend",
		    print_json);
	} else {
		return CTL_USAGE;
	}
	return ask(ctl, &w, &q);
}

static int
run_recover(struct ctl *ctl, int argc, char **argv)
{
	struct question q;
	struct words w;

	if (read_words(argc, argv, &w) != CTL_OK || w.n < 1 || w.n > 2)
		return CTL_USAGE;
	if (w.n == 1) {
		if (w.option[SINCE] == NULL)
			return CTL_USAGE;
		q = about("POST", w.word[0], "webhooks", "/recover",
		    print_recovery);
		q.body = object("since", w.option[SINCE], "until",
		    w.option[UNTIL]);
	} else if (is(&w, "show") || is(&w, "cancel")) {
		q = about(is(&w, "show") ? "GET" : "DELETE", w.word[1],
		    "recoveries", "", print_recovery);
	} else {
		return CTL_USAGE;
	}
	return ask(ctl, &w, &q);
}

static int
run_stats(struct ctl *ctl, int argc, char **argv)
{
	struct question q;
	struct words w;
	int64_t account;

	if (read_words(argc, argv, &w) != CTL_OK || w.n != 1)
		return CTL_USAGE;
	if (num_i64(span_of(w.word[0]), 1, INT64_MAX, &account) == 0) {
		q = (struct question){ .method = "GET", .account = account,
			.print = print_stats, .target = BUF_INIT(TARGET_MAX) };
		buf_str(&q.target, "/v1/stats");
	} else {
		q = about("GET", w.word[0], "webhooks", "/stats", print_stats);
	}
	add_arg(&q.target, "step", w.option[STEP]);
	add_arg(&q.target, "from", w.option[SINCE]);
	add_arg(&q.target, "to", w.option[UNTIL]);
	return ask(ctl, &w, &q);
}
