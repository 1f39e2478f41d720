/*
 * Header lines for libcurl, which keeps no copy of a list: its links are ours
 * and the text is the request's.  Called by transfer.c in callhook-sender for
 * each request; no state but the caller's.
 */
#include "sender/lines.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hook/request.h"

static void
add(struct lines *l, char *text)
{
	struct curl_slist *link = &l->v[l->n++];

	link->data = text;
	link->next = NULL;
	if (l->n > 1)
		link[-1].next = link;
}

/* curl takes "Name:" as "leave it out"; with ";" it sends an empty one. */
static int
add_header(struct lines *l, char *text)
{
	const char *colon = strchr(text, ':');
	struct curl_slist *copy;

	if (colon == NULL || colon[1 + strspn(colon + 1, " \t")] != '\0') {
		add(l, text);
		return 0;
	}
	copy = curl_slist_append(NULL, text);
	if (copy == NULL)
		return ERR_NOMEM;
	memcpy(copy->data + (colon - text), ";", 2);
	copy->next = l->copies;
	l->copies = copy;
	add(l, copy->data);
	return 0;
}

static bool
is_header(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(text, name, len) == 0 && text[len] == ':';
}

static int
reserve(struct lines *l, size_t n)
{
	struct curl_slist *v;

	if (l->cap >= n)
		return 0;
	v = reallocarray(l->v, n, sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	l->v = v;
	l->cap = n;
	return 0;
}

int
lines_make(struct lines *l, const struct request *r)
{
	static char expect[] = "Expect:", accept[] = "Accept:",
	    type[] = "Content-Type:";
	bool accepts = false, typed = false;
	int rc = reserve(l, r->headers_n + 3);
	size_t i;

	if (rc == 0)
		add(l, expect);
	for (i = 0; i < r->headers_n && rc == 0; i++) {
		accepts |= is_header(r->headers[i], "Accept");
		typed |= is_header(r->headers[i], "Content-Type");
		rc = add_header(l, r->headers[i]);
	}
	if (rc == 0 && !accepts)
		add(l, accept);
	if (rc == 0 && !typed)
		add(l, type);
	return rc;
}

void
lines_reset(struct lines *l)
{
	curl_slist_free_all(l->copies);
	l->copies = NULL;
	l->n = 0;
}

void
lines_free(struct lines *l)
{
	lines_reset(l);
	free(l->v);
	*l = (struct lines){ 0 };
}
