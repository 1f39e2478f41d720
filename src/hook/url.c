/*
 * The address of a webhook: what is typed in the form becomes the one
 * spelling that is called.  webhook.c joins when settings are read, the
 * sender splits what was joined, and everybody encodes with url_encode.
 * libcurl's URL API decides on syntax; this file refuses whatever that API
 * would repair in silence, because a repaired address is one the customer
 * never saw and the address policy never judged.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/num.h"
#include "hook/fault.h"
#include "hook/hostname.h"
#include "hook/text.h"
#include "hook/url.h"

#define URL_MAX_TEXT "2048"
#define FINE FAULT_CODES	/* no fault at all */

int
url_init(void)
{
	const curl_version_info_data *curl;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return ERR_NOT_FOUND;
	curl = curl_version_info(CURLVERSION_NOW);
	return curl->features & CURL_VERSION_IDN ? 0 : ERR_INVALID;
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static void
escape(struct buf *out, unsigned char c)
{
	static const char HEX[] = "0123456789ABCDEF";
	char triple[3] = { '%', HEX[c >> 4], HEX[c & 15] };

	buf_add(out, triple, sizeof(triple));
}

void
url_encode(struct span s, bool plus, struct buf *out)
{
	size_t i, from = 0;
	unsigned char c;

	if (s.len == 0)
		return;
	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (is_unreserved(c))
			continue;
		buf_add(out, s.p + from, i - from);
		from = i + 1;
		if (plus && c == ' ')
			buf_chr(out, '+');
		else
			escape(out, c);
	}
	buf_add(out, s.p + from, i - from);
}

