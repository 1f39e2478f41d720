#ifndef SENDER_SETTLE_H
#define SENDER_SETTLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/id.h"
#include "sender/outcome.h"

struct dbasync;
struct delivery;
struct loop;
struct settle;

/*
 * What became of an attempt, on its way into the database.  Results wait for
 * company, then go shard by shard, each batch one transaction that
 * joins the shard's epoch: attempt rows, outbox, counters.
 */
struct settle_result {
	struct delivery *delivery;
	struct id id;			/* of the attempt row */
	int64_t at;			/* real us */
	int n;			/* which attempt; those before if none */
	enum outcome outcome;
	enum outcome_error error;
	int status;
	int version;			/* of the webhook, 0: gone */
	int64_t due;			/* OUTCOME_RETRY: real us */
	int32_t dns_us, connect_us, tls_us, first_byte_us, total_us;
	char *detail;			/* allocated, or NULL */
	char *address;			/* allocated, or NULL */
	char *response;			/* allocated, or NULL */
	size_t response_len;

	STAILQ_ENTRY(settle_result) link;	/* settle.c */
};

struct settle_options {
	struct loop *loop;
	struct dbasync *db;
	int64_t delay;			/* ms that results wait for company */
	int rows;			/* most in one batch; fewer when answers are long */
	int limit;			/* settle_is_full from so many */
	int64_t (*epoch)(void *cookie, int shard);
	/* It stands in the database; or it never will: then all is void. */
	void (*settled)(void *cookie, struct delivery *d);
	void (*revoked)(void *cookie, int shard);
	/*
	 * d's webhook has known only failures for disable_after (ms); may be
	 * NULL.  Before d is settled.
	 */
	void (*failing)(void *cookie, const struct delivery *d);
	int64_t disable_after;
	void *cookie;
};

struct settle *settle_new(const struct settle_options *options);
void settle_free(struct settle *s);
/* A zeroed result; settle_add takes it over, settle_discard frees it. */
struct settle_result *settle_result_new(void);
void settle_discard(struct settle_result *r);
void settle_add(struct settle *s, struct settle_result *r);
/* Writes now what waits. */
void settle_flush(struct settle *s);
/* Forgets the results of a shard (-1: of all); the deliveries are not freed. */
void settle_drop(struct settle *s, int shard);
/* Results not yet in the database. */
int settle_pending(const struct settle *s);
/* A histogram (openmetrics_size) of the batches sent: its cells. */
const uint64_t *settle_batches(const struct settle *s);
/* So much waits that nothing should be started. */
bool settle_is_full(const struct settle *s);

#endif
