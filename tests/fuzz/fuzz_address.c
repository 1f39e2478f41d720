/*
 * May this address be called?  The classifier against the plain table in
 * tests/fixtures/ip_deny.tsv, asked bit by bit.  Input: 4 or 16 bytes, then
 * two of a port.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "core/buf.h"
#include "hook/target.h"
#include "fuzz.h"

static struct row {
	int family, bits;
	unsigned char b[16];
} rows[100];
static size_t rows_n;
static struct target_policy *policy;

static void
init(void)
{
	const char *root = getenv("CALLHOOK_SRCDIR");
	struct buf why = BUF_INIT(1000);
	char line[400], *slash;
	struct row *r;
	FILE *f;

	snprintf(line, sizeof(line), "%s/tests/fixtures/ip_deny.tsv",
	    root ? root : ".");
	f = fopen(line, "r");
	FUZZ_CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		slash = strchr(line, '/');
		if (line[0] == '#' || slash == NULL)
			continue;
		FUZZ_CHECK(rows_n < 100);
		r = &rows[rows_n++];
		*slash = '\0';
		r->family = strchr(line, ':') ? AF_INET6 : AF_INET;
		r->bits = (int)strtol(slash + 1, NULL, 10);
		FUZZ_CHECK(inet_pton(r->family, line, r->b) == 1);
	}
	fclose(f);
	FUZZ_CHECK(rows_n > 40);
	policy = target_policy_new(true, NULL, 0, &why);
	FUZZ_CHECK(policy != NULL);
	buf_free(&why);
}

static bool
in_row(const struct row *r, int family, const uint8_t *b)
{
	int i;

	if (r->family != family)
		return false;
	for (i = 0; i < r->bits; i++)
		if ((r->b[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool
listed(int family, const uint8_t *b)
{
	size_t i;

	if (family == AF_INET6 && (b[0] & 0xe0) != 0x20)
		return true;
	for (i = 0; i < rows_n; i++)
		if (in_row(&rows[i], family, b))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const struct sockaddr *a;
	size_t n = size >= 18 ? 16 : 4;
	int port, family = n == 16 ? AF_INET6 : AF_INET;
	bool low;

	if (policy == NULL)
		init();
	if (size < n + 2)
		return 0;
	port = data[n] << 8 | data[n + 1];
	if (family == AF_INET6) {
		memcpy(&v6.sin6_addr, data, n);
		a = (const struct sockaddr *)&v6;
	} else {
		memcpy(&v4.sin_addr, data, n);
		a = (const struct sockaddr *)&v4;
	}
	FUZZ_CHECK((target_denied(policy, a, 443) != NULL) ==
	    listed(family, data));
	/* A port only ever denies more. */
	if (listed(family, data))
		FUZZ_CHECK(target_denied(policy, a, port) != NULL);
	low = port < 1024 && port != 80 && port != 443;
	if (low)
		FUZZ_CHECK(target_denied(policy, a, port) != NULL);
	return 0;
}
