#ifndef HOOK_HOSTNAME_H
#define HOOK_HOSTNAME_H

#include <stdbool.h>

/* Everything here takes ASCII without a final dot. */

/*
 * Would a parser take host for an IPv4 address?  Then its last label is a
 * number, decimal or 0x (the rule of the WHATWG URL standard).
 */
bool hostname_ends_in_number(const char *host);
/* Is host the one canonical spelling of an IPv4 address? */
bool hostname_is_ipv4(const char *host);
/*
 * Lower-case letters, digits, hyphens and (against the RFC, but common)
 * underscores, in labels of 1 to 63 that neither begin nor end with a
 * hyphen; at most 253 bytes.
 */
bool hostname_is_name(const char *host);

#endif
