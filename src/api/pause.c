/*
 * Pausing a webhook: its events are collected and nothing is sent until it is
 * resumed.  A version of the webhook like every change; the sender on this host
 * is told at once, others find out when they read next.  Handlers of the route
 * table.
 */
#include "config.h"

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/pause.h"
#include "api/response.h"
#include "api/webhookdb.h"
#include "api/webhookjson.h"
#include "core/clock.h"
#include "core/sql_statements.h"
#include "core/wake.h"
#include "hook/webhook.h"

/* The audit row of what the first result says was changed. */
static int
send_audit(struct db *db, const struct identity *who, const struct id *id,
    bool pause, int64_t now)
{
	const struct pg_result *r = db_result(db, 0);
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	int rc, version = dbresult_i32(r, 0, 0);

	buf_span(&settings, dbresult_span(r, 0, 1));
	rc = (int)buf_err(&settings);
	if (rc == 0)
		rc = webhookdb_send_version(db, who, id, version,
		    pause ? "paused" : "resumed", buf_as_span(&settings), now);
	buf_free(&settings);
	return rc;
}

/* 0 also when it is so already, or when there is no such webhook. */
static int
change(struct db *db, const struct identity *who, const struct id *id,
    bool pause)
{
	int64_t now = clock_real_us();
	struct dbparam p;
	int rc = accountdb_begin(db, who);

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)id_shard(who->account_id));
	dbparam_id(&p, id);
	dbparam_i64(&p, who->account_id);
	dbparam_bool(&p, pause);
	dbparam_time(&p, now);
	rc = accountdb_send(db, rc, &sql_webhook_pause, &p);
	if (rc == 0)
		rc = db_run(db);
	if (rc == 0 && dbresult_rows(db_result(db, 0)) == 1)
		rc = send_audit(db, who, id, pause, now);
	return accountdb_commit(db, rc);
}

static void
pause_or_resume(struct api *api, const struct http_request *req,
    const struct identity *who, bool pause, struct response *res)
{
	struct id id;
	int rc;

	if (!answer_path_id(api, req, who, res, &id) ||
	    !answer_no_body(api, req, res))
		return;
	rc = change(api->db, who, &id, pause);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return;
	}
	answer_wake(api, who, WAKE_ANEW);
	webhookjson_show(api, req, who, &id, res);
}

void
pause_begin(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	pause_or_resume(api, req, who, true, res);
}

void
pause_end(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	pause_or_resume(api, req, who, false, res);
}
