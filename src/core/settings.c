/*
 * The table of everything that can be configured, and the checks that one
 * row cannot express.  Read by all three programs; --dump-config prints it.
 */
#include "config.h"

#include "core/settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dbparam.h"
#include "core/num.h"
#include "core/span.h"

enum {
	PATH_LEN = 107,		/* of a Unix socket */
	AGENT_LEN = 200,
	PREFIX_LEN = 64,
	NAME_LEN = 253,		/* of a host */
};

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KILO INT64_C(1024)
#define MEGA (1024 * KILO)
/* A batch and the body that fills it are the parameters of one statement. */
#define BODIES_MAX (DBPARAM_BYTES_MAX / 2)

static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const lines[] = { "none", "failures", "all", NULL };

static const char a_path[] =
    "an absolute path of at most 107 bytes is expected";

#define OPTION(section_, name_, type_, member_, def_, min_, max_, help_) \
	{ .section = (section_), .name = (name_), .type = (type_), \
	  .offset = offsetof(struct settings, member_), .def = (def_), \
	  .min = (min_), .max = (max_), .help = (help_) }
#define CHOICE(section_, name_, member_, def_, words_, help_) \
	{ .section = (section_), .name = (name_), .type = CONF_ENUM, \
	  .offset = offsetof(struct settings, member_), .def = (def_), \
	  .words = (words_), .help = (help_) }

