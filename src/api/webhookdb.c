/*
 * The statements behind /v1/webhooks, each in a transaction that names the
 * account (accountdb.c has the frame).  Every write leaves a row in webhook_version; its key (webhook, version)
 * makes two changes of one version impossible, whoever comes second loses.
 * Called by webhooks.c,
 * webhookedit.c and secrets.c.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/auth.h"
#include "api/webhookdb.h"
#include "core/db.h"
#include "core/jsonx.h"
#include "core/sql_statements.h"
#include "hook/webhook.h"

static int16_t
shard(const struct identity *who)
{
	return (int16_t)id_shard(who->account_id);
}

int
webhookdb_list(struct db *db, const struct identity *who, int service,
    const struct id *after, int limit)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	accountdb_param(&p, who);
	if (service < 0)
		dbparam_null(&p);
	else
		dbparam_i16(&p, (int16_t)service);
	dbparam_id(&p, after);
	dbparam_i64(&p, limit);
	rc = accountdb_send(db, rc, &sql_webhook_list, &p);
	return accountdb_commit(db, rc);
}

static int
send_get(struct db *db, const struct identity *who, const struct id *id)
{
	struct dbparam p;

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	return accountdb_send(db, 0, &sql_webhook_get, &p);
}

int
webhookdb_get(struct db *db, const struct identity *who, const struct id *id)
{
	int rc = accountdb_begin(db, who);

	if (rc == 0)
		rc = send_get(db, who, id);
	rc = accountdb_commit(db, rc);
	return rc == 0 && dbresult_rows(db_result(db, 0)) == 0 ?
	    ERR_NOT_FOUND : rc;
}

int
webhookdb_send_known(struct db *db, int rc, const struct identity *who,
    const struct id *id)
{
	struct dbparam p;

	accountdb_param(&p, who);
	dbparam_id(&p, id);
	return accountdb_send(db, rc, &sql_webhook_known, &p);
}

int
webhookdb_rows(const struct db *db)
{
	return dbresult_rows(db_result(db, 0));
}

/* Columns of webhook_get and webhook_list. */
enum { COL_ID, COL_VERSION, COL_SETTINGS, COL_CREATED, COL_UPDATED,
	COL_PAUSED, COL_ENABLED, COL_PENDING, COL_OK, COL_FAILED, COL_LAST_AT,
	COL_LAST_OUTCOME, COL_LAST_STATUS, COL_SIGNED, COL_DISABLED, COL_AUTH };

void
webhookdb_row(const struct db *db, int i, struct webhookdb_row *out)
{
	const struct pg_result *r = db_result(db, 0);

	out->id = dbresult_id(r, i, COL_ID);
	out->version = dbresult_i32(r, i, COL_VERSION);
	out->settings = dbresult_span(r, i, COL_SETTINGS);
	out->created_at = dbresult_time(r, i, COL_CREATED);
	out->updated_at = dbresult_time(r, i, COL_UPDATED);
	out->paused_at = dbresult_time(r, i, COL_PAUSED);
	out->enabled = dbresult_bool(r, i, COL_ENABLED);
	out->pending = dbresult_null(r, i, COL_PENDING) ? -1 :
	    dbresult_i64(r, i, COL_PENDING);
	out->sent_ok = dbresult_i64(r, i, COL_OK);
	out->sent_failed = dbresult_i64(r, i, COL_FAILED);
	out->called = !dbresult_null(r, i, COL_LAST_AT);
	out->last_at = dbresult_time(r, i, COL_LAST_AT);
	out->last_outcome = dbresult_span(r, i, COL_LAST_OUTCOME);
	out->last_status = dbresult_i16(r, i, COL_LAST_STATUS);
	out->is_signed = dbresult_bool(r, i, COL_SIGNED);
	out->disabled_reason = dbresult_span(r, i, COL_DISABLED);
	out->auth = dbresult_span(r, i, COL_AUTH);
}

int
webhookdb_send_version(struct db *db, const struct identity *who,
    const struct id *id, int version, const char *action,
    struct span settings, int64_t now)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	dbparam_i32(&p, version);
	dbparam_i64(&p, who->account_id);
	dbparam_text(&p, span_of(action));
	dbparam_text(&p, span_of(who->who));
	dbparam_time(&p, now);
	dbparam_text(&p, settings);
	dbparam_text(&p, who->address);
	dbparam_text(&p, who->request);
	return accountdb_send(db, 0, &sql_webhook_version_insert, &p);
}

