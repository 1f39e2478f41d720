/*
 * The tree that names with brackets make.  Settings are checked with it
 * (item.c), JSON bodies are written along it (mapping.c); both free it when
 * they are done.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "hook/nest.h"

#define NUMBER_MAX 999999999

/* What is before the first bracket; all of it when it is no nested name. */
static struct span
base_of(struct span name)
{
	const char *end = name.p + name.len, *p, *open;

	open = memchr(name.p, '[', name.len);
	if (!open || open == name.p)
		return name;
	for (p = open; p < end; p++) {
		if (*p != '[' || !(p = memchr(p, ']', (size_t)(end - p))))
			return name;
	}
	return (struct span){ name.p, (size_t)(open - name.p) };
}

bool
nest_is_nested(struct span name)
{
	return base_of(name).len < name.len;
}

bool
nest_part(struct nest_part *p)
{
	const char *close;

	if (p->rest.len == 0 && p->inside)
		return false;
	if (!p->inside) {
		p->key = base_of(p->rest);
		close = p->key.p + p->key.len;
		p->inside = true;
	} else {
		close = memchr(p->rest.p, ']', p->rest.len);
		p->key = (struct span){ p->rest.p + 1,
			(size_t)(close - p->rest.p - 1) };
		close++;
	}
	p->rest.len -= (size_t)(close - p->rest.p);
	p->rest.p = close;
	return true;
}

/* A new node, the last child of v[parent]; 0: out of memory. */
static size_t
add_node(struct nest *t, size_t parent, struct span key, int64_t number)
{
	size_t cap = t->cap ? 2 * t->cap : 32;
	struct nest_node *v = t->v;

	if (t->n == t->cap) {
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return 0;
		t->v = v;
		t->cap = cap;
	}
	if (t->n == 0)
		v[t->n++] = (struct nest_node){ .number = -1 };
	v[t->n] = (struct nest_node){ .key = key, .number = number };
	if (v[parent].child == 0)
		v[parent].child = t->n;
	else
		v[v[parent].last].next = t->n;
	v[parent].last = t->n;
	return t->n++;
}

/* The number that [] means. */
static int64_t
next_number(const struct nest *t, size_t parent)
{
	int64_t next = 0;
	size_t i;

	for (i = t->n ? t->v[parent].child : 0; i; i = t->v[i].next)
		if (t->v[i].number >= next)
			next = t->v[i].number + 1;
	return next;
}

/* The child of that key, made when it is missing; 0: out of memory. */
static size_t
child_of(struct nest *t, size_t parent, struct span key)
{
	int64_t number = -1;
	size_t i;

	/* The first part of a name is never a number. */
	if (parent != 0 && key.len == 0)
		number = next_number(t, parent);
	else if (parent != 0 && num_i64(key, 0, NUMBER_MAX, &number) != 0)
		number = -1;
	for (i = t->n ? t->v[parent].child : 0; i; i = t->v[i].next)
		if (number >= 0 ? t->v[i].number == number :
		    t->v[i].number < 0 && span_eq(t->v[i].key, key))
			return i;
	return add_node(t, parent, number >= 0 ? span_of(NULL) : key, number);
}

static size_t
first_leaf(const struct nest *t, size_t i)
{
	while (!t->v[i].leaf)
		i = t->v[i].child;
	return t->v[i].item;
}

int
nest_add(struct nest *t, struct span name, size_t item, size_t *other)
{
	struct nest_part part = { .rest = name };
	size_t at = 0;

	while (nest_part(&part)) {
		at = child_of(t, at, part.key);
		if (at == 0)
			return ERR_NOMEM;
		if (t->v[at].leaf) {
			*other = t->v[at].item;
			return ERR_CONFLICT;
		}
	}
	if (t->v[at].child != 0) {
		*other = first_leaf(t, at);
		return ERR_CONFLICT;
	}
	t->v[at].leaf = true;
	t->v[at].item = item;
	return 0;
}

void
nest_free(struct nest *t)
{
	free(t->v);
	*t = NEST_INIT;
}

bool
nest_is_list(const struct nest *t, const struct nest_node *node)
{
	int64_t want = 0;
	size_t i;

	for (i = node->child; i; i = t->v[i].next)
		if (t->v[i].number != want++)
			return false;
	return want > 0;
}
