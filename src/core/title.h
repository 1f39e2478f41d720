#ifndef CORE_TITLE_H
#define CORE_TITLE_H

/*
 * What ps(1) shows of a process: "callhook-api: worker 3 idle".  title_init,
 * once in main, moves the environment away from where the title is going to
 * stand; without it the others do nothing.
 */
void title_init(int argc, char **argv);
/* program: what; as much as has room. */
void title_set(const char *program, const char *what);
/* Replaces what follows what; short and cheap, for changes of state. */
void title_state(const char *state);

#endif