/* What insert and replace have in common: $1 to $10. */
static void
param_webhook(struct dbparam *p, const struct identity *who,
    const struct id *id, const struct webhook *w, struct span settings,
    int64_t now)
{
	struct buf filters = BUF_INIT(WEBHOOK_SETTINGS_MAX);

	dbparam_init(p);
	dbparam_i16(p, shard(who));
	dbparam_id(p, id);
	dbparam_i64(p, who->account_id);
	dbparam_i16(p, (int16_t)w->service);
	dbparam_i16(p, (int16_t)w->events);
	dbparam_bool(p, w->enabled);
	dbparam_text(p, settings);
	dbparam_time(p, now);
	filter_text(&w->filters, &filters);
	dbparam_text(p, buf_as_span(&filters));		/* empty: NULL */
	if (p->err == ERR_OK)
		p->err = buf_err(&filters);
	buf_free(&filters);
	dbparam_bytes(p, (struct span){ (const char *)w->login.sealed,
	    w->login.sealed_len });
}

/*
 * Begins the transaction that makes a webhook of that service, locks the
 * account and looks whether it may have one more: ERR_TOO_BIG, or ERR_DENIED
 * when it has not the service.  Runs.
 */
static int
begin_create(struct db *db, const struct identity *who, enum service service,
    const struct settings *settings, struct accountdb_limits *limits)
{
	struct dbparam p;
	int rc = accountdb_lock(db, accountdb_begin(db, who), who);

	accountdb_param(&p, who);
	dbparam_i16(&p, (int16_t)service);
	rc = accountdb_send(db, rc, &sql_webhook_count, &p);
	if (rc == 0)
		rc = db_run(db);
	if (rc < 0)
		return rc;
	accountdb_limits(settings, db_result(db, 0), limits);
	if (!(limits->services & 1u << service))
		return ERR_DENIED;
	return dbresult_i64(db_result(db, 1), 0, 0) >= limits->webhooks ?
	    ERR_TOO_BIG : 0;
}

int
webhookdb_send_insert(struct db *db, const struct identity *who,
    const struct id *id, const struct webhook *w, int64_t now)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	struct dbparam p;
	int rc = webhook_write(w, &settings);

	if (rc == 0) {
		param_webhook(&p, who, id, w, buf_as_span(&settings), now);
		rc = accountdb_send(db, 0, &sql_webhook_insert, &p);
	}
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, 1, "created",
		    buf_as_span(&settings), now);
	buf_free(&settings);
	return rc;
}

int
webhookdb_create(struct db *db, const struct identity *who,
    const struct id *id, const struct webhook *w,
    const struct settings *config, struct accountdb_limits *limits,
    int64_t now)
{
	int rc = begin_create(db, who, w->service, config, limits);

	if (rc == 0)
		rc = webhookdb_send_insert(db, who, id, w, now);
	return accountdb_commit(db, rc);
}

/* Another change of the same version got in first. */
static int
lost_race(int rc)
{
	return rc == ERR_EXISTS ? ERR_CONFLICT : rc;
}

int
webhookdb_send_replace(struct db *db, const struct identity *who,
    const struct id *id, int version, const struct webhook *w,
    const char *action, int64_t now)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	struct dbparam p;
	int rc = webhook_write(w, &settings);

	if (rc == 0) {
		param_webhook(&p, who, id, w, buf_as_span(&settings), now);
		dbparam_i32(&p, version);
		dbparam_bool(&p, w->login.keep);
		rc = accountdb_send(db, 0, &sql_webhook_replace, &p);
	}
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version + 1, action,
		    buf_as_span(&settings), now);
	buf_free(&settings);
	return rc;
}

int
webhookdb_replace(struct db *db, const struct identity *who,
    const struct id *id, int version, const struct webhook *w,
    const char *action, int64_t now)
{
	int rc = accountdb_begin(db, who);

	if (rc == 0)
		rc = webhookdb_send_replace(db, who, id, version, w, action,
		    now);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) != 1)
		rc = ERR_CONFLICT;
	return lost_race(accountdb_commit(db, rc));
}

static int
send_delete(struct db *db, const struct identity *who, const struct id *id,
    int version)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	dbparam_i64(&p, who->account_id);
	dbparam_i32(&p, version);
	return accountdb_send(db, 0, &sql_webhook_delete, &p);
}

/* A statement whose parameters are shard and webhook. */
static int
send_of(struct db *db, const struct sql_statement *s,
    const struct identity *who, const struct id *id)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	return accountdb_send(db, 0, s, &p);
}

int
webhookdb_send_delete(struct db *db, const struct identity *who,
    const struct id *id, int version, struct span settings, int64_t now)
{
	int rc = send_delete(db, who, id, version);

	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version + 1, "deleted",
		    settings, now);
	if (rc == 0)
		rc = send_of(db, &sql_webhook_stat_delete, who, id);
	if (rc == 0)
		rc = send_of(db, &sql_secret_delete, who, id);
	return rc;
}

/* The settings that a deletion returned go into its audit row. */
static int
send_deleted(struct db *db, const struct identity *who, const struct id *id,
    int version, int64_t now)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	int rc;

	buf_span(&settings, dbresult_span(db_result(db, 0), 0, 1));
	rc = (int)buf_err(&settings);
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version + 1, "deleted",
		    buf_as_span(&settings), now);
	buf_free(&settings);
	return rc;
}

