#ifndef SENDER_SECRETS_H
#define SENDER_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "hook/sign.h"

struct hook;
struct secrets;

/*
 * What requests are signed with.  key_file is that of core/vault.h, opened
 * when a webhook with secrets is first served; while it cannot be opened the
 * sender works, but for these webhooks.  NULL on ERR_NOMEM.
 */
struct secrets *secrets_new(const char *key_file);
void secrets_free(struct secrets *s);
/*
 * The keys of hook that are good at now (real us), the newest first; wiped by
 * the caller.  *n is 0 only for a webhook without secrets.  ERR_DENIED and
 * *why (static): it has secrets, and cannot be signed.
 */
int secrets_keys(struct secrets *s, struct hook *hook, int64_t now,
    struct sign_key keys[SIGN_KEYS_MAX], size_t *n, const char **why)
    MUST_CHECK;
/*
 * Appends the password or token of hook's login, opened each time; nothing
 * without one.  The caller wipes out.  ERR_DENIED and *why (static): it has one
 * that cannot be opened.
 */
int secrets_login(struct secrets *s, const struct hook *hook, struct buf *out,
    const char **why) MUST_CHECK;

#endif
