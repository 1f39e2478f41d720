#ifndef API_ORIGIN_H
#define API_ORIGIN_H

#include <stdbool.h>

struct http_request;
struct response;
struct settings;

/*
 * Which page of the web a browser asks for.  Where identity comes by a cookie,
 * pages of other sites could ask in their visitor's name.
 */
/*
 * True when the request comes from a page of the host that it asks
 * (Sec-Fetch-Site, else Origin), of an origin in [api] cors, or from no browser.
 */
bool origin_is_ours(const struct settings *settings,
    const struct http_request *req);
/*
 * CORS: tells the browser that a page of an origin in [api] cors may read
 * this answer; and, when it asks before it asks, what such a page may send.
 */
void origin_answer(const struct settings *settings,
    const struct http_request *req, struct response *res);

#endif
