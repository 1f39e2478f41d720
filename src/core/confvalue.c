/*
 * Values of configuration options: text to member and back, by the type in
 * the option's row.  Members are addressed by offset, which only the table's
 * author can get wrong; a test loads every row.  Called by conf.c.
 */
#include "config.h"

#include "core/confvalue.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"

enum { LIST_MAX = 256 };	/* words or durations in one option */

/* The member of the option's type; o->type says which one is valid. */
union member {
	void *any;
	char **string;
	bool *boolean;
	int64_t *number;
	int *choice;
	struct conf_list *list;
	struct conf_words *words;
};

static union member
member_of(const struct conf_option *o, void *target)
{
	return (union member){ .any = (char *)target + o->offset };
}

void
confvalue_clear(const struct conf_option *o, void *target)
{
	union member m = member_of(o, target);

	switch (o->type) {
	case CONF_STRING: *m.string = NULL; break;
	case CONF_BOOL: *m.boolean = false; break;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_DURATION: *m.number = 0; break;
	case CONF_DURATIONS: *m.list = (struct conf_list){ NULL, 0 }; break;
	case CONF_WORDS: *m.words = (struct conf_words){ NULL, 0 }; break;
	case CONF_ENUM: *m.choice = 0; break;
	}
}

void
confvalue_free(const struct conf_option *o, void *target)
{
	union member m = member_of(o, target);
	size_t i;

	switch (o->type) {
	case CONF_STRING:
		free(*m.string);
		break;
	case CONF_DURATIONS:
		free(m.list->v);
		break;
	case CONF_WORDS:
		for (i = 0; i < m.words->n; i++)
			free(m.words->v[i]);
		free(m.words->v);
		break;
	case CONF_BOOL:
	case CONF_INT:
	case CONF_SIZE:
	case CONF_DURATION:
	case CONF_ENUM:
		break;
	}
	confvalue_clear(o, target);
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

/* Takes the next word off *rest; false when there is none. */
static bool
next_word(struct span *rest, struct span *word)
{
	while (rest->len > 0 && is_separator(rest->p[0])) {
		rest->p++;
		rest->len--;
	}
	word->p = rest->p;
	word->len = 0;
	while (rest->len > 0 && !is_separator(rest->p[0])) {
		rest->p++;
		rest->len--;
		word->len++;
	}
	return word->len > 0;
}

static size_t
count_words(struct span text)
{
	struct span word;
	size_t n = 0;

	while (next_word(&text, &word))
		n++;
	return n;
}

static int
parse_durations(const struct conf_option *o, struct conf_list *list,
    struct span text)
{
	size_t n = count_words(text);
	struct span word;
	int64_t *v;
	int err;

	if (n == 0)
		return 0;
	if (n > LIST_MAX)
		return ERR_RANGE;
	v = calloc(n, sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	for (n = 0; next_word(&text, &word); n++) {
		err = num_duration_ms(word, o->min, o->max, &v[n]);
		if (err < 0) {
			free(v);
			return err;
		}
	}
	*list = (struct conf_list){ v, n };
	return 0;
}

static int
parse_words(const struct conf_option *o, void *target, struct span text)
{
	struct conf_words *words = member_of(o, target).words;
	size_t n = count_words(text);
	struct span word;

	if (n == 0)
		return 0;
	if (n > LIST_MAX)
		return ERR_RANGE;
	words->v = calloc(n, sizeof(*words->v));
	if (words->v == NULL)
		return ERR_NOMEM;
	while (next_word(&text, &word)) {
		words->v[words->n] = strndup(word.p, word.len);
		if (words->v[words->n] == NULL) {
			confvalue_free(o, target);
			return ERR_NOMEM;
		}
		words->n++;
	}
	return 0;
}

static int
parse_bool(struct span text, bool *out)
{
	if (span_is(text, "yes") || span_is(text, "on") ||
	    span_is(text, "true"))
		*out = true;
	else if (span_is(text, "no") || span_is(text, "off") ||
	    span_is(text, "false"))
		*out = false;
	else
		return ERR_SYNTAX;
	return 0;
}

static int
parse_enum(const struct conf_option *o, struct span text, int *out)
{
	int i;

	for (i = 0; o->words[i] != NULL; i++) {
		if (span_is(text, o->words[i])) {
			*out = i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

static int
parse(const struct conf_option *o, void *target, struct span text)
{
	union member m = member_of(o, target);

	switch (o->type) {
	case CONF_STRING:
		*m.string = strndup(text.len > 0 ? text.p : "", text.len);
		return *m.string != NULL ? 0 : ERR_NOMEM;
	case CONF_BOOL:
		return parse_bool(text, m.boolean);
	case CONF_INT:
		return num_i64(text, o->min, o->max, m.number);
	case CONF_SIZE:
		return num_size(text, o->min, o->max, m.number);
	case CONF_DURATION:
		return num_duration_ms(text, o->min, o->max, m.number);
	case CONF_DURATIONS:
		return parse_durations(o, m.list, text);
	case CONF_WORDS:
		return parse_words(o, target, text);
	case CONF_ENUM:
		return parse_enum(o, text, m.choice);
	}
	return ERR_INVALID;
}

static void
write_number(enum conf_type type, int64_t v, struct buf *out)
{
	static const struct {
		int64_t factor;
		const char *name;
	} durations[] = { { 86400000, "d" }, { 3600000, "h" },
	    { 60000, "m" }, { 1000, "s" }, { 1, "ms" } },
	  sizes[] = { { 1 << 30, "g" }, { 1 << 20, "m" }, { 1 << 10, "k" },
	    { 1, "" } };
	size_t i = 0;

	if (type == CONF_INT) {
		buf_fmt(out, "%" PRId64, v);
	} else if (type == CONF_SIZE) {
		while (sizes[i].factor > 1 &&
		    (v == 0 || v % sizes[i].factor != 0))
			i++;
		buf_fmt(out, "%" PRId64 "%s", v / sizes[i].factor,
		    sizes[i].name);
	} else if (v == 0) {
		buf_str(out, "0s");
	} else {
		while (v % durations[i].factor != 0)
			i++;
		buf_fmt(out, "%" PRId64 "%s", v / durations[i].factor,
		    durations[i].name);
	}
}

/* What would have been right. */
static void
expect(const struct conf_option *o, struct buf *why)
{
	int i;

	switch (o->type) {
	case CONF_BOOL:
		buf_str(why, "yes or no is expected");
		return;
	case CONF_ENUM:
		for (i = 0; o->words[i] != NULL; i++)
			buf_fmt(why, "%s%s", i > 0 ? ", " : "one of ",
			    o->words[i]);
		buf_str(why, " is expected");
		return;
	case CONF_INT:
		buf_str(why, "a whole number");
		break;
	case CONF_SIZE:
		buf_str(why, "a size such as 4096, 16k or 1m");
		break;
	case CONF_DURATION:
		buf_str(why, "a duration such as 250ms, 10s, 5m, 2h or 7d");
		break;
	case CONF_DURATIONS:
		buf_fmt(why, "at most %d durations such as 250ms, 10s, 5m, "
		    "2h or 7d, each", LIST_MAX);
		break;
	case CONF_STRING:
	case CONF_WORDS:
		buf_fmt(why, "at most %d words are expected", LIST_MAX);
		return;
	}
	buf_str(why, " from ");
	write_number(o->type, o->min, why);
	buf_str(why, " to ");
	write_number(o->type, o->max, why);
	buf_str(why, o->type == CONF_DURATIONS ? " are expected" :
	    " is expected");
}

int
confvalue_parse(const struct conf_option *o, void *target, struct span text,
    struct buf *why)
{
	int err = parse(o, target, text);

	if (err == ERR_SYNTAX || err == ERR_RANGE)
		expect(o, why);
	return err;
}

void
confvalue_write(const struct conf_option *o, const void *target,
    struct buf *out)
{
	const void *at = (const char *)target + o->offset;
	const struct conf_list *list = at;
	const struct conf_words *words = at;
	size_t i;

	switch (o->type) {
	case CONF_STRING:
		if (*(char *const *)at != NULL)
			buf_str(out, *(char *const *)at);
		break;
	case CONF_BOOL:
		buf_str(out, *(const bool *)at ? "yes" : "no");
		break;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_DURATION:
		write_number(o->type, *(const int64_t *)at, out);
		break;
	case CONF_DURATIONS:
		for (i = 0; i < list->n; i++) {
			if (i > 0)
				buf_chr(out, ' ');
			write_number(o->type, list->v[i], out);
		}
		break;
	case CONF_WORDS:
		for (i = 0; i < words->n; i++)
			buf_fmt(out, "%s%s", i > 0 ? " " : "", words->v[i]);
		break;
	case CONF_ENUM:
		buf_str(out, o->words[*(const int *)at]);
		break;
	}
}
