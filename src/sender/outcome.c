/*
 * The words for what became of a delivery and the rule that finds them:
 * status to error class, error class to outcome and next due time.  Pure
 * functions, called by attempt.c in callhook-sender; no state.
 */
#include "sender/outcome.h"

#include <stdlib.h>

#include "hook/backoff.h"

const char *
outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_DELIVERED:
		return "delivered";
	case OUTCOME_RETRY:
		return "retry";
	case OUTCOME_FAILED:
		return "failed";
	case OUTCOME_EXPIRED:
		return "expired";
	case OUTCOME_SUPERSEDED:
		return "superseded";
	case OUTCOME_CANCELLED:
		return "cancelled";
	case OUTCOMES:
		break;
	}
	abort();	/* an outcome without a name */
}

const char *
outcome_error_name(enum outcome_error error)
{
	switch (error) {
	case OUTCOME_NO_ERROR:
		return NULL;
	case OUTCOME_HTTP_STATUS:
		return "http_status";
	case OUTCOME_REDIRECT:
		return "redirect";
	case OUTCOME_DNS:
		return "dns";
	case OUTCOME_BLOCKED_ADDRESS:
		return "blocked_address";
	case OUTCOME_CONNECT:
		return "connect";
	case OUTCOME_TIMEOUT:
		return "timeout";
	case OUTCOME_TLS:
		return "tls";
	case OUTCOME_RESET:
		return "reset";
	case OUTCOME_PROTOCOL:
		return "protocol";
	case OUTCOME_EVENT_GONE:
		return "event_gone";
	case OUTCOME_RENDER:
		return "render";
	case OUTCOME_SECRET:
		return "secret";
	case OUTCOME_CRASH:
		return "crash";
	case OUTCOME_ERRORS:
		break;
	}
	abort();	/* an error class without a name */
}

enum outcome_error
outcome_of_status(int status)
{
	if (status >= 200 && status <= 299)
		return OUTCOME_NO_ERROR;
	if (status >= 300 && status <= 399)
		return OUTCOME_REDIRECT;
	return OUTCOME_HTTP_STATUS;
}

bool
outcome_blames(enum outcome_error error)
{
	return error >= OUTCOME_HTTP_STATUS && error <= OUTCOME_PROTOCOL;
}

/*
 * An answer such as 404 comes from a receiver that is alive and quick: its
 * settings are wrong, not its health.  429 and 5xx ask for less.
 */
enum outcome_health
outcome_health(enum outcome_error error, int status)
{
	switch (error) {
	case OUTCOME_NO_ERROR:
	case OUTCOME_REDIRECT:
		return OUTCOME_HEALTHY;
	case OUTCOME_HTTP_STATUS:
		return status == 408 || status == 429 || status >= 500 ?
		    OUTCOME_SICK : OUTCOME_HEALTHY;
	case OUTCOME_DNS:
	case OUTCOME_CONNECT:
	case OUTCOME_TIMEOUT:
	case OUTCOME_TLS:
	case OUTCOME_RESET:
	case OUTCOME_PROTOCOL:
		return OUTCOME_SICK;
	case OUTCOME_BLOCKED_ADDRESS:
	case OUTCOME_EVENT_GONE:
	case OUTCOME_RENDER:
	case OUTCOME_SECRET:
	case OUTCOME_CRASH:
	case OUTCOME_ERRORS:
		break;
	}
	return OUTCOME_UNKNOWN;
}

int
outcome_is_stale(const struct outcome_rules *rules, enum event_kind kind,
    int64_t event_at, int64_t now)
{
	return kind == EVENT_CALL_START &&
	    now - event_at > rules->start_ttl * 1000;
}

enum outcome
outcome_decide(const struct outcome_rules *rules,
    const struct outcome_case *c, int64_t *due)
{
	int64_t delay;

	*due = 0;
	if (c->error == OUTCOME_NO_ERROR)
		return OUTCOME_DELIVERED;
	if (c->error == OUTCOME_EVENT_GONE || c->error == OUTCOME_RENDER ||
	    c->error == OUTCOME_CRASH)
		return OUTCOME_FAILED;
	if (c->error == OUTCOME_BLOCKED_ADDRESS && c->attempt >= 2)
		return OUTCOME_FAILED;
	if (c->status == 410)
		return OUTCOME_FAILED;
	delay = backoff_delay(rules->retries, rules->retries_n, c->attempt,
	    rules->jitter, c->random);
	if (delay < 0)
		return OUTCOME_FAILED;
	if (delay < c->retry_after)
		delay = c->retry_after;
	*due = c->now + delay * 1000;
	if (outcome_is_stale(rules, c->kind, c->event_at, *due)) {
		*due = 0;
		return OUTCOME_EXPIRED;
	}
	return OUTCOME_RETRY;
}
