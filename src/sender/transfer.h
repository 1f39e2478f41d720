#ifndef SENDER_TRANSFER_H
#define SENDER_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/span.h"
#include "sender/outcome.h"

/*
 * One HTTP request to one address, on the loop.  No redirects, no cookies, no
 * name resolution: the address is given and checked again at connect and
 * before a connection is used again.  A proxy, if any, is asked for a tunnel
 * to that address and sees nothing else; the environment's is not used.
 */
struct transfers;
struct transfer;
struct loop;
struct request;
struct target_policy;

enum {
	TRANSFER_DETAIL = 512,
	TRANSFER_ADDRESS = 64,
};

struct transfer_options {
	struct loop *loop;
	const struct target_policy *policy;
	const char *ca_file;		/* "": the system's */
	const char *proxy;		/* http://host:port; "": none */
	bool http2;			/* where TLS and the receiver have it */
	int64_t idle_age;		/* ms, older is not used again */
	int64_t connect_timeout;	/* ms, includes TLS */
	int64_t timeout;		/* ms, all */
	int64_t response_max;		/* bytes of headers and body kept */
	int connections;		/* most in all */
	int host_connections;		/* most to one host */
	/* Asked when a request is about to go out; NULL: always. */
	bool (*may_send)(void *cookie);
	void *cookie;
};

struct transfer_answer {
	bool unsent;		/* not allowed, or no connection came free: void */
	enum outcome_error error;
	int status;		/* 0: no answer */
	char detail[TRANSFER_DETAIL];	/* "", or what went wrong; UTF-8 */
	char address[TRANSFER_ADDRESS];	/* 192.0.2.1:443 */
	int32_t connect_us, tls_us;	/* from the start; -1: not reached */
	int32_t first_byte_us, total_us;
	struct span retry_after;	/* p NULL: no such header */
	struct span response;	/* status line, headers, body; cut off */
};

typedef void transfer_fn(void *cookie, const struct transfer_answer *a);

/* NULL with *why set to a static text. */
struct transfers *transfer_new(const struct transfer_options *options,
    const char **why);
void transfer_free(struct transfers *t);
/*
 * Starts r; r and address have to live until the end.  fn is called once,
 * later, unless the transfer is cancelled before.
 */
struct transfer *transfer_start(struct transfers *t, const struct request *r,
    const struct sockaddr *address, int port, transfer_fn *fn, void *cookie);
void transfer_cancel(struct transfer *x);	/* NULL does nothing */

#endif
