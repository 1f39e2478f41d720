/*
 * GET /v1/problems/{name}: what a type of problem means, in both languages;
 * where the type URIs of our answers lead.  A handler of the route table.
 */
#include "config.h"

#include "api/api.h"
#include "api/problems.h"
#include "api/response.h"
#include "core/settings.h"

void
problems_show(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	const char *base = api->settings->api_problem_base;
	enum problem p = problem_find(req->segments[2]);
	json_t *json;

	(void)who;
	if (p == PROBLEM_NONE) {
		problem_answer(res, req, base, PROBLEM_NOT_FOUND, NULL);
		return;
	}
	json = json_pack("{s:s, s:s+, s:i, s:{s:s, s:s}, s:{s:s, s:s}}",
	    "name", problem_name(p), "type", base, problem_name(p),
	    "status", problem_status(p),
	    "title", "en", problem_title(p, HTTP_EN),
	    "ru", problem_title(p, HTTP_RU),
	    "description", "en", problem_about(p, HTTP_EN),
	    "ru", problem_about(p, HTTP_RU));
	if (response_json(res, 200, json) < 0)
		problem_answer(res, req, base, PROBLEM_INTERNAL, NULL);
}
