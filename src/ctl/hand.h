#ifndef CTL_HAND_H
#define CTL_HAND_H

#include <jansson.h>

#include "ctl/ctl.h"

/*
 * The administrator's hand: what the API does, in this process and in the name
 * of an account, by the API's own handlers.
 */
struct hand;
struct id;

/* Connects; says why not.  *out is set on CTL_OK only. */
int hand_open(struct ctl *ctl, struct hand **out) MUST_CHECK;
void hand_close(struct hand *h);
/*
 * The account that a webhook, delivery or recovery belongs to; ERR_NOT_FOUND
 * when there is no such thing.
 */
int hand_account_of(struct hand *h, const struct id *id, int64_t *account)
    MUST_CHECK;
/* Says what failed (ctl_fail()); returns the exit status. */
int hand_fail(const struct hand *h, int err) MUST_CHECK;
/*
 * Asks method of target ("/v1/…") with body (NULL: none) and waits for the
 * answer: its status, and *out, the caller's (NULL: no body).
 */
int hand_ask(struct hand *h, int64_t account, const char *method,
    const char *target, const char *body, json_t **out) MUST_CHECK;

#endif
