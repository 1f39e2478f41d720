#ifndef API_WORKER_H
#define API_WORKER_H

struct scoreboard_slot;
struct settings;
struct status_observer;
struct target_policy;

/*
 * The life of one worker process: takes requests from listen_fd until
 * term_fd is readable or it has answered its share.  Returns the exit
 * status: 0, or one of sysexits.h.  With an observer it answers for the pool
 * and nothing else.
 */
int worker_run(const struct settings *settings,
    const struct target_policy *policy,
    const struct status_observer *observer, int listen_fd,
    struct scoreboard_slot *slot, int term_fd);

#endif
