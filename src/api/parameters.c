/*
 * GET /v1/parameters: the preset call values that a mapping can send, as the
 * cabinet page shows them.  A handler of the route table; no database.
 */
#include "config.h"

#include "api/api.h"
#include "api/args.h"
#include "api/parameters.h"
#include "api/response.h"
#include "core/settings.h"
#include "hook/fault.h"
#include "hook/parameter.h"

/* The paths to all there is in an example, under a parameter's id. */
static int
add_paths(json_t *list, const char *id, json_t *object)
{
	const char *key;
	json_t *value, *path;
	int rc = 0;

	json_object_foreach(object, key, value) {
		path = json_pack("s++", id, ".", key);
		if (path == NULL || json_array_append(list, path) < 0)
			rc = -1;
		else if (json_is_object(value))
			rc = add_paths(list, json_string_value(path), value);
		json_decref(path);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* NULL is out of memory, for json_pack to find. */
static json_t *
paths_json(const struct parameter *p)
{
	json_t *example = json_loads(p->example, JSON_DECODE_ANY, NULL);
	json_t *list = json_array();

	if (json_is_object(example) && add_paths(list, p->id, example) < 0) {
		json_decref(list);
		list = NULL;
	}
	json_decref(example);
	return list;
}

static json_t *
parameter_json(const struct parameter *p, enum http_lang lang)
{
	static const char *const known[] = {
		[PARAMETER_KNOWN] = "at_start",
		[PARAMETER_PLACEHOLDER] = "placeholder",
		[PARAMETER_AT_END] = "at_end",
	};

	return json_pack("{s:s, s:s, s:b, s:b, s:s, s:b, s:o, s:o, s:s, s:s, "
	    "s:s}",
	    "id", p->id, "type", p->type, "nullable", p->nullable,
	    "known_at_start", p->known == PARAMETER_KNOWN,
	    "known", known[p->known],
	    "extension", (int)p->extension, "paths", paths_json(p),
	    "example", json_loads(p->example, JSON_DECODE_ANY, NULL),
	    "description", lang == HTTP_RU ? p->ru : p->en,
	    "description_ru", p->ru, "description_en", p->en);
}

static json_t *
list_json(enum service service, enum http_lang lang)
{
	const struct parameter *list;
	json_t *data = json_array();
	size_t i, n;

	list = parameter_list(service, &n);
	for (i = 0; i < n; i++)
		if (json_array_append_new(data, parameter_json(&list[i], lang)) < 0) {
			json_decref(data);
			return NULL;
		}
	return data;
}

void
parameters_list(struct api *api, const struct http_request *req,
    const struct identity *who, struct response *res)
{
	const char *base = api->settings->api_problem_base;
	struct faults faults = { .v = NULL };
	const struct http_arg *a;
	int service = -1;
	size_t i = 0;

	(void)who;
	if (http_arg(req, "service").p == NULL)
		fault_add(&faults, FAULT_REQUIRED, NULL, "?service");
	while ((a = args_next(req, &i, &faults)) != NULL) {
		if (span_is(a->name, "service"))
			args_service(a, &service, &faults);
		else
			args_unknown(a, &faults);
	}
	if (faults.n > 0)
		problem_answer(res, req, base, PROBLEM_VALIDATION,
		    &(struct problem_more){ .faults = &faults });
	else if (faults.err != ERR_OK || response_json(res, 200,
	    json_pack("{s:o}", "data", list_json((enum service)service,
	    req->lang))) < 0)
		problem_answer(res, req, base, PROBLEM_INTERNAL, NULL);
	fault_free(&faults);
}
