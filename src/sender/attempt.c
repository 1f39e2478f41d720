/*
 * One delivery attempt in callhook-sender.  States: RESOLVING (the host's
 * name), SENDING (with libcurl), then its result is handed to settle.c and
 * it is freed.  What needs no request (webhook gone, start too late …) has
 * its result at once; what is suspected of having killed the process WAITS first, and
 * is set aside when it was in hand at too many crashes (journal.h).
 */
#include "sender/attempt.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/loop.h"
#include "hook/backoff.h"
#include "hook/target.h"
#include "sender/delivery.h"
#include "sender/disable.h"
#include "sender/hooks.h"
#include "sender/journal.h"
#include "sender/lanes.h"
#include "sender/resolve.h"
#include "sender/secrets.h"
#include "sender/settle.h"
#include "sender/transfer.h"

struct attempt {
	struct attempts *home;
	struct delivery *delivery;
	struct request request;
	struct settle_result *result;	/* filled as it goes */
	struct resolve_wait *resolving;	/* NULL: not pending */
	struct transfer *sending;	/* NULL: not pending */
	struct sockaddr_storage address;
	int64_t began;			/* mono us */
	int64_t retry_after;		/* ms, -1: the receiver said nothing */
	bool waits;			/* a suspect that may not go yet */
	LIST_ENTRY(attempt) link;
};

struct attempts {
	struct attempt_options o;
	struct attempt_figures figures;
	LIST_HEAD(, attempt) running;
	int waiting;			/* of them */
};

struct attempts *
attempt_new(const struct attempt_options *options)
{
	struct attempts *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	all->o = *options;
	LIST_INIT(&all->running);
	return all;
}

static void
destroy(struct attempt *a)
{
	resolve_cancel(a->resolving);
	transfer_cancel(a->sending);
	a->home->waiting -= a->waits;
	LIST_REMOVE(a, link);
	request_free(&a->request);
	settle_discard(a->result);
	free(a);
}

void
attempt_free(struct attempts *all)
{
	if (all == NULL)
		return;
	attempt_abort(all, -1);
	free(all);
}

void
attempt_abort(struct attempts *all, int shard)
{
	struct attempt *a, *next;

	for (a = LIST_FIRST(&all->running); a != NULL; a = next) {
		next = LIST_NEXT(a, link);
		if (shard < 0 || a->delivery->shard == shard)
			destroy(a);
	}
}

const struct attempt_figures *
attempt_figures(const struct attempts *all)
{
	return &all->figures;
}

/* Neither address nor data: the log of deliveries in the database has them. */
static void
log_end(const struct attempt_options *o, const struct settle_result *r)
{
	bool failure = r->outcome == OUTCOME_FAILED ||
	    r->error == OUTCOME_BLOCKED_ADDRESS;
	char delivery[ID_TEXT_LEN], webhook[ID_TEXT_LEN], event[ID_TEXT_LEN];

	if (!(failure && o->log_failures) && !(o->log_all && log_may()))
		return;
	log_info("sender.delivery",
	    LS("outcome", outcome_name(r->outcome)),
	    LS("error", outcome_error_name(r->error)),
	    LI("status", r->status), LI("attempt", r->n),
	    LI("shard", r->delivery->shard),
	    LS("delivery", id_text(&r->delivery->id, delivery)),
	    LS("webhook", id_text(&r->delivery->webhook_id, webhook)),
	    LS("event_id", id_text(&r->delivery->event_id, event)),
	    LI("us", r->total_us));
}

/* The result is whole: the lane learns, settle writes, the attempt is over. */
static void
finish(struct attempt *a, enum outcome outcome)
{
	struct attempts *all = a->home;
	struct settle_result *r = a->result;

	r->outcome = outcome;
	if (a->delivery->trial) {
		a->result = NULL;
		all->o.tried(all->o.cookie, a->delivery, r);
		destroy(a);
		return;
	}
	if (outcome == OUTCOME_RETRY)
		a->delivery->due = r->due;
	all->figures.outcomes[outcome]++;
	all->figures.errors[r->error]++;
	if (r->total_us >= 0)
		openmetrics_observe(&openmetrics_latency,
		    all->figures.attempt_us, r->total_us);
	log_end(&all->o, r);
	lanes_done(all->o.lanes, a->delivery, outcome,
	    outcome == OUTCOME_DELIVERED || r->error != OUTCOME_NO_ERROR ?
	    outcome_health(r->error, r->status) : OUTCOME_UNKNOWN,
	    loop_now(all->o.loop));
	a->result = NULL;
	settle_add(all->o.settle, r);
	destroy(a);
	all->o.ended(all->o.cookie);
}

/* As if it had not begun: nothing was claimed, it will be read again. */
static void
forget(struct attempt *a)
{
	struct attempts *all = a->home;
	struct delivery *d = a->delivery;

	destroy(a);
	if (d->trial)
		all->o.tried(all->o.cookie, d, NULL);
	else
		lanes_forget(all->o.lanes, d);
}

static void
abandon(struct attempt *a)
{
	log_warn("sender.out_of_memory", LI("shard", a->delivery->shard));
	forget(a);
}

