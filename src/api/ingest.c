/*
 * The ingest transaction: keys, events and outbox rows of a whole batch in
 * two round trips, or three when some events were there before.  Called by
 * the worker with everything that one wake-up has brought; an item goes from
 * read to committed (err 0), duplicate (err 0), or failed (err < 0).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/ingest.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"

struct target {
	struct ingest_item *item;
	struct id webhook;
};

/* One attempt to store a batch. */
struct run {
	struct db *db;
	struct ingest_item **items;	/* as they came: ascending by own id */
	size_t n;
	struct ingest_item **unique;	/* by shard and key */
	size_t unique_n;
	struct target *targets;
	size_t targets_n;
	struct dbparam p, q;
};

static int
by_shard_key(const void *a, const void *b)
{
	const struct ingest_item *x = *(struct ingest_item *const *)a;
	const struct ingest_item *y = *(struct ingest_item *const *)b;
	int c;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	c = memcmp(x->key.b, y->key.b, sizeof(x->key.b));
	return c != 0 ? c : memcmp(x->own.b, y->own.b, sizeof(x->own.b));
}

static int
by_own(const void *key, const void *element)
{
	const struct ingest_item *x = *(struct ingest_item *const *)element;

	return memcmp(((const struct id *)key)->b, x->own.b, sizeof(x->own.b));
}

/*
 * Sorted by shard and key, so that batches of several workers never wait
 * for each other in a circle; later posts of the same event point to the first.
 */
static int
make_unique(struct run *run)
{
	struct ingest_item *item;
	size_t i;

	run->unique = calloc(run->n, sizeof(struct ingest_item *));
	if (run->unique == NULL)
		return ERR_NOMEM;
	memcpy(run->unique, run->items, run->n * sizeof(struct ingest_item *));
	qsort(run->unique, run->n, sizeof(struct ingest_item *), by_shard_key);
	for (i = 0; i < run->n; i++) {
		item = run->unique[i];
		item->err = 0;
		item->id = item->own;
		item->duplicate = item->fresh = false;
		item->deliveries = 0;
		item->first = NULL;
		if (run->unique_n > 0 &&
		    id_eq(&run->unique[run->unique_n - 1]->key, &item->key))
			item->first = run->unique[run->unique_n - 1];
		else
			run->unique[run->unique_n++] = item;
	}
	return 0;
}

