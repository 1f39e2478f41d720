/*
 * The length of a listen queue: the one number that says that a pool is too
 * small.  TCP sockets tell it themselves; for Unix sockets the kernel
 * answers over netlink (sock_diag(7)), so that it is seen what php-fpm shows as
 * 0.  Called by the master of callhook-api and its observer; keeps no state.
 */
#include "config.h"

#include "core/listenqueue.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 4096, PATIENCE_US = 200 * 1000 };

static int
tcp_queue(int fd, int *waiting, int *limit)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return ERR_IO;
	*waiting = (int)info.tcpi_unacked;	/* of a listening socket: these */
	*limit = (int)info.tcpi_sacked;
	return 0;
}

static int
ask(int netlink, ino_t inode)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req ask;
	} m = {
		.head = {
			.nlmsg_len = sizeof(m),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.ask = {
			.sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_ino = (uint32_t)inode,
			.udiag_show = UDIAG_SHOW_RQLEN,
			.udiag_cookie = { UINT32_MAX, UINT32_MAX },
		},
	};

	return send(netlink, &m, sizeof(m), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(m) ? 0 : ERR_IO;
}

/* Parts of an answer begin at multiples of four. */
static size_t
aligned(size_t n)
{
	return (n + 3) / 4 * 4;
}

/* The attribute of the answer in p that has the queue. */
static int
read_answer(const char *p, size_t len, int *waiting, int *limit)
{
	struct nlmsghdr head;
	struct nlattr attr;
	struct unix_diag_rqlen queue;
	size_t at = aligned(sizeof(head)) +
	    aligned(sizeof(struct unix_diag_msg));

	if (len < sizeof(head))
		return ERR_IO;
	memcpy(&head, p, sizeof(head));
	if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return ERR_NOT_FOUND;
	while (at + sizeof(attr) <= len) {
		memcpy(&attr, p + at, sizeof(attr));
		if (attr.nla_len < sizeof(attr))
			return ERR_IO;
		if (attr.nla_type == UNIX_DIAG_RQLEN &&
		    at + aligned(sizeof(attr)) + sizeof(queue) <= len) {
			memcpy(&queue, p + at + aligned(sizeof(attr)),
			    sizeof(queue));
			*waiting = (int)queue.udiag_rqueue;
			*limit = (int)queue.udiag_wqueue;
			return 0;
		}
		at += aligned(attr.nla_len);
	}
	return ERR_NOT_FOUND;
}

static int
unix_queue(int fd, int *waiting, int *limit)
{
	struct timeval patience = { .tv_usec = PATIENCE_US };
	char answer[ANSWER_MAX];
	struct stat st;
	ssize_t n;
	int netlink, rc = ERR_IO;

	if (fstat(fd, &st) < 0)
		return ERR_IO;
	netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
	    NETLINK_SOCK_DIAG);
	if (netlink < 0)
		return ERR_IO;
	if (setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)) == 0 && ask(netlink, st.st_ino) == 0) {
		n = recv(netlink, answer, sizeof(answer), 0);
		if (n > 0)
			rc = read_answer(answer, (size_t)n, waiting, limit);
	}
	close(netlink);
	return rc;
}

int
listenqueue_get(int listen_fd, int *waiting, int *limit)
{
	struct sockaddr_storage sa = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);

	if (getsockname(listen_fd, (struct sockaddr *)&sa, &len) < 0)
		return ERR_IO;
	return sa.ss_family == AF_UNIX ? unix_queue(listen_fd, waiting, limit) :
	    tcp_queue(listen_fd, waiting, limit);
}
