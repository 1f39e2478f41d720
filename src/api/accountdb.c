/*
 * The frame that the statements behind the API's resources have in common: a
 * transaction that names the account, parameters that begin with shard and
 * account; and what an account may do.  Called by all who have statements for
 * the API's resources.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "core/id.h"
#include "core/settings.h"
#include "core/sql_statements.h"

int
accountdb_begin(struct db *db, const struct identity *who)
{
	int rc = db_begin(db);

	return rc == 0 ? db_as_account(db, who->account_id) : rc;
}

int
accountdb_begin_scope(struct db *db, const char *scope)
{
	int rc = db_begin(db);

	return rc == 0 ? db_as_scope(db, scope) : rc;
}

void
accountdb_param(struct dbparam *p, const struct identity *who)
{
	dbparam_init(p);
	dbparam_i16(p, (int16_t)id_shard(who->account_id));
	dbparam_i64(p, who->account_id);
}

int
accountdb_send(struct db *db, int rc, const struct sql_statement *s,
    struct dbparam *p)
{
	if (rc == 0)
		rc = (int)dbparam_err(p);
	if (rc == 0)
		rc = db_send(db, s, p);
	dbparam_free(p);
	return rc;
}

int
accountdb_commit(struct db *db, int rc)
{
	if (rc == 0)
		rc = db_commit(db);
	if (rc == 0)
		rc = db_run(db);
	if (rc < 0)
		db_rollback(db);
	return rc;
}

enum { COL_WEBHOOKS, COL_RATE, COL_DAYS, COL_SERVICES };

void
accountdb_limits(const struct settings *settings, const struct pg_result *r,
    struct accountdb_limits *out)
{
	bool row = dbresult_rows(r) > 0;

	*out = (struct accountdb_limits){
		.webhooks = settings->api_max_webhooks,
		.events_per_second = settings->api_events_per_second,
		.retention_days = settings->retention_days,
		.services = ACCOUNTDB_SERVICES,
	};
	if (row && !dbresult_null(r, 0, COL_WEBHOOKS))
		out->webhooks = dbresult_i32(r, 0, COL_WEBHOOKS);
	if (row && !dbresult_null(r, 0, COL_RATE))
		out->events_per_second = dbresult_i32(r, 0, COL_RATE);
	/* Partitions of all accounts go by the configuration. */
	if (row && !dbresult_null(r, 0, COL_DAYS) &&
	    dbresult_i32(r, 0, COL_DAYS) < out->retention_days)
		out->retention_days = dbresult_i32(r, 0, COL_DAYS);
	if (row && !dbresult_null(r, 0, COL_SERVICES))
		out->services = (unsigned)dbresult_i16(r, 0, COL_SERVICES);
}

int
accountdb_lock(struct db *db, int rc, const struct identity *who)
{
	struct dbparam p;

	accountdb_param(&p, who);
	return accountdb_send(db, rc, &sql_account_lock, &p);
}
