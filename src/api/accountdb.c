/*
 * The frame that the statements behind the API's resources have in common: a
 * transaction that names the account, parameters that begin with shard and
 * account.  Called by deliverydb.c, calldb.c and versions.c.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "core/id.h"

int
accountdb_begin(struct db *db, const struct identity *who)
{
	int rc = db_begin(db);

	return rc == 0 ? db_as_account(db, who->account_id) : rc;
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
