/*
 * The datagram by which the API tells the sender on its host which shards
 * have new work.  The sender owns the socket's path (wake_listen), workers
 * of the API own one unbound socket each (wake_open).  Nothing depends on a
 * datagram's arrival, so sending reports no error and never waits.
 */
#include "config.h"

#include "core/wake.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/id.h"

static bool
address(const char *path, struct sockaddr_un *sa)
{
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(sa->sun_path))
		return false;
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	memcpy(sa->sun_path, path, len);
	return true;
}

int
wake_open(int *fd)
{
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0)
		return ERR_IO;
	*fd = s;
	return 0;
}

/*
 * Takes away what a dead sender left at sa; ERR_EXISTS when somebody
 * listens there or it is no socket.
 */
static int
clear_path(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(sa->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : ERR_IO;
	if (!S_ISSOCK(st.st_mode))
		return ERR_EXISTS;
	if (wake_open(&fd) < 0)
		return ERR_IO;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0)
		err = ERR_EXISTS;
	else if (errno != ECONNREFUSED)
		err = errno == EPROTOTYPE ? ERR_EXISTS : ERR_IO;
	else if (unlink(sa->sun_path) != 0 && errno != ENOENT)
		err = ERR_IO;
	close(fd);
	return err;
}

int
wake_listen(const char *path, int *fd)
{
	struct sockaddr_un sa;
	int s = -1, err;

	if (!address(path, &sa))
		return ERR_TOO_BIG;
	err = clear_path(&sa);
	if (err < 0)
		return err;
	err = wake_open(&s);
	if (err < 0)
		return err;
	/* Workers may run as another user of the same group. */
	if (bind(s, (const struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    chmod(path, 0660) != 0) {
		close(s);
		return ERR_IO;
	}
	*fd = s;
	return 0;
}

size_t
wake_receive(int fd, unsigned char *shards, size_t size)
{
	unsigned char got[SHARDS];
	size_t n = 0, i;
	ssize_t len;

	/* A datagram names every shard at most once; see wake_send. */
	while (n < size) {
		size_t room = size - n < sizeof(got) ? size - n : sizeof(got);

		if (n > 0 && room < sizeof(got))
			break;
		len = recv(fd, got, room, MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			break;
		/* Anybody in the group can write here: believe nothing. */
		for (i = 0; i < (size_t)len; i++)
			if (got[i] < WAKE_END)
				shards[n++] = got[i];
	}
	return n;
}

void
wake_send(int fd, const char *path, const unsigned char *shards, size_t n)
{
	struct sockaddr_un sa;

	if (fd < 0 || n == 0 || !address(path, &sa))
		return;
	if (n > SHARDS)
		n = SHARDS;
	(void)!sendto(fd, shards, n, MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&sa, sizeof(sa));
}
