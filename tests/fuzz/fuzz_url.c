/*
 * Address and path, a line each.  What is accepted is one URL that libcurl
 * takes apart into the same pieces, that holds nothing which could leave the
 * request line, and whose host no resolver would take for another address.
 */
#include "config.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#include "core/buf.h"
#include "hook/fault.h"
#include "hook/hostname.h"
#include "hook/url.h"
#include "fuzz.h"

static int ready;

static void
check_curl(const char *url, const struct url *parts)
{
	char *host = NULL, *port = NULL, *scheme = NULL, *user = NULL;
	char wanted[300], number[8];
	CURLU *h = curl_url();

	FUZZ_CHECK(h != NULL);
	FUZZ_CHECK(curl_url_set(h, CURLUPART_URL, url,
	    CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) == CURLUE_OK);
	FUZZ_CHECK(curl_url_get(h, CURLUPART_HOST, &host, 0) == CURLUE_OK);
	FUZZ_CHECK(curl_url_get(h, CURLUPART_PORT, &port,
	    CURLU_DEFAULT_PORT) == CURLUE_OK);
	FUZZ_CHECK(curl_url_get(h, CURLUPART_SCHEME, &scheme, 0) ==
	    CURLUE_OK);
	FUZZ_CHECK(curl_url_get(h, CURLUPART_USER, &user, 0) != CURLUE_OK);
	snprintf(wanted, sizeof(wanted), parts->ipv6 ? "[%s]" : "%s",
	    parts->host);
	snprintf(number, sizeof(number), "%d", parts->port);
	FUZZ_CHECK(strcmp(host, wanted) == 0);
	FUZZ_CHECK(strcmp(port, number) == 0);
	FUZZ_CHECK(strcmp(scheme, parts->https ? "https" : "http") == 0);
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_url_cleanup(h);
}

static void
check_host(const struct url *parts)
{
	struct in6_addr a6;
	struct in_addr a4;

	if (parts->ipv6) {
		FUZZ_CHECK(parts->literal);
		FUZZ_CHECK(inet_pton(AF_INET6, parts->host, &a6) == 1);
	} else if (parts->literal) {
		FUZZ_CHECK(inet_pton(AF_INET, parts->host, &a4) == 1);
		FUZZ_CHECK(hostname_is_ipv4(parts->host));
	} else {
		/* Nothing that getaddrinfo would read as a number. */
		FUZZ_CHECK(inet_aton(parts->host, &a4) == 0);
		FUZZ_CHECK(!hostname_ends_in_number(parts->host));
		FUZZ_CHECK(hostname_is_name(parts->host));
	}
}

static void
check_joined(const struct buf *out, const struct url *parts)
{
	struct url again;
	size_t i;

	FUZZ_CHECK(out->len > 0 && out->len <= URL_MAX);
	for (i = 0; i < out->len; i++)
		FUZZ_CHECK(out->p[i] > ' ' && out->p[i] < 0x7f &&
		    out->p[i] != '#' && out->p[i] != '"' &&
		    out->p[i] != '<' && out->p[i] != '>');
	FUZZ_CHECK(url_split(out->p, &again) == 0);
	FUZZ_CHECK(strcmp(again.host, parts->host) == 0);
	FUZZ_CHECK(again.port == parts->port && again.https == parts->https);
	FUZZ_CHECK(again.ipv6 == parts->ipv6 &&
	    again.literal == parts->literal);
	check_host(parts);
	check_curl(out->p, parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = fuzz_span(data, size), origin, all = rest;
	struct buf out = BUF_INIT(1 << 16), enc = BUF_INIT(1 << 20);
	struct faults faults = { 0 };
	struct url parts;
	size_t i;
	int err;

	if (!ready) {
		FUZZ_CHECK(url_init() == 0);
		ready = 1;
	}
	origin = fuzz_take(&rest, '\n');
	err = url_join(origin, rest, &out, &parts, &faults);
	FUZZ_CHECK(err == 0 || err == ERR_INVALID);
	FUZZ_CHECK((err != 0) == (faults.n > 0));
	if (err == 0)
		check_joined(&out, &parts);
	url_encode(all, size & 1, &enc);
	for (i = 0; i < enc.len; i++)
		FUZZ_CHECK(strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%+", enc.p[i]));
	fault_free(&faults);
	buf_free(&out);
	buf_free(&enc);
	return 0;
}
