#ifndef CORE_VAULT_H
#define CORE_VAULT_H

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/*
 * Secrets at rest: AES-256-GCM under a master key that only callhook-api
 * and callhook-sender load.  The key is a file of 64 hexadecimal digits
 * (callhookctl setup makes it): $CREDENTIALS_DIRECTORY/master.key when
 * systemd gives one that is not an empty line, else the path of the configuration.
 */
struct vault;

#define VAULT_KEY_LEN 32
#define VAULT_OVERHEAD 29	/* version, nonce, tag */

/* why says what is wrong with the file. */
int vault_open(const char *path, struct vault **out, struct buf *why)
    MUST_CHECK;
void vault_free(struct vault *v);	/* wipes the key */
/* Makes a new key file (0600); ERR_EXISTS when there is one. */
int vault_make(const char *path) MUST_CHECK;
/*
 * context binds the sealed text to its row (a webhook's id): unsealing it
 * elsewhere fails with ERR_DENIED.
 */
int vault_seal(const struct vault *v, struct span context, struct span plain,
    struct buf *out) MUST_CHECK;
int vault_unseal(const struct vault *v, struct span context,
    struct span sealed, struct buf *out) MUST_CHECK;

#endif
