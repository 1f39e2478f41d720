#ifndef SENDER_RESOLVE_H
#define SENDER_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/err.h"

/*
 * Names to addresses on the loop, never blocking: one query per name at a
 * time however many ask, answers kept for their time to live (1 to 60 s),
 * failures for 5 s, and an end after 3 s in any case.  Addresses are in the
 * order in which they should be tried.
 */
struct resolve;
struct resolve_wait;
struct loop;

enum { RESOLVE_ADDRESSES = 16 };	/* more of one name are left out */

struct resolve_answer {
	enum err err;		/* ERR_NOT_FOUND, ERR_TIMEOUT, ERR_IO … */
	const char *why;	/* static English text when err is not 0 */
	int n;
	struct sockaddr_storage v[RESOLVE_ADDRESSES];	/* ports are 0 */
};

typedef void resolve_fn(void *cookie, const struct resolve_answer *a);

struct resolve_options {
	char *const *servers;	/* "host" or "host:port"; none: resolv.conf */
	size_t servers_n;
	int64_t deadline_ms;	/* 0: 3 s */
};

/* NULL with *why set to a static text. */
struct resolve *resolve_new(struct loop *loop,
    const struct resolve_options *options, const char **why);
void resolve_free(struct resolve *r);
/*
 * What is known without asking: literal addresses and the cache.  NULL when
 * the name has to be asked for; else valid until the next call.
 */
const struct resolve_answer *resolve_known(struct resolve *r,
    const char *host);
/*
 * fn is called once, later, unless it is cancelled.  NULL on ERR_NOMEM.
 */
struct resolve_wait *resolve_ask(struct resolve *r, const char *host,
    resolve_fn *fn, void *cookie);
void resolve_cancel(struct resolve_wait *w);
/* Queries sent so far, for tests and figures. */
int64_t resolve_queries(const struct resolve *r);

#endif
