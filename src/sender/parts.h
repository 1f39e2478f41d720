#ifndef SENDER_PARTS_H
#define SENDER_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"

struct buf;
struct delivery;
struct settings;
struct settle_result;

/* The inside of the process, for sender.c and parts.c; nobody else includes this. */
enum phase { PHASE_RUNNING, PHASE_DRAINING, PHASE_LEAVING };

struct sender {
	const struct settings *settings;
	struct id id;
	char host[256];
	int in_flight;			/* most */
	enum phase phase;
	int status;
	bool up;
	int seconds;
	int wake;			/* -1: none */
	struct loop *loop;
	struct loop_fd *wake_watch;
	struct loop_timer *poke, *second, *deadline;
	struct loop_timer *opening;	/* a closed lane's time has come */
	int64_t opens_at;		/* when */
	struct target_policy *policy;
	struct dbasync *db;
	struct hooks *hooks;
	struct lanes *lanes;
	struct feed *feed;
	struct shards *shards;
	struct resolve *resolve;
	struct transfers *transfers;
	struct settle *settle;
	struct attempts *attempts;
	struct secrets *secrets;
	struct operator *operator;
	struct disable *disable;
	struct trials *trials;
	struct recoveries *recoveries;
};

/*
 * Makes all of it from s->settings, wired to the callbacks below.
 * ERR_INVALID: the settings are wrong, and the log says what.
 */
int parts_open(struct sender *s) MUST_CHECK;
/* The same without the database: are the settings good? */
int parts_try(struct sender *s) MUST_CHECK;
void parts_close(struct sender *s);
/*
 * Our own addresses are nobody's receiver: those that we have now, besides
 * those that we had.  ERR_IO, ERR_NOMEM: not all are known.
 */
int parts_deny_own(struct sender *s) MUST_CHECK;
/* As many requests as descriptors allow, at most wanted. */
int parts_in_flight(int64_t wanted);

/* What the parts call, in sender.c. */
void sender_poke(void *cookie);
void sender_run_work(void *cookie);
void sender_on_open(void *cookie);
void sender_on_second(void *cookie);
void sender_on_deadline(void *cookie);
void sender_on_signal(void *cookie, int sig);
void sender_on_wake(void *cookie, unsigned events);
void sender_on_up(void *cookie);
void sender_on_down(void *cookie, enum err err, const char *message);
void sender_on_hungry(void *cookie, int shard);
void sender_on_gained(void *cookie, int shard);
void sender_on_closed(void *cookie, int shard);
void sender_on_lost(void *cookie, int shard);
int sender_in_hand(void *cookie, int shard);
int sender_in_flight(void *cookie);
void sender_on_alive(void *cookie);
void sender_figures(void *cookie, struct buf *out);
bool sender_may_send(void *cookie);
int64_t sender_epoch(void *cookie, int shard);
void sender_on_settled(void *cookie, struct delivery *d);
void sender_on_revoked(void *cookie, int shard);
void sender_on_failing(void *cookie, const struct delivery *d);
void sender_on_errand(void *cookie, int shard, unsigned what);
void sender_on_tried(void *cookie, struct delivery *d,
    struct settle_result *r);

#endif
