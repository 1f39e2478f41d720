/*
 * The statements behind /v1/keys, each in a transaction that names the
 * account.  Called by keys.c.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "api/keydb.h"
#include "core/id.h"
#include "core/sql_statements.h"

int
keydb_list(struct db *db, const struct identity *who, int limit)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_i64(&p, limit);
	rc = accountdb_send(db, rc, &sql_key_page, &p);
	return accountdb_commit(db, rc);
}

static int
send_insert(struct db *db, int rc, const struct identity *who,
    const struct keydb_new *key)
{
	struct dbparam p;
	int i;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)id_shard(who->account_id));
	dbparam_text(&p, key->prefix);
	dbparam_bytes(&p, key->sha256);
	dbparam_i64(&p, who->account_id);
	dbparam_array(&p, DBPARAM_TEXT);
	for (i = 0; i < key->scopes_n; i++)
		dbparam_el_span(&p, span_of(key->scopes[i]));
	dbparam_array_end(&p);
	dbparam_text(&p, key->label);
	dbparam_time(&p, key->now);
	if (key->expires_at != 0)
		dbparam_time(&p, key->expires_at);
	else
		dbparam_null(&p);
	return accountdb_send(db, rc, &sql_key_insert, &p);
}

int
keydb_create(struct db *db, const struct identity *who,
    const struct keydb_new *key, int max)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	rc = accountdb_lock(db, rc, who);
	accountdb_param(&p, who);
	dbparam_time(&p, key->now);
	rc = accountdb_send(db, rc, &sql_key_count, &p);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_i64(db_result(db, 1), 0, 0) >= max)
		rc = ERR_TOO_BIG;
	rc = send_insert(db, rc, who, key);
	return accountdb_commit(db, rc);
}

int
keydb_label(struct db *db, const struct identity *who, struct span prefix,
    struct span label)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_text(&p, prefix);
	dbparam_text(&p, label);
	rc = accountdb_send(db, rc, &sql_key_label, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) != 1)
		rc = ERR_NOT_FOUND;
	return rc;
}

int
keydb_revoke(struct db *db, const struct identity *who, struct span prefix,
    int64_t now)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	dbparam_text(&p, prefix);
	dbparam_time(&p, now);
	rc = accountdb_send(db, rc, &sql_key_end, &p);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_touched(db_result(db, 0)) != 1)
		rc = ERR_NOT_FOUND;
	return rc;
}
