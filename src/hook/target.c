/*
 * May we call this address?  One table of networks that are not the public
 * internet, the ports that other protocols own, the names that only mean
 * something inside, and the holes which the administrator makes on purpose.
 * Asked when a webhook is saved (webhook.c), after resolving and again when
 * the socket is opened (sender).  A policy is made once and then only read,
 * but for target_policy_deny.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "hook/fault.h"
#include "hook/target.h"
#include "hook/url.h"

#define BYTES 16		/* of the longest address */

/* An address or network; IPv4 in the first four bytes. */
struct net {
	int family;
	int bits;
	unsigned char b[BYTES];
};

struct hole {
	struct net net;
	int port;		/* 0: every port that is allowed anyway */
};

struct target_policy {
	bool http;
	struct hole *holes;
	size_t holes_n;
	struct net *own;	/* single addresses */
	size_t own_n;
};

struct deny {
	unsigned char b[BYTES];
	int bits;
	const char *why;
};

static const struct deny DENY4[] = {
	{ { 0 }, 8, "this network: reaches the machine itself" },
	{ { 10 }, 8, "private network" },
	{ { 100, 64 }, 10, "carrier-grade NAT" },
	{ { 127 }, 8, "loopback" },
	{ { 168, 63, 129, 16 }, 32, "cloud platform service (Azure)" },
	{ { 169, 254 }, 16, "link-local: cloud metadata" },
	{ { 172, 16 }, 12, "private network" },
	{ { 192, 0, 0 }, 24, "IETF protocol assignments" },
	{ { 192, 0, 2 }, 24, "documentation" },
	{ { 192, 31, 196 }, 24, "AS112 sink" },
	{ { 192, 52, 193 }, 24, "AMT relays" },
	{ { 192, 88, 99 }, 24, "6to4 relays" },
	{ { 192, 168 }, 16, "private network" },
	{ { 192, 175, 48 }, 24, "AS112 sink" },
	{ { 198, 18 }, 15, "benchmarking" },
	{ { 198, 51, 100 }, 24, "documentation" },
	{ { 203, 0, 113 }, 24, "documentation" },
	{ { 224 }, 4, "multicast" },
	{ { 240 }, 4, "reserved, broadcast" },
};

/* More specific networks first, for the better reason. */
static const struct deny DENY6[] = {
	{ { 0 }, 128, "unspecified: reaches the machine itself" },
	{ { [15] = 1 }, 128, "loopback" },
	{ { [10] = 0xff, 0xff }, 96, "IPv4-mapped" },
	{ { [8] = 0xff, 0xff }, 96, "IPv4-translated" },
	{ { 0 }, 96, "IPv4-compatible" },
	{ { 0, 0x64, 0xff, 0x9b }, 96, "NAT64" },
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, "NAT64 of a local network" },
	{ { 1 }, 64, "discard-only" },
	{ { 1, [7] = 1 }, 64, "dummy prefix" },
	{ { 0x20, 1 }, 32, "Teredo" },
	{ { 0x20, 1, 0, 2 }, 48, "benchmarking" },
	{ { 0x20, 1, 0, 0x10 }, 28, "ORCHID" },
	{ { 0x20, 1, 0, 0x20 }, 28, "ORCHIDv2" },
	{ { 0x20, 1, 0, 0x30 }, 28, "drone remote identification" },
	{ { 0x20, 1 }, 23, "IETF protocol assignments" },
	{ { 0x20, 1, 0x0d, 0xb8 }, 32, "documentation" },
	{ { 0x20, 2 }, 16, "6to4" },
	{ { 0x26, 0x20, 0, 0x4f, 0x80 }, 48, "AS112 sink" },
	{ { 0x3f, 0xfe }, 16, "returned 6bone" },
	{ { 0x3f, 0xff }, 20, "documentation" },
	{ { 0x5f }, 16, "segment routing" },
	{ { 0xfc }, 7, "private network (unique local)" },
	{ { 0xfe, 0x80 }, 10, "link-local" },
	{ { 0xfe, 0xc0 }, 10, "site-local" },
	{ { 0xff }, 8, "multicast" },
};

/* The one block of global unicast addresses. */
static const unsigned char GLOBAL6[BYTES] = { 0x20 };
#define GLOBAL6_BITS 3

/* Bad ports of the WHATWG fetch standard that are not below 1024. */
static const int BAD_PORTS[] = { 1719, 1720, 1723, 2049, 3659, 4045, 4190,
	5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
	10080 };

/* A name of several labels is reserved when its last label is one of these. */
static const char *const RESERVED[] = { "localhost", "local", "internal",
	"onion", "arpa" };

