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

/*
 * Fills target (zeroed by the callee) from defaults and from the file at
 * path; path NULL means defaults only.  options ends with section == NULL.
 * On error target holds nothing and why holds "file:line: what".
 */
int conf_load(const struct conf_option *options, void *target,
    const char *path, struct buf *why) MUST_CHECK;
void conf_free(const struct conf_option *options, void *target);
/* Writes target as a configuration file with the help as comments. */
void conf_dump(const struct conf_option *options, const void *target,
    struct buf *out);

#endif
