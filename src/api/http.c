/*
 * HTTP's words: method, path, query, the few headers we look at, ETags and
 * cursors.  Pure functions over CGI variables; the worker reads each request
 * with http_read, handlers ask the rest.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/http.h"
#include "core/num.h"

struct span
http_var(const struct http_request *req, const char *name)
{
	size_t len = strlen(name);
	char *const *v;

	for (v = req->vars; v != NULL && *v != NULL; v++)
		if (**v == *name && strncmp(*v, name, len) == 0 &&
		    (*v)[len] == '=')
			return span_of(*v + len + 1);
	return (struct span){ NULL, 0 };
}

struct span
http_arg(const struct http_request *req, const char *name)
{
	size_t i;

	for (i = 0; i < req->args_n; i++)
		if (span_is(req->args[i].name, name))
			return req->args[i].value;
	return (struct span){ NULL, 0 };
}

static void
read_method(struct http_request *req)
{
	static const struct {
		const char *name;
		enum http_method method;
	} table[] = {
		{ "GET", HTTP_GET }, { "HEAD", HTTP_HEAD }, { "POST", HTTP_POST },
		{ "PUT", HTTP_PUT }, { "PATCH", HTTP_PATCH },
		{ "DELETE", HTTP_DELETE }, { "OPTIONS", HTTP_OPTIONS },
	};
	struct span s = http_var(req, "REQUEST_METHOD");
	size_t i;

	req->method = HTTP_OTHER;
	req->method_text[0] = '\0';
	if (s.p == NULL)
		return;
	snprintf(req->method_text, sizeof(req->method_text), "%s", s.p);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (span_is(s, table[i].name))
			req->method = table[i].method;
}

static bool
is_harmless(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* What the web server calls the request, when it is harmless; else our own. */
static void
read_id(struct http_request *req)
{
	struct span s = http_var(req, "REQUEST_ID");
	char text[ID_TEXT_LEN];
	struct id id;
	size_t i;

	for (i = 0; i < s.len && is_harmless(s.p[i]); i++)
		;
	if (s.len >= 8 && s.len <= HTTP_REQUEST_ID_MAX && i == s.len) {
		memcpy(req->id, s.p, s.len + 1);
		return;
	}
	id = id_new();
	memcpy(req->id, id_text(&id, text), ID_TEXT_LEN);
}

/* Decodes s to *to (never longer than s) and moves *to behind it. */
static int
decode(struct span s, bool query, char **to, struct span *out)
{
	char *start = *to, *o = *to;
	size_t i;
	int c, high, low;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (c == '%') {
			if (s.len - i < 3)
				return ERR_SYNTAX;
			high = num_hex(s.p[i + 1]);
			low = num_hex(s.p[i + 2]);
			if (high < 0 || low < 0)
				return ERR_SYNTAX;
			c = high << 4 | low;
			i += 2;
			if (c == 0 || (!query && c == '/'))
				return ERR_SYNTAX;
		} else if (c == '+' && query) {
			c = ' ';
		}
		/* No argument of ours is anything but ASCII. */
		if (query && (c < ' ' || c > '~'))
			return ERR_SYNTAX;
		*o++ = (char)c;
	}
	*out = (struct span){ start, (size_t)(o - start) };
	*to = o;
	return 0;
}

/* Takes what stands before sep off *rest; the separator goes too. */
static struct span
take(struct span *rest, char sep)
{
	const char *end = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
	struct span head = *rest;

	if (end == NULL) {
		*rest = (struct span){ NULL, 0 };
		return head;
	}
	head.len = (size_t)(end - rest->p);
	rest->p = end + 1;
	rest->len -= head.len + 1;
	return head;
}

