#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

/*
 * One line per event on stderr, with the <N> priority prefix of sd-daemon(3)
 * when stderr is the journal, as text (event key=value …) or as JSON.  The
 * line is written with one write(2); when that would block it is counted as
 * dropped and the program goes on.  Values are quoted and control
 * characters escaped.  Never log secrets, payloads or phone numbers.
 *
 *	log_info("api.start", LS("listen", path), LI("workers", n));
 */
enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_field {
	const char *name;	/* NULL ends the list */
	const char *str;	/* a string, may be NULL; or */
	int64_t num;		/* a number when is_num */
	int is_num;
	size_t len;		/* of str; (size_t)-1: NUL-terminated */
};

#define LS(name_, s_) { .name = (name_), .str = (s_), .len = (size_t)-1 }
#define LN(name_, p_, n_) { .name = (name_), .str = (p_), .len = (n_) }
#define LI(name_, i_) { .name = (name_), .num = (int64_t)(i_), .is_num = 1 }

#define log_debug(event, ...) log_at(LOG_DEBUG_, event, __VA_ARGS__)
#define log_info(event, ...) log_at(LOG_INFO_, event, __VA_ARGS__)
#define log_warn(event, ...) log_at(LOG_WARN_, event, __VA_ARGS__)
#define log_error(event, ...) log_at(LOG_ERROR_, event, __VA_ARGS__)
#define log_at(level, event, ...) \
	log_fields(level, event, \
	    (const struct log_field[]){ __VA_ARGS__, { .name = NULL } })

void log_init(const char *program, enum log_level min, enum log_format format);
/*
 * On (from the start): numbers of 10 to 15 digits, as phone numbers are, and
 * what looks like a key or a secret of ours is shown in part only, whatever
 * field has it.
 */
void log_mask(bool on);
void log_fields(enum log_level level, const char *event,
    const struct log_field *fields);
/*
 * What goes well goes on thousands of times a second, and each line costs
 * more where it is collected than here.  log_routine: at most so many of these
 * lines a second; 0, as from the start, is any number.  log_may: may there be
 * one now?  What was denied is counted, and said in a line log.skipped as soon
 * as there may be one again.
 */
void log_routine(int64_t a_second);
bool log_may(void);
/* Lines lost so far because stderr would have blocked. */
uint64_t log_dropped(void);

#endif
