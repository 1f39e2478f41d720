/*
 * Handlers of the API, called from callhookctl: a request is made up, its
 * route found, and the answer read back.  So the rules, the audit and the words
 * are those of the API.  Called by byhand.c.
 */
#include "config.h"

#include "ctl/hand.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/response.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/jsonx.h"
#include "core/sql_statements.h"
#include "core/vault.h"
#include "core/wake.h"
#include "hook/target.h"
#include "hook/url.h"

struct hand {
	struct api api;
	struct target_policy *policy;
	struct identity who;
};

static struct target_policy *
make_policy(const struct settings *s)
{
	struct buf why = BUF_INIT(1024);
	struct target_policy *p = target_policy_new(s->target_http,
	    s->target_allow.v, s->target_allow.n, &why);

	if (p == NULL)
		ctl_say("%s", buf_cstr(&why));
	buf_free(&why);
	return p;
}

int
hand_open(struct ctl *ctl, struct hand **out)
{
	const struct passwd *pw = getpwuid(getuid());
	struct hand *h = calloc(1, sizeof(*h));
	int status;

	*out = NULL;
	if (h == NULL || url_init() < 0) {
		free(h);
		return ctl_fail("starting", ERR_NOMEM, NULL);
	}
	h->api.wake_fd = -1;
	h->api.settings = &ctl->settings;
	h->api.may_wait = 1;
	h->policy = make_policy(&ctl->settings);
	h->api.policy = h->policy;
	status = h->policy == NULL ? CTL_SCHEMA :
	    ctl_connect(ctl, NULL, true, &h->api.db);
	if (status != CTL_OK) {
		hand_close(h);
		return status;
	}
	if (wake_open(&h->api.wake_fd) < 0)
		h->api.wake_fd = -1;	/* the sender finds out by itself */
	h->who.scopes = SCOPE_WEBHOOKS;
	snprintf(h->who.who, sizeof(h->who.who), "callhookctl:%s",
	    pw != NULL ? pw->pw_name : "?");
	*out = h;
	return CTL_OK;
}

void
hand_close(struct hand *h)
{
	if (h == NULL)
		return;
	if (h->api.wake_fd >= 0)
		close(h->api.wake_fd);
	vault_free(h->api.vault);
	db_free(h->api.db);
	target_policy_free(h->policy);
	free(h);
}

int
hand_account_of(struct hand *h, const struct id *id, int64_t *account)
{
	struct db *db = h->api.db;
	struct dbparam p;
	int i, rc = 0;

	for (i = 0; i < SHARDS && rc == 0; i++) {
		dbparam_init(&p);
		dbparam_i16(&p, (int16_t)i);
		dbparam_id(&p, id);
		rc = db_send(db, &sql_account_of, &p);
		dbparam_free(&p);
	}
	if (rc == 0)
		rc = db_run(db);
	for (i = 0; i < SHARDS && rc == 0; i++)
		if (!dbresult_null(db_result(db, i), 0, 0)) {
			*account = dbresult_i64(db_result(db, i), 0, 0);
			return 0;
		}
	return rc < 0 ? rc : ERR_NOT_FOUND;
}

int
hand_fail(const struct hand *h, int err)
{
	return ctl_fail("database", err, h->api.db);
}

/* Runs the handler, and waits for an answer that takes its time. */
static void
run(struct hand *h, const struct http_request *req, struct response *res)
{
	const struct route *route;
	unsigned allowed;

	if (route_find(req, &route, &allowed) != PROBLEM_NONE ||
	    route->fn == NULL) {
		res->status = 404;
		return;
	}
	route->fn(&h->api, req, &h->who, res);
	while (res->later.look != NULL) {
		if (clock_mono_us() >= res->later.at &&
		    res->later.look(&h->api, req, &h->who, res,
		    res->later.state))
			break;
		usleep(5000);
	}
}

int
hand_ask(struct hand *h, int64_t account, const char *method,
    const char *target, const char *body, json_t **out)
{
	char *vars[5] = { NULL };
	struct http_request req;
	struct response res;
	const char *why;
	size_t offset;
	int status = 500;

	*out = NULL;
	h->who.account_id = account;
	response_init(&res);
	if (asprintf(&vars[0], "REQUEST_METHOD=%s", method) < 0)
		vars[0] = NULL;
	if (asprintf(&vars[1], "REQUEST_URI=%s", target) < 0)
		vars[1] = NULL;
	vars[2] = strdup("HTTP_IF_MATCH=*");
	vars[3] = strdup("CONTENT_TYPE=application/json");
	if (vars[0] != NULL && vars[1] != NULL && vars[2] != NULL &&
	    http_read(&req, vars) == 0) {
		req.body = span_of(body);
		run(h, &req, &res);
		status = res.status;
	}
	if (res.body.len > 0 && jsonx_parse(buf_as_span(&res.body), out, &why,
	    &offset) < 0)
		*out = NULL;
	response_free(&res);
	free(vars[0]);
	free(vars[1]);
	free(vars[2]);
	free(vars[3]);
	return status;
}
