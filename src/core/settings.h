#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "core/conf.h"

/*
 * Everything that /etc/callhook/callhook.conf can say, for all three
 * programs.  The table in settings.c is the documentation: it prints itself
 * (--dump-config) and callhook.conf(5) is checked against it.
 */
enum { SETTINGS_AUTH_KEY = 1, SETTINGS_AUTH_VOUCHED = 2 };
enum { SETTINGS_WHY = 32 * 1024 };
enum settings_lines { SETTINGS_NONE, SETTINGS_FAILURES, SETTINGS_ALL };

struct settings {
	/* [log] */
	int log_level;			/* enum log_level */
	int log_format;			/* enum log_format */
	int log_requests;		/* enum settings_lines */
	int log_deliveries;
	int64_t log_routine;		/* lines a second and process; 0: any */
	bool log_mask;

	/* [database] libpq connection strings */
	char *db_api;			/* conninfo of callhook-api */
	char *db_sender;
	char *db_admin;			/* callhookctl: may own the schema */
	bool db_pooled;			/* API: through a pooler of transactions */
	bool db_distributed;		/* by shard: one shard a transaction */
	int64_t db_statement_timeout;	/* ms, API */
	int64_t db_lock_timeout;	/* ms, API */

	/* [api] */
	char *api_listen;		/* path of the Unix socket */
	int64_t api_socket_mode;	/* octal digits as written: 660 */
	char *api_socket_group;		/* "" leaves it */
	int64_t api_backlog;
	int64_t api_workers;		/* most */
	int64_t api_workers_min;	/* 0: as many as workers */
	int64_t api_spare_min, api_spare_max;	/* idle ones */
	int64_t api_batch;		/* requests taken in one wake-up */
	int64_t api_batch_bytes;	/* bodies held in one wake-up */
	int64_t api_batch_rows;		/* events in one transaction */
	int64_t api_max_requests;	/* per worker, 0 = never recycled */
	int64_t api_io_timeout;		/* ms, reading and writing a request */
	int64_t api_drain_timeout;	/* ms, after SIGTERM or reload */
	int64_t api_request_timeout;	/* ms, a worker in one request */
	int64_t api_slow;		/* ms, worth a line in the log; 0: none */
	char *api_status;		/* path of the status socket; "" none */
	int64_t api_max_body;		/* bytes, events */
	int64_t api_max_events;		/* in one array */
	int64_t api_max_webhooks;	/* per account and service */
	int64_t api_events_per_second;	/* per account; 0: any number */
	struct conf_words api_auth;	/* "key", "vouched" */
	struct conf_words api_cors;	/* origins whose pages may ask */
	char *api_problem_base;		/* URI prefix of problem types */

	/* [sender] */
	char *sender_wake;		/* path of the datagram socket */
	char *sender_journal;		/* path, or empty */
	int64_t sender_window;		/* most requests in flight per webhook */
	int64_t sender_rate;		/* most requests a second per webhook, 0: any */
	int64_t sender_pause;		/* ms, first pause of a failing receiver */
	int64_t sender_in_flight;	/* most requests in flight in all */
	int64_t sender_host_connections;	/* most to one host */
	int64_t sender_idle_age;	/* ms, older is not used again */
	bool sender_http2;		/* over TLS, where receivers have it */
	char *sender_proxy;		/* http://host:port; "" none */
	int64_t sender_connect_timeout;	/* ms, includes TLS */
	int64_t sender_timeout;		/* ms, whole request */
	int64_t sender_response_max;	/* bytes kept of headers and body */
	struct conf_list sender_retries;	/* ms before attempt 2, 3, … */
	int64_t sender_jitter;		/* percent */
	int64_t sender_retry_after_max;	/* ms, of a receiver's Retry-After */
	int64_t sender_disable_after;	/* ms of failures only; 0: never */
	char *sender_operator_url;	/* is told what the sender did; "" nobody */
	int64_t sender_start_ttl;	/* ms, a call_start is worth sending */
	int64_t sender_drain_timeout;	/* ms, after SIGTERM */
	int64_t sender_poll_busy;	/* ms */
	int64_t sender_poll_idle;	/* ms */
	int64_t sender_settle_delay;	/* ms, results wait for company */
	int64_t sender_settle_rows;	/* at most in one batch */
	struct conf_words sender_dns;	/* name servers; empty: resolv.conf */
	char *sender_ca_file;		/* "" the system's */

	/* [request] what receivers see */
	char *request_user_agent;	/* CKCT-Webhook/1.0 */
	char *request_prefix;		/* X-CKCT- */

	/* [target] addresses that may be called */
	bool target_http;		/* plain http:// allowed */
	struct conf_words target_allow;	/* CIDR or CIDR:port holes in the deny list */

	/* [retention] */
	int64_t retention_days;		/* event and attempt partitions */
	int64_t retention_ahead;	/* days made ahead */
	int64_t retention_dedupe;	/* days a repeated event is known */

	/* [secrets] */
	char *secrets_key_file;		/* core/vault.h; may be missing */
};

/*
 * path NULL: $CALLHOOK_CONFIG, else /etc/callhook/callhook.conf.  On error why,
 * which should have room for SETTINGS_WHY, names the mistakes (conf_mistake).
 */
int settings_load(struct settings *s, const char *path, struct buf *why)
    MUST_CHECK;
/* Says on standard error what settings_load found, a line each mistake. */
void settings_complain(const char *program, const char *why);
void settings_free(struct settings *s);
void settings_dump(const struct settings *s, struct buf *out);

#endif