static bool
has(struct span s, char c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

static struct span
after(struct span s, size_t n)
{
	return (struct span){ s.p + n, s.len - n };
}

static bool
is_ascii(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static void
lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* http and https only, and the two slashes that curl would add itself. */
static enum fault_code
take_scheme(struct span *rest, bool *https)
{
	size_t n;

	if (rest->len >= 6 && strncasecmp(rest->p, "https:", 6) == 0)
		n = 6;
	else if (rest->len >= 5 && strncasecmp(rest->p, "http:", 5) == 0)
		n = 5;
	else
		return FAULT_URL_SCHEME;
	*https = n == 6;
	*rest = after(*rest, n);
	if (rest->len < 2 || memcmp(rest->p, "//", 2) != 0)
		return FAULT_URL_SYNTAX;
	*rest = after(*rest, 2);
	return FINE;
}

/* What follows the host: nothing, or a colon and a canonical number. */
static enum fault_code
take_port(struct span rest, struct url *u)
{
	int64_t port = u->https ? 443 : 80;

	if (rest.len > 0 && (rest.p[0] != ':' ||
	    num_i64(after(rest, 1), 1, 65535, &port) != 0))
		return FAULT_URL_PORT;
	u->port = (int)port;
	return FINE;
}

/* typed: what stands between the brackets. */
static enum fault_code
take_ipv6(struct span typed, struct url *u)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (typed.len >= sizeof(text))
		return FAULT_URL_HOST;
	memcpy(text, typed.p, typed.len);
	text[typed.len] = '\0';
	/* inet_pton knows neither zones nor bracketed IPv4. */
	if (inet_pton(AF_INET6, text, &a) != 1 ||
	    !inet_ntop(AF_INET6, &a, u->host, sizeof(u->host)))
		return FAULT_URL_HOST;
	u->literal = u->ipv6 = true;
	return FINE;
}

/* What curl makes of a host: decoded, normalised, IDN to punycode. */
static int
curl_host(struct span typed, char **host)
{
	struct buf url = BUF_INIT(URL_MAX + 16);
	CURLU *h = curl_url();
	CURLUcode rc;
	int err = ERR_NOMEM;

	*host = NULL;
	buf_str(&url, "https://");
	buf_span(&url, typed);
	buf_chr(&url, '/');
	if (!h || buf_err(&url))
		goto out;
	err = ERR_SYNTAX;
	rc = curl_url_set(h, CURLUPART_URL, url.p,
	    CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
	if (rc == CURLUE_OUT_OF_MEMORY)
		err = ERR_NOMEM;
	if (rc != CURLUE_OK)
		goto out;
	/*
	 * Of what is no IDN 7.88 says out of memory, and leaves us the
	 * copy that it could not decode.
	 */
	if (curl_url_get(h, CURLUPART_HOST, host, CURLU_PUNYCODE) ==
	    CURLUE_OK) {
		err = 0;
	} else {
		curl_free(*host);
		*host = NULL;
	}
out:
	curl_url_cleanup(h);
	buf_free(&url);
	return err;
}

/* A name or an IPv4 address. */
static int
take_name(struct span typed, struct url *u, enum fault_code *code)
{
	struct span bare = typed;
	char *host;
	size_t n;
	int err;

	*code = FAULT_URL_HOST;
	err = curl_host(typed, &host);
	if (err)
		return err == ERR_NOMEM ? err : 0;
	lower(host);
	n = strlen(host);
	/* One final dot is the full spelling of the same name. */
	if (n > 0 && host[n - 1] == '.')
		host[--n] = '\0';
	if (bare.len > 0 && bare.p[bare.len - 1] == '.')
		bare.len--;
	if (hostname_ends_in_number(host)) {
		*code = FAULT_URL_HOST_NUMERIC;
		if (!hostname_is_ipv4(host) || !span_is(typed, host))
			goto out;
		u->literal = true;
	} else if (!hostname_is_name(host) || (is_ascii(typed) &&
	    (bare.len != n || strncasecmp(bare.p, host, n) != 0))) {
		goto out;
	}
	memcpy(u->host, host, n + 1);
	*code = FINE;
out:
	curl_free(host);
	return 0;
}

static int
take_authority(struct span authority, struct url *u, enum fault_code *code)
{
	const char *end;
	struct span host = authority;
	int err = 0;

	*code = FAULT_URL_USERINFO;
	if (has(authority, '@'))
		return 0;
	*code = FAULT_URL_HOST;
	if (authority.len == 0 || has(authority, '%'))
		return 0;
	if (authority.p[0] == '[') {
		end = memchr(authority.p, ']', authority.len);
		if (!end)
			return 0;
		host.len = (size_t)(end - authority.p) + 1;
		*code = take_ipv6((struct span){ host.p + 1, host.len - 2 }, u);
	} else {
		end = memchr(authority.p, ':', authority.len);
		if (end)
			host.len = (size_t)(end - authority.p);
		/* A second colon: an IPv6 address without brackets. */
		if (host.len == 0 || (end &&
		    has(after(authority, host.len + 1), ':')))
			return 0;
		err = take_name(host, u, code);
	}
	if (!err && *code == FINE)
		*code = take_port(after(authority, host.len), u);
	return err;
}

static int
take_origin(struct span origin, struct url *u, enum fault_code *code)
{
	struct span authority;

	*code = FAULT_URL_REQUIRED;
	if (origin.len == 0)
		return 0;
	*code = FAULT_URL_TOO_LONG;
	if (origin.len > URL_MAX)
		return 0;
	*code = FAULT_BAD_CHARACTER;
	if (!text_is_clean(origin) || has(origin, ' '))
		return 0;
	/* Browsers read a backslash as a slash, curl does not. */
	*code = FAULT_URL_SYNTAX;
	if (has(origin, '\\'))
		return 0;
	*code = take_scheme(&origin, &u->https);
	if (*code != FINE)
		return 0;
	*code = FAULT_URL_REQUIRED;
	if (origin.len == 0)
		return 0;
	authority = origin;
	for (authority.len = 0; authority.len < origin.len; authority.len++)
		if (strchr("/?#", authority.p[authority.len]))
			break;
	origin = after(origin, authority.len);
	*code = FAULT_URL_PATH_IN_ORIGIN;
	if (authority.len > 0 && origin.len > 0 && !span_is(origin, "/"))
		return 0;
	return take_authority(authority, u, code);
}

static bool
is_escape(struct span s, size_t i)
{
	static const char HEX[] = "0123456789abcdefABCDEF";

	/* memchr, because strchr would find a NUL. */
	return s.len - i > 2 && memchr(HEX, s.p[i + 1], sizeof(HEX) - 1) &&
	    memchr(HEX, s.p[i + 2], sizeof(HEX) - 1);
}

static enum fault_code
take_path(struct span path, struct buf *out)
{
	size_t i;
	unsigned char c;

	if (path.len > URL_MAX)
		return FAULT_URL_TOO_LONG;
	if (!text_is_clean(path))
		return FAULT_BAD_CHARACTER;
	if (has(path, '#'))
		return FAULT_URL_FRAGMENT;
	if (path.len == 0 || path.p[0] != '/')
		buf_chr(out, '/');
	for (i = 0; i < path.len; i++) {
		c = (unsigned char)path.p[i];
		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) ||
		    (c == '%' && !is_escape(path, i)))
			escape(out, c);
		else
			buf_chr(out, (char)c);
	}
	return FINE;
}

/* scheme://host[:port]; the default port is left out. */
static void
add_origin(const struct url *u, struct buf *out)
{
	buf_str(out, u->https ? "https://" : "http://");
	if (u->ipv6)
		buf_chr(out, '[');
	buf_str(out, u->host);
	if (u->ipv6)
		buf_chr(out, ']');
	if (u->port != (u->https ? 443 : 80))
		buf_fmt(out, ":%d", u->port);
}

