/*
 * What the commands have in common that do by hand what the API does: options,
 * the request that an action becomes, the pages of a list, refusals.  Called by
 * webhook.c, delivery.c, recover.c and stats.c; the request is made in hand.c.
 */
#include "ctl/byhand.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/id.h"
#include "core/num.h"
#include "ctl/hand.h"

#define TARGET_MAX 2048
#define PAGE 100

static const struct {
	const char *option, *api;
} names[BYHAND_OPTIONS] = {
	[BYHAND_EVENT] = { "event", "event" },
	[BYHAND_CALL] = { "call", "call_id" },
	[BYHAND_OUTCOME] = { "outcome", "outcome" },
	[BYHAND_STATUS] = { "status", "status" },
	[BYHAND_SINCE] = { "since", "since" },
	[BYHAND_UNTIL] = { "until", "until" },
	[BYHAND_STEP] = { "step", "step" },
	[BYHAND_TZ] = { "tz", "tz" },
	[BYHAND_SERVICE] = { "service", "service" },
	[BYHAND_LIMIT] = { "limit", NULL },
};

struct words {
	const struct byhand_action *action;
	const char *option[BYHAND_OPTIONS];	/* NULL: not given */
	int64_t account;			/* 0: not given */
	int64_t entries;			/* of a list */
	const char *id;				/* NULL: not given */
	bool json;
};

/* ---- the command line ---- */

static int
read_option(int o, const char *value, struct words *w)
{
	if (o == BYHAND_OPTIONS) {
		if (num_i64(span_of(value), 1, INT64_MAX, &w->account) == 0)
			return 0;
		ctl_say("not an account number: %s", value);
		return ERR_INVALID;
	}
	if (o == BYHAND_OPTIONS + 1) {
		w->json = true;
		return 0;
	}
	if (o < 0 || o > BYHAND_OPTIONS)
		return ERR_INVALID;
	if ((w->action->options & BYHAND_BIT(o)) == 0) {
		ctl_say("--%s does not belong here", names[o].option);
		return ERR_INVALID;
	}
	if (o == BYHAND_LIMIT && num_i64(span_of(value), 1, BYHAND_ALL,
	    &w->entries) < 0) {
		ctl_say("--limit: a number from 1 to %d is expected",
		    BYHAND_ALL);
		return ERR_INVALID;
	}
	w->option[o] = value;
	return 0;
}

static int
read_options(int argc, char **argv, struct words *w)
{
	struct option longopts[BYHAND_OPTIONS + 3] = {
		[BYHAND_OPTIONS] = { "account", required_argument, NULL,
		    BYHAND_OPTIONS },
		{ "json", no_argument, NULL, BYHAND_OPTIONS + 1 },
		{ NULL, 0, NULL, 0 },
	};
	int i, o;

	for (i = 0; i < BYHAND_OPTIONS; i++)
		longopts[i] = (struct option){ names[i].option,
			required_argument, NULL, i };
	while ((o = ctl_option(argc, argv, longopts)) != -1)
		if (read_option(o, optarg, w) < 0)
			return ERR_INVALID;
	if (optind < argc)
		w->id = argv[optind++];
	if (optind < argc) {
		ctl_say("too much: %s", argv[optind]);
		return ERR_INVALID;
	}
	return 0;
}

/* Is everything there that the action needs, and nothing else? */
static int
check_words(const struct words *w)
{
	const struct byhand_action *a = w->action;
	int i;

	for (i = 0; i < BYHAND_OPTIONS; i++)
		if ((a->needed & BYHAND_BIT(i)) != 0 && w->option[i] == NULL) {
			ctl_say("--%s is missing", names[i].option);
			return ERR_INVALID;
		}
	if (a->about == BYHAND_ACCOUNT && w->id != NULL) {
		ctl_say("too much: %s", w->id);
		return ERR_INVALID;
	}
	if (a->about == BYHAND_ID && w->id == NULL) {
		ctl_say("an id is missing");
		return ERR_INVALID;
	}
	if (w->id == NULL && w->account == 0) {
		ctl_say("--account is missing");
		return ERR_INVALID;
	}
	return 0;
}

