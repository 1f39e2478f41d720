/*
 * Configuration files by a table of options: reading (all or nothing, with
 * file and line of the mistakes) and writing.  What a value means is
 * confvalue.c's business.  Called at start and on reload by all programs,
 * through settings.c.
 */
#include "config.h"

#include "core/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/confvalue.h"
#include "core/span.h"

enum {
	FILE_MAX = 256 * 1024,		/* bytes of a file */
	VALUE_MAX = 8 * 1024,		/* bytes of a value */
	NAME_SHOWN = 100,		/* of an unknown name */
};

/* A file being read. */
struct conf_reading {
	const struct conf_option *options;
	void *target;
	const char *path;
	unsigned line;
	const char *section;		/* NULL before the first */
	bool lost;			/* in a section that there is not */
	struct option_state {
		unsigned line;		/* that set it, 0 none */
		bool wrong;
	} *set;
	unsigned mistakes;
	struct buf value;
	struct buf *why;
};

static int wrong(struct conf_reading *r, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* Notes "file:line: what"; reading goes on. */
static int
wrong(struct conf_reading *r, const char *fmt, ...)
{
	char what[1200];
	va_list ap;

	r->mistakes++;
	if (r->mistakes > CONF_MISTAKES)
		return ERR_INVALID;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (r->mistakes > 1)
		buf_chr(r->why, '\n');
	buf_str(r->why, r->path);
	if (r->line > 0)
		buf_fmt(r->why, ":%u", r->line);
	buf_fmt(r->why, ": %s", what);
	return ERR_INVALID;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span s)
{
	while (s.len > 0 && is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Nothing, or a comment? */
static bool
is_rest(struct span s)
{
	s = trim(s);
	return s.len == 0 || s.p[0] == '#';
}

/* Names may be shown in messages when they look like names. */
static bool
is_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' ||
		    (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.len > 0;
}

/* As much of a name as a message has room for. */
static int
shown(struct span name)
{
	return (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN);
}

/* line begins with '['. */
static int
read_section(struct conf_reading *r, struct span line)
{
	const struct conf_option *o;
	const char *end = memchr(line.p, ']', line.len);
	struct span name;

	r->lost = true;		/* until it is known which one it is */
	if (end == NULL)
		return wrong(r, "] is missing");
	name = trim((struct span){ line.p + 1, (size_t)(end - line.p) - 1 });
	end++;
	if (!is_rest((struct span){ end, line.len - (size_t)(end - line.p) }))
		return wrong(r, "nothing may follow [section]");
	for (o = r->options; o->section != NULL; o++) {
		if (span_is(name, o->section)) {
			r->section = o->section;
			r->lost = false;
			return 0;
		}
	}
	if (!is_name(name))
		return wrong(r, "this is not the name of a section");
	return wrong(r, "unknown section [%.*s]", shown(name), name.p);
}

/* text begins with '"': the value without quotes and escapes. */
static int
read_quoted(struct conf_reading *r, struct span text)
{
	size_t i;

	for (i = 1; i < text.len && text.p[i] != '"'; i++) {
		if (text.p[i] == '\\') {
			i++;
			if (i == text.len ||
			    (text.p[i] != '"' && text.p[i] != '\\'))
				return wrong(r, "after \\ in quotes only "
				    "\" or \\ may stand");
		}
		buf_chr(&r->value, text.p[i]);
	}
	if (i == text.len)
		return wrong(r, "the closing \" is missing");
	i++;
	if (!is_rest((struct span){ text.p + i, text.len - i }))
		return wrong(r, "nothing may follow the closing \"");
	return 0;
}

static int
read_value(struct conf_reading *r, struct span text)
{
	size_t i;

	buf_reset(&r->value);
	buf_str(&r->value, "");
	if (text.len > 0 && text.p[0] == '"')
		return read_quoted(r, text);
	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '"')
			return wrong(r, "a value with \" has to be quoted "
			    "as a whole");
		if (text.p[i] == '#' && (i == 0 || is_blank(text.p[i - 1])))
			break;
	}
	buf_span(&r->value, trim((struct span){ text.p, i }));
	return 0;
}

/* The option of that name in the present section; NULL when unknown. */
static const struct conf_option *
find(const struct conf_reading *r, struct span name)
{
	const struct conf_option *o;

	for (o = r->options; o->section != NULL; o++)
		if (strcmp(o->section, r->section) == 0 &&
		    span_is(name, o->name))
			return o;
	return NULL;
}

static int
set_option(struct conf_reading *r, const struct conf_option *o)
{
	size_t i = (size_t)(o - r->options);
	struct buf expected = BUF_INIT(1024);
	int err;

	if (r->set[i].line != 0)
		return wrong(r, "[%s] %s is set again, first in line %u",
		    o->section, o->name, r->set[i].line);
	r->set[i].line = r->line;
	err = confvalue_parse(o, r->target, buf_as_span(&r->value),
	    &expected);
	/* The value itself is not repeated: it may hold a password. */
	if (err < 0) {
		(void)wrong(r, "[%s] %s: %s", o->section, o->name,
		    err == ERR_NOMEM ? err_text(ERR_NOMEM) :
		    buf_cstr(&expected));
		r->set[i].wrong = true;
	}
	buf_free(&expected);
	return err == ERR_NOMEM || err == 0 ? err : ERR_INVALID;
}

static int
read_option(struct conf_reading *r, struct span line)
{
	const struct conf_option *o;
	const char *eq = memchr(line.p, '=', line.len);
	struct span name, text;
	int err;

	if (eq == NULL)
		return wrong(r, "name = value is expected");
	name = trim((struct span){ line.p, (size_t)(eq - line.p) });
	eq++;
	text = trim((struct span){ eq, line.len - (size_t)(eq - line.p) });
	if (!is_name(name))
		return wrong(r, "name = value is expected");
	if (r->lost)
		return 0;
	if (r->section == NULL)
		return wrong(r, "a [section] has to come first");
	o = find(r, name);
	if (o == NULL)
		return wrong(r, "unknown option %.*s in [%s]", shown(name),
		    name.p, r->section);
	err = read_value(r, text);
	if (err < 0) {
		r->set[o - r->options] =
		    (struct option_state){ r->line, true };
		return err;
	}
	if (buf_err(&r->value) == ERR_TOO_BIG)
		return wrong(r, "the value is too long");
	if (buf_err(&r->value) != ERR_OK) {
		(void)wrong(r, "%s", err_text(buf_err(&r->value)));
		return buf_err(&r->value);
	}
	return set_option(r, o);
}

static int
read_line(struct conf_reading *r, struct span line)
{
	size_t i;

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	for (i = 0; i < line.len; i++)
		if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') ||
		    line.p[i] == 0x7f)
			return wrong(r, "a control character is not allowed");
	line = trim(line);
	if (is_rest(line))
		return 0;
	return line.p[0] == '[' ? read_section(r, line) :
	    read_option(r, line);
}

