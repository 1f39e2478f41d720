/*
 * The log: one line per event on stderr, as text or as JSON.  Every process
 * writes its own lines; a line is at most LINE bytes, which a pipe takes
 * whole, and is dropped (and counted) rather than waited for.  What does not
 * fit into a line is left out field by field and the line says so.
 */
#include "config.h"

#include "core/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/logmask.h"

enum {
	LINE = 4096,		/* at most PIPE_BUF, so that lines stay whole */
	VALUE = 1024,		/* bytes of one string that are shown */
	TAIL = 32,		/* kept for the mark of a cut line */
};
_Static_assert(LINE <= PIPE_BUF, "a log line has to fit into a pipe");

static struct {
	char program[32];
	enum log_level min;
	enum log_format format;
	bool journal;
	bool torn;		/* the last line was written in part */
	bool mask;
	int64_t routine;	/* lines a second, 0: any number */
	int64_t second, written, skipped;
	uint64_t dropped;
} state = { .program = "callhook", .min = LOG_INFO_, .format = LOG_TEXT,
	.mask = true };

static const char *const level_names[] = { "debug", "info", "warn", "error" };
/* syslog(3) priorities of the same. */
static const char *const level_prefix[] = { "<7>", "<6>", "<4>", "<3>" };

/* A line being built; full stays set once something did not fit. */
struct line {
	char p[LINE];
	size_t len;
	bool full;
};

static void
put(struct line *l, const char *p, size_t n)
{
	if (l->full || n > LINE - TAIL - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->p + l->len, p, n);
	l->len += n;
}

static void
put_str(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* Length of the valid UTF-8 character at p, 0 when it is none. */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	size_t n, i;
	unsigned long v;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	v = p[0] & (0xffUL >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3fUL);
	}
	if ((n == 3 && v < 0x800) || (n == 4 && v < 0x10000) ||
	    v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	return n;
}

/* C1 controls (U+0080 to U+009F) drive terminals just as ESC does. */
static bool
is_c1(const unsigned char *p, size_t n)
{
	return n == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

static void
put_escaped(struct line *l, const unsigned char *p, size_t n)
{
	bool json = state.format == LOG_JSON;
	char text[8];

	if (n == 0 && json) {
		put_str(l, "\\ufffd");
		return;
	}
	if (n <= 1 && (p[0] == '"' || p[0] == '\\'))
		(void)snprintf(text, sizeof(text), "\\%c", p[0]);
	else if (n == 1 && p[0] == '\n')
		(void)snprintf(text, sizeof(text), "\\n");
	else if (n == 1 && p[0] == '\t')
		(void)snprintf(text, sizeof(text), "\\t");
	else if (json)
		(void)snprintf(text, sizeof(text), "\\u%04x", p[n - 1]);
	else
		(void)snprintf(text, sizeof(text), "\\x%02x",
		    p[n > 0 ? n - 1 : 0]);
	put_str(l, text);
}

/* s in quotes, cut at VALUE bytes, safe for terminals and parsers. */
static void
put_quoted(struct line *l, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	bool cut = len > VALUE;
	size_t i = 0, n;

	if (cut)
		len = VALUE;
	put(l, "\"", 1);
	while (i < len) {
		n = utf8_len(p + i, len - i);
		if (n == 0 && cut && len - i < 4)
			break;	/* the cut went through a character */
		if (n == 0 || is_c1(p + i, n) || p[i] < 0x20 ||
		    p[i] == 0x7f || p[i] == '"' || p[i] == '\\')
			put_escaped(l, p + i, n);
		else
			put(l, s + i, n);
		i += n > 0 ? n : 1;
	}
	put_str(l, cut ? "...\"" : "\"");
}

/* May s stand in a text line without quotes? */
static bool
is_plain(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len > VALUE)
		return false;
	for (i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' ||
		    s[i] == '\\' || s[i] == '=')
			return false;
	return true;
}

