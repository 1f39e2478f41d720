/*
 * callhookctl account: shows and sets what one account may do.  What is not set
 * is what the configuration says.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "core/id.h"
#include "core/num.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_account = {
	.name = "account",
	.usage = "show N [--json] |\n"
	    "\tset N [--webhooks NUMBER] [--events-per-second NUMBER]\n"
	    "\t    [--retention DAYS] [--services calltracking,callkeeper]",
	.help = "Shows and sets the limits of an account; \"default\" is what "
	    "the configuration says.",
	.run = run,
};

enum { WEBHOOKS, RATE, DAYS, SERVICES_, LIMITS };

static const struct {
	const char *option, *json;
	int64_t max;
} limits[LIMITS] = {
	[WEBHOOKS] = { "webhooks", "webhooks", 100000 },
	[RATE] = { "events-per-second", "events_per_second", 1000000 },
	[DAYS] = { "retention", "retention_days", 36500 },
	[SERVICES_] = { "services", "services", 3 },
};

struct limit {
	bool set;		/* otherwise the default */
	int64_t value;
};

static const char *const services[] = { "calltracking", "callkeeper" };

static int
read_services(const char *text, int64_t *out)
{
	size_t i, len;

	for (*out = 0;; text += len + 1) {
		len = strcspn(text, ",");
		for (i = 0; i < 2; i++)
			if (span_eq((struct span){ text, len },
			    span_of(services[i])))
				break;
		if (i == 2)
			return ERR_INVALID;
		*out |= INT64_C(1) << i;
		if (text[len] == '\0')
			return 0;
	}
}

static int
read_limit(int which, const char *text, struct limit *out)
{
	int err;

	out->set = strcmp(text, "default") != 0;
	if (!out->set)
		return 0;
	err = which == SERVICES_ ? read_services(text, &out->value) :
	    num_i64(span_of(text), which == DAYS ? 1 : 0, limits[which].max,
	    &out->value);
	if (err < 0 && which == SERVICES_)
		ctl_say("--services: calltracking, callkeeper or both are "
		    "expected");
	else if (err < 0)
		ctl_say("--%s: a number from %d to %" PRId64 ", or default, "
		    "is expected", limits[which].option, which == DAYS ? 1 : 0,
		    limits[which].max);
	return err < 0 ? ERR_INVALID : 0;
}

static int
query(struct db *db, const struct sql_statement *s, int64_t account,
    const struct limit *values)
{
	struct dbparam p;
	int err, i;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)id_shard(account));
	dbparam_i64(&p, account);
	for (i = 0; values != NULL && i < LIMITS; i++)
		if (!values[i].set)
			dbparam_null(&p);
		else if (i == SERVICES_)
			dbparam_i16(&p, (int16_t)values[i].value);
		else
			dbparam_i32(&p, (int32_t)values[i].value);
	err = (int)dbparam_err(&p);
	if (err == 0)
		err = db_send(db, s, &p);
	dbparam_free(&p);
	return err == 0 ? db_run(db) : err;
}

static int
fetch(struct db *db, int64_t account, struct limit out[LIMITS])
{
	const struct pg_result *r;
	int err, i;

	memset(out, 0, LIMITS * sizeof(*out));
	err = query(db, &sql_account_get, account, NULL);
	if (err < 0)
		return err;
	r = db_result(db, 0);
	for (i = 0; i < LIMITS && dbresult_rows(r) > 0; i++) {
		out[i].set = !dbresult_null(r, 0, i);
		if (out[i].set)
			out[i].value = i == SERVICES_ ?
			    dbresult_i16(r, 0, i) : dbresult_i32(r, 0, i);
	}
	return 0;
}

/* What is in force. */
static int64_t
effective(const struct settings *s, const struct limit *l, int which)
{
	if (l->set && !(which == DAYS && l->value > s->retention_days))
		return l->value;
	return which == WEBHOOKS ? s->api_max_webhooks :
	    which == RATE ? s->api_events_per_second :
	    which == DAYS ? s->retention_days : 3;
}

static json_t *
services_json(int64_t bits)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < 2; i++)
		if (bits & INT64_C(1) << i)
			json_array_append_new(list, json_string(services[i]));
	return list;
}

