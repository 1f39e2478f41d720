/*
 * An answer: status, headers, body, and how a CGI program says them.  Filled
 * by handlers and problem.c, written by the worker.
 */
#include "config.h"

#include <stdlib.h>

#include "api/http.h"
#include "api/response.h"
#include "core/jsonx.h"

#define KEEP_MAX (256 * 1024)	/* more memory is given back after use */

void
response_init(struct response *res)
{
	*res = (struct response){ .status = 0 };
	buf_init(&res->headers, RESPONSE_HEADERS_MAX);
	buf_init(&res->body, RESPONSE_BODY_MAX);
}

static void
forget_later(struct response *res)
{
	free(res->later.state);
	res->later = (struct response_later){ .look = NULL };
}

void
response_reset(struct response *res)
{
	forget_later(res);
	res->status = 0;
	res->content_type = NULL;
	buf_reset(&res->headers);
	if (res->body.cap > KEEP_MAX) {
		buf_free(&res->body);
		buf_init(&res->body, RESPONSE_BODY_MAX);
	}
	buf_reset(&res->body);
}

void
response_free(struct response *res)
{
	forget_later(res);
	buf_free(&res->headers);
	buf_free(&res->body);
}

void
response_header(struct response *res, const char *name, const char *value)
{
	buf_fmt(&res->headers, "%s: %s\r\n", name, value);
}

int
response_json(struct response *res, int status, json_t *json)
{
	if (json == NULL)
		return ERR_NOMEM;
	res->status = status;
	res->content_type = "application/json";
	jsonx_write(&res->body, json);
	json_decref(json);
	return (int)buf_err(&res->body);
}

const char *
response_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} table[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 408, "Request Timeout" }, { 409, "Conflict" },
		{ 411, "Length Required" }, { 412, "Precondition Failed" },
		{ 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 428, "Precondition Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].reason;
	return "Unknown";
}

int
response_write(const struct response *res, const struct http_request *req,
    struct buf *out)
{
	buf_fmt(out, "Status: %d %s\r\n", res->status,
	    response_reason(res->status));
	if (res->content_type != NULL)
		buf_fmt(out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    res->content_type, res->body.len);
	buf_str(out, "X-Request-Id: ");
	buf_str(out, req->id);
	buf_str(out, "\r\nCache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n");
	buf_span(out, buf_as_span(&res->headers));
	buf_str(out, "\r\n");
	if (res->content_type != NULL && req->method != HTTP_HEAD)
		buf_span(out, buf_as_span(&res->body));
	if (buf_err(&res->headers) != ERR_OK)
		return (int)buf_err(&res->headers);
	if (buf_err(&res->body) != ERR_OK)
		return (int)buf_err(&res->body);
	return (int)buf_err(out);
}
