#ifndef SENDER_SENDER_H
#define SENDER_SENDER_H

struct settings;

/*
 * The whole process: reads due deliveries of its shards, sends them, writes
 * what became of them, until SIGTERM or SIGINT (finish what is in flight; a
 * second one: leave at once).  Returns the exit status: 0, 78 (EX_CONFIG:
 * settings or schema do not fit) or 70 (EX_SOFTWARE).
 */
int sender_run(const struct settings *settings);
/* Can the settings be used?  0, or 78 after a line in the log. */
int sender_check(const struct settings *settings);

#endif
