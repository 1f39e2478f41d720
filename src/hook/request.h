#ifndef HOOK_REQUEST_H
#define HOOK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/id.h"
#include "hook/event.h"
#include "hook/sign.h"
#include "hook/webhook.h"

#define REQUEST_URL_MAX (64 * 1024)
#define REQUEST_BODY_MAX (1024 * 1024)

/* What stays the same for every request of an installation. */
struct request_style {
	const char *user_agent;	/* CKCT-Webhook/1.0 */
	const char *prefix;	/* X-CKCT- */
};

struct request_of {
	struct id delivery_id;
	enum event_kind kind;
	struct span call_id;
	struct span data;	/* proven JSON */
	int attempt;		/* from 1 */
	int64_t now;		/* real us: webhook-timestamp */
	bool test;
	/* What to sign with, the newest first; none: no webhook-signature. */
	const struct sign_key *keys;
	size_t keys_n;
	/* Password or token of the webhook's login; p NULL: *** stands there. */
	struct span secret;
};

/* An HTTP request ready for the wire; request_free. */
struct request {
	const char *method;
	struct buf url;		/* absolute */
	struct buf body;
	bool has_body;		/* false: no Content-Type, no Content-Length */
	/*
	 * "Name: value" lines, NUL-terminated, in order; User-Agent and
	 * Accept first, Content-Type when there is a body, then the
	 * extension headers, then the customer's own.  No Host, no
	 * Content-Length.  Wiped when they are freed.
	 */
	char **headers;
	size_t headers_n;
	int64_t timeout;	/* ms; 0: the installation's */
};

/*
 * GET: everything in the query, no body.  Others: parameters in the body.
 * The result depends on nothing but the arguments.
 */
int request_render(const struct webhook *w, const struct request_style *style,
    const struct request_of *of, struct request *out) MUST_CHECK;
void request_free(struct request *r);
/* "POST /path?query HTTP/1.1" from the URL: for logs, tests and the cabinet. */
void request_line(const struct request *r, struct buf *out);

#endif
