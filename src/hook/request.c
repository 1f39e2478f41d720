/*
 * A webhook and an event become the HTTP request that the customer's server
 * will see, byte for byte but for Host, Content-Length and the signature.  The
 * sender calls this for every attempt, the API to show what would be sent or
 * what was sent.  Pure: the result depends on nothing but the arguments.
 */
#include "config.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hook/mapping.h"
#include "hook/parameter.h"
#include "hook/request.h"
#include "hook/scan.h"

#define HEADERS_MAX (11 + HEADER_LIST_MAX)
#define HEADER_MAX 8192		/* bytes of one line */

/* Printable ASCII: nothing that could end a line. */
static bool
is_field_value(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static int
add_header(struct request *r, const char *prefix, const char *name,
    struct span value)
{
	struct buf line = BUF_INIT(HEADER_MAX);
	enum err err;
	char *text;

	assert(r->headers_n < HEADERS_MAX);
	buf_str(&line, prefix);
	buf_str(&line, name);
	buf_str(&line, ": ");
	buf_span(&line, value);
	err = buf_err(&line);
	if (err == ERR_OK && (text = buf_take(&line)) != NULL)
		r->headers[r->headers_n++] = text;
	else if (err == ERR_OK)
		err = ERR_NOMEM;
	buf_free(&line);
	return err;
}

static int
add_number(struct request *r, const char *prefix, const char *name, int64_t v)
{
	struct buf text = BUF_INIT(24);
	enum err err;

	buf_fmt(&text, "%lld", (long long)v);
	err = buf_err(&text);
	if (err == ERR_OK)
		err = (enum err)add_header(r, prefix, name,
		    buf_as_span(&text));
	buf_free(&text);
	return err;
}

/* "/path?query" of an absolute URL, as it stands in the request line. */
static void
append_target(const char *url, struct buf *out)
{
	const char *host = strstr(url, "://"), *path;

	host = host ? host + 3 : url;
	path = host + strcspn(host, "/?");
	if (*path != '/')
		buf_chr(out, '/');
	buf_str(out, path);
}

/*
 * Over the body; a request without one says everything with its target, so
 * that is what a receiver can verify.
 */
static int
add_signature(struct request *r, const struct request_of *of, const char *id)
{
	struct buf target = BUF_INIT(REQUEST_URL_MAX);
	struct buf value = BUF_INIT(HEADER_MAX);
	int err;

	if (of->keys_n == 0)
		return 0;
	if (!r->has_body)
		append_target(buf_cstr(&r->url), &target);
	err = (int)buf_err(&target);
	if (err == 0)
		err = sign_header(of->keys, of->keys_n, id, of->now / 1000000,
		    buf_as_span(r->has_body ? &r->body : &target), &value);
	if (err == 0)
		err = add_header(r, "", "webhook-signature",
		    buf_as_span(&value));
	buf_free(&value);
	buf_free(&target);
	return err;
}

static int
add_login(struct request *r, const struct login *login, struct span secret)
{
	struct buf value = BUF_INIT(HEADER_MAX);
	int err;

	if (login->type == LOGIN_NONE)
		return 0;
	login_value(login, secret, &value);
	err = (int)buf_err(&value);
	if (err == 0)
		err = add_header(r, "", "Authorization", buf_as_span(&value));
	if (value.p != NULL)
		OPENSSL_cleanse(value.p, value.cap);
	buf_free(&value);
	return err;
}

/* Behind ours, and never one that begins like ours. */
static int
add_own(const struct webhook *w, const char *prefix, struct request *r)
{
	const struct header *h;
	int err = 0;
	size_t i;

	for (i = 0; i < w->headers.n && err == 0; i++) {
		h = &w->headers.v[i];
		if (prefix[0] == '\0' ||
		    strncasecmp(h->name, prefix, strlen(prefix)) != 0)
			err = add_header(r, "", h->name, span_of(h->value));
	}
	return err;
}

static int
add_headers(const struct webhook *w, const struct request_style *style,
    const struct request_of *of, struct request *r)
{
	char id[ID_TEXT_LEN];
	int err;

	if ((r->headers = calloc(HEADERS_MAX, sizeof(*r->headers))) == NULL)
		return ERR_NOMEM;
	r->headers_n = 0;
	err = add_header(r, "", "User-Agent", span_of(style->user_agent));
	if (err == 0)
		err = add_header(r, "", "Accept", SPAN("*/*"));
	if (err == 0 && r->has_body)
		err = add_header(r, "", "Content-Type",
		    span_of(webhook_content_type_name(w->content_type)));
	if (err == 0)
		err = add_login(r, &w->login, of->secret);
	if (err == 0)
		err = add_header(r, "", "webhook-id",
		    span_of(id_text(&of->delivery_id, id)));
	if (err == 0)
		err = add_number(r, "", "webhook-timestamp",
		    of->now / 1000000);
	if (err == 0)
		err = add_signature(r, of, id);
	if (err == 0)
		err = add_header(r, style->prefix, "Event",
		    span_of(event_api_name(of->kind)));
	if (err == 0)
		err = add_header(r, style->prefix, "Call-Id", of->call_id);
	if (err == 0)
		err = add_number(r, style->prefix, "Attempt", of->attempt);
	if (err == 0 && of->test)
		err = add_header(r, style->prefix, "Test", SPAN("1"));
	if (err == 0)
		err = add_own(w, style->prefix, r);
	return err;
}

/* The URL with the parameters behind the constant query of the path. */
static void
render_query(const struct webhook *w, const struct parameter_call *call,
    struct buf *url)
{
	const char *query = strchr(w->url, '?');
	const char *last = w->url + strlen(w->url) - 1;

	buf_str(url, w->url);
	if (w->items_n == 0)
		return;
	if (query == NULL)
		buf_chr(url, '?');
	else if (last != query && *last != '&')		/* "?a?" goes on as "?a?&" */
		buf_chr(url, '&');
	mapping_pairs(w->items, w->items_n, call, false, url);
}

static void
render_body(const struct webhook *w, const struct parameter_call *call,
    struct buf *body)
{
	bool form = w->content_type == WEBHOOK_FORM;

	if (webhook_is_default_body(w) && form)
		mapping_all_pairs(call->data, true, body);
	else if (webhook_is_default_body(w))
		scan_compact(call->data, body);
	else if (form)
		mapping_pairs(w->items, w->items_n, call, true, body);
	else
		mapping_json(w->items, w->items_n, call, body);
}

int
request_render(const struct webhook *w, const struct request_style *style,
    const struct request_of *of, struct request *out)
{
	const struct parameter_call call = {
		.service = w->service, .kind = of->kind,
		.call_id = of->call_id, .data = of->data,
	};
	int err;

	*out = (struct request){ .method = webhook_method_name(w->method),
		.timeout = w->timeout };
	buf_init(&out->url, REQUEST_URL_MAX);
	buf_init(&out->body, REQUEST_BODY_MAX);
	if (!event_call_id_ok(of->call_id) || of->attempt < 1 ||
	    w->url[0] == '\0' || (style->prefix[0] != '\0' &&
	    !header_is_token(span_of(style->prefix))) ||
	    !is_field_value(style->user_agent))
		return ERR_INVALID;
	if (w->method == WEBHOOK_GET) {
		render_query(w, &call, &out->url);
	} else {
		out->has_body = true;
		buf_str(&out->url, w->url);
		render_body(w, &call, &out->body);
	}
	if ((err = buf_err(&out->url)) == 0 &&
	    (err = buf_err(&out->body)) == 0)
		err = add_headers(w, style, of, out);
	if (err != 0)
		request_free(out);
	return err;
}

void
request_free(struct request *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->headers_n; i++) {
		OPENSSL_cleanse(r->headers[i], strlen(r->headers[i]));
		free(r->headers[i]);
	}
	free(r->headers);
	buf_free(&r->url);
	buf_free(&r->body);
	*r = (struct request){ 0 };
}

void
request_line(const struct request *r, struct buf *out)
{
	buf_str(out, r->method);
	buf_chr(out, ' ');
	append_target(buf_cstr(&r->url), out);
	buf_str(out, " HTTP/1.1");
}
