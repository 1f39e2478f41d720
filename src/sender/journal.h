#ifndef SENDER_JOURNAL_H
#define SENDER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct id;

/*
 * What is in hand, in a file that outlives the process: a delivery is
 * entered before anything is done for it and leaves when its result stands in the
 * database.  After a crash (SIGSEGV, SIGABRT …; being killed from outside is
 * none) those that were in hand are suspects, which are tried few at a time, then
 * one at a time, until one has been in hand at JOURNAL_CRASHES crashes: that one
 * is set aside.  One journal a process; without one nobody is suspected.
 */
enum { JOURNAL_CRASHES = 3 };

/*
 * Takes the file over, made when it is not there, and the signals of crashes.
 * ERR_EXISTS: another process has it; ERR_IO: errno says why.
 */
int journal_open(const char *path) MUST_CHECK;
/* Forgets all but the suspects; what is entered later goes nowhere. */
void journal_close(void);
/* Suspects that are not in hand. */
int journal_suspects(void);
/* Crashes since the file was made. */
int64_t journal_crashes(void);

/*
 * A slot for what is to be done now, 0: none.  *crashes: at so many it was in
 * hand.
 */
int journal_enter(const struct id *delivery, int *crashes);
/* May one more of so many crashes go ahead?  Each yes is ended by journal_leave. */
bool journal_go(int slot);
/* Its result stands in the database: it is not what kills. */
void journal_prove(int slot);
/* It is no longer in hand; 0 does nothing. */
void journal_leave(int slot);

#endif