static void
set_detail(struct attempt *a, const char *text)
{
	if (text != NULL && text[0] != '\0')
		a->result->detail = strdup(text);	/* or none */
}

/* An attempt was made, or could not be: what follows? */
static void
conclude(struct attempt *a, enum outcome_error error, const char *detail)
{
	struct outcome_rules rules = a->home->o.rules;
	const struct delivery *d = a->delivery;
	struct outcome_case c = {
		.kind = d->kind,
		.attempt = d->attempt + 1,
		.event_at = id_time_ms(&d->event_id) * 1000,
		.now = clock_real_us(),
		.error = error,
		.status = a->result->status,
		.retry_after = a->retry_after,
	};

	if (d->hook != NULL && d->hook->webhook.retries_n > 0) {
		rules.retries = d->hook->webhook.retries;
		rules.retries_n = d->hook->webhook.retries_n;
	}
	/* Only a retry is spread. */
	if (error != OUTCOME_NO_ERROR &&
	    getrandom(&c.random, sizeof(c.random), GRND_NONBLOCK) < 0)
		c.random = (uint32_t)c.now * 2654435761u;
	a->result->error = error;
	set_detail(a, detail);
	if (d->trial)
		finish(a, error == OUTCOME_NO_ERROR ? OUTCOME_DELIVERED :
		    OUTCOME_FAILED);
	else
		finish(a, outcome_decide(&rules, &c, &a->result->due));
}

/*
 * What the receiver says of itself: 429 and 503 ask for a pause of all, for a
 * time or for one of our choice; 410 says that nobody is there any more.
 */
static void
heed(struct attempt *a, const struct transfer_answer *answer)
{
	const struct attempt_options *o = &a->home->o;
	int64_t now = loop_now(o->loop);

	if (answer->error != OUTCOME_HTTP_STATUS || a->delivery->trial)
		return;
	a->retry_after = answer->retry_after.p == NULL ? -1 :
	    backoff_retry_after(answer->retry_after, clock_real_us());
	if (a->retry_after > o->retry_after_max)
		a->retry_after = o->retry_after_max;
	if ((answer->status == 429 || answer->status == 503) &&
	    a->retry_after != 0)
		lanes_pause(o->lanes, a->delivery, a->retry_after < 0 ? 0 :
		    now + a->retry_after * 1000, now);
	if (answer->status == 410)
		disable_webhook(o->disable, a->delivery, DISABLE_GONE);
}

static void
on_sent(void *cookie, const struct transfer_answer *answer)
{
	struct attempt *a = cookie;
	struct settle_result *r = a->result;

	a->sending = NULL;
	if (answer->unsent) {
		forget(a);
		return;
	}
	r->status = answer->status;
	r->connect_us = answer->connect_us;
	r->tls_us = answer->tls_us;
	r->first_byte_us = answer->first_byte_us;
	r->total_us = answer->total_us;
	if (answer->error != OUTCOME_BLOCKED_ADDRESS) {
		r->address = strdup(answer->address);
		if (answer->response.len > 0)
			r->response = malloc(answer->response.len);
		if (r->response != NULL) {
			memcpy(r->response, answer->response.p,
			    answer->response.len);
			r->response_len = answer->response.len;
		}
	}
	heed(a, answer);
	conclude(a, answer->error, answer->detail);
}

/*
 * Of the addresses that may be called, another one with each attempt.  NULL
 * when there is none; *why says why not.
 */
static const struct sockaddr_storage *
choose(const struct attempt *a, const struct resolve_answer *answer,
    const char **why)
{
	int allowed[RESOLVE_ADDRESSES];
	int i, n = 0, port = a->delivery->hook->url.port;

	for (i = 0; i < answer->n; i++) {
		const char *denied = target_denied(a->home->o.policy,
		    (const struct sockaddr *)&answer->v[i], port);

		if (denied == NULL)
			allowed[n++] = i;
		else
			*why = denied;
	}
	return n == 0 ? NULL :
	    &answer->v[allowed[a->delivery->attempt % n]];
}

static void
send_to(struct attempt *a, const struct resolve_answer *answer)
{
	const struct sockaddr_storage *address;
	const char *why = "no address";

	if (answer->err != 0) {
		conclude(a, OUTCOME_DNS, answer->why);
		return;
	}
	address = choose(a, answer, &why);
	if (address == NULL) {
		conclude(a, OUTCOME_BLOCKED_ADDRESS, why);
		return;
	}
	a->address = *address;
	a->sending = transfer_start(a->home->o.transfers, &a->request,
	    (const struct sockaddr *)&a->address, a->delivery->hook->url.port,
	    on_sent, a);
	if (a->sending == NULL)
		abandon(a);
}

static void
on_resolved(void *cookie, const struct resolve_answer *answer)
{
	struct attempt *a = cookie;

	a->resolving = NULL;
	a->result->dns_us = (int32_t)(clock_mono_us() - a->began);
	send_to(a, answer);
}

