/*
 * The part of /metrics that stands in the database: what is owed and since
 * when, dead rows, partitions, and the figures that each sender leaves with
 * its heartbeat.  Called by metrics.c in the observer.
 */
#include "config.h"

#include "api/metricsdb.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/db.h"
#include "core/jsonx.h"
#include "core/log.h"
#include "core/openmetrics.h"
#include "core/sql_statements.h"

enum {
	COUNTED = 1000,		/* rows of the outbox, in each shard */
	LOOKED_AT = 100,	/* webhooks, in each shard */
	LABELS_MAX = 1024,
	/* Results in the order in which they are asked for. */
	TABLES = SHARDS, PARTITIONS, SENDERS,
};

static int
ask(struct db *db)
{
	struct dbparam p;
	int i, rc;

	dbparam_init(&p);
	rc = db_begin(db);
	if (rc == 0)
		rc = db_as_scope(db, "events");
	for (i = 0; i < SHARDS && rc == 0; i++) {
		dbparam_reset(&p);
		dbparam_i16(&p, (int16_t)i);
		dbparam_i32(&p, COUNTED);
		dbparam_i32(&p, LOOKED_AT);
		rc = db_send(db, &sql_metrics_queue, &p);
	}
	dbparam_free(&p);
	if (rc == 0)
		rc = db_send(db, &sql_metrics_tables, NULL);
	if (rc == 0)
		rc = db_send(db, &sql_metrics_partitions, NULL);
	if (rc == 0)
		rc = db_send(db, &sql_metrics_senders, NULL);
	if (rc == 0)
		rc = db_commit(db);
	if (rc == 0)
		rc = db_run(db);
	return rc;
}

/* ---- the queue ---- */

/* Rows of a table as the statistics have them, -1: it is not listed. */
static int64_t
table_rows(const struct pg_result *tables, const char *name)
{
	int i;

	for (i = 0; i < dbresult_rows(tables); i++)
		if (span_is(dbresult_span(tables, i, 0), name))
			return dbresult_i64(tables, i, 1);
	return -1;
}

static void
show_queue(struct db *db, struct buf *out)
{
	int64_t counted = 0, oldest = 0, now = clock_real_us(), due, estimate;
	const struct pg_result *r;
	int i, full = 0, owing = 0;

	for (i = 0; i < SHARDS; i++) {
		r = db_result(db, i);
		counted += dbresult_i32(r, 0, 0);
		full += dbresult_i32(r, 0, 0) >= COUNTED;
		owing += dbresult_i32(r, 0, 2);
		if (dbresult_null(r, 0, 1))
			continue;
		due = dbresult_time(r, 0, 1);
		if (oldest == 0 || due < oldest)
			oldest = due;
	}
	estimate = table_rows(db_result(db, TABLES), "outbox");
	openmetrics_one(out, "callhook_queue_deliveries",
	    "Deliveries owed; beyond 1000 of a shard what the statistics of "
	    "PostgreSQL say.", full > 0 && estimate > counted ? estimate :
	    counted);
	openmetrics_one(out, "callhook_queue_webhooks",
	    "Webhooks that are owed anything; at most 100 of a shard.", owing);
	openmetrics_family(out, "callhook_queue_oldest_due_seconds", "gauge",
	    "How long the delivery that is due longest has been due.");
	openmetrics_seconds(out, "callhook_queue_oldest_due_seconds", "",
	    oldest != 0 ? now - oldest : 0);
}

/* ---- tables ---- */

static void
table_label(struct buf *labels, struct span name)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)name.len, name.p);
	buf_reset(labels);
	openmetrics_label(labels, "table", text);
}

static void
table_column(struct buf *out, const struct pg_result *r, const char *name,
    const char *help, int column)
{
	struct buf labels = BUF_INIT(LABELS_MAX);
	int i;

	openmetrics_family(out, name, "gauge", help);
	for (i = 0; i < dbresult_rows(r); i++) {
		table_label(&labels, dbresult_span(r, i, 0));
		openmetrics_gauge(out, name, buf_cstr(&labels),
		    dbresult_i64(r, i, column));
	}
	buf_free(&labels);
}

