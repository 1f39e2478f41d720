/*
 * An open load: events are due at fixed times, whether the ones before have
 * been answered or not, as the world does it.  The time of an answer counts
 * from when its event was due.  Answers are told apart: 202, and 429 or 503
 * with Retry-After.  One epoll loop, kept connections.
 * Usage: offer PORT PATH KEY DATA-FILE RATE SECONDS CONNECTIONS
 * Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 16384, ANSWER_MAX = 8192, LINGER_S = 5 };

struct connection {
	int fd;			/* -1: none */
	bool busy;
	struct connection *next;	/* of those that are idle */
	int64_t due_us;
	char request[REQUEST_MAX];
	size_t len, sent;
	char answer[ANSWER_MAX];
	size_t got;
};

struct kind {
	int64_t n, without_retry_after;
	int *us;
};

static struct kind accepted, refused;
static int64_t others, broken, late;
static struct sockaddr_in to = { .sin_family = AF_INET };
static const char *path, *key;
static char data[REQUEST_MAX / 2];
static int loop_fd;
static struct connection *idle;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
rest(struct connection *c)
{
	c->busy = false;
	c->next = idle;
	idle = c;
}

static void
hang_up(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->busy)
		rest(c);
}

static void
broke(struct connection *c)
{
	broken++;
	hang_up(c);
}

static bool
call_up(struct connection *c)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
	    .data.ptr = c };
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if ((connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS) ||
	    epoll_ctl(loop_fd, EPOLL_CTL_ADD, c->fd, &ev) < 0) {
		hang_up(c);
		return false;
	}
	return true;
}

