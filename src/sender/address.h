#ifndef SENDER_ADDRESS_H
#define SENDER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/err.h"

/* The same IP address, whatever the ports? */
bool address_same(const struct sockaddr *a, const struct sockaddr *b);
/* Without the port, IPv6 in brackets; ERR_INVALID: not an IP address. */
int address_text(const struct sockaddr *a, char *out, size_t size) MUST_CHECK;

#endif
