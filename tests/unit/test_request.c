/*
 * Requests byte for byte: every sample of tests/fixtures is reproduced from
 * its event and its mapping, then methods, constant queries, headers and
 * limits.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hook/parameter.h"
#include "hook/request.h"
#include "hook_fixture.h"

#define ITEMS_MAX 20
#define CT SERVICE_CALLTRACKING
#define CK SERVICE_CALLKEEPER

static const struct request_style STYLE = { "CKCT-Webhook/1.0", "X-CKCT-" };
static const struct id DELIVERY = { { 0x01, 0x9a, 0, 1, 2, 3, 0x74, 5, 0x86,
	7, 8, 9, 10, 11, 12, 13 } };

/* Allocations, wrapped by the linker: how many may still succeed. */
static int memory_left = -1;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
memory_ends(void)
{
	if (memory_left > 0)
		memory_left--;
	else if (memory_left == 0)
		return true;
	return false;
}

void *
__wrap_realloc(void *p, size_t size)
{
	return memory_ends() ? NULL : __real_realloc(p, size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return memory_ends() ? NULL : __real_calloc(n, size);
}

/* name, parameter, text */
struct line {
	const char *name, *parameter, *text;
};

static const struct line BITRIX24[] = {
	{ "fields[TITLE]", NULL, "Звонок с сайта" },
	{ "fields[PHONE][0][VALUE]", "client_number", NULL },
	{ "fields[PHONE][0][VALUE_TYPE]", NULL, "WORK" },
	{ "fields[UTM_SOURCE]", "utm_source", NULL },
	{ "fields[COMMENTS]", "record_url", NULL },
	{ NULL, NULL, NULL },
};

struct sample {
	const char *http, *event, *mapping;
	const struct line *lines;
	const char *url;
	enum service service;
	enum event_kind kind;
	enum webhook_method method;
	enum webhook_content_type type;
};

static const struct sample SAMPLES[] = {
	{ "ct_get_end.http", "ct_end.json", "mapping_ct_get.json", NULL,
	    "https://crm.customer.example/hooks/call.php", CT, EVENT_CALL_END,
	    WEBHOOK_GET, WEBHOOK_JSON },
	{ "ct_get_start.http", "ct_start.json", "mapping_ct_get.json", NULL,
	    "https://crm.customer.example/hooks/call.php", CT,
	    EVENT_CALL_START, WEBHOOK_GET, WEBHOOK_FORM },
	{ "ct_get_bitrix24.http", "ct_end.json", NULL, BITRIX24,
	    "https://customer.bitrix24.example/rest/1/SECRET/"
	    "crm.lead.add.json", CT, EVENT_CALL_END, WEBHOOK_GET,
	    WEBHOOK_JSON },
	{ "ct_post_json_end.http", "ct_end.json", "mapping_ct_json.json",
	    NULL, "https://crm.customer.example/api/calls", CT,
	    EVENT_CALL_END, WEBHOOK_POST, WEBHOOK_JSON },
	{ "ct_post_form_end.http", "ct_end.json", "mapping_ct_json.json",
	    NULL, "https://crm.customer.example/hooks/call.php", CT,
	    EVENT_CALL_END, WEBHOOK_POST, WEBHOOK_FORM },
	{ "ck_post_form_end.http", "ck_end.json", "mapping_ck_form.json",
	    NULL, "https://crm.customer.example/hooks/ck.php", CK,
	    EVENT_CALL_END, WEBHOOK_POST, WEBHOOK_FORM },
	{ "ck_default_json_end.http", "ck_end.json", NULL, NULL,
	    "https://crm.customer.example/ck-hook", CK, EVENT_CALL_END,
	    WEBHOOK_POST, WEBHOOK_JSON },
	{ "ck_default_json_start.http", "ck_start.json", NULL, NULL,
	    "https://crm.customer.example/ck-hook", CK, EVENT_CALL_START,
	    WEBHOOK_POST, WEBHOOK_JSON },
};

static char *
copy_text(struct span s)
{
	struct buf b = BUF_INIT(1000);
	char *text;

	buf_span(&b, s);
	text = buf_take(&b);
	assert_non_null(text);
	return text;
}

static void
add_item(struct webhook *w, struct span name, struct span id, struct span text)
{
	struct mapping_item *item = &w->items[w->items_n++];

	assert_true(w->items_n <= ITEMS_MAX);
	item->name = copy_text(name);
	if (text.p != NULL) {
		item->text = copy_text(text);
		return;
	}
	item->parameter = parameter_find(w->service, id);
	assert_non_null(item->parameter);
}

static struct span
content(struct span string)
{
	return (struct span){ string.p + 1, string.len - 2 };
}

static struct webhook
make(enum service service, const char *url, enum webhook_method method,
    enum webhook_content_type type)
{
	struct webhook w = { .service = service, .method = method,
		.content_type = type, .events = EVENT_CALL_END,
		.enabled = true };

	w.url = copy_text(span_of(url));
	w.items = calloc(ITEMS_MAX, sizeof(*w.items));
	assert_non_null(w.items);
	return w;
}

static void
drop(struct webhook *w)
{
	size_t i;

	for (i = 0; i < w->items_n; i++) {
		free(w->items[i].name);
		free(w->items[i].text);
	}
	free(w->items);
	free(w->url);
}

static struct webhook
make_sample(const struct sample *s)
{
	struct webhook w = make(s->service, s->url, s->method, s->type);
	struct scan_iter it = { 0 };
	const struct line *line;
	struct span list, key, item;
	struct buf text;

	for (line = s->lines; line && line->name; line++)
		add_item(&w, span_of(line->name), span_of(line->parameter),
		    span_of(line->text));
	if (s->mapping == NULL)
		return w;
	fixture_load(s->mapping, &text);
	list = fixture_proven(buf_as_span(&text));
	while (scan_next(&it, list, &key, &item))
		add_item(&w, content(scan_get(item, "name")),
		    content(scan_get(item, "value")), span_of(NULL));
	buf_free(&text);
	return w;
}

static struct request_of
of_data(struct span data)
{
	return (struct request_of){ .delivery_id = DELIVERY,
		.kind = EVENT_CALL_END, .call_id = SPAN("1337486"),
		.data = data, .attempt = 1,
		.now = INT64_C(1795345361999999) };
}

static const char *
header(const struct request *r, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < r->headers_n; i++)
		if (strncmp(r->headers[i], name, len) == 0 &&
		    strncmp(r->headers[i] + len, ": ", 2) == 0)
			return r->headers[i] + len + 2;
	return NULL;
}

