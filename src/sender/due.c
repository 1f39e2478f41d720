/*
 * Reads due deliveries of one shard for feed.c.  States of a read: asking
 * (statement due), then completing (webhook_settings and the checks, when
 * anything is to be known), then it calls back and is freed.
 */
#include "sender/due.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/sql_statements.h"
#include "sender/delivery.h"
#include "sender/due_param.h"
#include "sender/hooks.h"
#include "sender/journal.h"
#include "sender/lanes.h"

/* The columns of sql/statements/due.sql. */
enum { COL_WEBHOOK, COL_ID, COL_EVENT, COL_KIND, COL_CALL, COL_ATTEMPT,
	COL_VERSION, COL_ENABLED, COL_ACCOUNT, COL_SERVICE, COL_CALL_ID,
	COL_DATA, COL_ROOM, COL_DUE, COL_LOOKED, COL_NOW, COL_NEXT, COL_SIZE };

/* Between an event and the due time of its first attempt there is no time. */
#define ONCE_MORE_US INT64_C(5000000)

struct due {
	struct due_options o;
	due_fn *fn;
	void *cookie;
	struct delivery **rows;
	int n;
	int checks;		/* end_settled, change_followed asked */
	bool settings;	/* webhook_settings and _secrets asked, first */
	bool data;	/* event_data asked, after them */
	bool cut;		/* at what would have been too many bytes */
	int64_t bytes;
	int64_t at;
	int visited;		/* rows of the answer, empty lanes too */
	struct due_lane lanes[DUE_LANES];
	int lanes_n;
};

void
due_release(struct delivery *d)
{
	if (d == NULL)
		return;
	journal_leave(d->journal);
	hooks_release(d->hook);
	free(d);
}

static void
due_free(struct due *due)
{
	int i;

	for (i = 0; i < due->n; i++)
		due_release(due->rows[i]);
	free(due->rows);
	free(due);
}

static void
finish(struct due *due, enum err err)
{
	struct due_answer a = {
		.deliveries = due->rows, .n = due->n,
		.lanes = due->lanes, .lanes_n = due->lanes_n,
		.cut = due->cut || due->lanes_n == DUE_LANES ||
		    due->visited >= due->o.rows,
		.bytes = due->bytes, .at = due->at,
	};

	if (err == 0)
		due->n = 0;		/* handed over */
	due->fn(due->cookie, err, err == 0 ? &a : NULL);
	due_free(due);
}

/* Of the event's data, which is NULL when that is too long: read_data. */
static size_t
size_of(const struct pg_result *r, int row)
{
	return dbresult_null(r, row, COL_SIZE) ? 0 :
	    (size_t)dbresult_i32(r, row, COL_SIZE);
}

static struct delivery *
read_row(const struct due *due, const struct pg_result *r, int row)
{
	struct span call_id = dbresult_span(r, row, COL_CALL_ID);
	struct span data = dbresult_span(r, row, COL_DATA);
	size_t size = size_of(r, row);
	struct delivery *d = calloc(1, sizeof(*d) + call_id.len + size);

	if (d == NULL)
		return NULL;
	d->shard = due->o.shard;
	d->webhook_id = dbresult_id(r, row, COL_WEBHOOK);
	d->id = dbresult_id(r, row, COL_ID);
	d->event_id = dbresult_id(r, row, COL_EVENT);
	d->kind = (enum event_kind)dbresult_i16(r, row, COL_KIND);
	d->call = dbresult_i64(r, row, COL_CALL);
	d->attempt = dbresult_i16(r, row, COL_ATTEMPT);
	d->enabled = dbresult_bool(r, row, COL_ENABLED);
	d->read_at = clock_mono_us();
	d->due = dbresult_time(r, row, COL_DUE);
	if (!dbresult_null(r, row, COL_ACCOUNT)) {
		/* The event's, or when that is gone the webhook's. */
		d->account_id = dbresult_i64(r, row, COL_ACCOUNT);
		d->service = (enum service)dbresult_i16(r, row, COL_SERVICE);
	}
	if (!dbresult_null(r, row, COL_CALL_ID)) {
		memcpy(d->bytes, call_id.p, call_id.len);
		d->call_id = (struct span){ d->bytes, call_id.len };
		if (data.len > 0)
			memcpy(d->bytes + call_id.len, data.p, data.len);
		d->data = (struct span){ data.p == NULL && size > 0 ? NULL :
		    d->bytes + call_id.len, size };
	}
	if (!dbresult_null(r, row, COL_VERSION))
		d->hook = hooks_find(due->o.hooks, &d->webhook_id,
		    dbresult_i32(r, row, COL_VERSION));
	return d;
}

