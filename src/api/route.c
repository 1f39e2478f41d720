/*
 * Which handler answers which request: one static table and pure functions
 * over it.  Called by the worker for every request.
 */
#include "config.h"

#include <string.h>

#include "api/account.h"
#include "api/auth.h"
#include "api/calls.h"
#include "api/deliveries.h"
#include "api/delivery.h"
#include "api/health.h"
#include "api/metrics.h"
#include "api/keys.h"
#include "api/parameters.h"
#include "api/pause.h"
#include "api/preview.h"
#include "api/problems.h"
#include "api/recover.h"
#include "api/route.h"
#include "api/secrets.h"
#include "api/stats.h"
#include "api/status.h"
#include "api/transfer.h"
#include "api/trial.h"
#include "api/versions.h"
#include "api/webhookedit.h"
#include "api/webhooks.h"

const struct route route_table[] = {
	{ HTTP_POST, "/v1/events", NULL, SCOPE_EVENTS },
	{ HTTP_GET, "/v1/webhooks", webhooks_list,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_POST, "/v1/webhooks", webhooks_create, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/preview", preview_show, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/test", trial_unsaved, SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/webhooks/{id}", webhooks_get, SCOPE_WEBHOOKS },
	{ HTTP_PUT, "/v1/webhooks/{id}", webhookedit_replace, SCOPE_WEBHOOKS },
	{ HTTP_PATCH, "/v1/webhooks/{id}", webhookedit_patch, SCOPE_WEBHOOKS },
	{ HTTP_DELETE, "/v1/webhooks/{id}", webhookedit_delete,
	    SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/webhooks/{id}/secret", secrets_show, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/{id}/secret", secrets_rotate,
	    SCOPE_WEBHOOKS | ROUTE_SECRET },
	{ HTTP_DELETE, "/v1/webhooks/{id}/secret", secrets_delete,
	    SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/webhooks/{id}/deliveries", deliveries_list,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/webhooks/{id}/versions", versions_list,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/webhooks/{id}/versions/{version}", versions_show,
	    SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/{id}/versions/{version}/restore",
	    versions_restore, SCOPE_WEBHOOKS | ROUTE_NO_BODY },
	{ HTTP_GET, "/v1/export", transfer_export, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/import", transfer_import, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/{id}/copy", webhooks_copy,
	    SCOPE_WEBHOOKS | ROUTE_NO_BODY },
	{ HTTP_POST, "/v1/webhooks/{id}/pause", pause_begin,
	    SCOPE_WEBHOOKS | ROUTE_NO_BODY },
	{ HTTP_POST, "/v1/webhooks/{id}/resume", pause_end,
	    SCOPE_WEBHOOKS | ROUTE_NO_BODY },
	{ HTTP_POST, "/v1/webhooks/{id}/test", trial_saved, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/webhooks/{id}/recover", recover_begin,
	    SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/webhooks/{id}/recoveries", recover_list,
	    SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/webhooks/{id}/stats", stats_webhook,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/stats", stats_account,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/recoveries/{id}", recover_get, SCOPE_WEBHOOKS },
	{ HTTP_DELETE, "/v1/recoveries/{id}", recover_cancel, SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/deliveries/{id}", delivery_get, SCOPE_WEBHOOKS },
	{ HTTP_POST, "/v1/deliveries/{id}/resend", delivery_resend,
	    SCOPE_WEBHOOKS | ROUTE_NO_BODY },
	{ HTTP_GET, "/v1/calls/{call_id}/hooks", calls_hooks,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/account", account_show, SCOPE_WEBHOOKS },
	{ HTTP_GET, "/v1/keys", keys_list, SCOPE_KEYS },
	{ HTTP_POST, "/v1/keys", keys_create, SCOPE_KEYS | ROUTE_SECRET },
	{ HTTP_PATCH, "/v1/keys/{prefix}", keys_label, SCOPE_KEYS },
	{ HTTP_DELETE, "/v1/keys/{prefix}", keys_revoke, SCOPE_KEYS },
	{ HTTP_GET, "/v1/parameters", parameters_list,
	    SCOPE_WEBHOOKS | ROUTE_ARGS },
	{ HTTP_GET, "/v1/problems/{name}", problems_show, 0 },
	{ HTTP_GET, "/healthz", health_live, 0 },
	{ HTTP_GET, "/readyz", health_ready, 0 },
	{ HTTP_GET, "/status", status_show, 0 },
	{ HTTP_GET, "/metrics", metrics_show, 0 },
};
const size_t route_table_n = sizeof(route_table) / sizeof(route_table[0]);

static bool
matches(const char *pattern, const struct http_request *req)
{
	const char *p = pattern;
	struct span part;
	size_t i;

	for (i = 0; i < req->segments_n; i++) {
		if (*p++ != '/')
			return false;
		part = (struct span){ p, strcspn(p, "/") };
		p += part.len;
		if (part.len > 0 && part.p[0] == '{')
			continue;
		if (!span_eq(part, req->segments[i]))
			return false;
	}
	return *p == '\0' && req->segments_n > 0;
}

enum problem
route_find(const struct http_request *req, const struct route **out,
    unsigned *allowed)
{
	enum http_method method = req->method;
	bool literal = false;
	const struct route *r;
	size_t i;

	*out = NULL;
	*allowed = 0;
	if (method == HTTP_HEAD)
		method = HTTP_GET;
	for (i = 0; i < route_table_n; i++) {
		r = &route_table[i];
		/* A path that is named stands before those it would match. */
		if (!matches(r->pattern, req) ||
		    (literal && strchr(r->pattern, '{') != NULL))
			continue;
		literal = strchr(r->pattern, '{') == NULL;
		*allowed |= (unsigned)r->method | HTTP_OPTIONS;
		if (r->method == HTTP_GET)
			*allowed |= HTTP_HEAD;
		if (r->method == method)
			*out = r;
	}
	if (*allowed == 0)
		return PROBLEM_NOT_FOUND;
	return *out == NULL ? PROBLEM_METHOD_NOT_ALLOWED : PROBLEM_NONE;
}

bool
route_answers(const struct route *route, bool observer)
{
	if (route->fn == status_show || route->fn == metrics_show)
		return observer;
	return !observer || route->fn == health_live ||
	    route->fn == health_ready;
}

char *
route_allow(unsigned allowed, char out[ROUTE_ALLOW_LEN])
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT",
		"PATCH", "DELETE", "OPTIONS" };
	size_t i, n, o = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(allowed & 1u << i))
			continue;
		n = strlen(names[i]);
		if (o > 0) {
			out[o++] = ',';
			out[o++] = ' ';
		}
		memcpy(out + o, names[i], n);
		o += n;
	}
	out[o] = '\0';
	return out;
}
