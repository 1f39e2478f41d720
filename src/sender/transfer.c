/*
 * Requests with libcurl: attempt.c starts transfers; each is on the wire
 * (wire.c) until its callback or transfer_cancel, then on the free list with
 * its easy handle, because setting up forty options costs more than a
 * request.
 *
 * The receiver is not trusted: receipt.c counts what it sends and cuts it off.
 */
#include "sender/transfer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/buf.h"
#include "hook/request.h"
#include "hook/target.h"
#include "sender/address.h"
#include "sender/receipt.h"
#include "sender/wire.h"

enum {
	FREE_MAX = 256,			/* idle easy handles */
	IDLE_S = 60,			/* an idle connection's life */
};

struct transfer {
	struct transfers *home;
	CURL *easy;
	transfer_fn *fn;
	void *cookie;
	const struct sockaddr *address;
	int port;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	struct receipt receipt;
	const char *denied;	/* why the address may not be called */
	bool unsent;		/* it was too late to send it */
	char error[CURL_ERROR_SIZE];
	LIST_ENTRY(transfer) link;
};

struct transfers {
	struct transfer_options o;
	struct wire *wire;
	LIST_HEAD(, transfer) running;
	LIST_HEAD(, transfer) idle;
	int idle_n;
};

enum outcome_error
transfer_error_of(int code)
{
	switch (code) {
	case CURLE_OK:
		return OUTCOME_NO_ERROR;
	case CURLE_COULDNT_RESOLVE_HOST:
		return OUTCOME_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_INTERFACE_FAILED:
		return OUTCOME_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return OUTCOME_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ENGINE_INITFAILED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_SHUTDOWN_FAILED:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return OUTCOME_TLS;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return OUTCOME_RESET;
	case CURLE_URL_MALFORMAT:
		return OUTCOME_RENDER;
	}
	return OUTCOME_PROTOCOL;
}

static size_t
on_header(char *p, size_t size, size_t n, void *cookie)
{
	return receipt_header(cookie, (struct span){ p, size * n }) == 0 ?
	    size * n : 0;
}

static size_t
on_body(char *p, size_t size, size_t n, void *cookie)
{
	return receipt_body(cookie, (struct span){ p, size * n }) == 0 ?
	    size * n : 0;
}

/* Every new connection passes here: the third of the layers against SSRF. */
static curl_socket_t
on_open(void *cookie, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *x = cookie;

	(void)purpose;
	x->denied = target_denied(x->home->o.policy, &a->addr, x->port);
	if (x->denied == NULL && !address_same(&a->addr, x->address))
		x->denied = "not the address that was checked";
	if (x->denied != NULL)
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Before each request, on connections that are used again too. */
static int
on_request(void *cookie, char *ip, char *local_ip, int port, int local_port)
{
	struct transfer *x = cookie;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = { .any = { .sa_family = AF_UNSPEC } };

	(void)local_ip;
	(void)local_port;
	if (inet_pton(AF_INET, ip, &a.in.sin_addr) == 1)
		a.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, ip, &a.in6.sin6_addr) == 1)
		a.any.sa_family = AF_INET6;
	x->denied = a.any.sa_family == AF_UNSPEC ? "not an address" :
	    target_denied(x->home->o.policy, &a.any, port);
	x->unsent = x->home->o.may_send != NULL &&
	    !x->home->o.may_send(x->home->o.cookie);
	return x->denied != NULL || x->unsent ? CURL_PREREQFUNC_ABORT :
	    CURL_PREREQFUNC_OK;
}

#define SET(option, value) \
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(e, option, value))

static CURLcode
set_limits(CURL *e, const struct transfer_options *o)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_MAXREDIRS, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file[0] != '\0')
		SET(CURLOPT_CAINFO, o->ca_file);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout);
	SET(CURLOPT_TIMEOUT_MS, (long)o->timeout);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (long)(o->timeout / 1000 + 1));
	SET(CURLOPT_BUFFERSIZE, 16384L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_MAXAGE_CONN, (long)IDLE_S);
	SET(CURLOPT_TCP_NODELAY, 1L);
	return rc;
}

