/*
 * The spelling of host names and IPv4 addresses: pure questions about a
 * string, asked by url.c and target.c.
 */
#include <arpa/inet.h>
#include <string.h>

#include "hook/hostname.h"

#define HOST_MAX 253		/* bytes of a name, without a final dot */
#define LABEL_MAX 63

bool
hostname_ends_in_number(const char *host)
{
	const char *label = strrchr(host, '.');

	label = label ? label + 1 : host;
	if (label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return label[2 + strspn(label + 2,
		    "0123456789abcdefABCDEF")] == '\0';
	return *label != '\0' && label[strspn(label, "0123456789")] == '\0';
}

bool
hostname_is_ipv4(const char *host)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	return inet_pton(AF_INET, host, &a) == 1 &&
	    inet_ntop(AF_INET, &a, text, sizeof(text)) &&
	    strcmp(text, host) == 0;
}

bool
hostname_is_name(const char *host)
{
	static const char ALLOWED[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n;

	if (strlen(host) > HOST_MAX)
		return false;
	for (;; host += n + 1) {
		n = strspn(host, ALLOWED);
		if (n < 1 || n > LABEL_MAX)
			return false;
		if (host[0] == '-' || host[n - 1] == '-')
			return false;
		if (host[n] == '\0')
			return true;
		if (host[n] != '.')
			return false;
	}
}
