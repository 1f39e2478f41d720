/*
 * callhookctl key: makes, lists and revokes API keys.  The key itself is
 * printed once and never stored; what is stored is its SHA-256.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/apikey.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/id.h"
#include "core/jsonx.h"
#include "core/num.h"
#include "core/sql_statements.h"
#include "ctl/ctl.h"
#include "ctl/table.h"

#define JSON_MAX (16 * 1024 * 1024)
#define EXPIRES_MAX_MS INT64_C(315360000000)	/* ten years */

static int run(struct ctl *ctl, int argc, char **argv);

const struct ctl_command ctl_key = {
	.name = "key",
	.usage = "create [--account N] [--scope webhooks,events,keys] "
	    "[--label TEXT]\n\t    [--expires 90d] [--json] |\n"
	    "\tlist [--account N] [--json] | revoke PREFIX",
	.help = "Makes, lists and revokes API keys; without an account it is "
	    "the platform's.",
	.run = run,
};

static const char *const scopes[] = { "webhooks", "events", "keys" };
#define SCOPES (sizeof(scopes) / sizeof(scopes[0]))
enum { SCOPE_WEBHOOKS = 1, SCOPE_EVENTS = 2 };

struct request {
	int64_t account;	/* 0: the platform */
	unsigned scopes;	/* bits; 0: the usual ones */
	const char *label;
	int64_t expires_ms;	/* from now; 0: never */
	bool json;
	bool wants_list;	/* only --account and --json make sense */
};

static int
read_scopes(const char *text, unsigned *out)
{
	const char *end;
	size_t i, len;

	*out = 0;
	for (;; text = end + 1) {
		end = text + strcspn(text, ",");
		len = (size_t)(end - text);
		for (i = 0; i < SCOPES; i++)
			if (span_eq((struct span){ text, len },
			    span_of(scopes[i])))
				break;
		if (i == SCOPES) {
			ctl_say("no such scope: %.*s", (int)len, text);
			return ERR_INVALID;
		}
		*out |= 1U << i;
		if (*end == '\0')
			return 0;
	}
}

static int
read_option(int o, const char *value, struct request *rq)
{
	if (rq->wants_list && strchr("sle", o) != NULL) {
		ctl_say("--scope, --label and --expires belong to create");
		return ERR_INVALID;
	}
	switch (o) {
	case 'a':
		if (num_i64(span_of(value), 1, INT64_MAX, &rq->account) == 0)
			return 0;
		ctl_say("not an account number: %s", value);
		return ERR_INVALID;
	case 'j':
		rq->json = true;
		return 0;
	case 's':
		return read_scopes(value, &rq->scopes);
	case 'l':
		rq->label = value;
		if (strlen(value) <= APIKEY_LABEL_MAX)
			return 0;
		ctl_say("the label is longer than %d bytes", APIKEY_LABEL_MAX);
		return ERR_INVALID;
	case 'e':
		if (num_duration_ms(span_of(value), 1000, EXPIRES_MAX_MS,
		    &rq->expires_ms) == 0)
			return 0;
		ctl_say("not a duration (90d, 12h): %s", value);
		return ERR_INVALID;
	default:
		return ERR_INVALID;
	}
}

static int
read_options(int argc, char **argv, struct request *rq)
{
	static const struct option longopts[] = {
		{ "account", required_argument, NULL, 'a' },
		{ "scope", required_argument, NULL, 's' },
		{ "label", required_argument, NULL, 'l' },
		{ "expires", required_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = ctl_option(argc, argv, longopts)) != -1)
		if (read_option(o, optarg, rq) < 0)
			return ERR_INVALID;
	if (optind == argc)
		return 0;
	ctl_say("too much: %s", argv[optind]);
	return ERR_INVALID;
}

static int
shard_of(int64_t account)
{
	return account != 0 ? id_shard(account) : 0;
}

/* A time of the database as JSON: null when it is NULL. */
static json_t *
json_time(const struct pg_result *r, int row, int col)
{
	char text[CLOCK_TEXT_LEN];

	if (dbresult_null(r, row, col))
		return json_null();
	return json_string(clock_text(dbresult_time(r, row, col), text));
}

static int
print_json(json_t *value)
{
	struct buf b = BUF_INIT(JSON_MAX);
	int err = ERR_NOMEM;

	if (value != NULL) {
		jsonx_write(&b, value);
		err = buf_err(&b);
	}
	if (err == 0)
		puts(buf_cstr(&b));
	buf_free(&b);
	json_decref(value);
	return err < 0 ? ctl_fail("key", err, NULL) : CTL_OK;
}

