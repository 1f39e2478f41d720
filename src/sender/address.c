/*
 * IP addresses of sockets, compared, written and read: for transfer.c, which
 * calls only the one that was checked.  Pure functions.
 */
#include "sender/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"

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

int
address_port(const struct sockaddr *a)
{
	return ntohs(a->sa_family == AF_INET6 ?
	    ((const struct sockaddr_in6 *)a)->sin6_port :
	    ((const struct sockaddr_in *)a)->sin_port);
}

int
address_parse(const char *text, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
	} else {
		return ERR_INVALID;
	}
	return 0;
}

int
address_of_proxy(const char *url, struct sockaddr_storage *out, int *port)
{
	static const char scheme[] = "http://";
	const char *host = url + sizeof(scheme) - 1, *colon;
	char text[256];
	int64_t number;
	size_t len;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return ERR_INVALID;
	colon = strrchr(host, ':');
	if (colon == NULL ||
	    num_i64(span_of(colon + 1), 1, 65535, &number) != 0)
		return ERR_INVALID;
	len = (size_t)(colon - host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(text))
		return ERR_INVALID;
	memcpy(text, host, len);
	text[len] = '\0';
	*port = (int)number;
	if (address_parse(text, *port, out) != 0)
		out->ss_family = AF_UNSPEC;
	return 0;
}