/* The request as the samples have it: without the extension headers. */
static void
write_http(const struct request *r, struct buf *out)
{
	const char *host = strstr(buf_cstr(&r->url), "://");

	assert_non_null(host);
	request_line(r, out);
	buf_fmt(out, "\r\nHost: %.*s\r\n", (int)strcspn(host + 3, "/?"),
	    host + 3);
	buf_fmt(out, "User-Agent: %s\r\n", header(r, "User-Agent"));
	buf_fmt(out, "Accept: %s\r\n", header(r, "Accept"));
	if (r->has_body) {
		buf_fmt(out, "Content-Type: %s\r\n",
		    header(r, "Content-Type"));
		buf_fmt(out, "Content-Length: %zu\r\n", r->body.len);
	}
	buf_str(out, "\r\n");
	buf_span(out, buf_as_span(&r->body));
}

static void
test_samples(void **state)
{
	struct buf event, want, got = BUF_INIT(1 << 20);
	struct request_of of;
	struct request r;
	struct webhook w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(SAMPLES) / sizeof(SAMPLES[0]); i++) {
		fixture_load(SAMPLES[i].event, &event);
		fixture_load(SAMPLES[i].http, &want);
		w = make_sample(&SAMPLES[i]);
		of = of_data(fixture_proven(buf_as_span(&event)));
		of.kind = SAMPLES[i].kind;
		assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
		assert_int_equal(r.has_body, w.method != WEBHOOK_GET);
		buf_reset(&got);
		write_http(&r, &got);
		if (strcmp(buf_cstr(&got), buf_cstr(&want)) != 0)
			print_error("%s\n", SAMPLES[i].http);
		assert_string_equal(buf_cstr(&got), buf_cstr(&want));
		request_free(&r);
		drop(&w);
		buf_free(&want);
		buf_free(&event);
	}
	buf_free(&got);
}

/* Renders without an event's trimmings and compares URL and body. */
static void
renders(struct webhook w, const char *data, const char *url, const char *body)
{
	struct request_of of = of_data(fixture_proven(span_of(data)));
	struct request r;

	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_string_equal(r.method, webhook_method_name(w.method));
	assert_string_equal(buf_cstr(&r.url), url);
	assert_int_equal(r.has_body, body != NULL);
	assert_string_equal(buf_cstr(&r.body), body ? body : "");
	if (body == NULL)
		assert_null(header(&r, "Content-Type"));
	else
		assert_string_equal(header(&r, "Content-Type"),
		    webhook_content_type_name(w.content_type));
	request_free(&r);
	drop(&w);
}

