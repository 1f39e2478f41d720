#ifndef CORE_ERR_H
#define CORE_ERR_H

/*
 * The one error type of the project.  Functions that can fail return 0 or
 * one of these (always negative).  Mapped to HTTP statuses in exactly one
 * place, api/problem.c.
 */
enum err {
	ERR_OK = 0,
	ERR_NOMEM = -1,		/* out of memory */
	ERR_TOO_BIG = -2,	/* over a named maximum */
	ERR_SYNTAX = -3,	/* does not parse */
	ERR_RANGE = -4,		/* parses, but outside its bounds */
	ERR_INVALID = -5,	/* breaks a rule of the domain */
	ERR_NOT_FOUND = -6,
	ERR_EXISTS = -7,
	ERR_CONFLICT = -8,	/* lost a race: version, serialization */
	ERR_DENIED = -9,	/* may not */
	ERR_DB_DOWN = -10,	/* no connection, or it broke; try again later */
	ERR_DB_BUSY = -11,	/* statement or lock timeout, too many clients */
	ERR_DB = -12,		/* PostgreSQL refused for another reason */
	ERR_SCHEMA = -13,	/* schema version this program does not know */
	ERR_IO = -14,		/* system call failed, errno says why */
	ERR_TIMEOUT = -15,
	ERR_CLOSED = -16,	/* the other side went away */
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* A short English text for err; never NULL. */
const char *err_text(enum err err);

#endif