static int
print_key(const struct request *rq, const char *key, struct span prefix,
    int64_t expires)
{
	char when[CLOCK_TEXT_LEN];
	json_t *list, *o;
	size_t i;

	if (!rq->json) {
		puts(key);
		return CTL_OK;
	}
	list = json_array();
	for (i = 0; i < SCOPES; i++)
		if ((rq->scopes & 1U << i) != 0)
			json_array_append_new(list, json_string(scopes[i]));
	o = json_pack("{s:s, s:s%, s:o, s:o, s:s, s:o}",
	    "key", key,
	    "prefix", prefix.p, prefix.len,
	    "account_id", rq->account != 0 ? json_integer(rq->account) :
	    json_null(),
	    "scopes", list,
	    "label", rq->label,
	    "expires_at", expires != 0 ? json_string(clock_text(expires,
	    when)) : json_null());
	return print_json(o);
}

static int
insert_key(struct db *db, const struct request *rq, const char *key,
    struct span prefix, int64_t expires)
{
	unsigned char hash[APIKEY_HASH_LEN];
	int64_t now = clock_real_us();
	struct dbparam p;
	size_t i;
	int err;

	apikey_hash(span_of(key), hash);
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)shard_of(rq->account));
	dbparam_text(&p, prefix);
	dbparam_bytes(&p, (struct span){ (char *)hash, sizeof(hash) });
	if (rq->account != 0)
		dbparam_i64(&p, rq->account);
	else
		dbparam_null(&p);
	dbparam_array(&p, DBPARAM_TEXT);
	for (i = 0; i < SCOPES; i++)
		if ((rq->scopes & 1U << i) != 0)
			dbparam_el_span(&p, span_of(scopes[i]));
	dbparam_array_end(&p);
	dbparam_text(&p, span_of(rq->label));
	dbparam_time(&p, now);
	if (expires != 0)
		dbparam_time(&p, expires);
	else
		dbparam_null(&p);
	err = db_send(db, &sql_key_insert, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_run(db);
	return err;
}

static int
run_create(struct ctl *ctl, int argc, char **argv)
{
	struct request rq = { .label = "" };
	char key[APIKEY_TEXT_LEN];
	int64_t expires = 0;
	struct span prefix = { NULL, 0 };
	struct db *db;
	int err, shard, status;

	if (read_options(argc, argv, &rq) < 0)
		return CTL_USAGE;
	if (rq.scopes == 0)
		rq.scopes = rq.account != 0 ? SCOPE_WEBHOOKS : SCOPE_EVENTS;
	if (rq.account == 0 && rq.scopes != SCOPE_EVENTS) {
		ctl_say("a key of the platform has the scope events only; "
		    "give --account for others");
		return CTL_USAGE;
	}
	if (rq.expires_ms != 0)
		expires = clock_real_us() + rq.expires_ms * 1000;
	err = apikey_make(shard_of(rq.account), key);
	if (err == 0)
		err = apikey_parse(span_of(key), &shard, &prefix);
	if (err < 0)
		return ctl_fail("key", err, NULL);
	status = ctl_connect(ctl, NULL, true, &db);
	if (status != CTL_OK)
		return status;
	err = insert_key(db, &rq, key, prefix, expires);
	status = err < 0 ? ctl_fail("key", err, db) :
	    print_key(&rq, key, prefix, expires);
	db_free(db);
	return status;
}

/* Elements of a one-dimensional text[] in binary, joined by commas. */
static void
add_scopes(struct buf *out, struct span raw)
{
	const unsigned char *p = (const unsigned char *)raw.p;
	size_t at = 20, len;
	bool first = true;

	while (at + 4 <= raw.len) {
		len = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 |
		    (size_t)p[at + 2] << 8 | p[at + 3];
		at += 4;
		if (len > raw.len - at)
			return;
		if (!first)
			buf_chr(out, ',');
		buf_add(out, p + at, len);
		first = false;
		at += len;
	}
}

static const char *
state_of(const struct pg_result *r, int row)
{
	if (!dbresult_null(r, row, 6))
		return "revoked";
	if (!dbresult_null(r, row, 5) &&
	    dbresult_time(r, row, 5) <= clock_real_us())
		return "expired";
	return "active";
}

static json_t *
scopes_json(struct span raw)
{
	struct buf list = BUF_INIT(4096);
	json_t *array = json_array();
	const char *at;
	size_t len;

	add_scopes(&list, raw);
	for (at = buf_cstr(&list); *at != '\0'; at += len) {
		at += *at == ',' ? 1 : 0;
		len = strcspn(at, ",");
		json_array_append_new(array, json_stringn(at, len));
	}
	buf_free(&list);
	return array;
}

