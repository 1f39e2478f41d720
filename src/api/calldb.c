/*
 * The statements that begin with a call.  Events are found by the key that
 * makes a repeated post known, their deliveries by their ids, which were made
 * right after the event's: neither needs an index of its own.  Called by calls.c,
 * deliveries.c and preview.c.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "api/calldb.h"
#include "core/sql_statements.h"
#include "hook/event.h"

/* An ingest has long been committed or given up by then. */
#define DELIVERY_IDS_US ((int64_t)30 * 1000000)

/* Of starts and ends. */
static void
param_keys(struct dbparam *p, const struct identity *who, int service,
    int kind, struct span call_id)
{
	static const enum event_kind kinds[] = { EVENT_CALL_START,
		EVENT_CALL_END };
	struct id keys[SERVICES * 2];
	int i, n = 0;
	size_t k;

	for (i = 0; i < SERVICES; i++)
		for (k = 0; k < 2; k++)
			if ((service < 0 || service == i) &&
			    (kind == 0 || kind == (int)kinds[k]))
				keys[n++] = event_key_of(who->account_id,
				    (enum service)i, kinds[k], call_id);
	dbparam_init(p);
	dbparam_array(p, DBPARAM_I16);
	for (i = 0; i < n; i++)
		dbparam_el_i16(p, (int16_t)id_shard(who->account_id));
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	for (i = 0; i < n; i++)
		dbparam_el_id(p, &keys[i]);
	dbparam_array_end(p);
}

static int
send_changes(struct db *db, const struct identity *who, int service,
    struct span call_id)
{
	struct id first, last;
	struct dbparam p;

	event_change_keys(who->account_id, (enum service)service, call_id,
	    &first, &last);
	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)id_shard(who->account_id));
	dbparam_id(&p, &first);
	dbparam_id(&p, &last);
	dbparam_i64(&p, CALLDB_CHANGES);
	return accountdb_send(db, 0, &sql_event_change_find, &p);
}

static void
keep(const struct pg_result *r, struct calldb_events *out)
{
	int i;

	for (i = 0; i < dbresult_rows(r) && out->n < CALLDB_EVENTS; i++) {
		out->id[out->n] = dbresult_id(r, i, 1);
		out->until[out->n] = id_floor(id_time_ms(&out->id[out->n]) *
		    1000 + DELIVERY_IDS_US);
		out->n++;
	}
}

/*
 * Keys have no account that row level security could look at; they are
 * made of it, and whoever reads the events does it as the account again.
 */
int
calldb_find(struct db *db, const struct identity *who, int service, int kind,
    struct span call_id, struct calldb_events *out)
{
	int i, rc, asked = 1;
	struct dbparam p;

	out->n = 0;
	if (!event_call_id_ok(call_id))
		return 0;
	param_keys(&p, who, service, kind, call_id);
	rc = db_begin(db);
	if (rc == 0)
		rc = db_as_scope(db, "events");
	rc = accountdb_send(db, rc, &sql_event_key_find, &p);
	for (i = 0; i < SERVICES && rc == 0; i++) {
		if ((service >= 0 && service != i) ||
		    (kind != 0 && kind != EVENT_CALL_CHANGE))
			continue;
		rc = send_changes(db, who, i, call_id);
		asked++;
	}
	rc = accountdb_commit(db, rc);
	for (i = 0; i < asked && rc == 0; i++)
		keep(db_result(db, i), out);
	return rc;
}

void
calldb_param(struct dbparam *p, const struct calldb_events *events)
{
	int i;

	dbparam_array(p, DBPARAM_ID);
	for (i = 0; i < events->n; i++)
		dbparam_el_id(p, &events->id[i]);
	dbparam_array_end(p);
	dbparam_array(p, DBPARAM_ID);
	for (i = 0; i < events->n; i++)
		dbparam_el_id(p, &events->until[i]);
	dbparam_array_end(p);
}

int
calldb_hooks(struct db *db, const struct identity *who,
    const struct calldb_events *events)
{
	struct dbparam p;
	int i, rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	calldb_param(&p, events);
	rc = accountdb_send(db, rc, &sql_call_hooks, &p);
	accountdb_param(&p, who);
	dbparam_array(&p, DBPARAM_ID);
	for (i = 0; i < events->n; i++)
		dbparam_el_id(&p, &events->id[i]);
	dbparam_array_end(&p);
	rc = accountdb_send(db, rc, &sql_call_known, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_i64(db_result(db, 1), 0, 0) == 0)
		rc = ERR_NOT_FOUND;
	return rc;
}

int
calldb_event(struct db *db, const struct identity *who, const struct id *id)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	rc = accountdb_send(db, rc, &sql_event_get, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) == 0)
		rc = ERR_NOT_FOUND;
	return rc;
}
