#ifndef HOOK_URL_H
#define HOOK_URL_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

struct faults;

#define URL_MAX 2048		/* bytes of a URL as it is called */

/* What is called, taken apart. */
struct url {
	bool https;
	char host[256];		/* ASCII, lower case, no brackets, no final dot */
	bool literal;		/* host is an IP address */
	bool ipv6;
	int port;		/* 1 .. 65535 */
};

/*
 * Needs a UTF-8 LC_CTYPE for IDN (url_init sets C.UTF-8; once, before use).
 */
int url_init(void) MUST_CHECK;

/*
 * Joins «Хост, порт и протокол» and «Путь» to the URL as it will be called, and
 * checks both; faults go to /origin and /path.  Host: IDN to punycode
 * (UTS 46), canonical addresses only.  Path: kept byte for byte but for
 * percent-encoding of what may not stand in a request line (non-ASCII,
 * blanks, ", <, > …); existing escapes stay; a ?query stays as it is.
 * Default ports are left out.  The URL API of libcurl decides on syntax; what
 * it would silently repair is refused.
 */
int url_join(struct span origin, struct span path, struct buf *out,
    struct url *parts, struct faults *faults) MUST_CHECK;
/* Takes a URL made by url_join apart. */
int url_split(const char *url, struct url *parts) MUST_CHECK;

/* Percent-encodes all but unreserved characters; plus: blank becomes '+'. */
void url_encode(struct span s, bool plus, struct buf *out);

#endif