static json_t *
key_json(const struct pg_result *r, int row)
{
	struct span prefix = dbresult_span(r, row, 0);
	struct span label = dbresult_span(r, row, 3);

	return json_pack("{s:s%, s:o, s:o, s:s%, s:s, s:o, s:o, s:o, s:o}",
	    "prefix", prefix.p, prefix.len,
	    "account_id", dbresult_null(r, row, 1) ? json_null() :
	    json_integer(dbresult_i64(r, row, 1)),
	    "scopes", scopes_json(dbresult_span(r, row, 2)),
	    "label", label.p, label.len,
	    "state", state_of(r, row),
	    "created_at", json_time(r, row, 4),
	    "expires_at", json_time(r, row, 5),
	    "revoked_at", json_time(r, row, 6),
	    "last_used_at", json_time(r, row, 7));
}

static int
print_table(const struct pg_result *r)
{
	static const char *const titles[] = { "PREFIX", "STATE", "SCOPES",
		"CREATED", "EXPIRES", "USED", "LABEL" };
	struct table t = table_new(titles, 7, 0);
	json_t *key, *scope;
	struct buf b = BUF_INIT(4096);
	size_t k;
	int i, err;

	for (i = 0; i < dbresult_rows(r); i++) {
		key = key_json(r, i);
		buf_reset(&b);
		json_array_foreach(json_object_get(key, "scopes"), k, scope)
			buf_fmt(&b, "%s%s", k > 0 ? "," : "",
			    json_string_value(scope));
		table_text(&t, table_get(key, "prefix"));
		table_text(&t, table_get(key, "state"));
		table_text(&t, buf_cstr(&b));
		table_text(&t, table_get(key, "created_at"));
		table_text(&t, table_get(key, "expires_at"));
		table_text(&t, table_get(key, "last_used_at"));
		table_text(&t, table_get(key, "label"));
		json_decref(key);
	}
	buf_free(&b);
	err = table_print(&t);
	return err < 0 ? ctl_fail("key", err, NULL) : CTL_OK;
}

static int
print_list(const struct pg_result *r, bool json)
{
	json_t *list;
	int i;

	if (!json)
		return print_table(r);
	list = json_array();
	for (i = 0; i < dbresult_rows(r); i++)
		json_array_append_new(list, key_json(r, i));
	return print_json(list);
}

static int
run_list(struct ctl *ctl, int argc, char **argv)
{
	struct request rq = { .wants_list = true };
	struct dbparam p;
	struct db *db;
	int err, status;

	if (read_options(argc, argv, &rq) < 0)
		return CTL_USAGE;
	status = ctl_connect(ctl, NULL, true, &db);
	if (status != CTL_OK)
		return status;
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)shard_of(rq.account));
	if (rq.account != 0)
		dbparam_i64(&p, rq.account);
	else
		dbparam_null(&p);
	err = db_send(db, &sql_key_list, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_run(db);
	status = err < 0 ? ctl_fail("key", err, db) :
	    print_list(db_result(db, 0), rq.json);
	db_free(db);
	return status;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The prefix as it is listed, or in front of it "callhook_". */
static int
read_prefix(const char *text, int *shard)
{
	int high, low;

	if (strlen(text) != APIKEY_PREFIX_LEN)
		return ERR_SYNTAX;
	high = hex_digit(text[0]);
	low = hex_digit(text[1]);
	*shard = high * 16 + low;
	return high < 0 || low < 0 || *shard >= SHARDS ? ERR_SYNTAX : 0;
}

static int
run_revoke(struct ctl *ctl, int argc, char **argv)
{
	const char *prefix;
	struct dbparam p;
	struct db *db;
	int err, shard, status;

	if (argc < 2) {
		ctl_say("the prefix of a key is missing");
		return CTL_USAGE;
	}
	if (argc > 2)
		return ctl_too_much(argv[2]);
	prefix = argv[1];
	if (strncmp(prefix, "callhook_", 9) == 0)
		prefix += 9;
	if (read_prefix(prefix, &shard) < 0) {
		ctl_say("not the prefix of a key: %s", argv[1]);
		return CTL_USAGE;
	}
	status = ctl_connect(ctl, NULL, true, &db);
	if (status != CTL_OK)
		return status;
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)shard);
	dbparam_text(&p, span_of(prefix));
	dbparam_time(&p, clock_real_us());
	err = db_send(db, &sql_key_revoke, &p);
	dbparam_free(&p);
	if (err == 0)
		err = db_run(db);
	if (err == 0 && dbresult_touched(db_result(db, 0)) == 0)
		err = ERR_NOT_FOUND;
	if (err == 0)
		printf("revoked %s\n", prefix);
	else
		status = ctl_fail(prefix, err, db);
	db_free(db);
	return status;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	if (argc < 2)
		return ctl_no_action(NULL);
	if (strcmp(argv[1], "create") == 0)
		return run_create(ctl, argc - 1, argv + 1);
	if (strcmp(argv[1], "list") == 0)
		return run_list(ctl, argc - 1, argv + 1);
	if (strcmp(argv[1], "revoke") == 0)
		return run_revoke(ctl, argc - 1, argv + 1);
	return ctl_no_action(argv[1]);
}