static int
read_rows(struct due *due, const struct pg_result *r)
{
	int i, rows = dbresult_rows(r);
	struct due_lane *lane = NULL;
	struct delivery *d;
	struct id webhook;

	due->n = due->lanes_n = 0;
	if (rows <= 0)
		return 0;
	due->visited = rows;
	due->rows = calloc((size_t)rows, sizeof(struct delivery *));
	if (due->rows == NULL)
		return ERR_NOMEM;
	due->at = dbresult_time(r, 0, COL_NOW);
	for (i = 0; i < rows; i++) {
		webhook = dbresult_id(r, i, COL_WEBHOOK);
		/* Nothing was claimed: the rest is read again. */
		due->cut = due->n > 0 &&
		    due->bytes + (int64_t)size_of(r, i) > due->o.bytes;
		if (due->cut)
			break;
		if (lane == NULL || !id_eq(&lane->webhook, &webhook)) {
			if (due->lanes_n == DUE_LANES)
				break;
			lane = &due->lanes[due->lanes_n++];
			lane->webhook = webhook;
			lane->room = (int)dbresult_i64(r, i, COL_ROOM);
			lane->paused = !dbresult_bool(r, i, COL_LOOKED);
			lane->wait = dbresult_null(r, i, COL_NEXT) ? -1 :
			    dbresult_time(r, i, COL_NEXT) - due->at;
		}
		if (dbresult_null(r, i, COL_ID))
			continue;	/* nothing due in this lane */
		d = read_row(due, r, i);
		if (d == NULL)
			return ERR_NOMEM;
		due->rows[due->n++] = d;
		due->bytes += (int64_t)(d->data.len + d->call_id.len);
		lane->rows++;
	}
	return 0;
}

/*
 * A start that was tried before: its end may have been settled meanwhile.  A
 * change that was, or that is sent once more (its due time is far from its event's):
 * what the call is by now may be told by a later one.
 */
static bool
wants_check(const struct delivery *d)
{
	if (d->call_id.p == NULL || d->kind == EVENT_CALL_END)
		return false;
	return d->attempt > 0 || (d->kind == EVENT_CALL_CHANGE &&
	    d->due - id_time_ms(&d->event_id) * 1000 > ONCE_MORE_US);
}

size_t
due_secrets(const struct pg_result *r, const struct id *webhook,
    struct hook_sealed *out)
{
	size_t n = 0;
	struct id id;
	int i;

	for (i = 0; i < dbresult_rows(r) && n < SIGN_KEYS_MAX; i++) {
		id = dbresult_id(r, i, 0);
		if (!id_eq(&id, webhook))
			continue;
		out[n].text = dbresult_span(r, i, 1);
		out[n++].until = dbresult_null(r, i, 2) ? 0 :
		    dbresult_time(r, i, 2);
	}
	return n;
}

/*
 * The secrets are read after the settings: what a rotation in between makes
 * of them is at worst newer than the version, and that is read again.
 */
static void
read_settings(struct due *due, const struct pg_result *settings,
    const struct pg_result *secrets)
{
	struct hook_sealed sealed[SIGN_KEYS_MAX];
	struct hook *hook;
	struct id id;
	size_t n;
	int i, k;

	for (i = 0; i < dbresult_rows(settings); i++) {
		id = dbresult_id(settings, i, 0);
		n = due_secrets(secrets, &id, sealed);
		hook = hooks_put(due->o.hooks, &id,
		    dbresult_i32(settings, i, 1),
		    dbresult_span(settings, i, 2),
		    dbresult_span(settings, i, 3), sealed, n);
		for (k = 0; k < due->n && hook != NULL; k++)
			if (due->rows[k]->hook == NULL &&
			    id_eq(&due->rows[k]->webhook_id, &id)) {
				hook->refs++;
				due->rows[k]->hook = hook;
			}
		hooks_release(hook);
	}
}

static bool
wants_data(const struct delivery *d)
{
	return d->call_id.p != NULL && d->data.p == NULL;
}

/* The long ones.  An event that went meanwhile is gone. */
static void
read_data(struct due *due, const struct pg_result *r)
{
	struct delivery *d;
	struct span data;
	struct id id;
	int i, k;

	for (i = 0; i < dbresult_rows(r); i++) {
		id = dbresult_id(r, i, 0);
		data = dbresult_span(r, i, 1);
		for (k = 0; k < due->n; k++) {
			d = due->rows[k];
			if (!wants_data(d) || !id_eq(&d->event_id, &id) ||
			    data.len != d->data.len)
				continue;
			d->data.p = memcpy(d->bytes + d->call_id.len, data.p,
			    data.len);
		}
	}
	for (k = 0; k < due->n; k++)
		if (wants_data(due->rows[k]))
			due->rows[k]->call_id = due->rows[k]->data =
			    (struct span){ NULL, 0 };
}