static void
show_tables(struct db *db, struct buf *out)
{
	const struct pg_result *tables = db_result(db, TABLES);
	const struct pg_result *parts = db_result(db, PARTITIONS);

	table_column(out, tables, "callhook_table_rows",
	    "Rows by PostgreSQL's statistics.", 1);
	table_column(out, tables, "callhook_table_dead_rows",
	    "Dead rows by PostgreSQL's statistics.", 2);
	table_column(out, tables, "callhook_table_bytes",
	    "Size without indexes.", 3);
	table_column(out, parts, "callhook_partitions",
	    "Partitions of days.", 1);
	table_column(out, parts, "callhook_partitions_days_ahead",
	    "Days from today to the newest partition.", 2);
	table_column(out, parts, "callhook_partitions_default_rows",
	    "Rows in the default partition by PostgreSQL's statistics: "
	    "callhookctl maintain has not run.", 3);
}

/* ---- senders ---- */

struct family {
	const char *name, *type, *help;
	const char *member;	/* of the figures */
	const char *label;	/* of a member that is an object */
	const struct openmetrics_scale *scale;	/* of one that is an array */
};

static const struct family families[] = {
	{ "callhook_sender_lanes", "gauge",
	  "Webhooks that a sender has in mind, by state.", "lanes", "state",
	  NULL },
	{ "callhook_sender_in_hand", "gauge",
	  "Deliveries read and not yet settled.", "in_hand", NULL, NULL },
	{ "callhook_sender_unsettled", "gauge",
	  "Results not yet stored.", "unsettled", NULL, NULL },
	{ "callhook_sender_outcomes", "counter",
	  "What became of deliveries.", "outcomes", "outcome", NULL },
	{ "callhook_sender_errors", "counter",
	  "Attempts that failed, by class.", "errors", "class", NULL },
	{ "callhook_sender_disabled", "counter",
	  "Webhooks that were switched off.", "disabled", NULL, NULL },
	{ "callhook_sender_reads", "counter",
	  "Reads of the outbox.", "reads", NULL, NULL },
	{ "callhook_sender_rows", "counter",
	  "Deliveries that those reads brought.", "rows", NULL, NULL },
	{ "callhook_sender_names", "counter",
	  "Names that were asked for.", "names", NULL, NULL },
	{ "callhook_sender_crashes", "counter",
	  "Crashes of the sender that its journal has seen.", "crashes", NULL,
	  NULL },
	{ "callhook_sender_old_primaries", "counter",
	  "Sessions refused because the server was an old primary.",
	  "old_primaries", NULL, NULL },
	{ "callhook_sender_log_dropped", "counter",
	  "Lines that the log did not take.", "log_dropped", NULL, NULL },
	{ "callhook_sender_attempt_seconds", "histogram",
	  "Requests to receivers that were sent, as a whole.", "attempt_us",
	  NULL, &openmetrics_latency },
	{ "callhook_sender_delay_seconds", "histogram",
	  "From the moment a delivery was due to the start of its attempt.",
	  "delay_us", NULL, &openmetrics_latency },
	{ "callhook_sender_batch_results", "histogram",
	  "Results stored in one batch.", "batch", NULL, &openmetrics_size },
};

enum { SENDERS_MAX = 100 };

struct sender {
	struct buf labels;
	json_t *figures;	/* NULL: it has none yet */
	bool lives;		/* it was heard of a moment ago */
};

static void
value(struct buf *out, const struct family *f, const char *labels,
    const json_t *v)
{
	uint64_t n = (uint64_t)json_integer_value(v);

	if (strcmp(f->type, "counter") == 0)
		openmetrics_counter(out, f->name, labels, n);
	else
		openmetrics_gauge(out, f->name, labels, (int64_t)n);
}

static void
values(struct buf *out, const struct family *f, const struct sender *s,
    json_t *object)
{
	struct buf labels = BUF_INIT(LABELS_MAX);
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v) {
		buf_reset(&labels);
		buf_span(&labels, buf_as_span(&s->labels));
		openmetrics_label(&labels, f->label, key);
		value(out, f, buf_cstr(&labels), v);
	}
	buf_free(&labels);
}

static void
histogram(struct buf *out, const struct family *f, const struct sender *s,
    const json_t *array)
{
	uint64_t cells[OPENMETRICS_LATENCY_CELLS] = { 0 };
	int i, n = openmetrics_cells(f->scale);

	/* One of another version may count otherwise: it is left out. */
	if (json_array_size(array) != (size_t)n)
		return;
	for (i = 0; i < n; i++)
		cells[i] = (uint64_t)json_integer_value(
		    json_array_get(array, (size_t)i));
	openmetrics_histogram(out, f->name, buf_cstr(&s->labels), f->scale,
	    cells);
}

