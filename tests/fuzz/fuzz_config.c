/*
 * A configuration file: what is accepted is the same when it was written out
 * and read again; what is not says where and why.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/settings.h"
#include "fuzz.h"

/* Loads these bytes as if they were the file. */
static int
load(struct settings *s, const void *data, size_t size, struct buf *why)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[40];
	int err;

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = settings_load(s, path, why);
	close(fd);
	return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = BUF_INIT(1 << 16), a = BUF_INIT(1 << 20),
	    b = BUF_INIT(1 << 20);
	struct settings s, again;

	if (load(&s, data, size, &why) != 0) {
		FUZZ_CHECK(why.len > 0);
		goto out;
	}
	settings_dump(&s, &a);
	FUZZ_CHECK(buf_err(&a) == 0);
	FUZZ_CHECK(load(&again, a.p, a.len, &why) == 0);
	settings_dump(&again, &b);
	FUZZ_CHECK(span_eq(buf_as_span(&a), buf_as_span(&b)));
	settings_free(&again);
	settings_free(&s);
out:
	buf_free(&why);
	buf_free(&a);
	buf_free(&b);
	return 0;
}