static void
param_keys(struct run *run, struct dbparam *p, bool with_id, bool only_old)
{
	size_t i;

#define EACH(item) \
	for (i = 0; i < run->unique_n; i++) \
		if (item = run->unique[i], !(only_old && item->fresh))
	struct ingest_item *item;

	dbparam_array(p, DBPARAM_I16);
	EACH(item)
		dbparam_el_i16(p, (int16_t)item->shard);
	dbparam_array_end(p);
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

static void
param_targets(struct run *run, struct dbparam *p)
{
	size_t i;

	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < run->unique_n; i++)
		dbparam_el_i16(p, (int16_t)run->unique[i]->shard);
	dbparam_array_end(p);
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

static int
send_params(struct db *db, const struct sql_statement *s, struct dbparam *p)
{
	if (dbparam_err(p) != ERR_OK)
		return (int)dbparam_err(p);
	return db_send(db, s, p);
}

/* Copies who hears what out of the result of event_targets. */
static int
keep_targets(struct run *run, const struct pg_result *r)
{
	int i, n, rows = dbresult_rows(r);

	if (rows == 0)
		return 0;
	run->targets = calloc((size_t)rows, sizeof(*run->targets));
	if (run->targets == NULL)
		return ERR_NOMEM;
	for (i = 0; i < rows; i++) {
		n = dbresult_i32(r, i, 0);
		if (n < 1 || (size_t)n > run->unique_n)
			return ERR_DB;
		run->targets[i].item = run->unique[n - 1];
		run->targets[i].webhook = dbresult_id(r, i, 1);
	}
	run->targets_n = (size_t)rows;
	return 0;
}

/* First round trip: which events are new, and who wants to hear them. */
static int
ask(struct run *run)
{
	const struct pg_result *r;
	struct ingest_item **found;
	struct id id;
	int i, rc;

	param_keys(run, &run->p, true, false);
	param_targets(run, &run->q);
	rc = db_begin(run->db);
	if (rc == 0)
		rc = db_as_scope(run->db, "ingest");
	if (rc == 0)
		rc = send_params(run->db, &sql_event_key_insert, &run->p);
	if (rc == 0)
		rc = send_params(run->db, &sql_event_targets, &run->q);
	if (rc == 0)
		rc = db_run(run->db);
	if (rc < 0)
		return rc;
	r = db_result(run->db, 0);
	for (i = 0; i < dbresult_rows(r); i++) {
		id = dbresult_id(r, i, 0);
		found = bsearch(&id, run->items, run->n,
		    sizeof(struct ingest_item *), by_own);
		if (found != NULL)
			(*found)->fresh = true;
	}
	return keep_targets(run, db_result(run->db, 1));
}

static struct ingest_item *
find_old(const struct run *run, const struct id *key)
{
	size_t i;

	for (i = 0; i < run->unique_n; i++)
		if (!run->unique[i]->fresh && id_eq(&run->unique[i]->key, key))
			return run->unique[i];
	return NULL;
}

/*
 * For the events that were there before: which id did the first have?  When
 * it is the one made here, the commit that seemed to fail had succeeded.
 */
static int
find_first(struct run *run)
{
	const struct pg_result *r;
	struct ingest_item *item;
	struct id key;
	int i, rc;
	size_t old = 0, u;

	for (u = 0; u < run->unique_n; u++)
		old += !run->unique[u]->fresh;
	if (old == 0)
		return 0;
	dbparam_reset(&run->p);
	param_keys(run, &run->p, false, true);
	rc = send_params(run->db, &sql_event_key_find, &run->p);
	if (rc == 0)
		rc = db_run(run->db);
	if (rc < 0)
		return rc;
	r = db_result(run->db, 0);
	for (i = 0; i < dbresult_rows(r); i++) {
		key = dbresult_id(r, i, 0);
		item = find_old(run, &key);
		if (item == NULL || item->duplicate)
			continue;
		item->id = dbresult_id(r, i, 1);
		item->duplicate = true;
		old--;
	}
	/* The first was forgotten between the two statements: start again. */
	return old == 0 ? 0 : ERR_CONFLICT;
}

static void
param_events(struct run *run, struct dbparam *p)
{
#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < run->unique_n; i++) { \
		item = run->unique[i]; \
		if (item->fresh) \
			add; \
	} \
	dbparam_array_end(p); \
} while (0)
	const struct ingest_item *item;
	size_t i;

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

static void
param_outbox(struct run *run, struct dbparam *p)
{
#define COLUMN(type, add) do { \
	dbparam_array(p, type); \
	for (i = 0; i < run->targets_n; i++) { \
		t = &run->targets[i]; \
		if (t->item->fresh) \
			add; \
	} \
	dbparam_array_end(p); \
} while (0)
	int64_t now = clock_real_us();
	const struct target *t;
	struct id id;
	size_t i;

	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)t->item->shard));
	COLUMN(DBPARAM_I16, dbparam_el_i16(p, (int16_t)t->item->event.kind));
	COLUMN(DBPARAM_TIME, dbparam_el_time(p, now));
	COLUMN(DBPARAM_I64, dbparam_el_i64(p, event_call_hash(&t->item->event)));
	COLUMN(DBPARAM_ID, (id = id_new(), dbparam_el_id(p, &id)));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &t->webhook));
	COLUMN(DBPARAM_ID, dbparam_el_id(p, &t->item->own));
#undef COLUMN
}

