/*
 * libcurl's multi handle on the loop: its connections, its sockets, its timer,
 * and the end of each easy handle.  transfer.c makes the easy handles; the two
 * are the only files of the sender that know curl.
 */
#include "sender/wire.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/loop.h"

struct wire {
	struct wire_options o;
	CURLM *multi;
	bool global;
	struct loop_timer *timer;
};

static void
collect(struct wire *t)
{
	CURLMsg *m;
	CURLcode code;
	CURL *easy;
	int left;

	while ((m = curl_multi_info_read(t->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		code = m->data.result;
		easy = m->easy_handle;
		curl_multi_remove_handle(t->multi, easy);	/* m dies */
		t->o.done(easy, (int)code);
	}
}

/*
 * An error is a failed allocation as a rule.  libcurl (7.88, singlesocket) then
 * leaves its round, so that nobody's timer is set, and a socket's table
 * without slots, by whose number trhash divides when it is next used.
 */
static void
act(struct wire *t, curl_socket_t fd, int bits)
{
	int running;		/* not set on errors */
	CURLMcode rc = curl_multi_socket_action(t->multi, fd, bits, &running);

	collect(t);
	if (rc == CURLM_OK)
		return;
	log_warn("sender.transfers_broken_off",
	    LS("error", curl_multi_strerror(rc)));
	t->o.broken(t->o.cookie);
}

static void
on_timer(void *cookie)
{
	act(cookie, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_curl_timer(CURLM *multi, long ms, void *cookie)
{
	struct wire *t = cookie;

	(void)multi;
	if (ms < 0)
		loop_timer_disarm(t->timer);
	else
		loop_timer_arm(t->timer, (int64_t)ms * 1000);
	return 0;
}

/* The socket's number travels beside its registration. */
struct watch {
	struct wire *home;
	curl_socket_t fd;
	struct loop_fd *handle;
};

static void
on_socket(void *cookie, unsigned events)
{
	struct watch *w = cookie;
	int bits = 0;

	if (events & LOOP_READ)
		bits |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	if (events & LOOP_ERROR)
		bits |= CURL_CSELECT_ERR;
	act(w->home, w->fd, bits);	/* w may be gone */
}

static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *cookie,
    void *assigned)
{
	struct wire *t = cookie;
	struct watch *w = assigned;
	unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0u) |
	    (what & CURL_POLL_OUT ? LOOP_WRITE : 0u);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			curl_multi_assign(t->multi, fd, NULL);
			loop_fd_remove(w->handle);
			free(w);
		}
		return 0;
	}
	if (w != NULL)
		return loop_fd_set(w->handle, events) == 0 ? 0 : -1;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -1;
	w->home = t;
	w->fd = fd;
	w->handle = loop_fd_add(t->o.loop, fd, events, on_socket, w);
	if (w->handle == NULL) {
		free(w);
		return -1;
	}
	curl_multi_assign(t->multi, fd, w);
	return 0;
}

static CURLM *
multi_new(struct wire *t)
{
	CURLM *m = curl_multi_init();

	if (m == NULL)
		return NULL;
	curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(m, CURLMOPT_SOCKETDATA, t);
	curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(m, CURLMOPT_TIMERDATA, t);
	curl_multi_setopt(m, CURLMOPT_PIPELINING,
	    (long)(t->o.http2 ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING));
	curl_multi_setopt(m, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)t->o.connections);
	curl_multi_setopt(m, CURLMOPT_MAX_HOST_CONNECTIONS,
	    (long)t->o.host_connections);
	curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)t->o.connections);
	return m;
}

struct wire *
wire_new(const struct wire_options *options, const char **why)
{
	struct wire *t = calloc(1, sizeof(*t));

	*why = "out of memory";
	if (t == NULL)
		return NULL;
	t->o = *options;
	t->timer = loop_timer_new(options->loop, on_timer, t);
	if (t->timer == NULL)
		goto err;
	*why = "libcurl cannot be started";
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		goto err;
	t->global = true;
	t->multi = multi_new(t);
	if (t->multi == NULL)
		goto err;
	*why = NULL;
	return t;

err:
	wire_free(t);
	return NULL;
}

/* Without memory for another one the old one has to do. */
void
wire_renew(struct wire *t)
{
	CURLM *old = t->multi, *m = multi_new(t);

	if (m == NULL)
		return;
	curl_multi_cleanup(old);
	t->multi = m;
}

void
wire_free(struct wire *t)
{
	if (t == NULL)
		return;
	if (t->multi != NULL)
		curl_multi_cleanup(t->multi);
	loop_timer_free(t->timer);
	if (t->global)
		curl_global_cleanup();
	free(t);
}

#define SET(option, value) \
	(rc = rc != CURLE_OK ? rc : curl_easy_setopt(e, option, value))

/* With "" and "*" the environment's proxy is not looked for either. */
static CURLcode
set_route(CURL *e, const struct wire_options *o)
{
	bool proxied = o->proxy[0] != '\0';
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROXY, o->proxy);
	SET(CURLOPT_NOPROXY, proxied ? "" : "*");
	SET(CURLOPT_HTTPPROXYTUNNEL, proxied ? 1L : 0L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_MAXAGE_CONN, (long)(o->idle_age / 1000));
	SET(CURLOPT_HTTP_VERSION, (long)(o->http2 ?
	    CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	return rc;
}

static CURLcode
set_limits(CURL *e, const struct wire_options *o)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_MAXREDIRS, 0L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PATH_AS_IS, 1L);
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
	SET(CURLOPT_TCP_NODELAY, 1L);
	return rc;
}

int
wire_setup(const struct wire *t, void *easy)
{
	return set_limits(easy, &t->o) == CURLE_OK &&
	    set_route(easy, &t->o) == CURLE_OK ? 0 : ERR_NOMEM;
}

enum outcome_error
wire_error_of(int code)
{
	switch (code) {
	case CURLE_OK:
		return OUTCOME_NO_ERROR;
	case CURLE_COULDNT_RESOLVE_HOST:
		return OUTCOME_DNS;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
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

int
wire_add(struct wire *t, void *easy)
{
	return curl_multi_add_handle(t->multi, easy) == CURLM_OK ? 0 :
	    ERR_NOMEM;
}

void
wire_remove(struct wire *t, void *easy)
{
	curl_multi_remove_handle(t->multi, easy);
}

bool
wire_is_turned_away(void *easy)
{
	long status = 0;

	curl_easy_getinfo((CURL *)easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status != 0 && (status < 200 || status > 299);
}
