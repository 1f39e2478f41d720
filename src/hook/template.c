/*
 * Texts with parameters in braces: parsed once with the settings (item.c),
 * filled in for every request (mapping.c), which escapes the whole for where
 * it stands.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "hook/parameter.h"
#include "hook/scan.h"
#include "hook/template.h"

/* A piece: text as it is, or (parameter set) a value. */
struct piece {
	struct span text;	/* in source; of a value: the path behind it */
	const struct parameter *parameter;
};

struct template {
	char *source;
	struct piece *v;
	size_t n;
};

/* A piece is at least a brace and what is before it. */
static size_t
count_max(struct span text)
{
	size_t i, n = 1;

	for (i = 0; i < text.len; i++)
		n += text.p[i] == '{' || text.p[i] == '}' ? 2 : 0;
	return n;
}

static void
add(struct template *t, const char *from, const char *to,
    const struct parameter *p)
{
	if (to > from || p)
		t->v[t->n++] = (struct piece){ { from, (size_t)(to - from) },
			p };
}

/* p is behind the opening brace; returns what is behind the closing one. */
static const char *
add_value(struct template *t, enum service service, const char *p,
    const char *end, struct template_flaw *flaw)
{
	const char *close = memchr(p, '}', (size_t)(end - p));
	const struct parameter *parameter;
	struct span rest;

	if (!close || memchr(p, '{', (size_t)(close - p))) {
		flaw->fault = TEMPLATE_SYNTAX;
		return NULL;
	}
	flaw->name = (struct span){ p, (size_t)(close - p) };
	parameter = parameter_resolve(service, flaw->name, &rest);
	if (!parameter) {
		flaw->fault = TEMPLATE_UNKNOWN;
		return NULL;
	}
	add(t, rest.p, rest.p + rest.len, parameter);
	return close + 1;
}

static int
parse(struct template *t, enum service service, struct template_flaw *flaw)
{
	const char *end = t->source + strlen(t->source);
	const char *p = t->source, *run = p;

	while (p < end) {
		if (*p != '{' && *p != '}') {
			p++;
			continue;
		}
		if (p + 1 < end && p[1] == p[0]) {
			add(t, run, p + 1, NULL);	/* one of the two */
			run = p += 2;
			continue;
		}
		if (*p == '}') {
			flaw->fault = TEMPLATE_SYNTAX;
			return ERR_INVALID;
		}
		add(t, run, p, NULL);
		run = p = add_value(t, service, p + 1, end, flaw);
		if (!p)
			return ERR_INVALID;
	}
	add(t, run, p, NULL);
	return 0;
}

int
template_parse(enum service service, struct span text, struct template **out,
    struct template_flaw *flaw)
{
	struct template *t = calloc(1, sizeof(*t));
	int rc = ERR_NOMEM;

	*flaw = (struct template_flaw){ .fault = TEMPLATE_OK };
	*out = NULL;
	if (!t)
		return ERR_NOMEM;
	t->source = strndup(text.p, text.len);
	t->v = calloc(count_max(text), sizeof(*t->v));
	if (t->source && t->v)
		rc = parse(t, service, flaw);
	if (flaw->name.p)	/* the source goes, the text stays */
		flaw->name.p = text.p + (flaw->name.p - t->source);
	if (rc == 0)
		*out = t;
	else
		template_free(t);
	return rc;
}

void
template_free(struct template *t)
{
	if (!t)
		return;
	free(t->source);
	free(t->v);
	free(t);
}

const char *
template_text(const struct template *t)
{
	return t->source;
}

static void
add_text(struct span value, struct buf *out)
{
	struct scan_iter it = { 0 };
	struct span key, element;
	bool any = false;

	switch (scan_type(value)) {
	case SCAN_STRING:
		scan_unescape(value, out);
		break;
	case SCAN_NUMBER:
		buf_span(out, value);
		break;
	case SCAN_TRUE:
		buf_chr(out, '1');
		break;
	case SCAN_FALSE:
		buf_chr(out, '0');
		break;
	case SCAN_OBJECT:
		scan_compact(value, out);
		break;
	case SCAN_ARRAY:
		for (; scan_next(&it, value, &key, &element); any = true) {
			if (any)
				buf_str(out, ", ");
			if (scan_type(element) == SCAN_STRING)
				scan_unescape(element, out);
			else
				scan_compact(element, out);
		}
		break;
	case SCAN_NULL:
	case SCAN_NONE:
		break;
	}
}

void
template_render(const struct template *t, const struct parameter_call *call,
    struct buf *out)
{
	struct buf scratch = BUF_INIT(out->max);
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->v[i].parameter)
			add_text(parameter_value(t->v[i].parameter,
			    t->v[i].text, call, &scratch), out);
		else
			buf_span(out, t->v[i].text);
	}
	if (out->err == ERR_OK)
		out->err = buf_err(&scratch);
	buf_free(&scratch);
}
