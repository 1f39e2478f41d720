/*
 * Requests and answers of customers' servers as JSON for people.  Pure
 * functions; called by delivery.c and preview.c.
 */
#include "config.h"

#include "api/shown.h"
#include "core/buf.h"
#include "hook/request.h"
#include "hook/scan_text.h"

#define TEXT_MAX ((size_t)8 * 1024 * 1024)

/* Harmful are C0 but tab and line feed, DEL, C1, what turns the direction. */
bool
shown_is_harmless(const unsigned char *p, size_t n)
{
	if (n == 1)
		return (p[0] >= 0x20 && p[0] != 0x7f) || p[0] == '\n' ||
		    p[0] == '\t';
	if (n == 2)
		return !(p[0] == 0xc2 && p[1] < 0xa0) &&
		    !(p[0] == 0xd8 && p[1] == 0x9c);
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x80)
		return !(p[2] == 0x8e || p[2] == 0x8f ||
		    (p[2] >= 0xa8 && p[2] <= 0xae));
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x81)
		return !(p[2] >= 0xa6 && p[2] <= 0xa9);
	return n > 0;
}

json_t *
shown_bytes(struct span bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	const unsigned char *end = p + bytes.len;
	struct buf b = BUF_INIT(TEXT_MAX);
	json_t *text;
	size_t i, n;

	while (p < end) {
		n = p[0] < 0x80 ? 1 : scan_text_utf8((const char *)p,
		    (const char *)end);
		if (p[0] == '\r' && end - p > 1 && p[1] == '\n') {
			p++;
		} else if (shown_is_harmless(p, n)) {
			buf_add(&b, p, n);
			p += n;
		} else {
			for (i = 0; i < (n > 0 ? n : 1); i++)
				buf_fmt(&b, "\\x%02x", p[i]);
			p += i;
		}
	}
	text = buf_err(&b) == ERR_OK ?
	    json_stringn(buf_cstr(&b), b.len) : NULL;
	buf_free(&b);
	return text;
}

static json_t *
headers_json(const struct request *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->headers_n; i++)
		if (json_array_append_new(list,
		    json_string(r->headers[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
body_json(const struct request *r)
{
	size_t len = r->body.len;

	if (!r->has_body)
		return json_null();
	if (len > SHOWN_BODY_MAX) {
		/* Not in the middle of a character. */
		len = SHOWN_BODY_MAX;
		while (len > 0 && ((unsigned char)r->body.p[len] & 0xc0) == 0x80)
			len--;
	}
	return json_stringn(buf_cstr(&r->body), len);
}

json_t *
shown_request(const struct request *r)
{
	struct buf line = BUF_INIT(REQUEST_URL_MAX + 64);
	json_t *json = NULL;

	request_line(r, &line);
	if (buf_err(&line) == ERR_OK)
		json = json_pack("{s:s, s:s, s:o, s:o, s:b}",
		    "line", buf_cstr(&line), "url", buf_cstr(&r->url),
		    "headers", headers_json(r), "body", body_json(r),
		    "truncated", r->has_body && r->body.len > SHOWN_BODY_MAX);
	buf_free(&line);
	return json;
}