static const char OTHER_PROTOCOL[] = "port of another protocol";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
within(const unsigned char *a, const unsigned char *net, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, net, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static int
family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

static bool
port_allowed(int port)
{
	size_t i;

	if (port == 80 || port == 443)
		return true;
	if (port < 1024 || port > 65535)
		return false;
	for (i = 0; i < COUNT(BAD_PORTS); i++)
		if (port == BAD_PORTS[i])
			return false;
	return true;
}

static int
address_of(const struct sockaddr *sa, struct net *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	*out = (struct net){ .family = sa->sa_family };
	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&v4, sa, sizeof(v4));
		memcpy(out->b, &v4.sin_addr, 4);
		break;
	case AF_INET6:
		memcpy(&v6, sa, sizeof(v6));
		memcpy(out->b, &v6.sin6_addr, 16);
		break;
	default:
		return ERR_INVALID;
	}
	out->bits = family_bits(out->family);
	return 0;
}

/* Address, then the length of the prefix if there is one. */
static int
parse_net(struct span s, int family, struct net *out)
{
	static const unsigned char ZERO[BYTES];
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;
	char text[INET6_ADDRSTRLEN];
	struct span a = s;
	int64_t bits = family_bits(family);
	int i;

	if (slash) {
		a.len = (size_t)(slash - s.p);
		if (num_i64((struct span){ slash + 1, s.len - a.len - 1 }, 0,
		    bits, &bits) != 0)
			return ERR_SYNTAX;
	}
	if (a.len == 0 || a.len >= sizeof(text))
		return ERR_SYNTAX;
	memcpy(text, a.p, a.len);
	text[a.len] = '\0';
	*out = (struct net){ .family = family, .bits = (int)bits };
	if (inet_pton(family, text, out->b) != 1)
		return ERR_SYNTAX;
	/* Bits behind the prefix are a slip of the pen: refuse to guess. */
	for (i = (int)bits; i < family_bits(family); i++)
		if (out->b[i / 8] & (0x80 >> i % 8))
			return ERR_SYNTAX;
	return memcmp(out->b, ZERO, BYTES) == 0 && bits == 0 ? ERR_RANGE : 0;
}

/* 127.0.0.1  10.0.0.0/8  10.0.0.0/8:9000  ::1  fd00::/8  [::1]:9000 */
static int
parse_hole(struct span s, struct hole *out)
{
	const char *end = s.len ? memchr(s.p, ':', s.len) : NULL;
	struct span rest = { NULL, 0 }, net = s;
	int family = AF_INET;
	int64_t port;

	out->port = 0;
	if (s.len > 0 && s.p[0] == '[') {
		family = AF_INET6;
		end = memchr(s.p, ']', s.len);
		if (!end)
			return ERR_SYNTAX;
		net = (struct span){ s.p + 1, (size_t)(end - s.p) - 1 };
		rest = (struct span){ end + 1, s.len - net.len - 2 };
	} else if (end && memchr(end + 1, ':',
	    s.len - (size_t)(end - s.p) - 1)) {
		family = AF_INET6;
	} else if (end) {
		net.len = (size_t)(end - s.p);
		rest = (struct span){ end, s.len - net.len };
	}
	if (rest.len > 0) {
		if (rest.p[0] != ':' || num_i64((struct span){ rest.p + 1,
		    rest.len - 1 }, 1, 65535, &port) != 0)
			return ERR_SYNTAX;
		out->port = (int)port;
	}
	return parse_net(net, family, &out->net);
}

struct target_policy *
target_policy_new(bool http, char *const *holes, size_t n, struct buf *why)
{
	struct target_policy *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		goto nomem;
	p->http = http;
	p->holes = calloc(n ? n : 1, sizeof(*p->holes));
	if (!p->holes)
		goto nomem;
	for (; p->holes_n < n; p->holes_n++) {
		err = parse_hole(span_of(holes[p->holes_n]),
		    &p->holes[p->holes_n]);
		if (err == ERR_RANGE) {
			buf_fmt(why, "%s would allow every address",
			    holes[p->holes_n]);
			goto fail;
		}
		if (err) {
			buf_fmt(why, "%s is not an address, network or one of "
			    "them with a port (127.0.0.1, 10.1.0.0/16, "
			    "[::1]:9000, 10.1.0.0/16:9000)",
			    holes[p->holes_n]);
			goto fail;
		}
	}
	return p;

nomem:
	buf_str(why, err_text(ERR_NOMEM));
fail:
	target_policy_free(p);
	return NULL;
}

void
target_policy_free(struct target_policy *p)
{
	if (!p)
		return;
	free(p->own);
	free(p->holes);
	free(p);
}

