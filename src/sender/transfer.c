/*
 * Requests with libcurl: attempt.c starts transfers; each is on the wire
 * (wire.c) until its callback or transfer_cancel, then on the free list with
 * its easy handle, because setting up forty options costs more than a
 * request.
 *
 * The receiver is not trusted: receipt.c counts what it sends and cuts it off.
 */
#include "sender/transfer.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "hook/request.h"
#include "hook/target.h"
#include "sender/address.h"
#include "sender/lines.h"
#include "sender/receipt.h"
#include "sender/wire.h"

enum {
	FREE_MAX = 256,			/* idle easy handles */
};

struct transfer {
	struct transfers *home;
	CURL *easy;
	transfer_fn *fn;
	void *cookie;
	const struct sockaddr *address;
	int port;
	struct lines lines;
	struct curl_slist *links;	/* one array, for the lines; keeps no copies */
	size_t links_max;
	struct curl_slist connect_to;	/* where */
	char where[TRANSFER_ADDRESS + 16];
	struct receipt receipt;
	const char *denied;	/* why the address may not be called */
	bool unsent;		/* it was too late to send it */
	bool begun;		/* it has, or will have, a connection */
	int64_t since;		/* mono us; given to curl */
	int64_t timeout;	/* ms */
	char error[CURL_ERROR_SIZE];
	LIST_ENTRY(transfer) link;
};

struct transfers {
	struct transfer_options o;
	struct sockaddr_storage proxy;	/* AF_UNSPEC: known by name */
	int proxy_port;			/* 0: none */
	struct wire *wire;
	LIST_HEAD(, transfer) running;
	LIST_HEAD(, transfer) broken;	/* broken off, and not told yet */
	LIST_HEAD(, transfer) idle;
	int idle_n;
};

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

/*
 * Why not?  What is called has to be allowed whichever way it is reached.
 * The peer is the same; or the proxy, which alone may be where the policy
 * allows nothing.  A proxy known by name is curl's to look up, which then
 * connects to nothing else: its port is what is left to compare.
 */
static const char *
denied(const struct transfer *x, const struct sockaddr *peer, bool is_new)
{
	const struct transfers *t = x->home;
	const struct sockaddr *proxy = (const struct sockaddr *)&t->proxy;
	const char *why;

	if (t->proxy_port == 0) {
		why = target_denied(t->o.policy, peer, x->port);
		return why == NULL && is_new && !address_same(peer, x->address) ?
		    "not the address that was checked" : why;
	}
	if (address_port(peer) != t->proxy_port ||
	    (proxy->sa_family != AF_UNSPEC && !address_same(peer, proxy)))
		return "not the proxy";
	return target_denied(t->o.policy, x->address, x->port);
}

/* What it waited for its turn at a host is not the receiver's time. */
static void
begin(struct transfer *x)
{
	int64_t waited = (clock_mono_us() - x->since) / 1000;

	if (!x->begun && waited >= 10)
		curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS,
		    (long)(x->timeout + waited));
	x->begun = true;
}

/* Every new connection passes here: the third of the layers against SSRF. */
static curl_socket_t
on_open(void *cookie, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *x = cookie;

	(void)purpose;
	begin(x);
	x->denied = denied(x, &a->addr, true);
	if (x->denied != NULL)
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Before each request, on connections that are used again too. */
static int
on_request(void *cookie, char *ip, char *local_ip, int port, int local_port)
{
	struct transfer *x = cookie;
	struct sockaddr_storage peer;

	(void)local_ip;
	(void)local_port;
	begin(x);
	x->denied = address_parse(ip, port, &peer) != 0 ? "not an address" :
	    denied(x, (const struct sockaddr *)&peer, false);
	x->unsent = x->home->o.may_send != NULL &&
	    !x->home->o.may_send(x->home->o.cookie);
	return x->denied != NULL || x->unsent ? CURL_PREREQFUNC_ABORT :
	    CURL_PREREQFUNC_OK;
}

#define SET(option, value) \
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(e, option, value))

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

	SET(CURLOPT_TIMEOUT_MS, (long)x->timeout);
	SET(CURLOPT_LOW_SPEED_TIME, (long)(x->timeout / 1000 + 1));
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
	SET(CURLOPT_HTTPHEADER, x->links);
	SET(CURLOPT_CONNECT_TO, &x->connect_to);
	/* With TLS it is soon known whether one connection will do for all. */
	SET(CURLOPT_PIPEWAIT, (long)(x->home->o.http2 &&
	    strncmp(buf_cstr(&r->url), "https:", 6) == 0));
	return rc;
}

/* The header lines as a list of curl's, which keeps no copy of it. */
static int
make_links(struct transfer *x, const struct request *r)
{
	struct curl_slist *more;
	size_t i;

	if (lines_make(&x->lines, r) != 0)
		return ERR_NOMEM;
	if (x->lines.n > x->links_max) {
		more = reallocarray(x->links, x->lines.n, sizeof(*more));
		if (more == NULL)
			return ERR_NOMEM;
		x->links = more;
		x->links_max = x->lines.n;
	}
	for (i = 0; i < x->lines.n; i++) {
		x->links[i].data = x->lines.v[i].text;
		x->links[i].next = i + 1 < x->lines.n ? &x->links[i + 1] : NULL;
	}
	return 0;
}

