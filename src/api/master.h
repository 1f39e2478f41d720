#ifndef API_MASTER_H
#define API_MASTER_H

/*
 * Runs callhook-api until it is told to stop; path is the configuration
 * file, NULL the usual one.  Returns the exit status: 0, or one of sysexits.h (78: the
 * configuration or the database schema has to be put right first).
 */
int master_run(const char *path);
/* Loads and checks the configuration; says what is wrong on stderr. */
int master_check(const char *path);
/* The configuration in force, with all defaults, on stdout. */
int master_dump(const char *path);

#endif
