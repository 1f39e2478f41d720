/*
 * Tables for people, printed by the commands that list or show something.
 */
#include "ctl/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/shown.h"
#include "core/span.h"

struct table
table_new(const char *const *titles, size_t columns, unsigned right)
{
	return (struct table){ .titles = titles, .columns = columns,
		.right = right, .cells = json_array() };
}

/* Harmless, and on one line. */
static json_t *
cell(const char *text)
{
	json_t *shown = shown_bytes(span_of(text)), *line;
	const char *s = json_string_value(shown);
	char *copy, *p;

	if (s == NULL)
		return NULL;
	copy = strdup(s);
	json_decref(shown);
	for (p = copy; p != NULL && *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	line = json_string(copy);
	free(copy);
	return line;
}

void
table_text(struct table *t, const char *text)
{
	if (t->cells == NULL || json_array_append_new(t->cells,
	    cell(text != NULL && text[0] != '\0' ? text : "-")) == 0)
		return;
	json_decref(t->cells);
	t->cells = NULL;
}

void
table_number(struct table *t, int64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, n);
	table_text(t, text);
}

void
table_real(struct table *t, const json_t *value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", json_number_value(value));
	table_text(t, json_is_number(value) ? text : NULL);
}

void
table_fact(struct table *t, const char *name, const char *text)
{
	table_text(t, name);
	table_text(t, text);
}

/* Characters, not bytes. */
static size_t
width_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static size_t
width_of_column(const struct table *t, size_t column)
{
	size_t i, n, width = t->titles != NULL ? width_of(t->titles[column]) :
	    0;

	for (i = column; i < json_array_size(t->cells); i += t->columns) {
		n = width_of(json_string_value(json_array_get(t->cells, i)));
		if (n > width)
			width = n;
	}
	return width;
}

static void
print_cell(const struct table *t, size_t column, size_t width,
    const char *text)
{
	size_t n = width_of(text);
	int gap = (int)(width > n ? width - n : 0);

	if ((t->right & 1U << column) != 0)
		printf("%*s%s", gap, "", text);
	else if (column + 1 < t->columns)
		printf("%s%*s", text, gap, "");
	else
		fputs(text, stdout);
	fputs(column + 1 < t->columns ? "  " : "\n", stdout);
}

int
table_print(struct table *t)
{
	size_t i, widths[32];

	if (t->cells == NULL || t->columns == 0 || t->columns > 32)
		return ERR_NOMEM;
	for (i = 0; i < t->columns; i++)
		widths[i] = width_of_column(t, i);
	for (i = 0; t->titles != NULL && i < t->columns; i++)
		print_cell(t, i, widths[i], t->titles[i]);
	for (i = 0; i < json_array_size(t->cells); i++)
		print_cell(t, i % t->columns, widths[i % t->columns],
		    json_string_value(json_array_get(t->cells, i)));
	json_decref(t->cells);
	t->cells = NULL;
	return 0;
}

static void
add_value(struct table *t, const json_t *o, const struct table_column *c)
{
	const json_t *v;

	if (c->in != NULL)
		o = json_object_get(o, c->in);
	v = json_object_get(o, c->key);
	if (c->kind == TABLE_NUMBER)
		table_number(t, json_integer_value(v));
	else if (c->kind == TABLE_REAL)
		table_real(t, v);
	else
		table_text(t, json_string_value(v));
}

int
table_list(const json_t *list, const struct table_column *columns)
{
	const char *titles[TABLE_COLUMNS];
	const json_t *o;
	struct table t;
	unsigned right = 0;
	size_t i, k, n = 0;

	for (; columns[n].title != NULL && n < TABLE_COLUMNS; n++) {
		titles[n] = columns[n].title;
		right |= (unsigned)(columns[n].kind != TABLE_TEXT) << n;
	}
	t = table_new(titles, n, right);
	json_array_foreach(list, i, o)
		for (k = 0; k < n; k++)
			add_value(&t, o, &columns[k]);
	return table_print(&t);
}

void
table_line(const char *text)
{
	json_t *shown = shown_bytes(span_of(text));

	if (shown != NULL)
		puts(json_string_value(shown));
	json_decref(shown);
}

void
table_below(const char *heading, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	printf("\n%s:\n", heading);
	table_line(text);
}

const char *
table_get(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}
