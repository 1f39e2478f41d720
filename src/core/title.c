/*
 * The process title: the kernel shows the memory in which arguments and
 * environment were handed over, so that is where it is written.  Used by the
 * processes of callhook-api; a child inherits the place and writes its own.
 */
#include "config.h"

#include "core/title.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_MAX = 512 };

static struct {
	char *p;		/* NULL: there is no room */
	size_t size;
	size_t base;		/* of the title without its state */
} title;

/* Environment elsewhere; false: it stays, and so does the title. */
static int
move_environment(size_t n)
{
	char **copy = calloc(n + 1, sizeof(*copy));
	size_t i;

	if (copy == NULL)
		return 0;
	for (i = 0; i < n; i++) {
		copy[i] = strdup(environ[i]);
		if (copy[i] == NULL) {
			while (i > 0)
				free(copy[--i]);
			free(copy);
			return 0;
		}
	}
	environ = copy;
	return 1;
}

void
title_init(int argc, char **argv)
{
	char *end;
	size_t n = 0;
	int i;

	if (argc < 1 || title.p != NULL)
		return;
	end = argv[0] + strlen(argv[0]) + 1;
	for (i = 1; i < argc && argv[i] == end; i++)
		end += strlen(argv[i]) + 1;
	if (i < argc)
		return;
	for (; environ[n] != NULL; n++)
		if (environ[n] == end)
			end += strlen(environ[n]) + 1;
	if (!move_environment(n))
		return;
	title.p = argv[0];
	title.size = (size_t)(end - argv[0]);
	if (title.size > TITLE_MAX)
		title.size = TITLE_MAX;
}

void
title_set(const char *program, const char *what)
{
	int n;

	if (title.p == NULL)
		return;
	memset(title.p, 0, title.size);
	n = snprintf(title.p, title.size, "%s: %s", program, what);
	title.base = n < 0 ? 0 : (size_t)n < title.size ? (size_t)n :
	    title.size - 1;
}

void
title_state(const char *state)
{
	size_t room, n = strlen(state);

	if (title.p == NULL || title.size - title.base < 3)
		return;
	room = title.size - title.base - 2;	/* a blank and the NUL */
	if (n > room)
		n = room;
	title.p[title.base] = ' ';
	memcpy(title.p + title.base + 1, state, n);
	memset(title.p + title.base + 1 + n, 0, room - n + 1);
}