static const struct byhand_action *
find_action(const char *name, const struct byhand_action *actions, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* ---- the request ---- */

static const char *
api_name(const struct byhand_action *a, int option)
{
	if (a->from_to && option == BYHAND_SINCE)
		return "from";
	if (a->from_to && option == BYHAND_UNTIL)
		return "to";
	return names[option].api;
}

static void
add_arg(struct buf *b, const char *name, const char *value)
{
	const char *p;

	buf_fmt(b, "%c%s=", memchr(b->p, '?', b->len) != NULL ? '&' : '?',
	    name);
	for (p = value; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		    (*p >= 'A' && *p <= 'Z') || strchr("-._~", *p) != NULL)
			buf_chr(b, *p);
		else
			buf_fmt(b, "%%%02X", (unsigned)(unsigned char)*p);
}

static int
write_target(const struct words *w, int64_t limit, const char *cursor,
    struct buf *out)
{
	const struct byhand_action *a = w->action;
	const char *path = a->about == BYHAND_EITHER && w->id == NULL ?
	    a->path_account : a->path, *at = strstr(path, "{id}");
	char number[24];
	int i;

	buf_reset(out);
	if (at == NULL)
		buf_str(out, path);
	else
		buf_fmt(out, "%.*s%s%s", (int)(at - path), path, w->id, at + 4);
	if (strcmp(a->method, "GET") != 0)
		return (int)buf_err(out);
	for (i = 0; i < BYHAND_OPTIONS; i++)
		if (w->option[i] != NULL && names[i].api != NULL)
			add_arg(out, api_name(a, i), w->option[i]);
	if (limit > 0) {
		snprintf(number, sizeof(number), "%" PRId64,
		    limit < PAGE ? limit : PAGE);
		add_arg(out, "limit", number);
	}
	if (cursor != NULL)
		add_arg(out, "cursor", cursor);
	return (int)buf_err(out);
}

/* Allocated; NULL: none. */
static char *
make_body(const struct words *w)
{
	const struct byhand_action *a = w->action;
	json_t *o;
	char *text;
	int i;

	if (a->body != NULL)
		return strdup(a->body);
	if (a->options == 0 || strcmp(a->method, "GET") == 0)
		return NULL;
	o = json_object();
	if (a->event != NULL && w->option[BYHAND_EVENT] == NULL)
		json_object_set_new(o, "event", json_string(a->event));
	for (i = 0; i < BYHAND_OPTIONS; i++)
		if (w->option[i] != NULL)
			json_object_set_new(o, names[i].api,
			    json_string(w->option[i]));
	text = json_dumps(o, 0);
	json_decref(o);
	return text;
}

/* ---- the answer ---- */

/* A refusal, with what is wrong where. */
static void
complain(int status, const json_t *json)
{
	const char *detail = json_string_value(json_object_get(json,
	    "detail"));
	json_t *e;
	size_t i;

	if (detail == NULL)
		detail = json_string_value(json_object_get(json, "title"));
	ctl_say("%d %s", status, detail != NULL ? detail : "not possible");
	json_array_foreach(json_object_get(json, "errors"), i, e)
		ctl_say("%s: %s",
		    json_string_value(json_object_get(e, "pointer")),
		    json_string_value(json_object_get(e, "detail")));
}

/* One request; *out is set on CTL_OK only. */
static int
ask_once(struct hand *h, const struct words *w, int64_t limit,
    const char *cursor, json_t **out)
{
	struct buf target = BUF_INIT(TARGET_MAX);
	char *body = make_body(w);
	int status = CTL_OK, answer;
	json_t *json = NULL;

	if (write_target(w, limit, cursor, &target) < 0) {
		ctl_say("the options are too long");
		status = CTL_FAILED;
	} else {
		answer = hand_ask(h, w->account, w->action->method,
		    buf_cstr(&target), body, &json);
		if (answer < 200 || answer > 299 || json == NULL) {
			complain(answer, json);
			status = CTL_FAILED;
		}
	}
	buf_free(&target);
	free(body);
	if (status == CTL_OK)
		*out = json;
	else
		json_decref(json);
	return status;
}

/* All pages as one answer. */
static int
ask(struct hand *h, const struct words *w, json_t **out)
{
	int64_t left = w->entries;
	json_t *data, *more;
	const char *cursor;
	int status;

	status = ask_once(h, w, left, NULL, out);
	if (status != CTL_OK || left == 0)
		return status;
	data = json_object_get(*out, "data");
	for (;;) {
		cursor = json_string_value(json_object_get(*out,
		    "next_cursor"));
		left = w->entries - (int64_t)json_array_size(data);
		if (cursor == NULL || left <= 0)
			return CTL_OK;
		status = ask_once(h, w, left, cursor, &more);
		if (status != CTL_OK)
			break;
		json_array_extend(data, json_object_get(more, "data"));
		json_object_set(*out, "next_cursor", json_object_get(more,
		    "next_cursor"));
		json_decref(more);
	}
	json_decref(*out);
	return status;
}

/* Whose is it, when the command line does not say? */
static int
find_account(struct hand *h, struct words *w)
{
	struct id id;
	int rc;

	if (w->id != NULL && id_parse(span_of(w->id), &id) < 0) {
		ctl_say("%s: there is no such thing", w->id);
		return CTL_FAILED;
	}
	if (w->account != 0)
		return CTL_OK;
	rc = hand_account_of(h, &id, &w->account);
	if (rc == ERR_NOT_FOUND) {
		ctl_say("%s: there is no such thing", w->id);
		return CTL_FAILED;
	}
	return rc < 0 ? hand_fail(h, rc) : CTL_OK;
}

static int
print(const struct byhand_action *action, const json_t *json)
{
	json_t *list;
	int rc;

	if (action->rows == NULL)
		return action->print(json);
	if (json_object_get(json, "data") != NULL)
		return action->rows(json_object_get(json, "data"));
	list = json_pack("[O]", json);
	rc = list != NULL ? action->rows(list) : ERR_NOMEM;
	json_decref(list);
	return rc;
}

static int
show(const struct words *w, const json_t *json)
{
	int rc = 0;

	if (!w->json)
		rc = print(w->action, json);
	else if (json_dumpf(json, stdout, JSON_INDENT(2) |
	    JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)) < 0)
		rc = ERR_NOMEM;
	else
		putchar('\n');
	if (rc < 0)
		return ctl_fail("answer", rc, NULL);
	return w->action->well == NULL || w->action->well(json) ? CTL_OK :
	    CTL_FAILED;
}

int
byhand_run(struct ctl *ctl, int argc, char **argv,
    const struct byhand_action *actions, size_t n)
{
	struct words w = { .action = actions };
	json_t *json = NULL;
	struct hand *h;
	int status;

	if (actions->name != NULL) {
		if (argc < 2)
			return ctl_no_action(NULL);
		w.action = find_action(argv[1], actions, n);
		argc--;
		argv++;
	}
	if (w.action == NULL)
		return ctl_no_action(argv[0]);
	w.entries = w.action->entries;
	if (read_options(argc, argv, &w) < 0 || check_words(&w) < 0)
		return CTL_USAGE;
	status = hand_open(ctl, &h);
	if (status == CTL_OK)
		status = find_account(h, &w);
	if (status == CTL_OK)
		status = ask(h, &w, &json);
	if (status == CTL_OK)
		status = show(&w, json);
	json_decref(json);
	hand_close(h);
	return status;
}
