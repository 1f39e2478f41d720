/*
 * c-ares on the loop, with a cache: used by attempt.c in callhook-sender.
 *
 * A name is asking (query under way, waiters attached) or known (until
 * expires).  When the deadline comes first, the waiters are told and the name
 * is known to fail, while c-ares goes on: a late answer still fills the
 * cache.  A name is freed only when c-ares is through with it.
 */
#include "sender/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/time.h>

#include "core/buf.h"
#include "core/loop.h"

enum {
	NAMES_MAX = 4096,
	NAME_MAX_LEN = 256,
	BUCKETS = 1024,
	SOCKETS = 64,
	TTL_MIN = 1, TTL_MAX = 60, TTL_FAILED = 5,	/* seconds */
	DEADLINE_MS = 3000,
	TRY_MS = 1000,		/* first try of one server */
	TRIES = 3,
};

struct resolve_wait {
	struct name *name;
	resolve_fn *fn;
	void *cookie;
	TAILQ_ENTRY(resolve_wait) link;
};
TAILQ_HEAD(wait_queue, resolve_wait);

struct name {
	struct resolve *home;
	char host[NAME_MAX_LEN];
	bool asking;		/* c-ares has it */
	bool known;		/* answer is valid until expires */
	int64_t expires;	/* mono us */
	struct resolve_answer answer;
	struct wait_queue waiters;
	struct loop_timer *timer;	/* the deadline, or 0: tell now */
	LIST_ENTRY(name) by_name;
	TAILQ_ENTRY(name) by_age;
};

struct watched {
	int fd;			/* -1: free */
	struct resolve *home;
	struct loop_fd *handle;
};

struct resolve {
	struct loop *loop;
	ares_channel channel;
	bool started;		/* the channel is made */
	bool library;
	bool closing;
	struct loop_timer *timer;	/* c-ares' own */
	struct watched sockets[SOCKETS];
	LIST_HEAD(, name) names[BUCKETS];
	TAILQ_HEAD(, name) by_age;
	size_t n;
	int64_t deadline;	/* us */
	int64_t queries;
	struct resolve_answer literal;
};

static void
rearm(struct resolve *r)
{
	struct timeval tv;

	if (ares_timeout(r->channel, NULL, &tv) == NULL)
		loop_timer_disarm(r->timer);
	else
		loop_timer_arm(r->timer,
		    (int64_t)tv.tv_sec * 1000000 + tv.tv_usec);
}

static void
on_timer(void *cookie)
{
	struct resolve *r = cookie;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	rearm(r);
}

static void
on_socket(void *cookie, unsigned events)
{
	struct watched *w = cookie;
	struct resolve *r = w->home;
	int fd = w->fd;

	ares_process_fd(r->channel,
	    events & (LOOP_READ | LOOP_ERROR) ? fd : ARES_SOCKET_BAD,
	    events & (LOOP_WRITE | LOOP_ERROR) ? fd : ARES_SOCKET_BAD);
	rearm(r);
}

/* c-ares opens, wants and closes sockets; one without a place times out. */
static void
on_state(void *cookie, ares_socket_t fd, int readable, int writable)
{
	struct resolve *r = cookie;
	struct watched *w = NULL, *vacant = NULL;
	unsigned events = (readable ? LOOP_READ : 0u) |
	    (writable ? LOOP_WRITE : 0u);
	int i;

	for (i = 0; i < SOCKETS; i++) {
		if (r->sockets[i].fd == fd)
			w = &r->sockets[i];
		else if (r->sockets[i].fd < 0 && vacant == NULL)
			vacant = &r->sockets[i];
	}
	if (events == 0) {
		if (w != NULL) {
			loop_fd_remove(w->handle);
			w->handle = NULL;
			w->fd = -1;
		}
	} else if (w != NULL) {
		if (loop_fd_set(w->handle, events) != 0) {
			loop_fd_remove(w->handle);
			w->handle = NULL;
			w->fd = -1;
		}
	} else if (vacant != NULL) {
		vacant->handle = loop_fd_add(r->loop, fd, events, on_socket,
		    vacant);
		if (vacant->handle != NULL)
			vacant->fd = fd;
	}
}

/* settings.sender_dns, as ares_set_servers_ports_csv wants it. */
static int
set_servers(struct resolve *r, const struct resolve_options *o)
{
	struct buf csv = BUF_INIT(16 * 1024);
	size_t i;
	int rc = ERR_NOMEM;

	for (i = 0; i < o->servers_n; i++) {
		if (i > 0)
			buf_chr(&csv, ',');
		buf_str(&csv, o->servers[i]);
	}
	if (buf_err(&csv) == 0)
		rc = ares_set_servers_ports_csv(r->channel, buf_cstr(&csv)) ==
		    ARES_SUCCESS ? 0 : ERR_SYNTAX;
	buf_free(&csv);
	return rc;
}

