#ifndef TESTS_UNIT_CONFIG_FILE_H
#define TESTS_UNIT_CONFIG_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"

/*
 * A configuration file of the test's own, and what is said of it; include after
 * cmocka.h.  config_file_make and config_file_remove are the group's setup and teardown.
 */
static char path[] = "/tmp/callhook_test.XXXXXX";
static struct buf why = BUF_INIT(4096);

static inline int
config_file_make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static inline int
config_file_remove(void **state)
{
	(void)state;
	buf_free(&why);
	return unlink(path);
}

static inline void
config_file_write(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#endif