static void
put_field(struct line *l, const struct log_field *f)
{
	bool json = state.format == LOG_JSON;
	size_t before = l->len, len;
	char num[24], masked[VALUE + 1];
	const char *s;

	put_str(l, json ? ",\"" : " ");
	put_str(l, f->name);
	put_str(l, json ? "\":" : "=");
	if (f->is_num) {
		(void)snprintf(num, sizeof(num), "%" PRId64, f->num);
		put_str(l, num);
	} else if (f->str == NULL) {
		put_str(l, json ? "null" : "-");
	} else {
		len = f->len == (size_t)-1 ? strlen(f->str) : f->len;
		s = f->str;
		/* One byte more, so that a cut can be told. */
		if (state.mask) {
			len = len > VALUE ? VALUE + 1 : len;
			s = logmask_text(f->str, len, masked);
		}
		if (!json && is_plain(s, len))
			put(l, s, len);
		else
			put_quoted(l, s, len);
	}
	if (l->full)
		l->len = before;
}

static void
put_head(struct line *l, enum log_level level, const char *event)
{
	char at[CLOCK_TEXT_LEN], head[128];

	clock_text(clock_real_us(), at);
	if (state.torn)
		put(l, "\n", 1);
	if (state.journal)
		put_str(l, level_prefix[level]);
	if (state.format == LOG_JSON) {
		(void)snprintf(head, sizeof(head), "{\"time\":\"%s\","
		    "\"level\":\"%s\",\"program\":\"%s\",\"pid\":%ld,"
		    "\"event\":\"", at, level_names[level], state.program,
		    (long)getpid());
		put_str(l, head);
		put_str(l, event);
		put(l, "\"", 1);
		return;
	}
	/* The journal knows time, program and process by itself. */
	if (!state.journal) {
		(void)snprintf(head, sizeof(head), "%s %s %s[%ld] ", at,
		    level_names[level], state.program, (long)getpid());
		put_str(l, head);
	}
	put_str(l, event);
}

static ssize_t
write_line(const struct line *l)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	/* stderr is shared with others: its flags are not ours to change. */
	n = send(STDERR_FILENO, l->p, l->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0 || errno != ENOTSOCK)
		return n;
	if (poll(&pfd, 1, 0) != 1 || (pfd.revents & POLLOUT) == 0)
		return -1;
	return write(STDERR_FILENO, l->p, l->len);
}

void
log_fields(enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct line l;
	int saved = errno;
	ssize_t n;

	if (level < state.min)
		return;
	l.len = 0;
	l.full = false;
	put_head(&l, level, event);
	for (; fields != NULL && fields->name != NULL && !l.full; fields++)
		put_field(&l, fields);
	/* TAIL bytes were kept free for these. */
	if (l.full)
		l.len += (size_t)snprintf(l.p + l.len, TAIL, "%s",
		    state.format == LOG_JSON ? ",\"cut\":true" : " cut=1");
	l.len += (size_t)snprintf(l.p + l.len, TAIL / 2, "%s",
	    state.format == LOG_JSON ? "}\n" : "\n");
	n = write_line(&l);
	if (n != (ssize_t)l.len)
		state.dropped++;
	if (n > 0)
		state.torn = n != (ssize_t)l.len;
	errno = saved;
}

void
log_mask(bool on)
{
	state.mask = on;
}

void
log_routine(int64_t a_second)
{
	state.routine = a_second;
}

bool
log_may(void)
{
	int64_t second, skipped = state.skipped;

	if (state.routine == 0)
		return true;
	second = clock_mono_us() / 1000000;
	if (second != state.second) {
		state.second = second;
		state.written = state.skipped = 0;
		if (skipped > 0)
			log_info("log.skipped", LI("lines", skipped));
	}
	if (state.written >= state.routine) {
		state.skipped++;
		return false;
	}
	state.written++;
	return true;
}

uint64_t
log_dropped(void)
{
	return state.dropped;
}

/* $JOURNAL_STREAM is "device:inode" of the stream that was made for us. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[48];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, mine) == 0;
}

void
log_init(const char *program, enum log_level min, enum log_format format)
{
	(void)snprintf(state.program, sizeof(state.program), "%s", program);
	state.min = min;
	state.format = format;
	state.journal = stderr_is_journal();
}
