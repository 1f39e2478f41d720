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
int address_port(const struct sockaddr *a);
/* text: an IP address without brackets; ERR_INVALID: something else. */
int address_parse(const char *text, int port, struct sockaddr_storage *out)
    MUST_CHECK;
/*
 * Takes "http://host:port" apart; *out is AF_UNSPEC when the host is a name.
 * ERR_INVALID: something else.
 */
int address_of_proxy(const char *url, struct sockaddr_storage *out, int *port)
    MUST_CHECK;

#endif