/* Whatever the URL's host is: connect to the address that was checked. */
static int
make_connect_to(struct transfer *x)
{
	char ip[TRANSFER_ADDRESS];

	if (address_text(x->address, ip, sizeof(ip)) != 0)
		return ERR_INVALID;
	snprintf(x->where, sizeof(x->where), "::%s:%d", ip, x->port);
	x->connect_to.data = x->where;
	return 0;
}

static void
transfer_destroy(struct transfer *x)
{
	curl_easy_cleanup(x->easy);
	receipt_free(&x->receipt);
	lines_free(&x->lines);
	free(x->links);
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
	if (x->easy == NULL || wire_setup(t->wire, x->easy) != 0 ||
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
	lines_reset(&x->lines);
	x->fn = NULL;
	x->address = NULL;
	if (t->idle_n >= FREE_MAX) {
		transfer_destroy(x);
		return;
	}
	receipt_reset(&x->receipt);
	x->denied = NULL;
	x->unsent = x->begun = false;
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
	x->since = clock_mono_us();
	x->timeout = r->timeout > 0 ? r->timeout : t->o.timeout;
	if (make_links(x, r) != 0 || make_connect_to(x) != 0 ||
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
	bool answered = code == CURLE_OK ||
	    (code == CURLE_WRITE_ERROR && x->receipt.cut);
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	a->status = status >= 200 && status < 1000 ? (int)status : 0;
	if (x->denied != NULL) {
		a->error = OUTCOME_BLOCKED_ADDRESS;
		text = x->denied;
	} else if (wire_is_turned_away(x->easy)) {
		a->error = OUTCOME_CONNECT;
		a->status = 0;
	} else if (x->receipt.flooded) {
		a->error = OUTCOME_PROTOCOL;
		text = "too many headers";
	} else if (answered && a->status == 0) {
		a->error = OUTCOME_PROTOCOL;
		text = "an answer without a final status";
	} else if (answered) {
		a->error = outcome_of_status(a->status);
		text = a->error == OUTCOME_REDIRECT ? x->receipt.location : "";
	} else if (code == CURLE_RECV_ERROR &&
	    strstr(x->error, "chunked") != NULL) {
		a->error = OUTCOME_PROTOCOL;
	} else {
		a->error = wire_error_of((int)code);
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
	const struct transfers *t = x->home;
	transfer_fn *fn = x->fn;

	/* Its turn never came; but a proxy's name may be what is missing. */
	a.unsent |= code == CURLE_OPERATION_TIMEDOUT && !x->begun &&
	    (t->proxy_port == 0 || t->proxy.ss_family != AF_UNSPEC);
	/* Later it may be the receiver who made it too much. */
	a.unsent |= code == CURLE_OUT_OF_MEMORY && !x->begun;
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

/*
 * libcurl has failed as a whole, and nobody knows what became of whom: all is
 * void.  First they are out of it, then they are told.
 */
static void
on_broken(void *cookie)
{
	struct transfers *t = cookie;
	struct transfer *x;

	while ((x = LIST_FIRST(&t->running)) != NULL) {
		wire_remove(t->wire, x->easy);
		LIST_REMOVE(x, link);
		LIST_INSERT_HEAD(&t->broken, x, link);
	}
	wire_renew(t->wire);
	while ((x = LIST_FIRST(&t->broken)) != NULL) {
		LIST_REMOVE(x, link);
		x->unsent = true;
		complete(x, CURLE_ABORTED_BY_CALLBACK);
	}
}

struct transfers *
transfer_new(const struct transfer_options *options, const char **why)
{
	struct transfers *t = calloc(1, sizeof(*t));
	struct wire_options wire = {
		.loop = options->loop, .connections = options->connections,
		.host_connections = options->host_connections,
		.http2 = options->http2, .proxy = options->proxy,
		.ca_file = options->ca_file, .idle_age = options->idle_age,
		.connect_timeout = options->connect_timeout,
		.timeout = options->timeout, .done = on_done,
		.broken = on_broken, .cookie = t,
	};

	*why = "out of memory";
	if (t == NULL)
		return NULL;
	t->o = *options;
	LIST_INIT(&t->running);
	LIST_INIT(&t->broken);
	LIST_INIT(&t->idle);
	*why = "[sender] ca_file cannot be read";
	if (options->ca_file[0] != '\0' &&
	    access(options->ca_file, R_OK) != 0) {
		free(t);
		return NULL;
	}
	*why = "the proxy's address cannot be read";
	if (options->proxy[0] == '\0' || address_of_proxy(options->proxy,
	    &t->proxy, &t->proxy_port) == 0)
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
	struct transfer *x, *next;

	if (t == NULL)
		return;
	for (x = LIST_FIRST(&t->running); x != NULL; x = next) {
		next = LIST_NEXT(x, link);
		transfer_cancel(x);
	}
	while ((x = LIST_FIRST(&t->idle)) != NULL) {
		LIST_REMOVE(x, link);
		transfer_destroy(x);
	}
	wire_free(t->wire);
	free(t);
}