/* Last round trip: the rows of what is new, and the commit. */
static int
store(struct run *run)
{
	size_t i, fresh = 0, owed = 0;
	int rc = 0;

	for (i = 0; i < run->unique_n; i++)
		fresh += run->unique[i]->fresh;
	for (i = 0; i < run->targets_n; i++)
		owed += run->targets[i].item->fresh;
	if (fresh > 0) {
		dbparam_reset(&run->p);
		param_events(run, &run->p);
		rc = send_params(run->db, &sql_event_insert, &run->p);
	}
	if (rc == 0 && owed > 0) {
		dbparam_reset(&run->q);
		param_outbox(run, &run->q);
		rc = send_params(run->db, &sql_outbox_insert, &run->q);
	}
	if (rc == 0)
		rc = db_commit(run->db);
	if (rc == 0)
		rc = db_run(run->db);
	return rc;
}

static void
wake_sender(struct api *api, const struct run *run)
{
	unsigned char shards[SHARDS], seen[SHARDS] = { 0 };
	const struct ingest_item *item;
	size_t i, n = 0;

	for (i = 0; i < run->targets_n; i++) {
		item = run->targets[i].item;
		if (item->deliveries > 0 && !seen[item->shard]) {
			seen[item->shard] = 1;
			shards[n++] = (unsigned char)item->shard;
		}
	}
	if (n > 0 && api->wake_fd >= 0)
		wake_send(api->wake_fd, api->settings->sender_wake, shards, n);
}

/* After the commit: what each caller is told. */
static void
conclude(struct run *run)
{
	struct ingest_item *item;
	size_t i;

	for (i = 0; i < run->unique_n; i++) {
		item = run->unique[i];
		if (item->duplicate && id_eq(&item->id, &item->own)) {
			item->duplicate = false;
			item->fresh = true;
		}
	}
	for (i = 0; i < run->targets_n; i++)
		if (run->targets[i].item->fresh)
			run->targets[i].item->deliveries++;
	for (i = 0; i < run->n; i++) {
		item = run->items[i];
		if (item->first != NULL) {
			item->id = item->first->id;
			item->duplicate = true;
		}
	}
}

static int
run_once(struct api *api, struct ingest_item **items, size_t n)
{
	struct run run = { .db = api->db, .items = items, .n = n };
	size_t i;
	int rc;

	dbparam_init(&run.p);
	dbparam_init(&run.q);
	rc = make_unique(&run);
	if (rc == 0)
		rc = ask(&run);
	if (rc == 0)
		rc = find_first(&run);
	if (rc == 0)
		rc = store(&run);
	if (rc == 0) {
		conclude(&run);
		wake_sender(api, &run);
	} else {
		db_rollback(api->db);
		for (i = 0; i < n; i++)
			items[i]->err = rc;
	}
	free(run.targets);
	free(run.unique);
	dbparam_free(&run.q);
	dbparam_free(&run.p);
	return rc;
}

static void
log_failed(struct api *api, const char *event, size_t n, int rc)
{
	log_warn(event, LI("events", n), LS("why", err_text((enum err)rc)),
	    LS("sqlstate", db_sqlstate(api->db)),
	    LS("message", db_error(api->db)));
}

size_t
ingest_batch(struct api *api, struct ingest_item **items, size_t n)
{
	size_t i, fresh = 0;
	int rc;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		items[i]->own = id_new();
	rc = run_once(api, items, n);
	/* A lost race, or a connection that had died: everything again. */
	if (rc == ERR_CONFLICT || rc == ERR_EXISTS || rc == ERR_DB ||
	    rc == ERR_DB_DOWN) {
		log_failed(api, "ingest.again", n, rc);
		rc = run_once(api, items, n);
	}
	if (rc < 0)
		log_failed(api, "ingest.failed", n, rc);
	for (i = 0; i < n && n > 1 && (rc == ERR_CONFLICT || rc == ERR_EXISTS ||
	    rc == ERR_DB); i++)
		if (run_once(api, &items[i], 1) == ERR_DB_DOWN)
			break;
	for (i = 0; i < n; i++)
		fresh += items[i]->err == 0 && !items[i]->duplicate;
	return fresh;
}