static void
show_family(struct buf *out, const struct family *f, const struct sender *v,
    int n)
{
	json_t *member;
	int i;

	openmetrics_family(out, f->name, f->type, f->help);
	for (i = 0; i < n; i++) {
		/* What was counted stays, what was the case does not. */
		if (!v[i].lives && strcmp(f->type, "gauge") == 0)
			continue;
		member = json_object_get(v[i].figures, f->member);
		if (f->scale != NULL)
			histogram(out, f, &v[i], member);
		else if (json_is_object(member))
			values(out, f, &v[i], member);
		else if (json_is_integer(member))
			value(out, f, buf_cstr(&v[i].labels), member);
	}
}

static void
read_sender(const struct pg_result *r, int row, struct sender *s)
{
	struct span host = dbresult_span(r, row, 0), text;
	char instance[300];

	snprintf(instance, sizeof(instance), "%.*s:%d", (int)host.len, host.p,
	    (int)dbresult_i32(r, row, 1));
	buf_init(&s->labels, LABELS_MAX);
	openmetrics_label(&s->labels, "sender", instance);
	s->figures = NULL;
	s->lives = dbresult_bool(r, row, 7);
	if (dbresult_null(r, row, 6))
		return;
	text = dbresult_span(r, row, 6);
	s->figures = json_loadb(text.p, text.len, 0, NULL);
}

static void
sender_column(struct buf *out, const struct pg_result *r,
    const struct sender *v, int n, const char *name, const char *help,
    int column)
{
	int i;

	openmetrics_family(out, name, "gauge", help);
	for (i = 0; i < n; i++)
		openmetrics_gauge(out, name, buf_cstr(&v[i].labels),
		    v[i].lives ? dbresult_i32(r, i, column) : 0);
}

static void
show_senders(struct db *db, struct buf *out)
{
	const struct pg_result *r = db_result(db, SENDERS);
	int64_t now = clock_real_us();
	struct sender v[SENDERS_MAX];
	int i, n = dbresult_rows(r), living = 0;
	size_t k;

	if (n > SENDERS_MAX)
		n = SENDERS_MAX;
	for (i = 0; i < n; i++) {
		read_sender(r, i, &v[i]);
		living += v[i].lives;
	}
	openmetrics_one(out, "callhook_senders",
	    "Senders that were heard of within 10 seconds.", living);
	sender_column(out, r, v, n, "callhook_sender_shards",
	    "Shards that a sender owns.", 4);
	sender_column(out, r, v, n, "callhook_sender_in_flight",
	    "Requests in flight.", 5);
	openmetrics_family(out, "callhook_sender_silent_seconds", "gauge",
	    "Since the last heartbeat.");
	for (i = 0; i < n; i++)
		openmetrics_seconds(out, "callhook_sender_silent_seconds",
		    buf_cstr(&v[i].labels), now - dbresult_time(r, i, 3));
	openmetrics_family(out, "callhook_sender_start_time_seconds", "gauge",
	    "When the sender was started.");
	for (i = 0; i < n; i++)
		openmetrics_seconds(out, "callhook_sender_start_time_seconds",
		    buf_cstr(&v[i].labels), dbresult_time(r, i, 2));
	for (k = 0; k < sizeof(families) / sizeof(families[0]); k++)
		show_family(out, &families[k], v, n);
	for (i = 0; i < n; i++) {
		json_decref(v[i].figures);
		buf_free(&v[i].labels);
	}
}

void
metricsdb_show(struct db *db, struct buf *out)
{
	int rc = db_ready(db);

	if (rc == 0)
		rc = ask(db);
	openmetrics_one(out, "callhook_database_up",
	    "Does PostgreSQL answer, with a schema that is known here?",
	    rc == 0);
	if (rc < 0) {
		log_warn("metrics.no_database", LS("message", db_error(db)));
		db_rollback(db);
		return;
	}
	openmetrics_one(out, "callhook_schema_version",
	    "The newest migration applied.", db_schema(db));
	show_queue(db, out);
	show_tables(db, out);
	show_senders(db, out);
}