static struct webhook
with_host(struct webhook w)
{
	add_item(&w, SPAN("h"), SPAN("host"), span_of(NULL));
	return w;
}

static void
test_constant_query(void **state)
{
	static const struct {
		const char *url, *want;
	} CASES[] = {
		{ "http://a.example/", "http://a.example/?h=x" },
		{ "http://a.example/p?k=1", "http://a.example/p?k=1&h=x" },
		{ "http://a.example/p?", "http://a.example/p?h=x" },
		{ "http://a.example/p?k=1?", "http://a.example/p?k=1?&h=x" },
		{ "http://a.example/p?k&", "http://a.example/p?k&h=x" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		renders(with_host(make(CT, CASES[i].url, WEBHOOK_GET,
		    WEBHOOK_JSON)), "{\"host\":\"x\"}", CASES[i].want, NULL);
		renders(make(CT, CASES[i].url, WEBHOOK_GET, WEBHOOK_JSON),
		    "{\"host\":\"x\"}", CASES[i].url, NULL);
		renders(with_host(make(CT, CASES[i].url, WEBHOOK_POST,
		    WEBHOOK_FORM)), "{\"host\":\"x\"}", CASES[i].url, "h=x");
	}
}

static void
test_methods(void **state)
{
	static const enum webhook_method METHODS[] = { WEBHOOK_POST,
		WEBHOOK_PUT, WEBHOOK_DELETE };
	const char *url = "https://a.example:8443/p";
	const char *data = "{ \"host\" : \"a b\", \"o\" : { \"n\": 1 } }";
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		renders(with_host(make(CT, url, METHODS[i], WEBHOOK_JSON)),
		    data, url, "{\"h\":\"a b\"}");
		renders(with_host(make(CT, url, METHODS[i], WEBHOOK_FORM)),
		    data, url, "h=a+b");
		renders(make(CT, url, METHODS[i], WEBHOOK_JSON), data, url,
		    "{}");
		renders(make(CT, url, METHODS[i], WEBHOOK_FORM), data, url,
		    "");
		renders(make(CK, url, METHODS[i], WEBHOOK_JSON), data, url,
		    "{\"host\":\"a b\",\"o\":{\"n\":1}}");
		renders(make(CK, url, METHODS[i], WEBHOOK_FORM), data, url,
		    "host=a+b&o%5Bn%5D=1");
	}
	renders(make(CK, url, WEBHOOK_GET, WEBHOOK_JSON), data, url, NULL);
}

static void
test_headers(void **state)
{
	static const char *const WANT[] = { "User-Agent: CKCT-Webhook/1.0",
		"Accept: */*", "Content-Type: application/json",
		"webhook-id: 019a0001-0203-7405-8607-08090a0b0c0d",
		"webhook-timestamp: 1795345361",
		"X-CKCT-Event: AFTER_CALL_FINISH", "X-CKCT-Call-Id: 1337486",
		"X-CKCT-Attempt: 1", "X-CKCT-Test: 1" };
	struct webhook w = make(CT, "http://a.example/", WEBHOOK_POST,
	    WEBHOOK_JSON);
	struct request_of of = of_data(fixture_proven(SPAN("{}")));
	struct request_style other = { "Acme/2", "X-Acme-" };
	struct request r;
	size_t i;

	(void)state;
	of.test = true;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_int_equal(r.headers_n, 9);
	for (i = 0; i < r.headers_n; i++)
		assert_string_equal(r.headers[i], WANT[i]);
	request_free(&r);
	of.test = false;
	of.kind = EVENT_CALL_START;
	of.attempt = 12;
	w.method = WEBHOOK_GET;
	assert_int_equal(request_render(&w, &other, &of, &r), 0);
	assert_int_equal(r.headers_n, 7);
	assert_null(header(&r, "X-Acme-Test"));
	assert_string_equal(header(&r, "User-Agent"), "Acme/2");
	assert_string_equal(header(&r, "X-Acme-Event"), "BEFORE_CALL_START");
	assert_string_equal(header(&r, "X-Acme-Attempt"), "12");
	request_free(&r);
	request_free(&r);
	request_free(NULL);
	drop(&w);
}

