/*
 * A yardstick: libcurl's multi interface on epoll with nothing around it.
 * Posts COUNT bodies of SIZE bytes to URL over CONNECTIONS connections and
 * prints one JSON line: seconds, CPU seconds, peak RSS, failures.
 * Usage: multi_loop URL COUNT SIZE CONNECTIONS
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static int epfd;
static long timer_ms = -1;

static int
on_socket(CURL *easy, curl_socket_t s, int what, void *cookie, void *known)
{
	struct epoll_event ev = { .data.fd = s };
	CURLM *multi = cookie;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(epfd, EPOLL_CTL_DEL, s, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	epoll_ctl(epfd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &ev);
	curl_multi_assign(multi, s, &epfd);
	return 0;
}

static int
on_timer(CURLM *multi, long ms, void *cookie)
{
	(void)multi;
	(void)cookie;
	timer_ms = ms;
	return 0;
}

static size_t
swallow(char *p, size_t size, size_t n, void *cookie)
{
	(void)p;
	(void)cookie;
	return size * n;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
round_trip(CURLM *multi)
{
	struct epoll_event ev[256];
	int running, n, i;

	n = epoll_wait(epfd, ev, 256, timer_ms < 0 ? 1000 : (int)timer_ms);
	if (n == 0)
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	for (i = 0; i < n; i++) {
		int mask = 0;

		if (ev[i].events & EPOLLIN)
			mask |= CURL_CSELECT_IN;
		if (ev[i].events & EPOLLOUT)
			mask |= CURL_CSELECT_OUT;
		if (ev[i].events & (EPOLLERR | EPOLLHUP))
			mask |= CURL_CSELECT_ERR;
		curl_multi_socket_action(multi, ev[i].data.fd, mask, &running);
	}
}

int
main(int argc, char **argv)
{
	long count, size, connections, started = 0, done = 0, failed = 0;
	struct curl_slist *headers;
	struct rusage ru;
	CURLM *multi;
	CURLMsg *m;
	double t0;
	char *body;
	int left;

	if (argc != 5) {
		fprintf(stderr, "usage: multi_loop URL COUNT SIZE CONNECTIONS\n");
		return 2;
	}
	count = strtol(argv[2], NULL, 10);
	size = strtol(argv[3], NULL, 10);
	connections = strtol(argv[4], NULL, 10);
	body = malloc((size_t)size + 1);
	if (body == NULL || (epfd = epoll_create1(0)) == -1)
		return 1;
	memset(body, 'x', (size_t)size);
	curl_global_init(CURL_GLOBAL_ALL);
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections * 2);
	t0 = seconds();
	for (; started < connections && started < count; started++) {
		CURL *e = curl_easy_init();

		curl_easy_setopt(e, CURLOPT_URL, argv[1]);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, size);
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
		curl_easy_setopt(e, CURLOPT_PROXY, "");
		curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 15000L);
		curl_multi_add_handle(multi, e);
	}
	while (done < count) {
		round_trip(multi);
		while ((m = curl_multi_info_read(multi, &left)) != NULL) {
			CURL *e = m->easy_handle;
			long status = 0;

			curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
			failed += m->data.result != CURLE_OK || status != 200;
			done++;
			curl_multi_remove_handle(multi, e);
			if (started < count) {
				started++;
				curl_multi_add_handle(multi, e);
			} else
				curl_easy_cleanup(e);
		}
	}
	getrusage(RUSAGE_SELF, &ru);
	printf("{\"seconds\":%.3f,\"cpu\":%.3f,\"rss_kb\":%ld,\"failed\":%ld}\n",
	    seconds() - t0,
	    (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6,
	    ru.ru_maxrss, failed);
	return failed != 0;
}
