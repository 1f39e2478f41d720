/*
 * How fast is the gate?  scan_check beside jansson's parser on the event of a
 * finished CallTracking call, as it is posted.  Built by "make bench/scan".
 *
 * usage: bench/scan [FILE]
 */
#include "config.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/clock.h"
#include "hook/scan.h"

#define RUN_US INT64_C(300000)
#define RUNS 5
#define BATCH 1000

typedef int work_fn(struct span text);

static int
with_scan(struct span text)
{
	struct scan_error error;
	struct span value;

	return scan_check(text, &value, &error);
}

static int
with_jansson(struct span text)
{
	json_error_t error;
	json_t *json = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES,
	    &error);

	json_decref(json);
	return json == NULL;
}

/* Nanoseconds for one text: the best of RUNS. */
static double
measure(work_fn *work, struct span text)
{
	double best = 0, ns;
	int64_t start, took, n;
	int run, i;

	for (run = 0; run < RUNS; run++) {
		start = clock_mono_us();
		for (n = 0; (took = clock_mono_us() - start) < RUN_US;
		    n += BATCH)
			for (i = 0; i < BATCH; i++)
				if (work(text) != 0)
					return -1;
		ns = (double)took * 1000 / (double)n;
		if (run == 0 || ns < best)
			best = ns;
	}
	return best;
}

static int
load(const char *path, struct buf *text)
{
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return ERR_IO;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(text, chunk, n);
	fclose(f);
	return buf_err(text);
}

static int
report(const char *what, work_fn *work, struct span text)
{
	double ns = measure(work, text);

	if (ns <= 0) {
		fprintf(stderr, "%s refuses the text\n", what);
		return 1;
	}
	printf("%-12s %8zu %10.0f %10.0f\n", what, text.len, ns,
	    (double)text.len * 1000 / ns);
	return 0;
}

int
main(int argc, char **argv)
{
	struct buf data = BUF_INIT(1 << 20), text = BUF_INIT(1 << 20);
	struct buf path = BUF_INIT(4096), compact = BUF_INIT(1 << 20);
	const char *dir = getenv("CALLHOOK_SRCDIR");
	int failed;

	if (argc > 1)
		buf_str(&path, argv[1]);
	else
		buf_fmt(&path, "%s/tests/fixtures/ct_end.json",
		    dir ? dir : ".");
	if (load(buf_cstr(&path), &data) != 0) {
		fprintf(stderr, "cannot read %s\n", buf_cstr(&path));
		return 1;
	}
	buf_str(&text, "{\"account_id\":10234,\"service\":\"calltracking\","
	    "\"event\":\"call_end\",\"call_id\":\"1337486\",\"data\":");
	buf_span(&text, buf_as_span(&data));
	buf_str(&text, "}");
	printf("%-12s %8s %10s %10s\n", "parser", "bytes", "ns/event", "MB/s");
	failed = report("scan_check", with_scan, buf_as_span(&text));
	if (!failed)
		scan_compact(buf_as_span(&text), &compact);
	failed = failed ||
	    report("  compact", with_scan, buf_as_span(&compact)) ||
	    report("jansson", with_jansson, buf_as_span(&text)) ||
	    report("  compact", with_jansson, buf_as_span(&compact));
	buf_free(&compact);
	buf_free(&path);
	buf_free(&text);
	buf_free(&data);
	return failed;
}