static CURLcode
set_callbacks(CURL *e, struct transfer *x)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PRIVATE, x);
	SET(CURLOPT_ERRORBUFFER, x->error);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, &x->receipt);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, &x->receipt);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, x);
	SET(CURLOPT_PREREQFUNCTION, on_request);
	SET(CURLOPT_PREREQDATA, x);
	return rc;
}

/* All that differs between requests: nothing of the last one stays. */
static CURLcode
set_request(struct transfer *x, const struct request *r)
{
	CURLcode rc = CURLE_OK;
	CURL *e = x->easy;

	SET(CURLOPT_URL, buf_cstr(&r->url));
	if (r->has_body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
		SET(CURLOPT_POSTFIELDS, buf_cstr(&r->body));
	} else {
		SET(CURLOPT_POSTFIELDS, NULL);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)-1);
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_CUSTOMREQUEST, r->method);
	SET(CURLOPT_HTTPHEADER, x->headers);
	SET(CURLOPT_CONNECT_TO, x->connect_to);
	return rc;
}

static int
append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return ERR_NOMEM;
	*list = longer;
	return 0;
}

/* curl takes "Name:" as "leave it out"; with ";" it sends an empty one. */
static int
append_header(struct curl_slist **list, const char *line)
{
	const char *colon = strchr(line, ':');
	struct buf b = BUF_INIT(1024);
	int rc;

	if (colon == NULL || colon[1 + strspn(colon + 1, " \t")] != '\0')
		return append(list, line);
	buf_add(&b, line, (size_t)(colon - line));
	buf_chr(&b, ';');
	rc = buf_err(&b) != 0 ? (int)buf_err(&b) : append(list, buf_cstr(&b));
	buf_free(&b);
	return rc;
}

static bool
is_header(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

/* The request's own headers and no others of curl's but Host and length. */
static int
make_headers(struct transfer *x, const struct request *r)
{
	bool accept = false, type = false;
	size_t i;
	int rc = append(&x->headers, "Expect:");

	for (i = 0; i < r->headers_n && rc == 0; i++) {
		accept |= is_header(r->headers[i], "Accept");
		type |= is_header(r->headers[i], "Content-Type");
		rc = append_header(&x->headers, r->headers[i]);
	}
	if (rc == 0 && !accept)
		rc = append(&x->headers, "Accept:");
	if (rc == 0 && !type)
		rc = append(&x->headers, "Content-Type:");
	return rc;
}

/* Whatever the URL's host is: connect to the address that was checked. */
static int
make_connect_to(struct transfer *x)
{
	char ip[TRANSFER_ADDRESS], text[TRANSFER_ADDRESS + 16];

	if (address_text(x->address, ip, sizeof(ip)) != 0)
		return ERR_INVALID;
	snprintf(text, sizeof(text), "::%s:%d", ip, x->port);
	return append(&x->connect_to, text);
}

static void
transfer_destroy(struct transfer *x)
{
	curl_easy_cleanup(x->easy);
	receipt_free(&x->receipt);
	free(x);
}

static struct transfer *
transfer_new_one(struct transfers *t)
{
	struct transfer *x = LIST_FIRST(&t->idle);

	if (x != NULL) {
		LIST_REMOVE(x, link);
		t->idle_n--;
		return x;
	}
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->home = t;
	receipt_init(&x->receipt, (size_t)t->o.response_max);
	x->easy = curl_easy_init();
	if (x->easy == NULL || set_limits(x->easy, &t->o) != CURLE_OK ||
	    set_callbacks(x->easy, x) != CURLE_OK) {
		transfer_destroy(x);
		return NULL;
	}
	return x;
}

/* x is not in the multi handle. */
static void
recycle(struct transfer *x)
{
	struct transfers *t = x->home;

	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, NULL);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, NULL);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->connect_to);
	x->headers = x->connect_to = NULL;
	x->fn = NULL;
	x->address = NULL;
	if (t->idle_n >= FREE_MAX) {
		transfer_destroy(x);
		return;
	}
	receipt_reset(&x->receipt);
	x->denied = NULL;
	x->unsent = false;
	x->error[0] = '\0';
	LIST_INSERT_HEAD(&t->idle, x, link);
	t->idle_n++;
}