static int
read_path(struct http_request *req, struct span path, char **to)
{
	struct span raw, *seg;
	int rc;

	if (path.len == 0 || path.p[0] != '/')
		return ERR_SYNTAX;
	while (path.len > 0) {
		/* At a slash: a segment has to follow, "/" alone has none. */
		path.p++;
		path.len--;
		if (path.len == 0 && req->segments_n == 0)
			return 0;
		raw = path;
		if (path.len > 0 && memchr(path.p, '/', path.len) != NULL)
			raw.len = (size_t)((const char *)memchr(path.p, '/',
			    path.len) - path.p);
		if (raw.len == 0)
			return ERR_NOT_FOUND;	/* "/v1/webhooks/" */
		if (req->segments_n == HTTP_SEGMENTS)
			return ERR_TOO_BIG;
		seg = &req->segments[req->segments_n];
		rc = decode(raw, false, to, seg);
		if (rc < 0)
			return rc;
		if (span_is(*seg, ".") || span_is(*seg, ".."))
			return ERR_SYNTAX;
		req->segments_n++;
		path.p += raw.len;
		path.len -= raw.len;
	}
	return 0;
}

static int
read_query(struct http_request *req, struct span query, char **to)
{
	struct span pair;
	struct http_arg *arg;

	while (query.len > 0) {
		pair = take(&query, '&');
		if (pair.len == 0)
			continue;
		if (req->args_n == HTTP_ARGS)
			return ERR_TOO_BIG;
		arg = &req->args[req->args_n++];
		if (decode(take(&pair, '='), true, to, &arg->name) < 0 ||
		    decode(pair, true, to, &arg->value) < 0)
			return ERR_SYNTAX;
	}
	return 0;
}

/*
 * Some configurations name the whole path SCRIPT_NAME; then nothing would be
 * left, and the path stays as it is.
 */
static struct span
without_script(const struct http_request *req, struct span path)
{
	struct span script = http_var(req, "SCRIPT_NAME");

	if (script.len == 0 || script.len >= path.len ||
	    memcmp(script.p, path.p, script.len) != 0)
		return path;
	if (script.p[script.len - 1] == '/')
		script.len--;
	if (path.p[script.len] != '/')
		return path;
	return (struct span){ path.p + script.len, path.len - script.len };
}

int
http_read(struct http_request *req, char *const *vars)
{
	struct span uri, path;
	char *to = req->text;
	int rc;

	req->vars = vars;
	req->segments_n = req->args_n = 0;
	req->body = (struct span){ NULL, 0 };
	read_method(req);
	read_id(req);
	req->lang = http_language(http_var(req, "HTTP_ACCEPT_LANGUAGE"));
	uri = http_var(req, "REQUEST_URI");
	if (uri.len > HTTP_PATH_MAX)
		return ERR_TOO_BIG;
	path = take(&uri, '?');
	rc = read_path(req, without_script(req, path), &to);
	if (rc == 0)
		rc = read_query(req, uri, &to);
	return rc;
}

int
http_length(const struct http_request *req, int64_t max, int64_t *length)
{
	struct span s = http_var(req, "CONTENT_LENGTH");
	int rc;

	if (s.len == 0)
		return ERR_NOT_FOUND;
	rc = num_i64(s, 0, max, length);
	if (rc == ERR_RANGE)
		return s.p[0] == '-' ? ERR_SYNTAX : ERR_TOO_BIG;
	return rc;
}

