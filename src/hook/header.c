/*
 * Headers of a customer's own choice: read and checked from a webhook's
 * settings, written back.  Called by webhook.c, and by the API with the prefix
 * of the installation.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hook/fault.h"
#include "hook/header.h"
#include "hook/reader.h"
#include "hook/text.h"

static const char *const FIELDS[] = { "name", "value", NULL };

/* What callhook, the HTTP library or HTTP itself says; "…-" is a prefix. */
static const char *const RESERVED[] = { "Accept", "Accept-Encoding",
	"Authorization", "Connection", "Content-Encoding", "Content-Length",
	"Content-Type", "Expect", "Host", "HTTP2-Settings", "Keep-Alive",
	"Proxy-", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
	"User-Agent", "webhook-", NULL };

#define TOKEN_MARKS "!#$%&'*+-.^_`|~"
#define TOKEN_TEXT "A–Z a–z 0–9 " TOKEN_MARKS

bool
header_is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') ||
		    (s.p[i] != '\0' &&
		    strchr(TOKEN_MARKS, s.p[i]) != NULL)))
			return false;
	return s.len > 0;
}

static bool
begins(const char *name, const char *prefix)
{
	return strncasecmp(name, prefix, strlen(prefix)) == 0;
}

static bool
is_reserved(const char *name)
{
	const char *const *p;

	for (p = RESERVED; *p; p++)
		if ((*p)[strlen(*p) - 1] == '-' ? begins(name, *p) :
		    strcasecmp(name, *p) == 0)
			return true;
	return false;
}

/* field NULL: the entry as a whole. */
static void
bad(struct reader *r, enum fault_code code, const char *arg, size_t i,
    const char *field)
{
	reader_bad_at(r, code, arg, "/headers", i, field);
}

static bool
is_known(const struct header_list *list, struct span name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].name && strlen(list->v[i].name) == name.len &&
		    strncasecmp(list->v[i].name, name.p, name.len) == 0)
			return true;
	return false;
}

static void
read_name(struct reader *r, size_t i, const json_t *v,
    const struct header_list *list, struct header *out)
{
	struct span s = reader_string(v);

	if (!json_is_string(v)) {
		bad(r, v ? FAULT_WRONG_TYPE : FAULT_REQUIRED,
		    v ? "string" : NULL, i, "name");
	} else if (s.len == 0) {
		bad(r, FAULT_REQUIRED, NULL, i, "name");
	} else if (s.len > HEADER_NAME_MAX) {
		bad(r, FAULT_TOO_LONG, "255", i, "name");
	} else if (!header_is_token(s)) {
		bad(r, FAULT_ALLOWED_CHARACTERS, TOKEN_TEXT, i, "name");
	} else if (is_known(list, s)) {
		bad(r, FAULT_DUPLICATE_NAME, NULL, i, "name");
	} else {
		out->name = reader_copy(r, s);
		if (out->name && is_reserved(out->name))
			bad(r, FAULT_RESERVED, out->name, i, "name");
	}
}

/* Blanks around a value are not part of it on the wire. */
static bool
is_value(struct span s)
{
	return text_is_clean(s) && (s.len == 0 ||
	    (s.p[0] != ' ' && s.p[s.len - 1] != ' '));
}

static void
read_value(struct reader *r, size_t i, const json_t *v, struct header *out)
{
	struct span s = reader_string(v);

	if (!json_is_string(v))
		bad(r, v ? FAULT_WRONG_TYPE : FAULT_REQUIRED,
		    v ? "string" : NULL, i, "value");
	else if (s.len > HEADER_VALUE_MAX)
		bad(r, FAULT_TOO_LONG, "1024", i, "value");
	else if (!is_value(s))
		bad(r, FAULT_BAD_CHARACTER, NULL, i, "value");
	else
		out->value = reader_copy(r, s);
}

static void
read_one(struct reader *r, const json_t *json, struct header_list *list)
{
	size_t i = list->n;

	if (!json_is_object(json)) {
		bad(r, FAULT_WRONG_TYPE, "object", i, NULL);
		return;
	}
	reader_fields_at(r, json, FIELDS, "/headers", i);
	read_name(r, i, json_object_get(json, "name"), list, &list->v[i]);
	read_value(r, i, json_object_get(json, "value"), &list->v[i]);
}

void
header_read(struct reader *r, const json_t *json, struct header_list *out)
{
	size_t n = json_array_size(json);

	*out = (struct header_list){ NULL, 0 };
	if (!json)
		return;
	if (!json_is_array(json)) {
		reader_bad(r, FAULT_WRONG_TYPE, "array", "/headers");
		return;
	}
	if (n > HEADER_LIST_MAX) {
		reader_bad(r, FAULT_TOO_MANY, "20", "/headers");
		return;
	}
	if (n == 0)
		return;
	out->v = calloc(n, sizeof(*out->v));
	if (!out->v) {
		r->nomem = true;
		return;
	}
	for (; out->n < n; out->n++)
		read_one(r, json_array_get(json, out->n), out);
}

void
header_free(struct header_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].value);
	}
	free(list->v);
	*list = (struct header_list){ NULL, 0 };
}

json_t *
header_json(const struct header_list *list)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; out && i < list->n; i++)
		/* A NULL of json_pack makes the append fail. */
		if (json_array_append_new(out, json_pack("{s:s, s:s}",
		    "name", list->v[i].name,
		    "value", list->v[i].value)) != 0) {
			json_decref(out);
			return NULL;
		}
	return out;
}

int
header_check_prefix(const struct header_list *list, const char *prefix,
    struct faults *faults)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!begins(list->v[i].name, prefix))
			continue;
		fault_add(faults, FAULT_RESERVED, list->v[i].name,
		    "/headers/%zu/name", i);
		rc = ERR_INVALID;
	}
	return rc;
}
