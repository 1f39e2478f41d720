#ifndef CORE_WAKE_H
#define CORE_WAKE_H

#include <stddef.h>

#include "core/err.h"
#include "core/id.h"

/*
 * The alarm clock between callhook-api and the sender on the same host: a
 * Unix datagram whose bytes are the numbers of shards with new work, plus what
 * kind of work it is.  It may be lost; the sender polls anyway.
 */
enum wake_kind {
	WAKE_DUE = 0,			/* deliveries */
	WAKE_ERRANDS = SHARDS,		/* a test to be sent, a recovery */
	WAKE_ANEW = 2 * SHARDS,		/* what is in hand is out of date */
	WAKE_END = 3 * SHARDS,
};

/*
 * For the sender.  ERR_EXISTS when another one listens at path, ERR_TOO_BIG
 * when path is none for a socket.  The caller closes *fd and unlinks path.
 */
int wake_listen(const char *path, int *fd) MUST_CHECK;
/*
 * Bytes received, each a shard plus an enum wake_kind (at most size, SHARDS is
 * enough); 0 when there are none.
 */
size_t wake_receive(int fd, unsigned char *shards, size_t size);
/* For the API: a socket to send from. */
int wake_open(int *fd) MUST_CHECK;
/* Does nothing when path is "". */
void wake_send(int fd, const char *path, const unsigned char *shards,
    size_t n);

#endif
