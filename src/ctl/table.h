#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/*
 * A table for people: cells are added row by row, columns become as wide as
 * their widest cell.  Cells may come from customers and their servers; what a
 * terminal would obey is shown as \x…
 */
struct table {
	const char *const *titles;	/* NULL: no line of titles */
	size_t columns;
	unsigned right;		/* bits of the columns that are numbers */
	json_t *cells;		/* strings; NULL: out of memory */
};

/* titles outlive it. */
struct table table_new(const char *const *titles, size_t columns,
    unsigned right);
/* NULL and "" are shown as "-". */
void table_text(struct table *t, const char *text);
void table_number(struct table *t, int64_t n);
/* With one digit behind the point; what is no number is shown as "-". */
void table_real(struct table *t, const json_t *value);
/* A row of two cells. */
void table_fact(struct table *t, const char *name, const char *text);
/* Prints it on standard output and frees it. */
int table_print(struct table *t) MUST_CHECK;

/* A column of a list of objects. */
struct table_column {
	const char *title, *key;	/* title NULL: the end */
	enum { TABLE_TEXT, TABLE_NUMBER, TABLE_REAL } kind;
	const char *in;		/* the object of theirs that has the key; NULL: they */
};

enum { TABLE_COLUMNS = 16 };	/* at most */

/* Prints a row for each object of list. */
int table_list(const json_t *list, const struct table_column *columns) MUST_CHECK;

/* Text of several lines below a heading; nothing when text is NULL or "". */
void table_below(const char *heading, const char *text);
/* Text as it is but for what a terminal would obey, and a line feed. */
void table_line(const char *text);

/* A string of o, or NULL. */
const char *table_get(const json_t *o, const char *key);

#endif
