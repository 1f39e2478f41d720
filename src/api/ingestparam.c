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
	&sql_event_key_find, &sql_event_targets, &sql_event_insert,
	&sql_outbox_insert, "ingest" };
const struct ingest_form ingest_form_one = { &sql_event_key_insert_one,
	&sql_event_key_find_one, &sql_event_targets_one, &sql_event_insert_one,
	&sql_outbox_insert_one, "events" };

void
ingest_param_keys(const struct ingest_run *run, struct dbparam *p,
    bool with_id, bool only_old)
{
	size_t i;

#define EACH(item) \
	for (i = 0; i < run->unique_n; i++) \
		if ((item) = run->unique[i], !(only_old && (item)->fresh))
	struct ingest_item *item;

	if (run->form == &ingest_form_one) {
		dbparam_i16(p, (int16_t)run->items[0]->shard);
	} else {
		dbparam_array(p, DBPARAM_I16);
		EACH(item)
			dbparam_el_i16(p, (int16_t)item->shard);
		dbparam_array_end(p);
	}
	dbparam_array(p, DBPARAM_ID);
	EACH(item)
		dbparam_el_id(p, &item->key);
	dbparam_array_end(p);
	if (!with_id)
		return;
	dbparam_array(p, DBPARAM_ID);
	EACH(item)
		dbparam_el_id(p, &item->own);
	dbparam_array_end(p);
#undef EACH
}

void
ingest_param_targets(const struct ingest_run *run, struct dbparam *p)
{
	size_t i;

	if (run->form == &ingest_form_one) {
		dbparam_i16(p, (int16_t)run->items[0]->shard);
	} else {
		dbparam_array(p, DBPARAM_I16);
		for (i = 0; i < run->unique_n; i++)
			dbparam_el_i16(p, (int16_t)run->unique[i]->shard);
		dbparam_array_end(p);
	}
	dbparam_array(p, DBPARAM_I64);
	for (i = 0; i < run->unique_n; i++)
		dbparam_el_i64(p, run->unique[i]->event.account_id);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < run->unique_n; i++)
		dbparam_el_i16(p, (int16_t)run->unique[i]->event.service);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < run->unique_n; i++)
		dbparam_el_i16(p, (int16_t)run->unique[i]->event.kind);
	dbparam_array_end(p);
}

void
ingest_param_events(const struct ingest_run *run, struct dbparam *p)
{
#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < run->unique_n; i++) { \
		item = run->unique[i]; \
		if (item->fresh) \
			(add); \
	} \
	dbparam_array_end(p); \
} while (0)
	const struct ingest_item *item;
	size_t i;

	if (run->form == &ingest_form_one)
		dbparam_i16(p, (int16_t)run->items[0]->shard);
	else
		COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)item->shard));
	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)item->event.service));
	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)item->event.kind));
	COLUMN(DBPARAM_I64, dbparam_el_i64(p, item->event.account_id));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &item->own));
	COLUMN(DBPARAM_TIME, item->event.occurred_at == 0 ?
	    dbparam_el_null(p) : dbparam_el_time(p, item->event.occurred_at));
	COLUMN(DBPARAM_TEXT, dbparam_el_span(p, item->event.call_id));
	COLUMN(DBPARAM_BYTES, dbparam_el_span(p, item->event.data));
#undef COLUMN
}

void
ingest_param_outbox(const struct ingest_run *run, struct dbparam *p)
{
#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < run->targets_n; i++) { \
		t = &run->targets[i]; \
		if (t->item->fresh) \
			(add); \
	} \
	dbparam_array_end(p); \
} while (0)
	int64_t now = clock_real_us();
	const struct ingest_target *t;
	struct id id;
	size_t i;

	if (run->form == &ingest_form_one)
		dbparam_i16(p, (int16_t)run->items[0]->shard);
	else
		COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)t->item->shard));
	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)t->item->event.kind));
	COLUMN(DBPARAM_TIME, dbparam_el_time(p, now));
	COLUMN(DBPARAM_I64, dbparam_el_i64(p, event_call_hash(&t->item->event)));
	COLUMN(DBPARAM_ID, (id = id_new(), dbparam_el_id(p, &id)));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &t->webhook));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &t->item->own));
#undef COLUMN
}
