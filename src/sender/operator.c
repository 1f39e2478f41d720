/*
 * Events for the operator of callhook-sender, one at a time.  States: idle,
 * resolving, sending, waiting (for the next try).  The address policy holds
 * here as it does for customers.  Called by disable.c.
 */
#include "config.h"

#include "sender/operator.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/loop.h"
#include "hook/request.h"
#include "hook/target.h"
#include "hook/url.h"
#include "sender/resolve.h"
#include "sender/transfer.h"

enum { AGAIN_US = 1000000 };

struct news {
	char *json;
	size_t len;
	STAILQ_ENTRY(news) link;
};

struct operator {
	struct operator_options o;
	struct url url;
	STAILQ_HEAD(, news) queue;	/* the first is being told */
	int queued;
	int tries;
	struct request request;
	char *headers[4];
	struct sockaddr_storage address;
	struct resolve_wait *resolving;
	struct transfer *sending;
	struct loop_timer *again;
};

static void next(struct operator *o);

static void
on_again(void *cookie)
{
	next(cookie);
}

struct operator *
operator_new(const struct operator_options *options, const char **why)
{
	struct operator *o = calloc(1, sizeof(*o));

	*why = "out of memory";
	if (o == NULL)
		return NULL;
	o->o = *options;
	STAILQ_INIT(&o->queue);
	o->request.method = "POST";
	o->request.has_body = true;
	buf_init(&o->request.url, URL_MAX);
	buf_init(&o->request.body, REQUEST_BODY_MAX);
	o->request.headers = o->headers;
	if (options->url[0] == '\0')
		return o;
	o->again = loop_timer_new(options->loop, on_again, o);
	if (o->again == NULL ||
	    asprintf(&o->headers[0], "User-Agent: %s",
	    options->user_agent) < 0) {
		o->headers[0] = NULL;
		operator_free(o);
		return NULL;
	}
	o->headers[1] = strdup("Accept: */*");
	o->headers[2] = strdup("Content-Type: application/json");
	o->request.headers_n = 3;
	buf_str(&o->request.url, options->url);
	if (o->headers[1] == NULL || o->headers[2] == NULL ||
	    url_split(options->url, &o->url) != 0 ||
	    buf_err(&o->request.url) != 0) {
		*why = "[sender] operator_url: an http or https address is "
		    "expected";
		operator_free(o);
		return NULL;
	}
	*why = NULL;
	return o;
}

/* The first is told, or given up. */
static void
drop_first(struct operator *o)
{
	struct news *e = STAILQ_FIRST(&o->queue);

	STAILQ_REMOVE_HEAD(&o->queue, link);
	o->queued--;
	o->tries = 0;
	free(e->json);
	free(e);
}

void
operator_free(struct operator *o)
{
	size_t i;

	if (o == NULL)
		return;
	resolve_cancel(o->resolving);
	transfer_cancel(o->sending);
	while (!STAILQ_EMPTY(&o->queue))
		drop_first(o);
	loop_timer_free(o->again);
	buf_free(&o->request.url);
	buf_free(&o->request.body);
	for (i = 0; i < 3; i++)
		free(o->headers[i]);
	free(o);
}

static void
failed(struct operator *o, const char *why)
{
	o->tries++;
	log_warn("sender.operator_not_told", LI("tries", o->tries),
	    LS("message", why));
	if (o->tries >= OPERATOR_TRIES)
		drop_first(o);
	loop_timer_arm(o->again, (int64_t)AGAIN_US << o->tries);
}

static void
on_sent(void *cookie, const struct transfer_answer *a)
{
	struct operator *o = cookie;

	o->sending = NULL;
	if (a->error != OUTCOME_NO_ERROR) {
		failed(o, a->detail[0] != '\0' ? a->detail :
		    outcome_error_name(a->error));
		return;
	}
	drop_first(o);
	loop_timer_arm(o->again, 0);
}

static void
send_to(struct operator *o, const struct resolve_answer *answer)
{
	const char *why = answer->why;
	int i;

	for (i = 0; answer->err == 0 && i < answer->n; i++) {
		why = target_denied(o->o.policy,
		    (const struct sockaddr *)&answer->v[i], o->url.port);
		if (why != NULL)
			continue;
		o->address = answer->v[i];
		o->sending = transfer_start(o->o.transfers, &o->request,
		    (const struct sockaddr *)&o->address, o->url.port,
		    on_sent, o);
		if (o->sending != NULL)
			return;
		why = "out of memory";
		break;
	}
	failed(o, why);
}

static void
on_resolved(void *cookie, const struct resolve_answer *answer)
{
	struct operator *o = cookie;

	o->resolving = NULL;
	send_to(o, answer);
}

/* Tells the first of the queue, unless that is under way. */
static void
next(struct operator *o)
{
	struct news *e = STAILQ_FIRST(&o->queue);
	const struct resolve_answer *known;

	if (e == NULL || o->resolving != NULL || o->sending != NULL)
		return;
	loop_timer_disarm(o->again);
	buf_reset(&o->request.body);
	buf_add(&o->request.body, e->json, e->len);
	if (buf_err(&o->request.body) != 0) {
		failed(o, "out of memory");
		return;
	}
	known = resolve_known(o->o.resolve, o->url.host);
	if (known != NULL) {
		send_to(o, known);
		return;
	}
	o->resolving = resolve_ask(o->o.resolve, o->url.host, on_resolved, o);
	if (o->resolving == NULL)
		failed(o, "out of memory");
}

void
operator_tell(struct operator *o, struct span json)
{
	struct news *e;

	if (o->o.url[0] == '\0')
		return;
	e = o->queued < OPERATOR_QUEUE ? calloc(1, sizeof(*e)) : NULL;
	if (e != NULL)
		e->json = strndup(json.p, json.len);
	if (e == NULL || e->json == NULL) {
		log_warn("sender.operator_not_told", LI("tries", 0),
		    LS("message", "too many wait"));
		free(e);
		return;
	}
	e->len = json.len;
	STAILQ_INSERT_TAIL(&o->queue, e, link);
	if (o->queued++ == 0)
		next(o);
}
