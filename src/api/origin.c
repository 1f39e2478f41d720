/*
 * Pages of other sites: what they may not do in the name of a visitor who is
 * logged in (CSRF), and which ones may read our answers (CORS).  Pure functions
 * over the headers that browsers set themselves; called by auth.c and exchange.c.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "api/http.h"
#include "api/origin.h"
#include "api/response.h"
#include "core/settings.h"

#define PREFLIGHT_AGE "600"	/* seconds that a browser remembers */

static bool
is_listed(const struct settings *settings, struct span origin)
{
	size_t i;

	for (i = 0; i < settings->api_cors.n; i++)
		if (span_is(origin, settings->api_cors.v[i]))
			return true;
	return false;
}

/* "[::1]:8443" and "host:8443" without the port. */
static struct span
without_port(struct span host)
{
	size_t i = host.len;

	while (i > 0 && host.p[i - 1] >= '0' && host.p[i - 1] <= '9')
		i--;
	if (i > 1 && i < host.len && host.p[i - 1] == ':' &&
	    (host.p[0] == '[') == (host.p[i - 2] == ']'))
		host.len = i - 1;
	return host;
}

/*
 * "https://host:port" and "host:port"; both leave out a usual port.  There are
 * web servers that leave out any port of the host asked (Debian's nginx): then
 * names are compared alone, as browsers do for cookies.
 */
static bool
same_host(struct span origin, struct span host)
{
	static const char *const schemes[] = { "https://", "http://" };
	size_t i, n;

	if (host.len == 0)
		return false;
	for (i = 0; i < 2; i++) {
		n = strlen(schemes[i]);
		if (origin.len > n && strncasecmp(origin.p, schemes[i], n) == 0)
			break;
	}
	if (i == 2)
		return false;
	origin.p += n;
	origin.len -= n;
	if (without_port(host).len == host.len)
		origin = without_port(origin);
	return origin.len == host.len &&
	    strncasecmp(origin.p, host.p, host.len) == 0;
}

bool
origin_is_ours(const struct settings *settings,
    const struct http_request *req)
{
	struct span site = http_var(req, "HTTP_SEC_FETCH_SITE");
	struct span origin = http_var(req, "HTTP_ORIGIN");

	if (origin.len > 0 && is_listed(settings, origin))
		return true;
	if (site.len > 0)
		return span_is(site, "same-origin") || span_is(site, "none");
	return origin.len == 0 ||
	    same_host(origin, http_var(req, "HTTP_HOST"));
}

void
origin_answer(const struct settings *settings, const struct http_request *req,
    struct response *res)
{
	struct span origin = http_var(req, "HTTP_ORIGIN");

	if (settings->api_cors.n == 0)
		return;
	response_header(res, "Vary", "Origin");
	if (origin.len == 0 || !is_listed(settings, origin))
		return;
	response_header(res, "Access-Control-Allow-Origin", origin.p);
	response_header(res, "Access-Control-Allow-Credentials", "true");
	response_header(res, "Access-Control-Expose-Headers",
	    "Allow, Content-Language, ETag, Idempotency-Replayed, Location, "
	    "Retry-After, X-Request-Id");
	if (req->method != HTTP_OPTIONS || http_var(req,
	    "HTTP_ACCESS_CONTROL_REQUEST_METHOD").len == 0)
		return;
	response_header(res, "Access-Control-Allow-Methods",
	    "GET, HEAD, POST, PUT, PATCH, DELETE");
	response_header(res, "Access-Control-Allow-Headers",
	    "Accept-Language, Authorization, Content-Type, Idempotency-Key, "
	    "If-Match");
	response_header(res, "Access-Control-Max-Age", PREFLIGHT_AGE);
}