struct resolve *
resolve_new(struct loop *loop, const struct resolve_options *o,
    const char **why)
{
	struct resolve *r = calloc(1, sizeof(*r));
	struct ares_options options = { 0 };
	char lookups[] = "b";	/* named servers: DNS only */
	int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_DOMAINS;
	int i;

	*why = "out of memory";
	if (r == NULL)
		return NULL;
	r->loop = loop;
	r->deadline = (o->deadline_ms > 0 ? o->deadline_ms :
	    DEADLINE_MS) * 1000;
	TAILQ_INIT(&r->by_age);
	for (i = 0; i < BUCKETS; i++)
		LIST_INIT(&r->names[i]);
	for (i = 0; i < SOCKETS; i++)
		r->sockets[i] = (struct watched){ .fd = -1, .home = r };
	r->timer = loop_timer_new(loop, on_timer, r);
	if (r->timer == NULL)
		goto err;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		goto err;
	r->library = true;
	options.sock_state_cb = on_state;
	options.sock_state_cb_data = r;
	options.timeout = TRY_MS;
	options.tries = TRIES;
	/* A name is whole: what is gone must not be found in our domain. */
	options.ndomains = 0;
	if (o->servers_n > 0) {
		options.lookups = lookups;
		mask |= ARES_OPT_LOOKUPS;
	}
	*why = "the resolver cannot be started";
	if (ares_init_options(&r->channel, &options, mask) != ARES_SUCCESS)
		goto err;
	r->started = true;
	*why = "[sender] dns: a list of name servers, addresses or "
	    "address:port, is expected";
	if (o->servers_n > 0 && set_servers(r, o) != 0)
		goto err;
	*why = NULL;
	return r;

err:
	resolve_free(r);
	return NULL;
}

static void
name_free(struct name *name)
{
	struct resolve *r = name->home;

	assert(TAILQ_EMPTY(&name->waiters) && !name->asking);
	LIST_REMOVE(name, by_name);
	TAILQ_REMOVE(&r->by_age, name, by_age);
	r->n--;
	loop_timer_free(name->timer);
	free(name);
}

void
resolve_free(struct resolve *r)
{
	struct resolve_wait *w;
	struct name *name;

	if (r == NULL)
		return;
	r->closing = true;
	if (r->started)
		ares_destroy(r->channel);	/* ends the queries */
	while ((name = TAILQ_FIRST(&r->by_age)) != NULL) {
		/* Each takes itself off the list, which is not seen. */
		while ((w = TAILQ_FIRST(&name->waiters)) != NULL)
			resolve_cancel(w); /* NOLINT(clang-analyzer-unix.Malloc) */
		name_free(name);
	}
	loop_timer_free(r->timer);
	if (r->library)
		ares_library_cleanup();
	free(r);
}

int64_t
resolve_queries(const struct resolve *r)
{
	return r->queries;
}

static void
tell(struct name *name)
{
	struct resolve_wait *w;

	while ((w = TAILQ_FIRST(&name->waiters)) != NULL) {
		resolve_fn *fn = w->fn;
		void *cookie = w->cookie;

		resolve_cancel(w);
		fn(cookie, &name->answer);
	}
}

/* The deadline, or the turn to tell what came at once. */
static void
on_deadline(void *cookie)
{
	struct name *name = cookie;

	if (!name->known) {
		name->answer.err = ERR_TIMEOUT;
		name->answer.why = "no name server answered in time";
		name->answer.n = 0;
		name->known = true;
		name->expires = loop_now(name->home->loop) +
		    TTL_FAILED * INT64_C(1000000);
	}
	tell(name);
}

static const char *
failure(int status, enum err *err)
{
	*err = ERR_NOT_FOUND;
	switch (status) {
	case ARES_ENOTFOUND:
		return "no such name";
	case ARES_ENODATA:
		return "the name has no address";
	case ARES_EBADNAME:
		return "not a name";
	case ARES_ETIMEOUT:
		*err = ERR_TIMEOUT;
		return "no name server answered in time";
	case ARES_ECONNREFUSED:
		*err = ERR_IO;
		return "no name server can be reached";
	case ARES_ENOMEM:
		*err = ERR_NOMEM;
		return "out of memory";
	}
	*err = ERR_IO;
	return "the name servers failed";
}

