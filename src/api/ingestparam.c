/*
 * The parameters of the ingest's statements, column by column, for a batch of
 * any shards or of one.  Called by ingest.c.
 */
#include "config.h"

#include "api/ingestparam.h"
#include "core/clock.h"
#include "core/dbparam.h"
#include "core/sql_statements.h"

const struct ingest_form ingest_form_many = { &sql_event_key_insert,
	&sql_event_key_find, &sql_event_ended, &sql_event_targets,
	&sql_event_insert, &sql_outbox_insert, "ingest" };
const struct ingest_form ingest_form_one = { &sql_event_key_insert_one,
	&sql_event_key_find_one, &sql_event_ended_one, &sql_event_targets_one,
	&sql_event_insert_one, &sql_outbox_insert_one, "events" };

/* The item that number i of a column is about; NULL: it is left out. */
static const struct ingest_item *
every(const struct ingest_run *run, size_t i)
{
	return run->unique[i];
}

static const struct ingest_item *
old(const struct ingest_run *run, size_t i)
{
	return run->unique[i]->fresh ? NULL : run->unique[i];
}

static const struct ingest_item *
fresh(const struct ingest_run *run, size_t i)
{
	return run->unique[i]->fresh ? run->unique[i] : NULL;
}

static const struct ingest_item *
targeted(const struct ingest_run *run, size_t i)
{
	const struct ingest_item *item = run->targets[i].item;

	return item->fresh ? item : NULL;
}

/* An array of n elements, without those that pick leaves out. */
#define COLUMN(n, pick, type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < (n); i++) \
		if ((item = pick(run, i)) != NULL) \
			(add); \
	dbparam_array_end(p); \
} while (0)

/* First of all: the shard of all of them, or of each. */
static void
shards(const struct ingest_run *run, struct dbparam *p, size_t n,
    const struct ingest_item *(*pick)(const struct ingest_run *run, size_t i))
{
	const struct ingest_item *item;
	size_t i;

	if (run->form == &ingest_form_one)
		dbparam_i16(p, (int16_t)run->items[0]->shard);
	else
		COLUMN(n, pick, DBPARAM_I16,
		    dbparam_el_i16(p, (int16_t)item->shard));
}

void
ingest_param_keys(const struct ingest_run *run, struct dbparam *p,
    bool with_id, bool only_old)
{
	const struct ingest_item *(*pick)(const struct ingest_run *run,
	    size_t i) = only_old ? old : every;
	const struct ingest_item *item;
	size_t i, n = run->unique_n;

	shards(run, p, n, pick);
	COLUMN(n, pick, DBPARAM_ID, dbparam_el_id(p, &item->key));
	if (with_id)
		COLUMN(n, pick, DBPARAM_ID, dbparam_el_id(p, &item->own));
}

static void
add_end(struct dbparam *p, const struct event *e)
{
	struct id key;

	if (e->kind != EVENT_CALL_START) {
		dbparam_el_null(p);
		return;
	}
	key = event_key_of(e->account_id, e->service, EVENT_CALL_END,
	    e->call_id);
	dbparam_el_id(p, &key);
}

bool
ingest_param_ends(const struct ingest_run *run, struct dbparam *p)
{
	const struct ingest_item *item;
	size_t i, n = run->unique_n;

	for (i = 0; i < n; i++)
		if (run->unique[i]->event.kind == EVENT_CALL_START)
			break;
	if (i == n)
		return false;
	shards(run, p, n, every);
	COLUMN(n, every, DBPARAM_ID, add_end(p, &item->event));
	return true;
}

void
ingest_param_targets(const struct ingest_run *run, struct dbparam *p)
{
	const struct ingest_item *item;
	size_t i, n = run->unique_n;

	shards(run, p, n, every);
	COLUMN(n, every, DBPARAM_I64,
	    dbparam_el_i64(p, item->event.account_id));
	COLUMN(n, every, DBPARAM_I16,
	    dbparam_el_i16(p, (int16_t)item->event.service));
	COLUMN(n, every, DBPARAM_I16,
	    dbparam_el_i16(p, (int16_t)item->event.kind));
}

void
ingest_param_events(const struct ingest_run *run, struct dbparam *p)
{
	const struct ingest_item *item;
	size_t i, n = run->unique_n;

	shards(run, p, n, fresh);
	COLUMN(n, fresh, DBPARAM_I16,
	    dbparam_el_i16(p, (int16_t)item->event.service));
	COLUMN(n, fresh, DBPARAM_I16,
	    dbparam_el_i16(p, (int16_t)item->event.kind));
	COLUMN(n, fresh, DBPARAM_I64,
	    dbparam_el_i64(p, item->event.account_id));
	COLUMN(n, fresh, DBPARAM_ID, dbparam_el_id(p, &item->own));
	COLUMN(n, fresh, DBPARAM_TIME, item->event.occurred_at == 0 ?
	    dbparam_el_null(p) : dbparam_el_time(p, item->event.occurred_at));
	COLUMN(n, fresh, DBPARAM_TEXT, dbparam_el_span(p, item->event.call_id));
	COLUMN(n, fresh, DBPARAM_BYTES, dbparam_el_span(p, item->event.data));
}

void
ingest_param_outbox(const struct ingest_run *run, struct dbparam *p)
{
	const struct ingest_item *item;
	size_t i, n = run->targets_n;
	int64_t now = clock_real_us();
	struct id id;

	shards(run, p, n, targeted);
	COLUMN(n, targeted, DBPARAM_I16,
	    dbparam_el_i16(p, (int16_t)item->event.kind));
	COLUMN(n, targeted, DBPARAM_TIME, dbparam_el_time(p, now));
	COLUMN(n, targeted, DBPARAM_I64,
	    dbparam_el_i64(p, event_call_hash(&item->event)));
	COLUMN(n, targeted, DBPARAM_ID, (id = id_new(), dbparam_el_id(p, &id)));
	COLUMN(n, targeted, DBPARAM_ID,
	    dbparam_el_id(p, &run->targets[i].webhook));
	COLUMN(n, targeted, DBPARAM_ID, dbparam_el_id(p, &item->own));
}