/* A key of our own and what it makes of "id.timestamp.payload". */
static struct sign_key
hmac_key(unsigned char first)
{
	struct sign_key key = { .kind = SIGN_HMAC, .len = 32 };
	size_t i;

	for (i = 0; i < key.len; i++)
		key.secret[i] = (unsigned char)(first + i);
	return key;
}

/* By another way than sign.c's: the whole message, the one-shot HMAC(). */
static void
expect_hmac(const struct sign_key *key, const struct request *r,
    const char *payload, char out[64])
{
	struct buf message = BUF_INIT(65536);
	unsigned char digest[32];
	unsigned int len = sizeof(digest);

	buf_fmt(&message, "%s.%s.%s", header(r, "webhook-id"),
	    header(r, "webhook-timestamp"), payload);
	assert_non_null(HMAC(EVP_sha256(), key->secret, (int)key->len,
	    (const unsigned char *)message.p, message.len, digest, &len));
	memcpy(out, "v1,", 3);
	EVP_EncodeBlock((unsigned char *)out + 3, digest, 32);
	buf_free(&message);
}

static void
test_signatures(void **state)
{
	struct webhook w = with_host(make(CT, "http://a.example:81?k=1",
	    WEBHOOK_POST, WEBHOOK_JSON));
	struct request_of of = of_data(fixture_proven(SPAN(
	    "{\"host\":\"a b\"}")));
	struct sign_key keys[3] = { hmac_key(1), hmac_key(2), hmac_key(3) };
	char want[2][64];
	const char *got;
	struct request r;

	(void)state;
	/* One key: over the body. */
	of.keys = keys;
	of.keys_n = 1;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_string_equal(buf_cstr(&r.body), "{\"h\":\"a b\"}");
	expect_hmac(&keys[0], &r, buf_cstr(&r.body), want[0]);
	assert_string_equal(header(&r, "webhook-signature"), want[0]);
	/* It stands behind what it signs. */
	assert_int_equal(strncmp(r.headers[4], "webhook-timestamp:", 18), 0);
	assert_int_equal(strncmp(r.headers[5], "webhook-signature:", 18), 0);
	request_free(&r);
	/* Two, the newest first. */
	of.keys_n = 2;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	expect_hmac(&keys[1], &r, buf_cstr(&r.body), want[1]);
	got = header(&r, "webhook-signature");
	assert_int_equal(strlen(got), 2 * strlen(want[0]) + 1);
	assert_memory_equal(got, want[0], strlen(want[0]));
	assert_string_equal(got + strlen(want[0]) + 1, want[1]);
	request_free(&r);
	/* Ed25519 beside HMAC. */
	keys[1].kind = SIGN_ED25519;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_non_null(strstr(header(&r, "webhook-signature"), " v1a,"));
	request_free(&r);
	/* No body: over the target, as it stands in the request line. */
	w.method = WEBHOOK_GET;
	of.keys_n = 1;
	of.test = true;		/* the longest list of headers */
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	expect_hmac(&keys[0], &r, "/?k=1&h=a%20b", want[0]);
	assert_string_equal(header(&r, "webhook-signature"), want[0]);
	request_free(&r);
	/* An empty body is a body. */
	w.method = WEBHOOK_DELETE;
	w.content_type = WEBHOOK_FORM;
	of.data = fixture_proven(SPAN("{}"));
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	expect_hmac(&keys[0], &r, buf_cstr(&r.body), want[0]);
	assert_string_equal(header(&r, "webhook-signature"), want[0]);
	assert_int_equal(r.headers_n, 10);
	request_free(&r);
	/* A key that cannot sign is an error, never an unsigned request. */
	keys[0].kind = SIGN_ED25519;
	keys[0].len = 31;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), ERR_INVALID);
	request_free(&r);
	of.keys_n = 0;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_null(header(&r, "webhook-signature"));
	request_free(&r);
	drop(&w);
}

