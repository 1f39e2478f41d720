/*
 * Reading JSON that scan_check (scan_check.c) has proven: everything here
 * trusts its argument.  API workers take the fields of events out of request
 * bodies with it, the sender and callhookctl render events with it.
 */
#include "config.h"

#include <assert.h>

#include "hook/scan.h"
#include "hook/scan_text.h"

/* p is at the opening quote; returns what is behind the closing one. */
static const char *
skip_string(const char *p, const char *end)
{
	const char *back;

	for (p++;; p++) {
		p = memchr(p, '"', (size_t)(end - p));
		assert(p != NULL);
		/* An odd number of backslashes before it escapes a quote. */
		for (back = p; back[-1] == '\\'; back--)
			;
		if ((p - back) % 2 == 0)
			return p + 1;
	}
}

/* What cannot stand in a number or a word. */
static inline bool
ends_word(char c)
{
	switch (c) {
	case ',': case ':': case '"': case '[': case ']': case '{': case '}':
	case ' ': case '\t': case '\r': case '\n': case '\0':
		return true;
	default:
		return false;
	}
}

static const char *
skip_value(const char *p, const char *end)
{
	int depth = 0;

	do {
		switch (*p) {
		case '"':
			p = skip_string(p, end);
			break;
		case '{':
		case '[':
			depth++;
			p++;
			break;
		case '}':
		case ']':
			depth--;
			p++;
			break;
		default:
			p++;
			/* A number or word outside containers ends here. */
			while (p < end && !ends_word(*p))
				p++;
		}
	} while (depth > 0);
	return p;
}

enum scan_type
scan_type(struct span value)
{
	if (value.len == 0)
		return SCAN_NONE;
	switch (value.p[0]) {
	case '{':
		return SCAN_OBJECT;
	case '[':
		return SCAN_ARRAY;
	case '"':
		return SCAN_STRING;
	case 't':
		return SCAN_TRUE;
	case 'f':
		return SCAN_FALSE;
	case 'n':
		return SCAN_NULL;
	default:
		return SCAN_NUMBER;
	}
}

bool
scan_next(struct scan_iter *it, struct span container, struct span *key,
    struct span *value)
{
	enum scan_type type = scan_type(container);
	const char *p, *end, *start;

	*key = *value = (struct span){ NULL, 0 };
	if (type != SCAN_OBJECT && type != SCAN_ARRAY)
		return false;
	if (!it->started) {
		it->started = true;
		it->rest = (struct span){ container.p + 1, container.len - 2 };
	}
	end = it->rest.p + it->rest.len;
	p = scan_text_skip_blanks(it->rest.p, end);
	if (p < end && *p == ',')
		p = scan_text_skip_blanks(p + 1, end);
	if (p == end) {
		it->rest = (struct span){ end, 0 };
		return false;
	}
	if (type == SCAN_OBJECT) {
		start = p;
		p = skip_string(p, end);
		*key = (struct span){ start, (size_t)(p - start) };
		p = scan_text_skip_blanks(p, end);
		p = scan_text_skip_blanks(p + 1, end);	/* the colon */
	}
	start = p;
	p = skip_value(p, end);
	*value = (struct span){ start, (size_t)(p - start) };
	it->rest = (struct span){ p, (size_t)(end - p) };
	return true;
}

static bool
string_eq(struct span string, struct span s)
{
	struct span content = { string.p + 1, string.len - 2 };
	const char *p = content.p, *end = content.p + content.len;
	unsigned char out[4];
	size_t at = 0, n;

	if (memchr(content.p, '\\', content.len) == NULL)
		return span_eq(content, s);
	while (p < end) {
		if (*p == '\\') {
			n = (size_t)scan_text_decode(&p, end, out);
		} else {
			out[0] = (unsigned char)*p++;
			n = 1;
		}
		if (s.len - at < n || memcmp(s.p + at, out, n) != 0)
			return false;
		at += n;
	}
	return at == s.len;
}

static struct span
get(struct span object, struct span name)
{
	struct scan_iter it = { 0 };
	struct span key, value;

	if (scan_type(object) == SCAN_OBJECT)
		while (scan_next(&it, object, &key, &value))
			if (string_eq(key, name))
				return value;
	return (struct span){ NULL, 0 };
}

struct span
scan_get(struct span object, const char *key)
{
	return get(object, span_of(key));
}

struct span
scan_path_of(struct span object, struct span path)
{
	const char *dot, *p = path.p, *end = path.p + path.len;

	while ((dot = memchr(p, '.', (size_t)(end - p))) != NULL) {
		object = get(object, (struct span){ p, (size_t)(dot - p) });
		p = dot + 1;
	}
	return get(object, (struct span){ p, (size_t)(end - p) });
}

struct span
scan_path(struct span object, const char *path)
{
	return scan_path_of(object, span_of(path));
}

void
scan_unescape(struct span string, struct buf *out)
{
	const char *p = string.p + 1, *end = string.p + string.len - 1;
	const char *slash;
	unsigned char c[4];
	int n;

	while ((slash = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		buf_add(out, p, (size_t)(slash - p));
		p = slash;
		n = scan_text_decode(&p, end, c);
		buf_add(out, c, (size_t)n);
	}
	buf_add(out, p, (size_t)(end - p));
}

bool
scan_string_is(struct span string, const char *s)
{
	return string_eq(string, span_of(s));
}

void
scan_compact(struct span value, struct buf *out)
{
	const char *p = value.p, *end = value.p + value.len, *run = p;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
		} else if (scan_text_is_blank(*p)) {
			buf_add(out, run, (size_t)(p - run));
			run = p = scan_text_skip_blanks(p, end);
		} else {
			p++;
		}
	}
	buf_add(out, run, (size_t)(p - run));
}