static void
on_completed(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct due *due = cookie;
	int k, at = 0;

	if (err != 0) {
		finish(due, err);
		return;
	}
	assert(n == due->checks + (due->settings ? 2 : 0) + due->data);
	if (due->settings) {
		read_settings(due, results[0], results[1]);
		at = 2;
	}
	at += due->data;
	for (k = 0; k < due->n; k++)
		if (wants_check(due->rows[k]))
			due->rows[k]->superseded =
			    dbresult_bool(results[at++], 0, 0);
	if (due->data)
		read_data(due, results[due->settings ? 2 : 0]);
	finish(due, 0);
}

static int
ask_settings(struct due *due, const struct pg_result *r,
    struct dbasync_unit *u)
{
	struct dbparam p;
	struct id last = { { 0 } };
	int i, k, rc = 0;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)due->o.shard);
	dbparam_array(&p, DBPARAM_ID);
	for (i = 0, k = 0; i < dbresult_rows(r) && k < due->n; i++) {
		if (dbresult_null(r, i, COL_ID))
			continue;
		if (due->rows[k]->hook == NULL &&
		    !dbresult_null(r, i, COL_VERSION) &&
		    !id_eq(&last, &due->rows[k]->webhook_id)) {
			last = due->rows[k]->webhook_id;
			dbparam_el_id(&p, &last);
			due->settings = true;
		}
		k++;
	}
	dbparam_array_end(&p);
	rc = dbparam_err(&p);
	if (rc == 0 && due->settings)
		rc = dbasync_unit_add(u, &sql_webhook_settings, &p);
	if (rc == 0 && due->settings)
		rc = dbasync_unit_add(u, &sql_webhook_secrets, &p);
	dbparam_free(&p);
	return rc;
}

static int
ask_data(struct due *due, struct dbasync_unit *u)
{
	struct dbparam p;
	int k, rc;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)due->o.shard);
	dbparam_array(&p, DBPARAM_ID);
	for (k = 0; k < due->n; k++)
		if (wants_data(due->rows[k])) {
			dbparam_el_id(&p, &due->rows[k]->event_id);
			due->data = true;
		}
	dbparam_array_end(&p);
	rc = dbparam_err(&p);
	if (rc == 0 && due->data)
		rc = dbasync_unit_add(u, &sql_event_data, &p);
	dbparam_free(&p);
	return rc;
}

static int
ask_check(struct due *due, const struct delivery *d, struct dbasync_unit *u)
{
	bool change = d->kind == EVENT_CALL_CHANGE;
	struct id key, last;
	struct dbparam p;
	int rc;

	if (change)
		event_change_keys(d->account_id, d->service, d->call_id, &key,
		    &last);
	else
		key = event_key_of(d->account_id, d->service, EVENT_CALL_END,
		    d->call_id);
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)due->o.shard);
	dbparam_id(&p, &key);
	dbparam_id(&p, change ? &last : &d->webhook_id);
	if (change)
		dbparam_id(&p, &d->event_id);
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, change ? &sql_change_followed :
		    &sql_end_settled, &p);
	dbparam_free(&p);
	due->checks++;
	return rc;
}

static void
on_due(void *cookie, enum err err, const struct pg_result *const *results,
    int n)
{
	struct due *due = cookie;
	struct dbasync_unit *u;
	int k, rc = err;

	if (rc != 0)
		goto err0;
	assert(n == 1);
	rc = read_rows(due, results[0]);
	if (rc != 0)
		goto err0;
	u = dbasync_unit_new();
	if (u == NULL) {
		rc = ERR_NOMEM;
		goto err0;
	}
	rc = ask_settings(due, results[0], u);
	if (rc == 0)
		rc = ask_data(due, u);
	for (k = 0; k < due->n && rc == 0; k++)
		if (wants_check(due->rows[k]))
			rc = ask_check(due, due->rows[k], u);
	if (rc != 0)
		goto err1;
	if (due->settings || due->data || due->checks > 0) {
		rc = dbasync_submit(due->o.db, u, on_completed, due);
		if (rc != 0)
			goto err0;
		return;
	}
	dbasync_unit_free(u);
	finish(due, 0);
	return;

err1:
	dbasync_unit_free(u);
err0:
	finish(due, rc);
}

int
due_read(const struct due_options *options, due_fn *fn, void *cookie)
{
	struct due *due = calloc(1, sizeof(*due));
	struct dbasync_unit *u;
	struct dbparam p;
	int rc;

	if (due == NULL)
		return ERR_NOMEM;
	due->o = *options;
	due->fn = fn;
	due->cookie = cookie;
	u = dbasync_unit_new();
	if (u == NULL) {
		rc = ERR_NOMEM;
		goto err0;
	}
	dbparam_init(&p);
	rc = due_param_add(options, &p);
	if (rc == 0)
		rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_due, &p);
	dbparam_free(&p);
	if (rc != 0)
		goto err1;
	rc = dbasync_submit(options->db, u, on_due, due);
	if (rc != 0)
		goto err0;
	return 0;

err1:
	dbasync_unit_free(u);
err0:
	due_free(due);
	return rc;
}