static bool
same(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->literal == b->literal &&
	    a->ipv6 == b->ipv6 && a->port == b->port &&
	    strcmp(a->host, b->host) == 0;
}

static int
split(CURLU *h, struct url *u)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	int64_t number;
	size_t n;
	int err = ERR_SYNTAX;

	if (curl_url_get(h, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(h, CURLUPART_HOST, &host, 0) ||
	    curl_url_get(h, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
	    num_i64(span_of(port), 1, 65535, &number) != 0)
		goto out;
	u->https = strcmp(scheme, "https") == 0;
	if (!u->https && strcmp(scheme, "http") != 0)
		goto out;
	u->port = (int)number;
	n = strlen(host);
	u->ipv6 = n > 2 && host[0] == '[' && host[n - 1] == ']';
	if (u->ipv6)
		n -= 2;
	if (n < 1 || n >= sizeof(u->host))
		goto out;
	memcpy(u->host, host + u->ipv6, n);
	u->host[n] = '\0';
	u->literal = u->ipv6 || hostname_is_ipv4(u->host);
	err = 0;
out:
	curl_free(port);
	curl_free(host);
	curl_free(scheme);
	return err;
}

/* The path (with ?query) that curl would ask for; is it exactly that? */
static bool
asks_for(CURLU *h, const char *target)
{
	char *path = NULL, *query = NULL;
	bool ok = false;
	size_t n;

	if (curl_url_get(h, CURLUPART_PATH, &path, 0) == CURLUE_OK) {
		n = strlen(path);
		ok = strncmp(target, path, n) == 0;
		target += ok ? n : 0;
	}
	if (ok && *target == '?') {
		target++;
		/* An empty query is no query to some versions of curl. */
		if (curl_url_get(h, CURLUPART_QUERY, &query, 0) == CURLUE_OK)
			ok = strcmp(query, target) == 0;
		else
			ok = *target == '\0';
	} else if (ok) {
		ok = *target == '\0';
	}
	curl_free(query);
	curl_free(path);
	return ok;
}

/* target: where in url the path begins, or NULL when that does not matter. */
static int
read_url(const char *url, const char *target, struct url *parts)
{
	CURLU *h = curl_url();
	CURLUcode rc;
	int err;

	*parts = (struct url){ 0 };
	if (!h)
		return ERR_NOMEM;
	rc = curl_url_set(h, CURLUPART_URL, url,
	    CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
	if (rc == CURLUE_OK)
		err = split(h, parts);
	else
		err = rc == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_SYNTAX;
	if (!err && target && !asks_for(h, target))
		err = ERR_SYNTAX;
	curl_url_cleanup(h);
	return err;
}

int
url_split(const char *url, struct url *parts)
{
	return read_url(url, NULL, parts);
}

static bool
add_fault(struct faults *f, enum fault_code code, const char *pointer)
{
	if (code == FINE)
		return false;
	fault_add(f, code, code == FAULT_URL_TOO_LONG ? URL_MAX_TEXT : NULL,
	    "%s", pointer);
	return true;
}

int
url_join(struct span origin, struct span path, struct buf *out,
    struct url *parts, struct faults *faults)
{
	struct buf text = BUF_INIT((size_t)4 * URL_MAX);
	struct buf target = BUF_INIT((size_t)4 * URL_MAX);
	struct url u = { 0 }, seen;
	enum fault_code code;
	bool bad;
	int err;

	err = take_origin(origin, &u, &code);
	if (err)
		goto out;
	bad = add_fault(faults, code, "/origin");
	bad |= add_fault(faults, take_path(path, &target), "/path");
	err = ERR_INVALID;
	if (bad)
		goto out;
	add_origin(&u, &text);
	buf_span(&text, buf_as_span(&target));
	err = buf_err(&text) ? buf_err(&text) : buf_err(&target);
	if (err)
		goto out;
	if (text.len > URL_MAX) {
		add_fault(faults, FAULT_URL_TOO_LONG, "/path");
		err = ERR_INVALID;
		goto out;
	}
	err = read_url(text.p, text.p + text.len - target.len, &seen);
	if (err == ERR_SYNTAX || (!err && !same(&u, &seen))) {
		add_fault(faults, FAULT_URL_SYNTAX, "/origin");
		err = ERR_INVALID;
	}
	if (err)
		goto out;
	*parts = u;
	buf_span(out, buf_as_span(&text));
	err = buf_err(out);
out:
	buf_free(&target);
	buf_free(&text);
	return faults->err ? (int)faults->err : err;
}
