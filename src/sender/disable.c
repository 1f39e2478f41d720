/*
 * Webhooks that callhook-sender switches off by itself.  attempt.c tells of
 * a receiver that answered 410 Gone, settle.c of one that failed for too
 * long; the statement goes before the next read on the same session, so that
 * nothing read later is sent.  One struct notice per statement under way.
 */
#include "sender/disable.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/dbasync.h"
#include "core/dbparam.h"
#include "core/dbresult.h"
#include "core/jsonx.h"
#include "core/log.h"
#include "core/sql_statements.h"
#include "sender/delivery.h"
#include "sender/hooks.h"
#include "sender/lanes.h"
#include "sender/operator.h"

struct disable {
	struct disable_options o;
	int64_t count;
};

struct notice {
	struct disable *home;
	struct id webhook;
	enum disable_reason reason;
	int64_t at;
	char *url;
};

static const char *
reason_name(enum disable_reason reason)
{
	return reason == DISABLE_GONE ? "gone" : "failing";
}

struct disable *
disable_new(const struct disable_options *options)
{
	struct disable *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->o = *options;
	return d;
}

void
disable_free(struct disable *d)
{
	free(d);
}

int64_t
disable_count(const struct disable *d)
{
	return d->count;
}

static void
notice_free(struct notice *n)
{
	free(n->url);
	free(n);
}

static void
tell(const struct notice *n, int64_t account)
{
	char webhook[ID_TEXT_LEN], at[CLOCK_TEXT_LEN];
	struct buf b = BUF_INIT(64 * 1024);
	json_t *json;

	log_warn("webhook.disabled", LS("webhook", id_text(&n->webhook,
	    webhook)), LI("account", account), LS("url", n->url),
	    LS("reason", reason_name(n->reason)));
	json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}",
	    "type", "webhook.disabled", "at", clock_text(n->at, at),
	    "account_id", (json_int_t)account, "webhook_id", webhook,
	    "url", n->url, "reason", reason_name(n->reason));
	if (json != NULL)
		jsonx_write(&b, json);
	if (json != NULL && buf_err(&b) == 0)
		operator_tell(n->home->o.operator, buf_as_span(&b));
	json_decref(json);
	buf_free(&b);
}

static void
on_disabled(void *cookie, enum err err,
    const struct pg_result *const *results, int n)
{
	struct notice *notice = cookie;

	(void)n;
	if (err != 0 && err != ERR_DB_DOWN && err != ERR_CLOSED) {
		log_warn("sender.disable_failed", LS("error", err_text(err)),
		    LS("message", dbasync_error(notice->home->o.db)));
	} else if (err == 0 && dbresult_rows(results[0]) == 1) {
		notice->home->count++;
		tell(notice, dbresult_i64(results[0], 0, 0));
	}
	notice_free(notice);
}

/* The settings as they are, but switched off. */
static int
settings_off(const struct webhook *w, struct buf *out)
{
	struct webhook off = *w;

	off.enabled = false;
	return webhook_write(&off, out);
}

static int
add_statements(const struct notice *n, const struct delivery *d,
    struct span settings, struct dbasync_unit *u)
{
	struct dbparam p;
	int rc;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)d->shard);
	dbparam_id(&p, &n->webhook);
	dbparam_i32(&p, d->hook->version);
	dbparam_text(&p, settings);
	dbparam_text(&p, span_of(reason_name(n->reason)));
	dbparam_time(&p, n->at);
	rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_webhook_disable, &p);
	dbparam_reset(&p);
	dbparam_i16(&p, (int16_t)d->shard);
	dbparam_id(&p, &n->webhook);
	if (rc == 0)
		rc = dbparam_err(&p);
	if (rc == 0)
		rc = dbasync_unit_add(u, &sql_webhook_stat_forgive, &p);
	dbparam_free(&p);
	return rc;
}

static int
submit(struct notice *n, const struct delivery *d)
{
	struct buf settings = BUF_INIT(WEBHOOK_SETTINGS_MAX);
	struct dbasync_unit *u = dbasync_unit_new();
	int rc = u != NULL ? settings_off(&d->hook->webhook, &settings) :
	    ERR_NOMEM;

	if (rc == 0)
		rc = add_statements(n, d, buf_as_span(&settings), u);
	buf_free(&settings);
	return dbasync_submit_built(n->home->o.db, u, rc, on_disabled, n);
}

void
disable_webhook(struct disable *disable, const struct delivery *d,
    enum disable_reason reason)
{
	struct notice *n;

	if (d->hook == NULL || d->hook->broken || !d->enabled)
		return;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return;		/* the next failure tries again */
	n->home = disable;
	n->webhook = d->webhook_id;
	n->reason = reason;
	n->at = clock_real_us();
	n->url = strdup(d->hook->webhook.url);
	if (n->url == NULL || submit(n, d) != 0) {
		notice_free(n);
		return;
	}
	lanes_give_back(disable->o.lanes, &d->webhook_id);
}
