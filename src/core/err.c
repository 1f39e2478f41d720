/*
 * Texts of the one error enum.  No state; used everywhere.
 */
#include "core/err.h"

const char *
err_text(enum err err)
{
	switch (err) {
	case ERR_OK: return "no error";
	case ERR_NOMEM: return "out of memory";
	case ERR_TOO_BIG: return "over the maximum size";
	case ERR_SYNTAX: return "does not parse";
	case ERR_RANGE: return "out of range";
	case ERR_INVALID: return "not valid";
	case ERR_NOT_FOUND: return "not found";
	case ERR_EXISTS: return "exists already";
	case ERR_CONFLICT: return "lost a race";
	case ERR_DENIED: return "not allowed";
	case ERR_DB_DOWN: return "database not reachable";
	case ERR_DB_BUSY: return "database busy";
	case ERR_DB: return "database error";
	case ERR_SCHEMA: return "unknown database schema version";
	case ERR_IO: return "input/output error";
	case ERR_TIMEOUT: return "timed out";
	case ERR_CLOSED: return "closed by the other side";
	}
	return "unknown error";
}