/* Why the tables deny a; NULL when they do not. */
static const char *
listed(const struct net *a)
{
	const struct deny *list = a->family == AF_INET ? DENY4 : DENY6;
	size_t n = a->family == AF_INET ? COUNT(DENY4) : COUNT(DENY6);
	size_t i;

	for (i = 0; i < n; i++)
		if (within(a->b, list[i].b, list[i].bits))
			return list[i].why;
	if (a->family == AF_INET6 && !within(a->b, GLOBAL6, GLOBAL6_BITS))
		return "not a global unicast address";
	return NULL;
}

static bool
is_loopback(const struct net *a)
{
	static const unsigned char V6[BYTES] = { [15] = 1 };

	return a->family == AF_INET ? a->b[0] == 127 :
	    memcmp(a->b, V6, BYTES) == 0;
}

static bool
is_own(const struct target_policy *p, const struct net *a)
{
	size_t i;

	for (i = 0; i < p->own_n; i++)
		if (p->own[i].family == a->family &&
		    memcmp(p->own[i].b, a->b, BYTES) == 0)
			return true;
	return false;
}

int
target_policy_deny(struct target_policy *p, const struct sockaddr *address)
{
	struct net a, *own;
	int err;

	err = address_of(address, &a);
	if (err)
		return err;
	/* The table has loopback already, and there a wide hole is meant. */
	if (is_loopback(&a) || is_own(p, &a))
		return 0;
	own = realloc(p->own, (p->own_n + 1) * sizeof(*own));
	if (!own)
		return ERR_NOMEM;
	p->own = own;
	p->own[p->own_n++] = a;
	return 0;
}

const char *
target_denied(const struct target_policy *p, const struct sockaddr *address,
    int port)
{
	const struct hole *h;
	const char *why;
	struct net a;
	bool own, hole = false, hole_port = false;
	size_t i;

	if (address_of(address, &a) != 0)
		return "not an IP address";
	own = is_own(p, &a);
	for (i = 0; i < p->holes_n; i++) {
		h = &p->holes[i];
		if (h->net.family != a.family ||
		    !within(a.b, h->net.b, h->net.bits))
			continue;
		/* Our own addresses have to be named one by one. */
		if (own && h->net.bits != family_bits(a.family))
			continue;
		if (h->port == 0)
			hole = true;
		else if (h->port == port)
			hole = hole_port = true;
	}
	if (!hole) {
		why = own ? "address of this machine" : listed(&a);
		if (why)
			return why;
	}
	if (!hole_port && !port_allowed(port))
		return OTHER_PROTOCOL;
	return NULL;
}

/* May the port be called at least somewhere?  The sender knows where. */
static bool
port_possible(const struct target_policy *p, int port)
{
	size_t i;

	for (i = 0; i < p->holes_n; i++)
		if (p->holes[i].port == port)
			return true;
	return port_allowed(port);
}

static bool
is_reserved(const char *name)
{
	const char *last = strrchr(name, '.');
	size_t i;

	/* One label is looked up in the search domains of the resolver. */
	if (!last)
		return true;
	for (i = 0; i < COUNT(RESERVED); i++)
		if (strcmp(last + 1, RESERVED[i]) == 0)
			return true;
	return false;
}

static const char *
literal_denied(const struct target_policy *p, const struct url *url)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (url->ipv6) {
		if (inet_pton(AF_INET6, url->host, &v6.sin6_addr) != 1)
			return "not an IP address";
		return target_denied(p, (const struct sockaddr *)&v6,
		    url->port);
	}
	if (inet_pton(AF_INET, url->host, &v4.sin_addr) != 1)
		return "not an IP address";
	return target_denied(p, (const struct sockaddr *)&v4, url->port);
}

int
target_check(const struct target_policy *p, const struct url *url,
    struct faults *faults)
{
	const char *why = url->literal ? literal_denied(p, url) : NULL;
	int err = 0;

	if (!url->https && !p->http) {
		fault_add(faults, FAULT_URL_HTTP, NULL, "/origin");
		err = ERR_INVALID;
	}
	if (!port_possible(p, url->port) || why == OTHER_PROTOCOL) {
		fault_add(faults, FAULT_URL_PORT, NULL, "/origin");
		err = ERR_INVALID;
	} else if (why) {
		fault_add(faults, FAULT_URL_PRIVATE, NULL, "/origin");
		err = ERR_INVALID;
	}
	if (!url->literal && is_reserved(url->host)) {
		fault_add(faults, FAULT_URL_RESERVED_NAME, NULL, "/origin");
		err = ERR_INVALID;
	}
	return faults->err ? (int)faults->err : err;
}
