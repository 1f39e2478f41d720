#ifndef HOOK_FAULT_H
#define HOOK_FAULT_H

#include <stddef.h>

#include "core/err.h"

struct buf;

/*
 * What is wrong with a piece of input: a list of (pointer, code, argument),
 * and the sentences in English and Russian for each code.  Codes are stable;
 * the front end translates or binds by them.
 */
enum fault_code {
	FAULT_REQUIRED,			/* required */
	FAULT_UNKNOWN_FIELD,		/* unknown_field */
	FAULT_WRONG_TYPE,		/* wrong_type: arg = expected type */
	FAULT_TOO_LONG,			/* too_long: arg = maximum */
	FAULT_TOO_MANY,			/* too_many: arg = maximum */
	FAULT_EMPTY,			/* empty */
	FAULT_OUT_OF_RANGE,		/* out_of_range: arg = bounds */
	FAULT_NOT_IN_LIST,		/* not_in_list: arg = allowed values */
	FAULT_DUPLICATE,		/* duplicate */
	FAULT_BAD_CHARACTER,		/* bad_character */
	FAULT_BAD_TIME,			/* bad_time */
	FAULT_UNKNOWN_PARAMETER,	/* unknown_parameter: arg = its name */
	FAULT_DUPLICATE_NAME,		/* duplicate_name */
	FAULT_VALUE_OR_TEXT,		/* value_or_text: exactly one of them */
	FAULT_URL_REQUIRED,		/* «Укажите адрес, например https://mysite.ru» */
	FAULT_URL_SYNTAX,		/* url_syntax */
	FAULT_URL_SCHEME,		/* url_scheme: http and https only */
	FAULT_URL_USERINFO,		/* url_userinfo */
	FAULT_URL_HOST,			/* url_host */
	FAULT_URL_HOST_NUMERIC,		/* url_host_numeric: not canonical */
	FAULT_URL_PORT,			/* url_port «Недопустимый порт: …» */
	FAULT_URL_PATH_IN_ORIGIN,	/* url_path_in_origin */
	FAULT_URL_FRAGMENT,		/* url_fragment */
	FAULT_URL_TOO_LONG,		/* url_too_long: arg = maximum */
	FAULT_URL_PRIVATE,		/* url_private «Адрес внутренней сети недоступен» */
	FAULT_URL_RESERVED_NAME,	/* url_reserved_name: localhost, .internal … */
	FAULT_URL_HTTP,			/* url_http: plain http is switched off */
	FAULT_WRONG_ACCOUNT,		/* wrong_account: key of another account */
	FAULT_LIMIT,			/* limit: arg = maximum per account */
	FAULT_SECRET_SYNTAX,		/* secret_syntax */
	FAULT_SECRET_LENGTH,		/* secret_length: arg = bytes */
	FAULT_SECRET_KIND,		/* secret_kind: arg = the kind chosen */
	FAULT_SECRET_LIMIT,		/* secret_limit: arg = maximum at a time */
	FAULT_NOT_OF_SERVICE,		/* not_of_service: arg = service */
	FAULT_RESERVED,			/* reserved: arg = the header */
	FAULT_CONFLICT,			/* conflict: arg = the other name */
	FAULT_TOO_LATE,			/* too_late: arg = days */
	FAULT_TEMPLATE_SYNTAX,		/* template_syntax */
	FAULT_BAD_CURSOR,		/* bad_cursor */
	FAULT_BAD_ID,			/* bad_id */
	FAULT_ALLOWED_CHARACTERS,	/* allowed_characters: arg = these */
	FAULT_NOT_EARLIER,		/* not_earlier: arg = than what */
	FAULT_SPAN_TOO_LONG,		/* span_too_long: arg = days */
	FAULT_LOGIN_AGAIN,		/* login_again */
	FAULT_IN_THE_PAST,		/* in_the_past */
	FAULT_CODES
};

struct fault {
	char *pointer;		/* JSON Pointer, "/params/0/value" */
	enum fault_code code;
	char *arg;		/* or NULL */
};

struct faults {
	struct fault *v;
	size_t n;
	enum err err;		/* ERR_NOMEM is sticky */
};

#define FAULTS_MAX 50		/* more are not collected */

/* pointer is prefix followed by the rest, already escaped (RFC 6901). */
void fault_add(struct faults *f, enum fault_code code, const char *arg,
    const char *pointer_fmt, ...) PRINTF_LIKE(4, 5);
/* For a field by its name as it stands in JSON: prefix, "/", key escaped. */
void fault_add_field(struct faults *f, enum fault_code code,
    const char *prefix, const char *key);
void fault_free(struct faults *f);
const char *fault_code(enum fault_code code);
/* The sentence with %s for arg, when it has one. */
const char *fault_text_en(enum fault_code code);
const char *fault_text_ru(enum fault_code code);
/* Appends text (one of the two above) with f's argument in place of %s. */
void fault_sentence(const struct fault *f, const char *text, struct buf *out);

#endif
