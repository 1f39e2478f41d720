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
#include "api/ingestparam.h"
#include "core/db.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/filter.h"

/*
 * Rows of the outbox that one transaction writes: what takes longer than
 * statement_timeout would be refused time and again, and others with it.
 */
#define OWED_MAX 20000

static int
compare_keys(const struct ingest_item *x, const struct ingest_item *y)
{
	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static int
by_shard_key(const void *a, const void *b)
{
	const struct ingest_item *x = *(struct ingest_item *const *)a;
	const struct ingest_item *y = *(struct ingest_item *const *)b;
	int c = compare_keys(x, y);

	return c != 0 ? c : memcmp(x->own.b, y->own.b, sizeof(x->own.b));
}

static int
by_key(const void *key, const void *element)
{
	return compare_keys(key, *(struct ingest_item *const *)element);
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
make_unique(struct ingest_run *run)
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
		item->duplicate = item->fresh = item->late = false;
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

static int
send_params(struct db *db, const struct sql_statement *s, struct dbparam *p)
{
	if (dbparam_err(p) != ERR_OK)
		return (int)dbparam_err(p);
	return db_send(db, s, p);
}

/* The columns of event_targets. */
enum { COL_EVENT, COL_WEBHOOK, COL_FILTERS, COL_EVENTS };

/*
 * Does the webhook want this event?  Most ask for nothing: NULL.  Who is told
 * that a call is over is not told behind it that it starts.
 */
static bool
is_wanted(const struct ingest_item *item, const struct pg_result *r, int row)
{
	const struct event *e = &item->event;

	if (item->late && (dbresult_i16(r, row, COL_EVENTS) & EVENT_CALL_END))
		return false;
	return dbresult_null(r, row, COL_FILTERS) ||
	    filter_passes(dbresult_span(r, row, COL_FILTERS), e->service,
	    e->kind, e->data);
}

/* Copies who hears what out of the result of event_targets. */
static int
keep_targets(struct ingest_run *run, const struct pg_result *r)
{
	int i, n, rows = dbresult_rows(r);
	struct ingest_target *t;

	if (rows <= 0)
		return 0;
	run->targets = calloc((size_t)rows, sizeof(*run->targets));
	if (run->targets == NULL)
		return ERR_NOMEM;
	for (i = 0; i < rows; i++) {
		n = dbresult_i32(r, i, COL_EVENT);
		if (n < 1 || (size_t)n > run->unique_n)
			return ERR_DB;
		if (!is_wanted(run->unique[n - 1], r, i))
			continue;
		t = &run->targets[run->targets_n++];
		t->item = run->unique[n - 1];
		t->webhook = dbresult_id(r, i, COL_WEBHOOK);
	}
	return 0;
}

/* Marks the starts that come after their end. */
static int
keep_late(struct ingest_run *run, const struct pg_result *r)
{
	int i, n;

	for (i = 0; i < dbresult_rows(r); i++) {
		n = dbresult_i32(r, i, 0);
		if (n < 1 || (size_t)n > run->unique_n)
			return ERR_DB;
		run->unique[n - 1]->late = true;
	}
	return 0;
}

/*
 * First round trip: which events are new, and who wants to hear them.  Ends are
 * looked for before those of this batch are there: what comes together is
 * sent in its order.
 */
static int
ask(struct ingest_run *run)
{
	const struct pg_result *r;
	struct ingest_item **found;
	struct id id;
	int i, rc, at = 0;
	bool starts;

	ingest_param_keys(run, &run->p, true, false);
	ingest_param_targets(run, &run->q);
	starts = ingest_param_ends(run, &run->ends);
	rc = db_begin(run->db);
	if (rc == 0)
		rc = db_as_scope(run->db, run->form->scope);
	if (rc == 0)
		rc = starts ? send_params(run->db, run->form->ended,
		    &run->ends) : 0;
	if (rc == 0)
		rc = send_params(run->db, run->form->key_insert, &run->p);
	if (rc == 0)
		rc = send_params(run->db, run->form->targets, &run->q);
	if (rc == 0)
		rc = db_run(run->db);
	if (rc < 0)
		return rc;
	if (starts)
		rc = keep_late(run, db_result(run->db, at++));
	if (rc < 0)
		return rc;
	r = db_result(run->db, at++);
	for (i = 0; i < dbresult_rows(r); i++) {
		id = dbresult_id(r, i, 0);
		found = bsearch(&id, run->items, run->n,
		    sizeof(struct ingest_item *), by_own);
		if (found != NULL)
			(*found)->fresh = true;
	}
	return keep_targets(run, db_result(run->db, at));
}

/* The columns of event_key_find. */
enum { COL_KEY, COL_FIRST, COL_SHARD };

/* The event that was there before, of which row i speaks; NULL: none. */
static struct ingest_item *
find_old(const struct ingest_run *run, const struct pg_result *r, int i)
{
	const struct ingest_item key = { .shard = dbresult_i16(r, i, COL_SHARD),
		.key = dbresult_id(r, i, COL_KEY) };
	struct ingest_item **found = bsearch(&key, run->unique, run->unique_n,
	    sizeof(struct ingest_item *), by_key);

	return found != NULL && !(*found)->fresh ? *found : NULL;
}

/*
 * For the events that were there before: which id did the first have?  When
 * it is the one made here, the commit that seemed to fail had succeeded.
 */
static int
find_first(struct ingest_run *run)
{
	const struct pg_result *r;
	struct ingest_item *item;
	int i, rc;
	size_t old = 0, u;

	for (u = 0; u < run->unique_n; u++)
		old += !run->unique[u]->fresh;
	if (old == 0)
		return 0;
	dbparam_reset(&run->p);
	ingest_param_keys(run, &run->p, false, true);
	rc = send_params(run->db, run->form->key_find, &run->p);
	if (rc == 0)
		rc = db_run(run->db);
	if (rc < 0)
		return rc;
	r = db_result(run->db, 0);
	for (i = 0; i < dbresult_rows(r); i++) {
		item = find_old(run, r, i);
		if (item == NULL || item->duplicate)
			continue;
		item->id = dbresult_id(r, i, COL_FIRST);
		item->duplicate = true;
		old--;
	}
	/* The first was forgotten between the two statements: start again. */
	return old == 0 ? 0 : ERR_CONFLICT;
}

/* Last round trip: the rows of what is new, and the commit. */
static int
store(struct ingest_run *run)
{
	size_t i, fresh = 0, owed = 0;
	int rc = 0;

	for (i = 0; i < run->unique_n; i++)
		fresh += run->unique[i]->fresh;
	for (i = 0; i < run->targets_n; i++)
		owed += run->targets[i].item->fresh;
	if (fresh > 0) {
		dbparam_reset(&run->p);
		ingest_param_events(run, &run->p);
		rc = send_params(run->db, run->form->event_insert, &run->p);
	}
	if (rc == 0 && owed > 0) {
		dbparam_reset(&run->q);
		ingest_param_outbox(run, &run->q);
		rc = send_params(run->db, run->form->outbox_insert, &run->q);
	}
	if (rc == 0)
		rc = db_commit(run->db);
	if (rc == 0)
		rc = db_run(run->db);
	return rc;
}

static void
wake_sender(struct api *api, const struct ingest_run *run)
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
conclude(struct ingest_run *run)
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

/*
 * How many items of the run may share a transaction: all of them, unless more
 * is owed for them than one should write.
 */
static size_t
fitting(const struct ingest_run *run)
{
	size_t i, owed = 0, fits;

	for (i = 0; i < run->targets_n; i++)
		owed += run->targets[i].item->fresh;
	if (owed <= OWED_MAX)
		return run->n;
	fits = run->n * OWED_MAX / owed;
	return fits > 0 ? fits : 1;
}

/* ERR_TOO_BIG: of more than one; *fits of them may be tried together. */
static int
run_once(struct api *api, struct ingest_item **items, size_t n, size_t *fits)
{
	struct ingest_run run = { .db = api->db, .items = items, .n = n,
		.form = api->settings->db_distributed ? &ingest_form_one : &ingest_form_many };
	size_t i, fit = n;
	int rc;

	dbparam_init(&run.p);
	dbparam_init(&run.q);
	dbparam_init(&run.ends);
	*fits = n / 2;
	rc = make_unique(&run);
	if (rc == 0)
		rc = ask(&run);
	if (rc == 0)
		fit = fitting(&run);
	if (fit < n) {
		*fits = fit;
		rc = ERR_TOO_BIG;
	}
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
	dbparam_free(&run.ends);
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

/*
 * Stores items that may share a transaction, unless it would be too large;
 * each gets its err.
 */
static void
store_batch(struct api *api, struct ingest_item **items, size_t n)
{
	size_t i, fits;
	int rc;

	rc = run_once(api, items, n, &fits);
	/* A lost race, or a connection that had died: everything again. */
	if (rc == ERR_CONFLICT || rc == ERR_EXISTS || rc == ERR_DB ||
	    rc == ERR_DB_DOWN) {
		log_failed(api, "ingest.again", n, rc);
		rc = run_once(api, items, n, &fits);
	}
	if (rc == ERR_TOO_BIG && n > 1) {
		for (i = 0; i < n; i += fits)
			store_batch(api, items + i, n - i < fits ? n - i : fits);
		return;
	}
	if (rc < 0)
		log_failed(api, "ingest.failed", n, rc);
	for (i = 0; i < n && n > 1 && (rc == ERR_CONFLICT || rc == ERR_EXISTS ||
	    rc == ERR_DB); i++)
		if (run_once(api, &items[i], 1, &fits) == ERR_DB_DOWN)
			break;
}

static int
by_shard_own(const void *a, const void *b)
{
	const struct ingest_item *x = *(struct ingest_item *const *)a;
	const struct ingest_item *y = *(struct ingest_item *const *)b;

	return x->shard != y->shard ? (x->shard < y->shard ? -1 : 1) :
	    memcmp(x->own.b, y->own.b, sizeof(x->own.b));
}

/* A transaction for each shard, as a distributed database likes it. */
static void
store_by_shard(struct api *api, struct ingest_item **items, size_t n)
{
	size_t from, to;

	qsort(items, n, sizeof(struct ingest_item *), by_shard_own);
	for (from = 0; from < n; from = to) {
		for (to = from + 1; to < n &&
		    items[to]->shard == items[from]->shard; to++)
			;
		store_batch(api, items + from, to - from);
	}
}

size_t
ingest_batch(struct api *api, struct ingest_item **items, size_t n)
{
	size_t i, fresh = 0;

	for (i = 0; i < n; i++)
		items[i]->own = id_new();
	if (api->settings->db_distributed)
		store_by_shard(api, items, n);
	else if (n > 0)
		store_batch(api, items, n);
	for (i = 0; i < n; i++)
		fresh += items[i]->err == 0 && !items[i]->duplicate;
	return fresh;
}