static void
push(struct connection *c)
{
	ssize_t n;

	while (c->busy && c->sent < c->len) {
		n = send(c->fd, c->request + c->sent, c->len - c->sent,
		    MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		if (n < 0) {
			broke(c);
			return;
		}
		c->sent += (size_t)n;
	}
}

static void
post(struct connection *c, int64_t due_us, const char *call)
{
	char body[REQUEST_MAX / 2 + 256];
	int n;

	n = snprintf(body, sizeof(body), "{\"account_id\":10234,"
	    "\"service\":\"calltracking\",\"event\":\"call_end\","
	    "\"call_id\":\"%s\",\"data\":%s}", call, data);
	c->len = (size_t)snprintf(c->request, sizeof(c->request),
	    "POST %s HTTP/1.1\r\nHost: localhost\r\n"
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n%s", path, key, n, body);
	c->sent = c->got = 0;
	c->due_us = due_us;
	c->busy = true;
	push(c);
}

static void
note(struct kind *k, const struct connection *c)
{
	k->us[k->n++] = (int)(now_us() - c->due_us);
	if (strcasestr(c->answer, "\r\nretry-after:") == NULL)
		k->without_retry_after++;
}

/* Is the answer complete?  Then it is counted. */
static void
look(struct connection *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n"), *length;
	bool close_it;
	int status;

	if (end == NULL)
		return;
	length = strcasestr(c->answer, "\r\ncontent-length:");
	if (length == NULL || length > end) {
		/* In chunks: ends with an empty one. */
		if (c->got < 5 || memcmp(c->answer + c->got - 5,
		    "0\r\n\r\n", 5) != 0)
			return;
	} else if (c->got < (size_t)(end + 4 - c->answer) +
	    strtoul(length + 17, NULL, 10)) {
		return;
	}
	status = c->got > 12 ? (int)strtol(c->answer + 9, NULL, 10) : 0;
	close_it = strcasestr(c->answer, "\r\nconnection: close") != NULL;
	if (status == 202)
		note(&accepted, c);
	else if (status == 429 || status == 503)
		note(&refused, c);
	else
		others++;
	rest(c);
	if (close_it)
		hang_up(c);
}

static void
pull(struct connection *c)
{
	ssize_t n;

	while (c->fd >= 0) {
		if (c->got == sizeof(c->answer) - 1) {
			broke(c);
			return;
		}
		n = recv(c->fd, c->answer + c->got,
		    sizeof(c->answer) - 1 - c->got, 0);
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		if (n <= 0) {
			if (c->busy)
				broke(c);
			else
				hang_up(c);
			return;
		}
		c->got += (size_t)n;
		c->answer[c->got] = '\0';
		if (c->busy)
			look(c);
	}
}

static int
by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
print_kind(const char *name, struct kind *k)
{
	size_t n = (size_t)k->n;

	qsort(k->us, n, sizeof(int), by_value);
	printf("\"%s\": {\"n\": %zu, \"p50\": %.3f, \"p99\": %.3f, "
	    "\"max\": %.3f, \"without_retry_after\": %lld}, ", name, n,
	    n > 0 ? k->us[n / 2] / 1e3 : 0, n > 0 ? k->us[n * 99 / 100] / 1e3 : 0,
	    n > 0 ? k->us[n - 1] / 1e3 : 0, (long long)k->without_retry_after);
}

/* An idle connection, called up when it is not there; NULL: none. */
static struct connection *
idle_one(void)
{
	struct connection *c = idle;

	if (c == NULL || (c->fd < 0 && !call_up(c)))
		return NULL;
	idle = c->next;
	return c;
}

static bool
any_busy(const struct connection *all, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (all[i].busy)
			return true;
	return false;
}

static void
drive(struct connection *all, int n, double rate, int64_t count)
{
	struct epoll_event ev[256];
	struct connection *c;
	int64_t start = now_us(), i = 0, due, end = INT64_MAX;
	int k, got;
	char call[64];

	while (i < count || (any_busy(all, n) && now_us() < end)) {
		due = start + (int64_t)((double)i / rate * 1e6);
		for (; i < count && due <= now_us();
		    due = start + (int64_t)((double)++i / rate * 1e6)) {
			c = idle_one();
			if (c == NULL) {
				late++;
				continue;
			}
			snprintf(call, sizeof(call), "o%lld-%lld",
			    (long long)start, (long long)i);
			post(c, due, call);
		}
		if (i >= count && end == INT64_MAX)
			end = now_us() + LINGER_S * 1000000;
		got = epoll_wait(loop_fd, ev, 256, 1);
		for (k = 0; k < got; k++) {
			c = ev[k].data.ptr;
			if (c->fd >= 0 && (ev[k].events & EPOLLOUT))
				push(c);
			if (c->fd >= 0)
				pull(c);
		}
	}
	for (k = 0; k < n; k++)
		broken += all[k].busy;
}

int
main(int argc, char **argv)
{
	struct connection *all;
	double rate, seconds;
	int64_t count;
	FILE *f;
	int i, n;

	if (argc != 8) {
		fprintf(stderr, "usage: offer PORT PATH KEY DATA-FILE RATE SECONDS CONNECTIONS\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	path = argv[2];
	key = argv[3];
	f = fopen(argv[4], "r");
	if (f == NULL || fread(data, 1, sizeof(data) - 1, f) == 0)
		return 1;
	fclose(f);
	rate = strtod(argv[5], NULL);
	seconds = strtod(argv[6], NULL);
	n = (int)strtol(argv[7], NULL, 10);
	count = (int64_t)(rate * seconds);
	if (count < 1 || n < 1)
		return 2;
	all = calloc((size_t)n, sizeof(*all));
	accepted.us = calloc((size_t)count, sizeof(int));
	refused.us = calloc((size_t)count, sizeof(int));
	loop_fd = epoll_create1(EPOLL_CLOEXEC);
	if (all == NULL || accepted.us == NULL || refused.us == NULL || loop_fd < 0)
		return 1;
	for (i = 0; i < n; i++) {
		all[i].fd = -1;
		rest(&all[i]);
		/* All are there before it begins, and no queue is overrun. */
		if (!call_up(&all[i]))
			return 1;
		if (i % 64 == 63)
			usleep(5000);
	}
	usleep(100000);
	drive(all, n, rate, count);
	printf("{\"offered\": %lld, ", (long long)count);
	print_kind("accepted", &accepted);
	print_kind("refused", &refused);
	printf("\"others\": %lld, \"broken\": %lld, \"not_sent\": %lld}\n",
	    (long long)others, (long long)broken, (long long)late);
	return 0;
}