static int
print_json(const struct settings *s, int64_t account,
    const struct limit values[LIMITS])
{
	json_t *out = json_object(), *own = json_array();
	char *text;
	int i;

	json_object_set_new(out, "account_id", json_integer(account));
	for (i = 0; i < LIMITS; i++) {
		int64_t v = effective(s, &values[i], i);

		json_object_set_new(out, limits[i].json, i == SERVICES_ ?
		    services_json(v) : i == RATE && v == 0 ? json_null() :
		    json_integer(v));
		if (values[i].set)
			json_array_append_new(own, json_string(limits[i].json));
	}
	json_object_set_new(out, "own", own);
	text = json_dumps(out, JSON_COMPACT);
	json_decref(out);
	if (text == NULL)
		return ctl_fail("account", ERR_NOMEM, NULL);
	puts(text);
	free(text);
	return CTL_OK;
}

static void
print_table(const struct settings *s, int64_t account,
    const struct limit values[LIMITS])
{
	int64_t v;
	int i;

	printf("account            %" PRId64 "\n", account);
	for (i = 0; i < LIMITS; i++) {
		v = effective(s, &values[i], i);
		printf("%-18s ", limits[i].option);
		if (i == SERVICES_)
			printf("%s%s%s", v & 1 ? services[0] : "",
			    v == 3 ? "," : "", v & 2 ? services[1] : "");
		else if (i == RATE && v == 0)
			printf("any number");
		else
			printf("%" PRId64, v);
		puts(values[i].set ? "" : "  (default)");
	}
}

static int
run_show(struct ctl *ctl, int64_t account, bool json)
{
	struct limit values[LIMITS];
	struct db *db;
	int err, status = ctl_connect(ctl, NULL, true, &db);

	if (status != CTL_OK)
		return status;
	err = fetch(db, account, values);
	if (err < 0)
		status = ctl_fail("account", err, db);
	else if (json)
		status = print_json(&ctl->settings, account, values);
	else
		print_table(&ctl->settings, account, values);
	db_free(db);
	return status;
}

static int
run_set(struct ctl *ctl, int64_t account, const char *const texts[LIMITS])
{
	struct limit values[LIMITS], given[LIMITS];
	int err, i, status;
	struct db *db;

	for (i = 0; i < LIMITS; i++)
		if (texts[i] != NULL && read_limit(i, texts[i], &given[i]) < 0)
			return CTL_USAGE;
	status = ctl_connect(ctl, NULL, true, &db);
	if (status != CTL_OK)
		return status;
	err = fetch(db, account, values);
	for (i = 0; i < LIMITS; i++)
		if (texts[i] != NULL)
			values[i] = given[i];
	if (err == 0)
		err = query(db, &sql_account_set, account, values);
	if (err < 0)
		status = ctl_fail("account", err, db);
	else
		print_table(&ctl->settings, account, values);
	db_free(db);
	return status;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "webhooks", required_argument, NULL, WEBHOOKS },
		{ "events-per-second", required_argument, NULL, RATE },
		{ "retention", required_argument, NULL, DAYS },
		{ "services", required_argument, NULL, SERVICES_ },
		{ "json", no_argument, NULL, LIMITS },
		{ NULL, 0, NULL, 0 },
	};
	const char *texts[LIMITS] = { NULL };
	bool json = false, any = false, set;
	int64_t account;
	int o;

	while ((o = ctl_option(argc, argv, longopts)) != -1) {
		if (o == LIMITS)
			json = true;
		else if (o >= 0 && o < LIMITS)
			texts[o] = optarg;
		else
			return CTL_USAGE;
		any |= o < LIMITS;
	}
	if (optind == argc)
		return ctl_no_action(NULL);
	set = strcmp(argv[optind], "set") == 0;
	if (!set && strcmp(argv[optind], "show") != 0)
		return ctl_no_action(argv[optind]);
	if (argc - optind < 2) {
		ctl_say("an account number is missing");
		return CTL_USAGE;
	}
	if (argc - optind > 2)
		return ctl_too_much(argv[optind + 2]);
	if (num_i64(span_of(argv[optind + 1]), 1, INT64_MAX, &account) < 0) {
		ctl_say("not an account number: %s", argv[optind + 1]);
		return CTL_USAGE;
	}
	if (set && !any) {
		ctl_say("a limit to set is missing");
		return CTL_USAGE;
	}
	if (set ? json : any)
		return ctl_too_much(set ? "--json" : "a limit");
	return set ? run_set(ctl, account, texts) :
	    run_show(ctl, account, json);
}