struct transfer *
transfer_start(struct transfers *t, const struct request *r,
    const struct sockaddr *address, int port, transfer_fn *fn, void *cookie)
{
	struct transfer *x = transfer_new_one(t);

	if (x == NULL)
		return NULL;
	x->fn = fn;
	x->cookie = cookie;
	x->address = address;
	x->port = port;
	if (make_headers(x, r) != 0 || make_connect_to(x) != 0 ||
	    set_request(x, r) != CURLE_OK ||
	    wire_add(t->wire, x->easy) != 0) {
		recycle(x);
		return NULL;
	}
	LIST_INSERT_HEAD(&t->running, x, link);
	return x;
}

void
transfer_cancel(struct transfer *x)
{
	if (x == NULL)
		return;
	wire_remove(x->home->wire, x->easy);
	LIST_REMOVE(x, link);
	recycle(x);
}

static int32_t
timing(const struct transfer *x, CURLINFO what)
{
	curl_off_t us = 0;

	if (curl_easy_getinfo(x->easy, what, &us) != CURLE_OK || us <= 0)
		return -1;
	return us > INT32_MAX ? INT32_MAX : (int32_t)us;
}

static void
describe(struct transfer *x, CURLcode code, struct transfer_answer *a)
{
	const char *text = x->error[0] != '\0' ? x->error :
	    curl_easy_strerror(code);
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	a->status = status >= 200 && status < 1000 ? (int)status : 0;
	if (x->denied != NULL) {
		a->error = OUTCOME_BLOCKED_ADDRESS;
		text = x->denied;
	} else if (x->receipt.flooded) {
		a->error = OUTCOME_PROTOCOL;
		text = "too many headers";
	} else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && x->receipt.cut)) {
		a->error = outcome_of_status(a->status);
		text = a->error == OUTCOME_REDIRECT ? x->receipt.location : "";
	} else if (code == CURLE_RECV_ERROR &&
	    strstr(x->error, "chunked") != NULL) {
		a->error = OUTCOME_PROTOCOL;
	} else {
		a->error = transfer_error_of((int)code);
	}
	receipt_sanitise(a->detail, sizeof(a->detail), span_of(text));
}

static void
complete(struct transfer *x, CURLcode code)
{
	struct transfer_answer a = {
		.unsent = x->unsent, .error = OUTCOME_NO_ERROR,
	};
	char ip[TRANSFER_ADDRESS];
	transfer_fn *fn = x->fn;

	describe(x, code, &a);
	if (address_text(x->address, ip, sizeof(ip) - 8) == 0)
		snprintf(a.address, sizeof(a.address), "%.54s:%d", ip,
		    x->port);
	a.connect_us = timing(x, CURLINFO_CONNECT_TIME_T);
	a.tls_us = timing(x, CURLINFO_APPCONNECT_TIME_T);
	a.first_byte_us = a.status > 0 ?
	    timing(x, CURLINFO_STARTTRANSFER_TIME_T) : -1;
	a.total_us = timing(x, CURLINFO_TOTAL_TIME_T);
	a.retry_after = receipt_retry_after(&x->receipt);
	a.response = buf_as_span(&x->receipt.kept);
	fn(x->cookie, &a);
	recycle(x);
}

static void
on_done(void *easy, int code)
{
	struct transfer *x;

	curl_easy_getinfo((CURL *)easy, CURLINFO_PRIVATE, &x);
	LIST_REMOVE(x, link);
	complete(x, (CURLcode)code);
}

struct transfers *
transfer_new(const struct transfer_options *options, const char **why)
{
	struct transfers *t = calloc(1, sizeof(*t));
	struct wire_options wire = {
		.loop = options->loop, .connections = options->connections,
		.host_connections = options->host_connections,
		.done = on_done,
	};

	*why = "out of memory";
	if (t == NULL)
		return NULL;
	t->o = *options;
	LIST_INIT(&t->running);
	LIST_INIT(&t->idle);
	t->wire = wire_new(&wire, why);
	if (t->wire == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
transfer_free(struct transfers *t)
{
	struct transfer *x;

	if (t == NULL)
		return;
	while ((x = LIST_FIRST(&t->running)) != NULL)
		transfer_cancel(x);
	while ((x = LIST_FIRST(&t->idle)) != NULL) {
		LIST_REMOVE(x, link);
		transfer_destroy(x);
	}
	wire_free(t->wire);
	free(t);
}
