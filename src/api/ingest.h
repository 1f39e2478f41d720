#ifndef API_INGEST_H
#define API_INGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/id.h"
#include "hook/event.h"

struct api;

/* An event on its way into the database, and what became of it. */
struct ingest_item {
	struct event event;
	struct id key;		/* what makes it the same event */
	struct id id;		/* its own, or the first one's when duplicate */
	int shard;
	int err;		/* 0: committed */
	bool duplicate;
	int deliveries;
	/* while it runs */
	struct id own;		/* made once: a retry knows its own rows */
	struct ingest_item *first;	/* the same event earlier in the batch */
	bool fresh;		/* the key was not there before */
	bool late;		/* a start, its end was there before */
};

/*
 * Stores all items (event, key and outbox rows) in one transaction, in
 * place; then wakes the sender.  What one bad item spoils is tried again and then one
 * by one, so that each item has its own err.  event and key of each are set;
 * the rest is filled here.  Returns how many were committed as new.
 */
size_t ingest_batch(struct api *api, struct ingest_item **items, size_t n);

#endif