int
webhookdb_delete(struct db *db, const struct identity *who,
    const struct id *id, int version, int64_t now)
{
	int rc = accountdb_begin(db, who);

	if (rc == 0)
		rc = send_delete(db, who, id, version);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) != 1)
		rc = ERR_CONFLICT;
	if (rc == 0)
		rc = send_deleted(db, who, id, version, now);
	if (rc == 0)
		rc = send_of(db, &sql_webhook_stat_delete, who, id);
	if (rc == 0)
		rc = send_of(db, &sql_secret_delete, who, id);
	return lost_race(accountdb_commit(db, rc));
}

/* ---- secrets ---- */

/* A statement whose parameters are shard, webhook and a time. */
static int
send_at(struct db *db, const struct sql_statement *s,
    const struct identity *who, const struct id *id, int64_t at)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	dbparam_time(&p, at);
	return accountdb_send(db, 0, s, &p);
}

int
webhookdb_secrets(struct db *db, const struct identity *who,
    const struct id *id, int64_t now)
{
	int rc = accountdb_begin(db, who);

	if (rc == 0)
		rc = send_at(db, &sql_secret_list, who, id, now);
	if (rc == 0)
		rc = send_get(db, who, id);
	rc = accountdb_commit(db, rc);
	if (rc == 0 && dbresult_rows(db_result(db, 1)) == 0)
		return ERR_NOT_FOUND;
	return rc;
}

void
webhookdb_secret(const struct db *db, int i, struct webhookdb_secret *out)
{
	const struct pg_result *r = db_result(db, 0);

	out->id = dbresult_id(r, i, 0);
	out->kind = dbresult_i16(r, i, 1);
	out->sealed = dbresult_span(r, i, 2);
	out->created_at = dbresult_time(r, i, 3);
	out->expires_at = dbresult_null(r, i, 4) ? 0 : dbresult_time(r, i, 4);
}

/*
 * Begins the transaction that changes secrets: the webhook's row is locked
 * and has its new version, which goes into the audit.  Runs.
 */
static int
touch(struct db *db, const struct identity *who, const struct id *id,
    int64_t now, int *version, struct buf *settings)
{
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	dbparam_i64(&p, who->account_id);
	dbparam_time(&p, now);
	rc = accountdb_send(db, rc, &sql_webhook_touch, &p);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) != 1)
		rc = ERR_NOT_FOUND;
	if (rc == 0) {
		*version = dbresult_i32(db_result(db, 0), 0, 0);
		buf_span(settings, dbresult_span(db_result(db, 0), 0, 1));
		rc = (int)buf_err(settings);
	}
	return rc;
}

static int
send_secret(struct db *db, const struct identity *who, const struct id *id,
    const struct webhookdb_secret *s)
{
	struct dbparam p;

	dbparam_init(&p);
	dbparam_i16(&p, shard(who));
	dbparam_id(&p, id);
	dbparam_id(&p, &s->id);
	dbparam_i16(&p, (int16_t)s->kind);
	dbparam_bytes(&p, s->sealed);
	dbparam_time(&p, s->created_at);
	return accountdb_send(db, 0, &sql_secret_insert, &p);
}

/* What is there ends soon, what has ended goes; runs, and counts the rest. */
static int
retire(struct db *db, const struct identity *who, const struct id *id,
    int64_t now, int64_t until, int max)
{
	int rc = send_at(db, &sql_secret_retire, who, id, until);

	if (rc == 0)
		rc = send_at(db, &sql_secret_trim, who, id, now);
	if (rc == 0)
		rc = send_of(db, &sql_secret_count, who, id);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_i64(db_result(db, 2), 0, 0) >= max)
		rc = ERR_TOO_BIG;
	return rc;
}

int
webhookdb_secret_add(struct db *db, const struct identity *who,
    const struct id *id, const struct webhookdb_secret *s, int64_t until,
    int max)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	int rc, version = 0;

	rc = touch(db, who, id, s->created_at, &version, &settings);
	if (rc == 0)
		rc = retire(db, who, id, s->created_at, until, max);
	if (rc == 0)
		rc = send_secret(db, who, id, s);
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version, "secret",
		    buf_as_span(&settings), s->created_at);
	rc = accountdb_commit(db, rc);
	buf_free(&settings);
	return lost_race(rc);
}

int
webhookdb_secret_delete(struct db *db, const struct identity *who,
    const struct id *id, int64_t now)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	int rc, version = 0;

	rc = touch(db, who, id, now, &version, &settings);
	if (rc == 0)
		rc = send_of(db, &sql_secret_delete, who, id);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_touched(db_result(db, 0)) == 0) {
		/* There was nothing to change: no new version either. */
		db_rollback(db);
		buf_free(&settings);
		return 0;
	}
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version, "secret_deleted",
		    buf_as_span(&settings), now);
	rc = accountdb_commit(db, rc);
	buf_free(&settings);
	return lost_race(rc);
}
