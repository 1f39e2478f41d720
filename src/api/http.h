#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "core/span.h"

/*
 * A request in HTTP's words, read from CGI variables ("NAME=value").
 */
enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4, HTTP_PUT = 8,
	HTTP_PATCH = 16, HTTP_DELETE = 32, HTTP_OPTIONS = 64,
	HTTP_OTHER = 128 };

/* Methods that change nothing. */
#define HTTP_SAFE ((unsigned)(HTTP_GET | HTTP_HEAD | HTTP_OPTIONS))

enum http_lang { HTTP_EN, HTTP_RU };

#define HTTP_PATH_MAX 2048	/* bytes of path and query together */
#define HTTP_SEGMENTS 8
#define HTTP_ARGS 16
#define HTTP_REQUEST_ID_MAX 64

struct http_arg {
	struct span name, value;	/* decoded */
};

struct http_request {
	enum http_method method;
	char method_text[16];	/* as it came, for the log; cut */
	struct span segments[HTTP_SEGMENTS];	/* of the path, decoded */
	size_t segments_n;
	struct http_arg args[HTTP_ARGS];	/* of the query */
	size_t args_n;
	enum http_lang lang;
	char id[HTTP_REQUEST_ID_MAX + 1];	/* X-Request-Id */
	struct span body;		/* set by whoever has read it */
	char *const *vars;
	char text[HTTP_PATH_MAX + 1];	/* where segments and args point to */
};

/*
 * The path is REQUEST_URI without the query and without SCRIPT_NAME.
 * Segments are decoded one by one; an encoded slash, NUL, "." and ".." are
 * ERR_SYNTAX, an empty segment is ERR_NOT_FOUND.  A path or query which is too long or
 * has too many parts is ERR_TOO_BIG.  method, id and lang are set in any
 * case.  vars has to outlive req.
 */
int http_read(struct http_request *req, char *const *vars) MUST_CHECK;

/* The first variable of that name; p NULL when there is none. */
struct span http_var(const struct http_request *req, const char *name);
/* A query argument; p NULL when it is not given. */
struct span http_arg(const struct http_request *req, const char *name);
/*
 * CONTENT_LENGTH: 0 and *length, ERR_NOT_FOUND when missing or empty,
 * ERR_SYNTAX, ERR_TOO_BIG over max.
 */
int http_length(const struct http_request *req, int64_t max, int64_t *length)
    MUST_CHECK;
/* Is the media type of the body this one (parameters do not matter)? */
bool http_content_is(const struct http_request *req, const char *type);
/* Is the body what it is, and not compressed? */
bool http_content_is_plain(const struct http_request *req);
/* "Bearer TOKEN": the token; p NULL for anything else. */
struct span http_bearer(struct span authorization);
/* The language that an Accept-Language header asks for; English otherwise. */
enum http_lang http_language(struct span header);

/* An If-Match header; compares versions after W/ and -gzip were removed. */
bool http_if_match(struct span header, int version);
#define HTTP_ETAG_LEN 16	/* "v2147483647", quotes and NUL */
char *http_etag(int version, char out[HTTP_ETAG_LEN]);

/* An opaque place in a list. */
#define HTTP_CURSOR_LEN 24	/* and NUL */
char *http_cursor(const struct id *after, char out[HTTP_CURSOR_LEN]);
int http_cursor_read(struct span text, struct id *after) MUST_CHECK;

#endif
