/*
 * The statements behind the delivery log.  All are led by an index and look
 * at a bounded number of rows, whatever a webhook has sent.  Called by
 * deliveries.c and delivery.c.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "api/deliverydb.h"
#include "api/webhookdb.h"
#include "core/sql_statements.h"

/* Clocks of the hosts that make deliveries and attempts may differ. */
#define SKEW_US ((int64_t)3600 * 1000000)

static void
param_kind(struct dbparam *p, int kind)
{
	if (kind == 0)
		dbparam_null(p);
	else
		dbparam_i16(p, (int16_t)kind);
}

static struct id
smaller(struct id a, struct id b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) < 0 ? a : b;
}

static int
send_tried(struct db *db, int rc, const struct identity *who,
    const struct deliverydb_query *q)
{
	struct id since = id_floor(q->since), before;
	bool none = span_is(q->outcome, "pending");
	struct dbparam p;

	before = smaller(q->place.attempt, id_floor(q->until));
	accountdb_param(&p, who);
	dbparam_id(&p, &q->webhook);
	dbparam_id(&p, &before);
	dbparam_id(&p, &since);
	dbparam_text(&p, q->outcome);
	param_kind(&p, q->kind);
	dbparam_i64(&p, DELIVERYDB_LOOK);
	dbparam_i64(&p, none ? 0 : q->limit + 1);
	dbparam_i16(&p, (int16_t)q->status_min);
	dbparam_i16(&p, (int16_t)q->status_max);
	return accountdb_send(db, rc, &sql_delivery_list, &p);
}

static int
send_owed(struct db *db, int rc, const struct identity *who,
    const struct deliverydb_query *q)
{
	bool all = q->status_min < 0 && (q->outcome.p == NULL ||
	    span_is(q->outcome, "pending"));
	struct id owed = q->place.owed;
	int64_t due = q->place.due;
	struct dbparam p;

	if (q->until <= due) {
		due = q->until;
		owed = (struct id){ .b = { 0 } };
	}
	accountdb_param(&p, who);
	dbparam_id(&p, &q->webhook);
	dbparam_time(&p, due);
	dbparam_id(&p, &owed);
	dbparam_time(&p, q->since);
	param_kind(&p, q->kind);
	dbparam_i64(&p, DELIVERYDB_LOOK);
	dbparam_i64(&p, all ? q->limit + 1 : 0);
	return accountdb_send(db, rc, &sql_owed_list, &p);
}

int
deliverydb_list(struct db *db, const struct identity *who,
    const struct deliverydb_query *q)
{
	int rc = accountdb_begin(db, who);

	rc = send_tried(db, rc, who, q);
	rc = send_owed(db, rc, who, q);
	rc = webhookdb_send_known(db, rc, who, &q->webhook);
	rc = accountdb_commit(db, rc);
	if (rc == 0 &&
	    !dbresult_bool(db_result(db, DELIVERYDB_HALVES), 0, 0))
		rc = ERR_NOT_FOUND;
	return rc;
}

int
deliverydb_call(struct db *db, const struct identity *who,
    const struct id *webhook, const struct calldb_events *events)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, webhook);
	calldb_param(&p, events);
	rc = accountdb_send(db, rc, &sql_delivery_call, &p);
	rc = webhookdb_send_known(db, rc, who, webhook);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && !dbresult_bool(db_result(db, 1), 0, 0))
		rc = ERR_NOT_FOUND;
	return rc;
}

int
deliverydb_rows(const struct db *db, int half)
{
	return dbresult_rows(db_result(db, half));
}

/* Columns of delivery_list, owed_list and delivery_call. */
enum { COL_KEY, COL_ID, COL_EVENT, COL_CALL, COL_KIND, COL_AT, COL_OUTCOME,
	COL_STATUS, COL_ERROR, COL_N, COL_DUE, COL_SHOWN, COL_LAST };

void
deliverydb_row(const struct db *db, int half, int i,
    struct deliverydb_row *out)
{
	const struct pg_result *r = db_result(db, half);

	out->key = dbresult_id(r, i, COL_KEY);
	out->id = dbresult_id(r, i, COL_ID);
	out->event_id = dbresult_id(r, i, COL_EVENT);
	out->call_id = dbresult_span(r, i, COL_CALL);
	out->kind = dbresult_i16(r, i, COL_KIND);
	out->at = dbresult_time(r, i, COL_AT);
	out->outcome = dbresult_span(r, i, COL_OUTCOME);
	out->status = dbresult_i16(r, i, COL_STATUS);
	out->error = dbresult_span(r, i, COL_ERROR);
	out->attempts = dbresult_i16(r, i, COL_N);
	out->due = dbresult_null(r, i, COL_DUE) ? 0 :
	    dbresult_time(r, i, COL_DUE);
	out->shown = dbresult_bool(r, i, COL_SHOWN);
	out->last = dbresult_bool(r, i, COL_LAST);
}

/* Parameters shard, account, delivery and the first attempt there can be. */
static void
param_from(struct dbparam *p, const struct identity *who, const struct id *id)
{
	int64_t made = id_time_ms(id) * 1000;
	struct id from = id_floor(made > SKEW_US ? made - SKEW_US : 0);

	accountdb_param(p, who);
	dbparam_id(p, id);
	dbparam_id(p, &from);
}

int
deliverydb_get(struct db *db, const struct identity *who, const struct id *id,
    int limit)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	rc = accountdb_send(db, rc, &sql_delivery_owed, &p);
	param_from(&p, who, id);
	dbparam_i64(&p, limit);
	rc = accountdb_send(db, rc, &sql_delivery_attempts, &p);
	param_from(&p, who, id);
	rc = accountdb_send(db, rc, &sql_delivery_event, &p);
	param_from(&p, who, id);
	rc = accountdb_send(db, rc, &sql_delivery_webhook, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_rows(db_result(db, DELIVERYDB_WAITS)) == 0 &&
	    dbresult_rows(db_result(db, DELIVERYDB_ATTEMPTS)) == 0)
		rc = ERR_NOT_FOUND;
	return rc;
}

static void
param_outbox(struct dbparam *p, const struct identity *who,
    const struct deliverydb_again *d)
{
	dbparam_init(p);
	dbparam_array(p, DBPARAM_I16);
	dbparam_el_i16(p, (int16_t)id_shard(who->account_id));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I16);
	dbparam_el_i16(p, (int16_t)d->kind);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_TIME);
	dbparam_el_time(p, d->now);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_I64);
	dbparam_el_i64(p, d->call);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	dbparam_el_id(p, &d->id);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	dbparam_el_id(p, &d->webhook);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	dbparam_el_id(p, &d->event);
	dbparam_array_end(p);
}

int
deliverydb_again(struct db *db, const struct identity *who,
    const struct deliverydb_again *d)
{
	struct dbparam p;
	int rc = db_begin(db);

	if (rc == 0)
		rc = db_as_scope(db, "events");
	param_outbox(&p, who, d);
	rc = accountdb_send(db, rc, &sql_outbox_insert, &p);
	return accountdb_commit(db, rc);
}
