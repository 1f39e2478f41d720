#ifndef HOOK_NEST_H
#define HOOK_NEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/span.h"

/*
 * Names of a mapping as a tree, the way PHP reads the names of a form:
 * a[b][c] is c in b in a, a[] the next number in a.  What is no such name
 * ("a[b", "[a]", "a[b]c") stays as it is.  Names are borrowed.
 */
struct nest_node {
	struct span key;	/* p NULL: the number below */
	int64_t number;		/* of a list; -1: a name */
	size_t child, next;	/* in the tree's v; 0: none */
	size_t last;		/* child */
	size_t item;		/* of a leaf */
	bool leaf;
};

struct nest {
	struct nest_node *v;	/* the first is the root */
	size_t n, cap;
};

#define NEST_INIT ((struct nest){ NULL, 0, 0 })

/* Has the name more than one part? */
bool nest_is_nested(struct span name);
/* The parts of a name: rest set, then until it returns false. */
struct nest_part {
	struct span key, rest;
	bool inside;		/* the first is taken */
};
bool nest_part(struct nest_part *p);
/*
 * Adds the name of an item.  ERR_CONFLICT: *other is an item that stands where
 * it would have to, or in its way; ERR_NOMEM.
 */
int nest_add(struct nest *t, struct span name, size_t item, size_t *other)
    MUST_CHECK;
void nest_free(struct nest *t);
/* Are node's children numbered 0, 1, 2 …? */
bool nest_is_list(const struct nest *t, const struct nest_node *node);

#endif
