/*
 * From a webhook and a call to a request, and back: a line with the webhook's settings,
 * then the call's data.  Headers are lines of their own, JSON is JSON and has
 * every name, pairs decode to the names and constants they were made of.
 */
#include "config.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "core/buf.h"
#include "core/num.h"
#include "hook/fault.h"
#include "hook/filter.h"
#include "hook/request.h"
#include "hook/scan.h"
#include "hook/text.h"
#include "hook/url.h"
#include "fuzz.h"

static int ready;

static void
decode(struct span s, bool plus, struct buf *out)
{
	size_t i;
	int a, b;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '%') {
			FUZZ_CHECK(i + 2 < s.len);
			a = num_hex(s.p[i + 1]);
			b = num_hex(s.p[i + 2]);
			FUZZ_CHECK(a >= 0 && b >= 0);
			buf_chr(out, (char)(a << 4 | b));
			i += 2;
		} else {
			buf_chr(out, plus && s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
}

/* Is there a pair of this name, with this text when there is one? */
static bool
has_pair(struct span pairs, bool plus, const char *name, const char *text)
{
	struct span pair, left;
	struct buf a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);
	bool found = false;

	while (pairs.len > 0 && !found) {
		pair = fuzz_take(&pairs, '&');
		left = fuzz_take(&pair, '=');
		buf_reset(&a);
		buf_reset(&b);
		decode(left, plus, &a);
		decode(pair, plus, &b);
		/* Nested values have the name and brackets behind it. */
		found = text != NULL ?
		    strcmp(buf_cstr(&a), name) == 0 &&
		    strcmp(buf_cstr(&b), text) == 0 :
		    strncmp(buf_cstr(&a), name, strlen(name)) == 0;
	}
	buf_free(&a);
	buf_free(&b);
	return found;
}

static void
check_headers(const struct request *r)
{
	const char *h, *colon;
	size_t i;

	FUZZ_CHECK(r->headers_n >= 2);
	for (i = 0; i < r->headers_n; i++) {
		h = r->headers[i];
		colon = strchr(h, ':');
		FUZZ_CHECK(colon != NULL && colon > h && colon[1] == ' ');
		FUZZ_CHECK(strspn(h, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789-_!#$%&'*+.^`|~") ==
		    (size_t)(colon - h));
		for (; *h; h++)
			FUZZ_CHECK((unsigned char)*h >= 0x20 && *h != 0x7f);
	}
	for (i = 0; i < r->url.len; i++)
		FUZZ_CHECK(r->url.p[i] > ' ' && r->url.p[i] < 0x7f);
}

static void
check_pairs(const struct webhook *w, struct span pairs, bool plus)
{
	size_t i;

	for (i = 0; i < w->items_n; i++)
		if (w->items[i].text != NULL)
			FUZZ_CHECK(has_pair(pairs, plus, w->items[i].name,
			    w->items[i].text));
}

static void
check_json(const struct webhook *w, const struct buf *body)
{
	struct scan_error error;
	struct span value;
	json_error_t why;
	json_t *j, *v;
	size_t i;

	FUZZ_CHECK(scan_check(buf_as_span(body), &value, &error) == 0);
	FUZZ_CHECK(scan_type(value) == SCAN_OBJECT);
	j = json_loadb(body->p, body->len, JSON_REJECT_DUPLICATES, &why);
	FUZZ_CHECK(j != NULL ||
	    json_error_code(&why) == json_error_numeric_overflow);
	for (i = 0; j != NULL && i < w->items_n; i++) {
		if (w->items[i].text == NULL || strchr(w->items[i].name, '['))
			continue;
		v = json_object_get(j, w->items[i].name);
		FUZZ_CHECK(json_is_string(v) && strcmp(json_string_value(v),
		    w->items[i].text) == 0);
	}
	json_decref(j);
}

static void
render(const struct webhook *w, struct span data, int attempt)
{
	struct request_style style = { "fuzz/1.0", "X-F-" };
	struct request_of of = { .kind = EVENT_CALL_END,
	    .call_id = SPAN("call-1"), .data = data, .attempt = attempt,
	    .now = INT64_C(1795343000000000) };
	struct request r = { 0 };
	const char *query;
	int err;

	err = request_render(w, &style, &of, &r);
	FUZZ_CHECK(err == 0 || err == ERR_TOO_BIG);
	if (err == 0) {
		check_headers(&r);
		query = strchr(buf_cstr(&r.url), '?');
		if (!r.has_body && query != NULL)
			check_pairs(w, span_of(query + 1), false);
		else if (!r.has_body)
			FUZZ_CHECK(w->items_n == 0);
		else if (w->content_type == WEBHOOK_FORM)
			check_pairs(w, buf_as_span(&r.body), true);
		else
			check_json(w, &r.body);
	}
	request_free(&r);
}

/* A start is asked no more than an end: who hears the one hears the other. */
static void
ask(const struct webhook *w, struct span data)
{
	struct buf text = BUF_INIT(1 << 20);
	struct scan_error error;
	struct span value;
	bool start, end;

	filter_text(&w->filters, &text);
	FUZZ_CHECK(buf_err(&text) == 0);
	if (text.len > 0)
		FUZZ_CHECK(scan_check(buf_as_span(&text), &value,
		    &error) == 0);
	start = filter_passes(buf_as_span(&text), w->service,
	    EVENT_CALL_START, data);
	end = filter_passes(buf_as_span(&text), w->service, EVENT_CALL_END,
	    data);
	FUZZ_CHECK(start || !end);
	FUZZ_CHECK(end == filter_passes(buf_as_span(&text), w->service,
	    EVENT_CALL_CHANGE, data));
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = fuzz_span(data, size), first, value;
	struct faults faults = { 0 };
	struct scan_error error;
	struct webhook w;
	json_t *j;
	int m, c;

	if (!ready) {
		FUZZ_CHECK(url_init() == 0);
		ready = 1;
	}
	first = fuzz_take(&rest, '\n');
	j = json_loadb(first.len ? first.p : "", first.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (j == NULL)
		return 0;
	if (webhook_read(j, NULL, &w, &faults) == 0 &&
	    scan_check(rest, &value, &error) == 0 &&
	    scan_type(value) == SCAN_OBJECT) {
		ask(&w, value);
		for (m = 0; m < WEBHOOK_METHODS; m++) {
			for (c = 0; c < WEBHOOK_CONTENT_TYPES; c++) {
				w.method = (enum webhook_method)m;
				w.content_type = (enum webhook_content_type)c;
				render(&w, value, 1 + (int)(size % 9));
			}
		}
	}
	webhook_free(&w);
	fault_free(&faults);
	json_decref(j);
	return 0;
}
