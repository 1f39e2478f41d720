#ifndef CORE_CONF_H
#define CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

/*
 * The configuration file: [section], key = value, # comments; values may be
 * quoted with "".  One table says everything of an option: type, place in
 * the struct, default, bounds, help.  Unknown sections and keys, repeated
 * keys and values out of bounds are errors with file and line.  Values are
 * parsed into a fresh struct which the caller swaps in: a wrong file never
 * leaves half of itself behind.
 */
enum conf_type {
	CONF_STRING,		/* char *, allocated */
	CONF_BOOL,		/* bool: yes/no, on/off, true/false */
	CONF_INT,		/* int64_t within min..max */
	CONF_SIZE,		/* int64_t bytes */
	CONF_DURATION,		/* int64_t milliseconds */
	CONF_DURATIONS,		/* struct conf_list of int64_t milliseconds */
	CONF_WORDS,		/* struct conf_words, blank- or comma-separated */
	CONF_ENUM,		/* int; words lists the spellings from 0 */
};

enum { CONF_MISTAKES = 20 };

struct conf_list {
	int64_t *v;
	size_t n;
};

struct conf_words {
	char **v;
	size_t n;
};

struct conf_option {
	const char *section;
	const char *name;
	enum conf_type type;
	size_t offset;		/* in the target struct */
	const char *def;	/* default, in the spelling of the file */
	int64_t min, max;	/* INT, SIZE, DURATION, each of DURATIONS */
	const char *const *words;	/* ENUM: NULL-terminated */
	const char *help;	/* one English sentence */
};

struct conf_reading;
typedef void conf_check(const void *target, struct conf_reading *r);

/*
 * Fills target (zeroed by the callee) from defaults and from the file at
 * path; path NULL means defaults only.  options ends with section == NULL.
 * On error target holds nothing and why holds "file:line: what" of every
 * mistake, one a line, CONF_MISTAKES of them at most.  check (or NULL) is asked
 * when all is filled, and says with conf_wrong what one row cannot know; options
 * of wrong lines have their defaults then.
 */
int conf_load(const struct conf_option *options, void *target,
    const char *path, conf_check *check, struct buf *why) MUST_CHECK;
/* For check: what is expected of the option that member of target belongs to. */
void conf_wrong(struct conf_reading *r, const void *member,
    const char *expected);
/* Takes the next mistake off what why holds; false when there is no more. */
bool conf_mistake(const char **why, struct span *mistake);
void conf_free(const struct conf_option *options, void *target);
/* Writes target as a configuration file with the help as comments. */
void conf_dump(const struct conf_option *options, const void *target,
    struct buf *out);

#endif