static void
resolve(struct attempt *a)
{
	const char *host = a->delivery->hook->url.host;
	const struct resolve_answer *known;

	known = resolve_known(a->home->o.resolve, host);
	if (known != NULL) {
		send_to(a, known);
		return;
	}
	a->resolving = resolve_ask(a->home->o.resolve, host, on_resolved, a);
	if (a->resolving == NULL)
		abandon(a);
}

/* The reasons not to send; false when there is none. */
static bool
ends_unsent(struct attempt *a)
{
	const struct delivery *d = a->delivery;

	if (d->trial) {
		a->result->n = 1;
		return false;
	}
	a->result->n = d->attempt;	/* no attempt is made of it */
	if (d->hook == NULL || !d->enabled) {
		finish(a, OUTCOME_CANCELLED);
	} else if (d->superseded) {
		finish(a, OUTCOME_SUPERSEDED);
	} else if (outcome_is_stale(&a->home->o.rules, d->kind,
	    id_time_ms(&d->event_id) * 1000, a->result->at)) {
		finish(a, OUTCOME_EXPIRED);
	} else if (d->call_id.p == NULL) {
		conclude(a, OUTCOME_EVENT_GONE, NULL);
	} else {
		a->result->n = d->attempt + 1;
		return false;
	}
	return true;
}

static void
render(struct attempt *a)
{
	const struct delivery *d = a->delivery;
	struct request_of of = {
		.delivery_id = d->id,
		.kind = d->kind,
		.call_id = d->call_id,
		.data = d->data,
		.attempt = d->attempt + 1,
		.now = a->result->at,
		.test = d->trial,
	};
	struct sign_key keys[SIGN_KEYS_MAX];
	struct buf login = BUF_INIT(LOGIN_SECRET_MAX);
	const char *unsigned_because = NULL;
	int rc = ERR_INVALID;

	of.keys = keys;
	if (!d->hook->broken)
		rc = secrets_keys(a->home->o.secrets, d->hook, of.now, keys,
		    &of.keys_n, &unsigned_because);
	if (rc == 0)
		rc = secrets_login(a->home->o.secrets, d->hook, &login,
		    &unsigned_because);
	of.secret = buf_as_span(&login);
	if (rc == 0)
		rc = request_render(&d->hook->webhook, &a->home->o.style, &of,
		    &a->request);
	if (of.keys_n > 0)
		OPENSSL_cleanse(keys, sizeof(keys));
	if (login.p != NULL)
		OPENSSL_cleanse(login.p, login.cap);
	buf_free(&login);
	if (rc == ERR_NOMEM)
		abandon(a);
	else if (unsigned_because != NULL)
		conclude(a, OUTCOME_SECRET, unsigned_because);
	else if (rc != 0)
		conclude(a, OUTCOME_RENDER, d->hook->broken ?
		    "the stored settings cannot be read" :
		    err_text((enum err)rc));
	else
		resolve(a);
}

static void
set_aside(struct attempt *a, int crashes)
{
	char id[ID_TEXT_LEN], why[80];

	log_error("sender.set_aside",
	    LS("delivery", id_text(&a->delivery->id, id)),
	    LI("crashes", crashes));
	snprintf(why, sizeof(why), "the sender crashed %d times while it had "
	    "this delivery in hand", crashes);
	conclude(a, OUTCOME_CRASH, why);
}

void
attempt_start(struct attempts *all, struct delivery *d)
{
	struct attempt *a = calloc(1, sizeof(*a));
	int crashes;

	assert(d->state == DELIVERY_IN_FLIGHT);
	if (a == NULL) {
		if (d->trial)
			all->o.tried(all->o.cookie, d, NULL);
		else
			lanes_forget(all->o.lanes, d);
		return;
	}
	a->home = all;
	a->delivery = d;
	a->began = clock_mono_us();
	a->retry_after = -1;
	LIST_INSERT_HEAD(&all->running, a, link);
	a->result = settle_result_new();
	if (a->result == NULL) {
		abandon(a);
		return;
	}
	a->result->delivery = d;
	a->result->id = id_new();
	a->result->at = clock_real_us();
	/* What is cancelled may be due much later. */
	openmetrics_observe(&openmetrics_latency, all->figures.delay_us,
	    a->result->at > d->due ? a->result->at - d->due : 0);
	a->result->version = d->hook != NULL ? d->hook->version : 0;
	a->result->dns_us = a->result->connect_us = a->result->tls_us = -1;
	a->result->first_byte_us = a->result->total_us = -1;
	d->journal = journal_enter(&d->id, &crashes);
	if (ends_unsent(a))
		return;
	if (crashes >= JOURNAL_CRASHES) {
		set_aside(a, crashes);
	} else if (journal_go(d->journal)) {
		render(a);
	} else {
		a->waits = true;
		all->waiting++;
	}
}

void
attempt_go_on(struct attempts *all)
{
	struct attempt *a, *next;

	if (all->waiting == 0)
		return;
	for (a = LIST_FIRST(&all->running); a != NULL; a = next) {
		next = LIST_NEXT(a, link);
		if (!a->waits || !journal_go(a->delivery->journal))
			continue;
		a->waits = false;
		all->waiting--;
		a->result->at = clock_real_us();
		a->began = clock_mono_us();
		render(a);
	}
}