#define TEXT(s, n, d, h) OPTION(#s, #n, CONF_STRING, s##_##n, d, 0, 0, h)
#define WORDS(s, n, d, h) OPTION(#s, #n, CONF_WORDS, s##_##n, d, 0, 0, h)
#define BOOL(s, n, d, h) OPTION(#s, #n, CONF_BOOL, s##_##n, d, 0, 0, h)
#define INT(s, n, d, lo, hi, h) \
	OPTION(#s, #n, CONF_INT, s##_##n, d, lo, hi, h)
#define SIZE(s, n, d, lo, hi, h) \
	OPTION(#s, #n, CONF_SIZE, s##_##n, d, lo, hi, h)
#define TIME(s, n, d, lo, hi, h) \
	OPTION(#s, #n, CONF_DURATION, s##_##n, d, lo, hi, h)
/* [database] is db_ in the struct. */
#define DB_TEXT(n, d, h) \
	OPTION("database", #n, CONF_STRING, db_##n, d, 0, 0, h)
#define DB_BOOL(n, d, h) \
	OPTION("database", #n, CONF_BOOL, db_##n, d, 0, 0, h)
#define DB_TIME(n, d, lo, hi, h) \
	OPTION("database", #n, CONF_DURATION, db_##n, d, lo, hi, h)

static const struct conf_option options[] = {
	CHOICE("log", "level", log_level, "info", levels,
	    "The least important lines that are written."),
	CHOICE("log", "format", log_format, "text", formats,
	    "How a line looks: words for people or JSON for collectors."),
	CHOICE("log", "requests", log_requests, "all", lines,
	    "Requests to the API that have a line: none, failures (also slow "
	    "ones), all."),
	CHOICE("log", "deliveries", log_deliveries, "all", lines,
	    "Outcomes of deliveries that have a line: none, failures, all."),
	INT(log, routine, "100", 0, 1000000,
	    "Lines a second, of each process, about what went well; more are "
	    "counted in a line log.skipped.  0 is any number."),
	BOOL(log, mask, "yes",
	    "Are phone numbers, keys and secrets made unreadable?"),

	DB_TEXT(api, "dbname=callhook user=callhook_api",
	    "Connection string (libpq) of callhook-api."),
	DB_TEXT(sender, "dbname=callhook user=callhook_sender",
	    "Connection string (libpq) of callhook-sender."),
	DB_TEXT(admin, "dbname=callhook",
	    "Connection string (libpq) of callhookctl."),
	DB_BOOL(pooled, "no",
	    "Does callhook-api connect through a pooler in transaction mode "
	    "(PgBouncer)?  The sender needs sessions of its own."),
	DB_BOOL(distributed, "no",
	    "Is it distributed by shard (Citus)?  Each transaction of the "
	    "API then has to do with one shard."),
	DB_TIME(statement_timeout, "2s", 0, HOUR,
	    "Longest statement of the API; 0s is no limit."),
	DB_TIME(lock_timeout, "1s", 0, HOUR,
	    "Longest wait of the API for a lock; 0s is no limit."),

	TEXT(api, listen, "/run/callhook/api.sock",
	    "Unix socket for the web server, unless one is passed in."),
	INT(api, socket_mode, "660", 0, 777,
	    "Permissions of that socket, in octal."),
	TEXT(api, socket_group, "",
	    "Group of that socket; empty leaves it as it is."),
	INT(api, backlog, "512", 1, 65535,
	    "Requests that may wait to be accepted; beyond it the web server "
	    "answers 503 at once. While overload lasts only as many as the "
	    "workers take along in one round: workers times batch, at least 64."),
	INT(api, workers, "2", 1, 256,
	    "Worker processes at most, each with one database connection."),
	INT(api, workers_min, "0", 0, 256,
	    "Worker processes at least: their number follows the work; 0 is "
	    "always as many as workers."),
	INT(api, spare_min, "1", 0, 256,
	    "Fewer idle workers than this: more are started."),
	INT(api, spare_max, "4", 1, 256,
	    "More idle workers than this: one a second is let go."),
	INT(api, batch, "64", 1, 1024,
	    "Requests that a worker takes at one wake-up."),
	SIZE(api, batch_bytes, "4m", 64 * KILO, BODIES_MAX,
	    "Bytes of bodies that a worker holds at one wake-up."),
	INT(api, batch_rows, "2000", 1, 100000,
	    "Events stored in one transaction."),
	INT(api, max_requests, "0", 0, INT64_C(1000000000),
	    "Requests after which a worker is replaced; 0 is never."),
	TIME(api, io_timeout, "1s", 10, 5 * MINUTE,
	    "Longest wait for the web server, reading or writing."),
	TIME(api, drain_timeout, "30s", 0, HOUR,
	    "Time that workers have to finish when they are stopped."),
	TIME(api, request_timeout, "30s", 100, HOUR,
	    "Longest request: it is answered 503; a worker that cannot, 2 s "
	    "later, is killed."),
	TIME(api, slow, "1s", 0, HOUR,
	    "A request that took longer has a line with its slowest "
	    "statement; 0s is none."),
	TEXT(api, status, "/run/callhook/status.sock",
	    "Socket for /status and /metrics, which answers while all workers "
	    "are busy; empty is none."),
	SIZE(api, max_body, "1m", KILO, BODIES_MAX,
	    "Largest body of a request with events."),
	INT(api, max_events, "1000", 1, 100000,
	    "Most events in one array."),
	INT(api, max_webhooks, "500", 1, 100000,
	    "Most webhooks of one account and service."),
	INT(api, events_per_second, "0", 0, 1000000,
	    "Most events a second of one account; 0 is any number."),
	WORDS(api, auth, "key",
	    "Ways to prove who asks: key (Bearer API key), vouched (the web "
	    "server says who)."),
	WORDS(api, cors, "",
	    "Origins (https://host) whose pages may use the API; empty is none."),
	TEXT(api, problem_base, "/callhook/api/v1/problems/",
	    "What the type URI of an error begins with."),

	TEXT(sender, wake, "/run/callhook/wake.sock",
	    "Socket by which the API wakes the sender; empty is none."),
	TEXT(sender, journal, "/run/callhook/sender.journal",
	    "File that knows after a crash what was in hand; empty is none."),
	INT(sender, window, "32", 1, 10000,
	    "Most requests at a time to one webhook."),
	INT(sender, rate, "0", 0, 100000,
	    "Most requests a second to one webhook; 0 is any number."),
	TIME(sender, pause, "5s", 10, HOUR,
	    "First pause of a receiver that keeps failing; it doubles up to "
	    "60 times that."),
	INT(sender, in_flight, "1000", 1, 100000,
	    "Most requests at a time in all."),
	INT(sender, host_connections, "64", 1, 10000,
	    "Most connections to one host (address and port), and as many "
	    "requests in flight to one name and port."),
	TIME(sender, idle_age, "60s", SECOND, HOUR,
	    "A connection that was idle for longer is not used again."),
	BOOL(sender, http2, "no",
	    "Speak HTTP/2 over TLS with receivers that do?"),
	TEXT(sender, proxy, "",
	    "Proxy for all requests, http://host:port; empty is none."),
	TIME(sender, connect_timeout, "5s", 10, 5 * MINUTE,
	    "Longest wait for a connection, TLS included."),
	TIME(sender, timeout, "15s", 10, 10 * MINUTE,
	    "Longest request as a whole."),
	SIZE(sender, response_max, "16k", 0, MEGA,
	    "Bytes of an answer that are kept."),
	OPTION("sender", "retries", CONF_DURATIONS, sender_retries,
	    "10s 1m 5m 30m 2h 6h 12h 24h", 1, 30 * DAY,
	    "Waits before the second attempt, the third and so on."),
	INT(sender, jitter, "20", 0, 100,
	    "How much a wait may be longer or shorter, in percent."),
	TIME(sender, retry_after_max, "1h", 0, 30 * DAY,
	    "Longest Retry-After of a receiver that is heeded."),
	TIME(sender, disable_after, "5d", 0, 3650 * DAY,
	    "A webhook that only failed for so long is switched off; 0s is "
	    "never."),
	TEXT(sender, operator_url, "",
	    "Address that is told when a webhook was switched off; empty is "
	    "none."),
	TIME(sender, start_ttl, "5m", 10, 30 * DAY,
	    "How long the news that a call began is worth sending."),
	TIME(sender, drain_timeout, "30s", 0, HOUR,
	    "Time that requests have to finish when the sender is stopped."),
	TIME(sender, poll_busy, "25ms", 1, MINUTE,
	    "Pause between looks for due work while there is some."),
	TIME(sender, poll_idle, "250ms", 1, 10 * MINUTE,
	    "Pause between looks for due work while there is none."),
	TIME(sender, settle_delay, "20ms", 0, MINUTE,
	    "How long a result waits for others to be stored with."),
	INT(sender, settle_rows, "500", 1, 10000,
	    "Most results stored at a time."),
	WORDS(sender, dns, "",
	    "Name servers (address or address:port); empty is resolv.conf."),
	TEXT(sender, ca_file, "",
	    "File of trusted certificates; empty is the system's. One that "
	    "cannot be read is refused."),

	TEXT(request, user_agent, "CKCT-Webhook/1.0",
	    "User-Agent of the requests."),
	TEXT(request, prefix, "X-CKCT-",
	    "What the names of our own request headers begin with."),

	BOOL(target, http, "yes",
	    "May addresses be called without TLS?"),
	WORDS(target, allow, "",
	    "Networks (CIDR or CIDR:port) allowed although they are denied "
	    "by default."),

	INT(retention, days, "30", 1, 3650,
	    "Days that events and attempts are kept."),
	INT(retention, ahead, "7", 1, 90,
	    "Days for which partitions are made ahead."),
	INT(retention, dedupe, "7", 1, 3650,
	    "Days that a repeated event is recognised."),

	TEXT(secrets, key_file, "/etc/callhook/credentials/master.key",
	    "File of the key under which secrets of webhooks are stored."),
	{ .section = NULL },
};

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* A token of RFC 9110, which header names are made of. */
static bool
is_token(const char *s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (; *s != '\0'; s++) {
		bool alnum = (*s >= '0' && *s <= '9') ||
		    (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');

		if (!alnum && strchr(others, *s) == NULL)
			return false;
	}
	return true;
}

static bool
is_octal(int64_t digits)
{
	for (; digits > 0; digits /= 10)
		if (digits % 10 > 7)
			return false;
	return true;
}

static bool
is_socket_path(const char *s)
{
	return s[0] == '/' && s[1] != '\0' && strlen(s) <= PATH_LEN;
}

static bool
are_auth_words(const struct conf_words *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->v[i], "key") != 0 &&
		    strcmp(w->v[i], "vouched") != 0)
			return false;
	return w->n > 0;
}

static bool
is_agent(const char *s)
{
	size_t len = strlen(s);

	/* Blanks at the ends would not survive HTTP. */
	return len > 0 && len <= AGENT_LEN && is_printable(s) &&
	    s[0] != ' ' && s[len - 1] != ' ';
}

static bool
is_header_prefix(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= PREFIX_LEN && is_token(s);
}

/* http://host:port, IPv6 in brackets, and nothing before, between or after. */
static bool
is_proxy(const char *s)
{
	static const char name[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
	char text[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	int64_t port;
	size_t len;

	if (strncmp(s, "http://", 7) != 0)
		return false;
	s += 7;
	if (*s == '[') {
		len = strcspn(++s, "]");
		if (s[len] == '\0' || len >= sizeof(text))
			return false;
		memcpy(text, s, len);
		text[len] = '\0';
		if (inet_pton(AF_INET6, text, &in6) != 1)
			return false;
		s += len + 1;
	} else {
		len = strspn(s, name);
		if (len == 0 || len > NAME_LEN)
			return false;
		s += len;
	}
	return *s == ':' && num_i64(span_of(s + 1), 1, 65535, &port) == 0;
}

/* "https://host:port": nothing that a browser would not send as Origin. */
static bool
are_origins(const struct conf_words *words)
{
	const char *host;
	size_t i;

	for (i = 0; i < words->n; i++) {
		host = words->v[i];
		host += strncmp(host, "https://", 8) == 0 ? 8 :
		    strncmp(host, "http://", 7) == 0 ? 7 : strlen(host);
		if (*host == '\0' || host[strspn(host,
		    "abcdefghijklmnopqrstuvwxyz0123456789.-:[]")] != '\0')
			return false;
	}
	return true;
}

/* What one row cannot know. */
static void
check(const void *target, struct conf_reading *r)
{
	const struct settings *s = target;

	if (!is_octal(s->api_socket_mode))
		conf_wrong(r, &s->api_socket_mode,
		    "octal digits are expected");
	if (!is_socket_path(s->api_listen))
		conf_wrong(r, &s->api_listen, a_path);
	if (s->api_status[0] != '\0' && !is_socket_path(s->api_status))
		conf_wrong(r, &s->api_status, a_path);
	if (s->api_workers_min > s->api_workers)
		conf_wrong(r, &s->api_workers_min,
		    "no more than workers is expected");
	if (!are_auth_words(&s->api_auth))
		conf_wrong(r, &s->api_auth,
		    "key, vouched or both are expected");
	if (!are_origins(&s->api_cors))
		conf_wrong(r, &s->api_cors, "origins as browsers say them are "
		    "expected: https://host or https://host:port");
	if (s->api_problem_base[0] == '\0' ||
	    strpbrk(s->api_problem_base, " \"<>\\^`{|}") != NULL ||
	    !is_printable(s->api_problem_base))
		conf_wrong(r, &s->api_problem_base,
		    "the beginning of a URI is expected");
	if (s->sender_wake[0] != '\0' && !is_socket_path(s->sender_wake))
		conf_wrong(r, &s->sender_wake, a_path);
	if (s->sender_journal[0] != '\0' && s->sender_journal[0] != '/')
		conf_wrong(r, &s->sender_journal,
		    "an absolute path is expected");
	if (s->sender_proxy[0] != '\0' && !is_proxy(s->sender_proxy))
		conf_wrong(r, &s->sender_proxy, "http://host:port is expected");
	if (s->secrets_key_file[0] != '/')
		conf_wrong(r, &s->secrets_key_file,
		    "an absolute path is expected");
	if (!is_agent(s->request_user_agent))
		conf_wrong(r, &s->request_user_agent, "at most 200 printable "
		    "ASCII characters are expected");
	if (!is_header_prefix(s->request_prefix))
		conf_wrong(r, &s->request_prefix, "at most 64 characters of a "
		    "header name are expected");
}

int
settings_load(struct settings *s, const char *path, struct buf *why)
{
	if (path == NULL)
		path = getenv("CALLHOOK_CONFIG");
	if (path == NULL || path[0] == '\0')
		path = CALLHOOK_SYSCONFDIR "/callhook/callhook.conf";
	return conf_load(options, s, path, check, why);
}

void
settings_complain(const char *program, const char *why)
{
	struct span line;

	while (conf_mistake(&why, &line))
		fprintf(stderr, "%s: %.*s\n", program, (int)line.len, line.p);
}

void
settings_free(struct settings *s)
{
	conf_free(options, s);
}

void
settings_dump(const struct settings *s, struct buf *out)
{
	conf_dump(options, s, out);
}
