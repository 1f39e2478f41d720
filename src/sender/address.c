/*
 * IP addresses of sockets, compared and written: for transfer.c, which calls
 * only the one that was checked.  Pure functions.
 */
#include "sender/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

bool
address_same(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
		    &((const struct sockaddr_in *)b)->sin_addr,
		    sizeof(struct in_addr)) == 0;
	return a->sa_family == AF_INET6 &&
	    memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
	    &((const struct sockaddr_in6 *)b)->sin6_addr,
	    sizeof(struct in6_addr)) == 0;
}

int
address_text(const struct sockaddr *a, char *out, size_t size)
{
	const void *in = a->sa_family == AF_INET ?
	    (const void *)&((const struct sockaddr_in *)a)->sin_addr :
	    (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
	char ip[INET6_ADDRSTRLEN];

	if (inet_ntop(a->sa_family, in, ip, sizeof(ip)) == NULL)
		return ERR_INVALID;
	snprintf(out, size, a->sa_family == AF_INET6 ? "[%s]" : "%s", ip);
	return 0;
}
