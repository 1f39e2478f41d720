/*
 * The main of a fuzz target that is built without libFuzzer, so that make
 * check runs it with any compiler: every file of its corpus as it is, then
 * changed in some hundred ways that are the same in every run.  Arguments
 * are files to be run instead, once each and unchanged (what a fuzzer found).
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

enum { ROUNDS = 400, SIZE_MAX_IN = 64 * 1024 };

static unsigned char input[SIZE_MAX_IN], changed[SIZE_MAX_IN];
static uint64_t state = 88172645463325252U;

static uint32_t
next(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % below;
}

/* The bytes in an allocation of their size, so that a sanitizer sees its end. */
static void
run(const unsigned char *bytes, size_t n)
{
	unsigned char *copy = malloc(n ? n : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static size_t
change(size_t n)
{
	static const unsigned char nasty[] = "\0\n\r\"\\/:@%[]{},.#?\x7f\x80\xff";
	uint32_t at, len;
	int times;

	memcpy(changed, input, n);
	for (times = (int)next(4) + 1; times > 0 && n > 0; times--) {
		at = next((uint32_t)n);
		len = next((uint32_t)(n - at)) + 1;
		switch (next(5)) {
		case 0:
			changed[at] ^= (unsigned char)(1U << next(8));
			break;
		case 1:
			changed[at] = nasty[next(sizeof(nasty))];
			break;
		case 2:		/* without a piece */
			memmove(changed + at, changed + at + len,
			    n - at - len);
			n -= len;
			break;
		case 3:		/* a piece twice */
			if (n + len > sizeof(changed))
				break;
			memmove(changed + at + len, changed + at, n - at);
			n += len;
			break;
		default:	/* cut off */
			n = at;
			break;
		}
	}
	return n;
}

static int
run_file(const char *path, int rounds)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	n = fread(input, 1, sizeof(input), f);
	fclose(f);
	run(input, n);
	while (rounds-- > 0)
		run(changed, change(n));
	return 0;
}

static int
run_corpus(const char *name)
{
	const char *root = getenv("CALLHOOK_SRCDIR");
	char folder[PATH_MAX / 2], path[PATH_MAX];
	struct dirent **list;
	int i, n, files = 0;
	bool bad = false;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
	    root ? root : ".", name);
	n = scandir(folder, &list, NULL, alphasort);
	if (n < 0) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder,
			    list[i]->d_name);
			bad |= run_file(path, ROUNDS) < 0;
			files++;
		}
		free(list[i]);
	}
	free(list);
	run(input, 0);
	printf("%s: %d files, each changed in %d ways\n", name, files, ROUNDS);
	return bad || files == 0;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	int i, bad = 0;

	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	if (argc == 1)
		return run_corpus(name);
	for (i = 1; i < argc; i++)
		bad |= run_file(argv[i], 0) < 0;
	return bad ? 1 : 0;
}