/* Nothing that could end a header line gets as far as a header. */
static void
test_unsafe(void **state)
{
	static const char *const CALL_IDS[] = { "", "a b", "1\r\nX: y", "я",
		"a\n" };
	static const struct request_style STYLES[] = {
		{ "Agent\r\nX: y", "X-" }, { "Agent", "X-\r\n" },
		{ "Agent", "X Y-" }, { "Agent", "X:" }, { "Agént", "X-" },
		{ "A\tb", "X-" },
	};
	struct webhook w = make(CT, "http://a.example/", WEBHOOK_POST,
	    WEBHOOK_JSON);
	struct request_of of = of_data(fixture_proven(SPAN("{}")));
	struct request r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(STYLES) / sizeof(STYLES[0]); i++) {
		assert_int_equal(request_render(&w, &STYLES[i], &of, &r),
		    ERR_INVALID);
		request_free(&r);
	}
	for (i = 0; i < sizeof(CALL_IDS) / sizeof(CALL_IDS[0]); i++) {
		of.call_id = span_of(CALL_IDS[i]);
		assert_int_equal(request_render(&w, &STYLE, &of, &r),
		    ERR_INVALID);
		request_free(&r);
	}
	of.call_id = (struct span){ "a\0b", 3 };
	assert_int_equal(request_render(&w, &STYLE, &of, &r), ERR_INVALID);
	of.call_id = SPAN("1");
	of.attempt = 0;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), ERR_INVALID);
	drop(&w);
}

static void
test_limits(void **state)
{
	struct buf data = BUF_INIT(2 << 20);
	struct webhook w = make(CT, "http://a.example/", WEBHOOK_GET,
	    WEBHOOK_JSON);
	struct request_of of;
	struct request r;
	size_t i;

	(void)state;
	w = with_host(w);
	buf_str(&data, "{\"host\":\"");
	/* "http://a.example/?h=" are 20 bytes. */
	for (i = 20; i < REQUEST_URL_MAX; i++)
		buf_chr(&data, 'x');
	buf_str(&data, "\"}");
	of = of_data(fixture_proven(buf_as_span(&data)));
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	assert_int_equal(r.url.len, REQUEST_URL_MAX);
	request_free(&r);
	data.len -= 2;
	buf_str(&data, "x\"}");
	of = of_data(fixture_proven(buf_as_span(&data)));
	assert_int_equal(request_render(&w, &STYLE, &of, &r), ERR_TOO_BIG);
	assert_null(r.headers);
	/* A form of Cyrillic is three times as long. */
	w.method = WEBHOOK_POST;
	w.content_type = WEBHOOK_FORM;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	request_free(&r);
	data.len -= 2;
	for (i = 0; i < REQUEST_BODY_MAX / 6; i++)
		buf_str(&data, "ы");
	buf_str(&data, "\"}");
	assert_int_equal(buf_err(&data), 0);
	of = of_data(fixture_proven(buf_as_span(&data)));
	assert_int_equal(request_render(&w, &STYLE, &of, &r), ERR_TOO_BIG);
	w.content_type = WEBHOOK_JSON;
	assert_int_equal(request_render(&w, &STYLE, &of, &r), 0);
	request_free(&r);
	drop(&w);
	buf_free(&data);
}

/* Whichever allocation fails, it is said and nothing is kept. */
static void
test_no_memory(void **state)
{
	struct buf event;
	struct request_of of;
	struct request r;
	struct webhook w;
	size_t i;
	int n, err;

	(void)state;
	for (i = 0; i < sizeof(SAMPLES) / sizeof(SAMPLES[0]); i++) {
		fixture_load(SAMPLES[i].event, &event);
		w = make_sample(&SAMPLES[i]);
		of = of_data(fixture_proven(buf_as_span(&event)));
		for (n = 0; n < 1000; n++) {
			memory_left = n;
			err = request_render(&w, &STYLE, &of, &r);
			memory_left = -1;
			if (err == 0)
				break;
			assert_int_equal(err, ERR_NOMEM);
			assert_null(r.headers);
			assert_null(r.body.p);
		}
		/* Buffers, the list, and each header's line. */
		assert_true(n > 8 && n < 1000);
		assert_int_equal(err, 0);
		request_free(&r);
		drop(&w);
		buf_free(&event);
	}
}

static void
test_request_line(void **state)
{
	static const char *const CASES[][2] = {
		{ "http://a.example", "GET / HTTP/1.1" },
		{ "http://a.example/", "GET / HTTP/1.1" },
		{ "https://a.example:1/p/q?x=y", "GET /p/q?x=y HTTP/1.1" },
		{ "https://a.example?x=/y", "GET /?x=/y HTTP/1.1" },
		{ "http://[2001:db8::1]:80//p", "GET //p HTTP/1.1" },
	};
	struct request r = { .method = "GET", .url = BUF_INIT(100) };
	struct buf b = BUF_INIT(100);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		buf_reset(&r.url);
		buf_str(&r.url, CASES[i][0]);
		buf_reset(&b);
		request_line(&r, &b);
		assert_string_equal(buf_cstr(&b), CASES[i][1]);
	}
	buf_free(&b);
	request_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_constant_query),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_request_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