static int
fill(struct resolve_answer *a, const struct ares_addrinfo *info)
{
	const struct ares_addrinfo_node *node;
	int ttl = TTL_MAX;

	a->n = 0;
	for (node = info->nodes; node != NULL; node = node->ai_next) {
		if (a->n == RESOLVE_ADDRESSES ||
		    node->ai_addrlen > sizeof(a->v[0]))
			continue;
		memset(&a->v[a->n], 0, sizeof(a->v[0]));
		memcpy(&a->v[a->n++], node->ai_addr, node->ai_addrlen);
		if (node->ai_ttl < ttl)
			ttl = node->ai_ttl;
	}
	return ttl < TTL_MIN ? TTL_MIN : ttl;
}

static void
on_answer(void *cookie, int status, int timeouts, struct ares_addrinfo *info)
{
	struct name *name = cookie;
	struct resolve *r = name->home;
	struct resolve_answer *a = &name->answer;
	int ttl = TTL_FAILED;

	(void)timeouts;
	name->asking = false;
	if (r->closing || status == ARES_EDESTRUCTION)
		goto out;
	a->n = 0;
	if (status == ARES_SUCCESS) {
		a->err = 0;
		a->why = NULL;
		ttl = fill(a, info);
		if (a->n == 0)
			status = ARES_ENODATA;
	}
	if (status != ARES_SUCCESS) {
		a->why = failure(status, &a->err);
		ttl = TTL_FAILED;
	}
	name->known = true;
	name->expires = loop_now(r->loop) + ttl * INT64_C(1000000);
	/* Never from inside resolve_ask: from the loop. */
	loop_timer_arm(name->timer, 0);
out:
	ares_freeaddrinfo(info);
}

static unsigned
hash(const char *host)
{
	unsigned h = 5381;

	for (; *host != '\0'; host++)
		h = h * 33 ^ (unsigned char)*host;
	return h % BUCKETS;
}

static struct name *
lookup(struct resolve *r, const char *host)
{
	struct name *name;

	LIST_FOREACH(name, &r->names[hash(host)], by_name)
		if (strcmp(name->host, host) == 0)
			return name;
	return NULL;
}

const struct resolve_answer *
resolve_known(struct resolve *r, const char *host)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	const struct name *name;

	memset(&r->literal, 0, sizeof(r->literal));
	r->literal.n = 1;
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		memcpy(&r->literal.v[0], &in, sizeof(in));
		return &r->literal;
	}
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
		memcpy(&r->literal.v[0], &in6, sizeof(in6));
		return &r->literal;
	}
	name = lookup(r, host);
	if (name != NULL && name->known && name->expires > loop_now(r->loop))
		return &name->answer;
	return NULL;
}

/* Makes room: the oldest name that nobody uses leaves. */
static void
shrink(struct resolve *r)
{
	struct name *name;

	TAILQ_FOREACH(name, &r->by_age, by_age)
		if (!name->asking && TAILQ_EMPTY(&name->waiters)) {
			name_free(name);
			return;
		}
}

static struct name *
name_new(struct resolve *r, const char *host)
{
	struct name *name;
	size_t len = strlen(host);

	if (len >= NAME_MAX_LEN)
		return NULL;
	if (r->n >= NAMES_MAX)
		shrink(r);
	name = calloc(1, sizeof(*name));
	if (name == NULL)
		return NULL;
	name->timer = loop_timer_new(r->loop, on_deadline, name);
	if (name->timer == NULL) {
		free(name);
		return NULL;
	}
	name->home = r;
	memcpy(name->host, host, len + 1);
	TAILQ_INIT(&name->waiters);
	LIST_INSERT_HEAD(&r->names[hash(host)], name, by_name);
	TAILQ_INSERT_TAIL(&r->by_age, name, by_age);
	r->n++;
	return name;
}

struct resolve_wait *
resolve_ask(struct resolve *r, const char *host, resolve_fn *fn, void *cookie)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	};
	struct resolve_wait *w;
	struct name *name;

	name = lookup(r, host);
	if (name == NULL)
		name = name_new(r, host);
	if (name == NULL)
		return NULL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;	/* the name stays for others, until shrink */
	*w = (struct resolve_wait){ .name = name, .fn = fn, .cookie = cookie };
	TAILQ_INSERT_TAIL(&name->waiters, w, link);
	if (name->known && name->expires <= loop_now(r->loop))
		name->known = false;
	if (name->known) {
		loop_timer_arm(name->timer, 0);
		return w;
	}
	if (!loop_timer_armed(name->timer))
		loop_timer_arm(name->timer, r->deadline);
	if (!name->asking) {
		name->asking = true;
		r->queries++;
		ares_getaddrinfo(r->channel, host, NULL, &hints, on_answer,
		    name);
		rearm(r);
	}
	return w;
}

void
resolve_cancel(struct resolve_wait *w)
{
	if (w == NULL)
		return;
	TAILQ_REMOVE(&w->name->waiters, w, link);
	free(w);
}
