#ifndef HOOK_TARGET_H
#define HOOK_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/buf.h"
#include "core/err.h"

struct faults;
struct url;

/*
 * May we call this address?  The deny list is the IANA special-purpose
 * registries and cloud metadata addresses; for IPv6 only 2000::/3 is
 * allowed at all.  Holes come from the configuration.
 */
struct target_policy;

/*
 * holes: "127.0.0.1", "10.1.0.0/16", "[::1]:9000", "127.0.0.0/8:9000"; n of
 * them.  A hole without a port lifts the rule on addresses, one with a port
 * that on ports too, for this port only.  Neither lifts the rule on names.
 * http: plain http:// is allowed.  why gets the bad hole on error.
 */
struct target_policy *target_policy_new(bool http, char *const *holes,
    size_t n, struct buf *why);
void target_policy_free(struct target_policy *p);
/*
 * Denies one more address: the programs call this when they start, and the
 * sender each minute, for each
 * address of their own interfaces (getifaddrs; this room does no I/O).  Only
 * a hole for this single address (/32, /128) lifts it, not a wider one; but
 * loopback addresses are left to the list, where wide holes count.
 * ERR_INVALID: not an IP address; ERR_NOMEM.
 */
int target_policy_deny(struct target_policy *p,
    const struct sockaddr *address) MUST_CHECK;

/* NULL: may be called; otherwise why not (static English text). */
const char *target_denied(const struct target_policy *p,
    const struct sockaddr *address, int port);
/*
 * What can be said when a webhook is saved: scheme, port, reserved names,
 * literal addresses.  Faults go to /origin.
 */
int target_check(const struct target_policy *p, const struct url *url,
    struct faults *faults) MUST_CHECK;

#endif
