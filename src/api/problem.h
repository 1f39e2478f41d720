#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include <jansson.h>

#include "api/http.h"
#include "core/err.h"
#include "core/span.h"

struct faults;
struct response;

/*
 * Problem details (RFC 9457): the one place where errors become statuses.
 * Names are stable; texts are in English and Russian.
 */
enum problem {
	PROBLEM_NONE,
	PROBLEM_BAD_REQUEST,		/* bad_request */
	PROBLEM_MALFORMED_JSON,		/* malformed_json */
	PROBLEM_UNAUTHORIZED,		/* unauthorized */
	PROBLEM_FORBIDDEN,		/* forbidden: scope */
	PROBLEM_READ_ONLY,		/* read_only: a viewer */
	PROBLEM_CROSS_SITE,		/* cross_site */
	PROBLEM_WRONG_ACCOUNT,		/* wrong_account */
	PROBLEM_NOT_FOUND,		/* not_found */
	PROBLEM_METHOD_NOT_ALLOWED,	/* method_not_allowed */
	PROBLEM_TIMEOUT,		/* timeout: the request came too slowly */
	PROBLEM_CONFLICT,		/* conflict */
	PROBLEM_IN_PROGRESS,		/* in_progress: Idempotency-Key */
	PROBLEM_LENGTH_REQUIRED,	/* length_required */
	PROBLEM_PRECONDITION_FAILED,	/* precondition_failed */
	PROBLEM_TOO_LARGE,		/* too_large */
	PROBLEM_URI_TOO_LONG,		/* uri_too_long */
	PROBLEM_MEDIA_TYPE,		/* unsupported_media_type */
	PROBLEM_VALIDATION,		/* validation */
	PROBLEM_TOO_MANY,		/* too_many */
	PROBLEM_LIMIT,			/* limit */
	PROBLEM_KEY_REUSED,		/* idempotency_key_reused */
	PROBLEM_PRECONDITION_REQUIRED,	/* precondition_required */
	PROBLEM_TOO_MANY_REQUESTS,	/* too_many_requests */
	PROBLEM_HEADERS_TOO_LARGE,	/* headers_too_large */
	PROBLEM_INTERNAL,		/* internal */
	PROBLEM_UNAVAILABLE,		/* unavailable: no database */
	PROBLEM_BUSY,			/* busy: the database is overloaded */
	PROBLEMS
};

const char *problem_name(enum problem p);
int problem_status(enum problem p);
/* PROBLEM_NONE when there is no problem of that name. */
enum problem problem_find(struct span name);
/* What an error of ours means to a client. */
enum problem problem_of(int err);
const char *problem_title(enum problem p, enum http_lang lang);
const char *problem_about(enum problem p, enum http_lang lang);

/* What the answer says besides its kind; NULL where there is nothing. */
struct problem_more {
	const char *detail;		/* otherwise the general description */
	const struct faults *faults;
};

/* base: URI prefix of types; NULL result: out of memory. */
json_t *problem_json(enum problem p, const struct http_request *req,
    const char *base, const struct problem_more *more);
/*
 * Makes it the answer, with the headers that belong to it (Retry-After,
 * WWW-Authenticate).  more may be NULL.  Never fails: without memory the
 * answer is a shorter one.
 */
void problem_answer(struct response *res, const struct http_request *req,
    const char *base, enum problem p, const struct problem_more *more);

#endif
