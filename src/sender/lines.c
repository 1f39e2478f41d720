/*
 * The header lines of a request in the way that libcurl wants to be told:
 * which of its own to leave out, and which are empty on purpose.  Called by
 * transfer.c in callhook-sender for each request; no state but the caller's.
 */
#include "config.h"

#include "sender/lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hook/request.h"

static void
add(struct lines *l, char *text, bool copied)
{
	l->v[l->n++] = (struct line){ text, copied };
}

/* curl takes "Name:" as "leave it out"; with ";" it sends an empty one. */
static int
add_header(struct lines *l, char *text)
{
	const char *colon = strchr(text, ':');
	char *copy;

	if (colon == NULL || colon[1 + strspn(colon + 1, " \t")] != '\0') {
		add(l, text, false);
		return 0;
	}
	copy = strndup(text, (size_t)(colon - text) + 1);
	if (copy == NULL)
		return ERR_NOMEM;
	copy[colon - text] = ';';
	add(l, copy, true);
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
	struct line *v;

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
		add(l, expect, false);
	for (i = 0; i < r->headers_n && rc == 0; i++) {
		accepts |= is_header(r->headers[i], "Accept");
		typed |= is_header(r->headers[i], "Content-Type");
		rc = add_header(l, r->headers[i]);
	}
	if (rc == 0 && !accepts)
		add(l, accept, false);
	if (rc == 0 && !typed)
		add(l, type, false);
	return rc;
}

void
lines_reset(struct lines *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].copied)
			free(l->v[i].text);
	l->n = 0;
}

void
lines_free(struct lines *l)
{
	lines_reset(l);
	free(l->v);
	*l = (struct lines){ 0 };
}