static struct span
trim(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool
same_word(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

bool
http_content_is(const struct http_request *req, const char *type)
{
	struct span s = http_var(req, "CONTENT_TYPE");

	if (s.p == NULL)
		return false;
	return same_word(trim(take(&s, ';')), type);
}

bool
http_content_is_plain(const struct http_request *req)
{
	struct span s = trim(http_var(req, "HTTP_CONTENT_ENCODING"));

	return s.len == 0 || same_word(s, "identity");
}

struct span
http_bearer(struct span authorization)
{
	struct span s = trim(authorization), scheme, none = { NULL, 0 };

	if (s.len == 0)
		return none;
	scheme = take(&s, ' ');
	s = trim(s);
	if (!same_word(scheme, "Bearer") || s.len == 0)
		return none;
	return s;
}

/* ";q=0.8" in thousandths; 1000 when there is none, 0 when it is odd. */
static int
quality(struct span params)
{
	struct span p;
	int q, scale;
	size_t i;

	while (params.len > 0) {
		p = trim(take(&params, ';'));
		if (p.len < 3 || (p.p[0] != 'q' && p.p[0] != 'Q') || p.p[1] != '=')
			continue;
		if (p.p[2] == '1')
			return 1000;
		if (p.p[2] != '0')
			return 0;
		q = 0;
		scale = 100;
		for (i = 4; i < p.len && scale > 0; i++, scale /= 10) {
			if (p.p[i] < '0' || p.p[i] > '9')
				return 0;
			q += (p.p[i] - '0') * scale;
		}
		return q;
	}
	return 1000;
}

enum http_lang
http_language(struct span header)
{
	int best[2] = { 0, 0 }, q;
	struct span item, tag;

	while (header.len > 0) {
		item = take(&header, ',');
		tag = trim(take(&item, ';'));
		q = quality(item);
		tag = take(&tag, '-');
		if (same_word(tag, "ru") && q > best[HTTP_RU])
			best[HTTP_RU] = q;
		else if ((same_word(tag, "en") || same_word(tag, "*")) &&
		    q > best[HTTP_EN])
			best[HTTP_EN] = q;
	}
	return best[HTTP_RU] > best[HTTP_EN] ? HTTP_RU : HTTP_EN;
}

char *
http_etag(int version, char out[HTTP_ETAG_LEN])
{
	snprintf(out, HTTP_ETAG_LEN, "\"v%d\"", version);
	return out;
}

bool
http_if_match(struct span header, int version)
{
	struct span tag;
	int64_t v;

	while (header.len > 0) {
		tag = trim(take(&header, ','));
		if (span_is(tag, "*"))
			return true;
		/* Compression in front of us weakens or renames the tag. */
		if (tag.len >= 2 && tag.p[0] == 'W' && tag.p[1] == '/') {
			tag.p += 2;
			tag.len -= 2;
		}
		if (tag.len < 2 || tag.p[0] != '"' || tag.p[tag.len - 1] != '"')
			continue;
		tag.p++;
		tag.len -= 2;
		if (tag.len > 5 && memcmp(tag.p + tag.len - 5, "-gzip", 5) == 0)
			tag.len -= 5;
		if (tag.len < 2 || tag.p[0] != 'v')
			continue;
		tag.p++;
		tag.len--;
		if (num_i64(tag, 1, INT32_MAX, &v) == 0 && v == version)
			return true;
	}
	return false;
}

static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define CURSOR_KIND 1		/* first byte: what follows is one id */
#define CURSOR_BYTES 17

char *
http_cursor(const struct id *after, char out[HTTP_CURSOR_LEN])
{
	unsigned char raw[CURSOR_BYTES + 1] = { CURSOR_KIND };
	unsigned v;
	size_t i, o = 0;

	memcpy(raw + 1, after->b, sizeof(after->b));
	for (i = 0; i < CURSOR_BYTES; i += 3) {
		v = (unsigned)raw[i] << 16 | (unsigned)raw[i + 1] << 8;
		if (i + 2 < CURSOR_BYTES)
			v |= raw[i + 2];
		out[o++] = base64url[v >> 18 & 63];
		out[o++] = base64url[v >> 12 & 63];
		out[o++] = base64url[v >> 6 & 63];
		if (i + 2 < CURSOR_BYTES)
			out[o++] = base64url[v & 63];
	}
	out[o] = '\0';
	return out;
}

int
http_cursor_read(struct span text, struct id *after)
{
	unsigned char raw[CURSOR_BYTES + 1] = { 0 };
	const char *c;
	unsigned v = 0;
	size_t i, o = 0;

	if (text.len != HTTP_CURSOR_LEN - 1)
		return ERR_SYNTAX;
	for (i = 0; i < text.len; i++) {
		c = text.p[i] ? strchr(base64url, text.p[i]) : NULL;
		if (c == NULL)
			return ERR_SYNTAX;
		v = v << 6 | (unsigned)(c - base64url);
		if (i % 4 == 3) {
			raw[o++] = (unsigned char)(v >> 16);
			raw[o++] = (unsigned char)(v >> 8);
			raw[o++] = (unsigned char)v;
			v = 0;
		}
	}
	/* Three characters are left: two bytes and two bits that are zero. */
	if (v & 3)
		return ERR_SYNTAX;
	raw[o++] = (unsigned char)(v >> 10);
	raw[o] = (unsigned char)(v >> 2);
	if (raw[0] != CURSOR_KIND)
		return ERR_SYNTAX;
	memcpy(after->b, raw + 1, sizeof(after->b));
	return 0;
}
