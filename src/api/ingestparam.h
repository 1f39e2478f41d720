#ifndef API_INGESTPARAM_H
#define API_INGESTPARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "api/ingest.h"
#include "core/dbparam.h"

struct db;
struct sql_statement;

/* Within the ingest only: what a batch is while it is stored. */

struct ingest_target {
	struct ingest_item *item;
	struct id webhook;
};

/*
 * The statements of a batch of any shards; or, where the database is
 * distributed, of one shard, so that the transaction has to do with one node.
 * Their parameters are the same but for the first: shards, or the shard.
 */
struct ingest_form {
	const struct sql_statement *key_insert, *key_find, *ended, *targets,
	    *event_insert, *outbox_insert;
	const char *scope;
};

extern const struct ingest_form ingest_form_many, ingest_form_one;

/* One attempt to store a batch. */
struct ingest_run {
	struct db *db;
	const struct ingest_form *form;
	struct ingest_item **items;	/* as they came: ascending by own id */
	size_t n;
	struct ingest_item **unique;	/* by shard and key */
	size_t unique_n;
	struct ingest_target *targets;
	size_t targets_n;
	struct dbparam p, q, ends;
};

/* Of all events that stand for themselves; only_old: of those that were there before. */
void ingest_param_keys(const struct ingest_run *run, struct dbparam *p,
    bool with_id, bool only_old);
/* Of the ends of calls that start here; false: none does. */
bool ingest_param_ends(const struct ingest_run *run, struct dbparam *p);
void ingest_param_targets(const struct ingest_run *run, struct dbparam *p);
/* Of what is new. */
void ingest_param_events(const struct ingest_run *run, struct dbparam *p);
void ingest_param_outbox(const struct ingest_run *run, struct dbparam *p);

#endif
