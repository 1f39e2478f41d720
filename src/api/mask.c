/*
 * Secrets in the settings of a webhook, for those who may only look.  Many
 * receivers tell their callers by a token in the address or in a header, so the
 * address is a secret as a whole; yet people have to know it again.  Pure
 * functions; called wherever settings are shown.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "api/mask.h"
#include "core/buf.h"

enum {
	PATH_MAX_ = 64 * 1024,
	WORD_MAX = 15,		/* letters in a row that may be a word */
	DIGITS_MAX = 2,		/* behind letters: "v1", "step10" */
	NUMBER_MAX = 4,		/* a number as a segment: a year, a small id */
	SEGMENT_MAX = 40,
};

#define MASK "***"

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One case, or a capital in front; a few digits at the end. */
static bool
is_word(struct span s)
{
	size_t letters = 0, digits = 0;
	bool upper;

	if (s.len == 0)
		return true;
	upper = s.len > 1 && is_upper(s.p[0]) && is_upper(s.p[1]);
	while (letters < s.len && (is_lower(s.p[letters]) ?
	    !upper : is_upper(s.p[letters]) && (upper || letters == 0)))
		letters++;
	while (letters + digits < s.len && is_digit(s.p[letters + digits]))
		digits++;
	return letters + digits == s.len && letters <= WORD_MAX &&
	    digits <= DIGITS_MAX;
}

/* Words joined by dots, dashes and underlines. */
static bool
is_plain(struct span segment)
{
	size_t i, start = 0;

	while (start < segment.len && is_digit(segment.p[start]))
		start++;
	if (start == segment.len && start <= NUMBER_MAX)
		return true;
	start = 0;
	if (segment.len > SEGMENT_MAX)
		return false;
	for (i = 0; i <= segment.len; i++) {
		if (i < segment.len && strchr(".-_", segment.p[i]) == NULL)
			continue;
		if (!is_word((struct span){ segment.p + start, i - start }))
			return false;
		start = i + 1;
	}
	return true;
}

static void
mask_query(struct span query, struct buf *out)
{
	size_t i, start = 0;
	bool value = false;

	for (i = 0; i <= query.len; i++) {
		if (i < query.len && query.p[i] != '&' &&
		    (query.p[i] != '=' || value))
			continue;
		if (value)
			buf_str(out, MASK);
		else if (i < query.len && query.p[i] == '=')
			buf_add(out, query.p + start, i - start);
		else if (i > start)
			buf_str(out, MASK);	/* it may be the secret itself */
		if (i < query.len)
			buf_chr(out, query.p[i]);
		value = i < query.len && query.p[i] == '=';
		start = i + 1;
	}
}

void
mask_path(struct span path, struct buf *out)
{
	struct span segment, query = { NULL, 0 };
	const char *mark = path.len > 0 ? memchr(path.p, '?', path.len) : NULL;
	size_t i, start = 0;

	if (mark != NULL) {
		query = (struct span){ mark + 1,
			path.len - (size_t)(mark - path.p) - 1 };
		path.len = (size_t)(mark - path.p);
	}
	for (i = 0; i <= path.len; i++) {
		if (i < path.len && path.p[i] != '/')
			continue;
		segment = (struct span){ path.p + start, i - start };
		if (is_plain(segment))
			buf_span(out, segment);
		else
			buf_str(out, MASK);
		if (i < path.len)
			buf_chr(out, '/');
		start = i + 1;
	}
	if (mark != NULL) {
		buf_chr(out, '?');
		mask_query(query, out);
	}
}

void
mask_url(struct span url, struct buf *out)
{
	size_t n = 0;

	while (n + 3 <= url.len && memcmp(url.p + n, "://", 3) != 0)
		n++;
	if (n + 3 > url.len) {
		mask_path(url, out);
		return;
	}
	n += 3;
	while (n < url.len && url.p[n] != '/' && url.p[n] != '?')
		n++;
	buf_add(out, url.p, n);
	mask_path((struct span){ url.p + n, url.len - n }, out);
}

static int
mask_path_of(json_t *settings)
{
	json_t *path = json_object_get(settings, "path");
	struct buf b = BUF_INIT(PATH_MAX_);
	int rc = 0;

	if (!json_is_string(path))
		return 0;
	mask_path((struct span){ json_string_value(path),
	    json_string_length(path) }, &b);
	rc = (int)buf_err(&b);
	if (rc == 0 && json_object_set_new(settings, "path",
	    json_stringn(buf_cstr(&b), b.len)) < 0)
		rc = ERR_NOMEM;
	buf_free(&b);
	return rc;
}

/* The member named, where it is a string. */
static int
mask_member(json_t *object, const char *name)
{
	if (!json_is_string(json_object_get(object, name)))
		return 0;
	return json_object_set_new(object, name, json_string(MASK)) < 0 ?
	    ERR_NOMEM : 0;
}

int
mask_settings(json_t *settings)
{
	json_t *entry;
	int rc = mask_path_of(settings);
	size_t i;

	json_array_foreach(json_object_get(settings, "params"), i, entry) {
		if (rc == 0)
			rc = mask_member(entry, "text");
		if (rc == 0)
			rc = mask_member(entry, "template");
	}
	json_array_foreach(json_object_get(settings, "headers"), i, entry)
		if (rc == 0)
			rc = mask_member(entry, "value");
	if (rc == 0)
		rc = mask_member(json_object_get(settings, "auth"), "user");
	return rc;
}