/* Mistakes are noted; the error is one that ends reading. */
static int
read_lines(struct conf_reading *r, struct span text)
{
	const char *nl;
	struct span line;
	int err;

	while (text.len > 0) {
		nl = memchr(text.p, '\n', text.len);
		line.p = text.p;
		line.len = nl != NULL ? (size_t)(nl - text.p) : text.len;
		r->line++;
		err = read_line(r, line);
		if (err < 0 && err != ERR_INVALID)
			return err;
		if (nl == NULL)
			break;
		text.len -= line.len + 1;
		text.p = nl + 1;
	}
	return 0;
}

/* The file's bytes into text. */
static int
slurp(const char *path, struct buf *text, struct buf *why)
{
	char part[8192];
	ssize_t n = 0;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		while (buf_err(text) == ERR_OK &&
		    (n = read(fd, part, sizeof(part))) > 0)
			buf_add(text, part, (size_t)n);
	}
	if (fd < 0 || n < 0) {
		err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
		buf_fmt(why, "%s: %s", path, strerror(errno));
	} else if (buf_err(text) != ERR_OK) {
		err = buf_err(text);
		buf_fmt(why, "%s: %s", path, err_text(buf_err(text)));
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int
read_file(struct conf_reading *r)
{
	struct buf text = BUF_INIT(FILE_MAX);
	int err = slurp(r->path, &text, r->why);

	if (err == 0)
		err = read_lines(r, buf_as_span(&text));
	buf_free(&text);
	return err;
}

/* What the file did not say, or said wrongly; why keeps the mistakes. */
static int
fill_defaults(struct conf_reading *r)
{
	const struct option_state *at = r->set;
	const struct conf_option *o;
	struct buf expected = BUF_INIT(1024);
	int err = 0;

	for (o = r->options; o->section != NULL && err == 0; o++, at++) {
		if (at->line != 0 && !at->wrong)
			continue;
		/* It may have been right in an earlier line. */
		confvalue_free(o, r->target);
		err = confvalue_parse(o, r->target, span_of(o->def),
		    &expected);
		if (err < 0) {
			buf_reset(r->why);
			buf_fmt(r->why, "default of [%s] %s: %s", o->section,
			    o->name, err == ERR_NOMEM ? err_text(ERR_NOMEM) :
			    buf_cstr(&expected));
		}
	}
	buf_free(&expected);
	return err;
}

void
conf_wrong(struct conf_reading *r, const void *member, const char *expected)
{
	const struct option_state *at = r->set;
	const struct conf_option *o = r->options;

	while ((const char *)r->target + o->offset != (const char *)member) {
		o++;
		at++;
	}
	if (at->wrong)
		return;
	r->line = at->line;
	(void)wrong(r, "[%s] %s: %s", o->section, o->name, expected);
}

int
conf_load(const struct conf_option *options, void *target, const char *path,
    conf_check *check, struct buf *why)
{
	struct conf_reading r = { .options = options, .target = target,
	    .path = path, .value = BUF_INIT(VALUE_MAX), .why = why };
	size_t n = 0;
	int err = 0;

	buf_reset(why);
	for (; options[n].section != NULL; n++)
		confvalue_clear(&options[n], target);
	r.set = calloc(n + 1, sizeof(*r.set));
	if (r.set == NULL) {
		buf_str(why, err_text(ERR_NOMEM));
		return ERR_NOMEM;
	}
	if (path != NULL)
		err = read_file(&r);
	if (err == 0)
		err = fill_defaults(&r);
	if (err == 0 && check != NULL)
		check(target, &r);
	if (r.mistakes > CONF_MISTAKES)
		buf_fmt(why, "\n%s: and %u more", path,
		    r.mistakes - CONF_MISTAKES);
	if (err == 0 && r.mistakes > 0)
		err = ERR_INVALID;
	if (err < 0)
		conf_free(options, target);
	buf_free(&r.value);
	free(r.set);
	return err;
}

bool
conf_mistake(const char **why, struct span *mistake)
{
	*mistake = (struct span){ *why, strcspn(*why, "\n") };
	*why += mistake->len + ((*why)[mistake->len] == '\n' ? 1 : 0);
	return mistake->len > 0;
}

void
conf_free(const struct conf_option *options, void *target)
{
	for (; target != NULL && options->section != NULL; options++)
		confvalue_free(options, target);
}

/* Would read_value take text for itself? */
static bool
needs_quotes(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && (is_blank(text[0]) || is_blank(text[len - 1]) ||
	    strpbrk(text, "\"#") != NULL);
}

static void
dump_value(const struct conf_option *o, const void *target, struct buf *out)
{
	struct buf text = BUF_INIT(out->max);
	const char *p;

	confvalue_write(o, target, &text);
	if (buf_err(&text) != ERR_OK && out->err == ERR_OK)
		out->err = buf_err(&text);
	buf_str(out, o->name);
	buf_str(out, text.len > 0 ? " = " : " =");
	if (needs_quotes(buf_cstr(&text))) {
		buf_chr(out, '"');
		for (p = buf_cstr(&text); *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				buf_chr(out, '\\');
			buf_chr(out, *p);
		}
		buf_chr(out, '"');
	} else {
		buf_str(out, buf_cstr(&text));
	}
	buf_chr(out, '\n');
	buf_free(&text);
}

void
conf_dump(const struct conf_option *options, const void *target,
    struct buf *out)
{
	const struct conf_option *o;
	const char *section = NULL;

	for (o = options; o->section != NULL; o++) {
		if (section == NULL || strcmp(section, o->section) != 0) {
			buf_fmt(out, "%s[%s]\n", section != NULL ? "\n" : "",
			    o->section);
			section = o->section;
		}
		buf_fmt(out, "# %s\n", o->help);
		dump_value(o, target, out);
	}
}
