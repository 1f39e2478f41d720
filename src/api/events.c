/*
 * POST /v1/events: from a body to events, and from what became of them to an
 * answer.  The worker reads the posts of one wake-up with events_read,
 * ingests all of them at once and answers each with events_answer.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/events.h"
#include "api/http.h"
#include "api/problem.h"
#include "api/response.h"
#include "core/settings.h"
#include "hook/scan.h"

static void
refuse(const struct api *api, const struct http_request *req,
    struct response *res, enum problem p, const char *detail,
    const struct faults *faults)
{
	problem_answer(res, req, api->settings->api_problem_base, p,
	    &(struct problem_more){ .detail = detail, .faults = faults });
}

static size_t
count_elements(struct span array)
{
	struct scan_iter it = { .started = false };
	struct span key, value;
	size_t n = 0;

	while (scan_next(&it, array, &key, &value))
		n++;
	return n;
}

static void
read_one(struct span text, const char *prefix, const struct identity *who,
    struct events_item *out)
{
	struct ingest_item *in = &out->ingest;

	if (event_read(text, prefix, &in->event, &out->faults) < 0) {
		out->problem = out->faults.n > 0 ? PROBLEM_VALIDATION :
		    PROBLEM_INTERNAL;
		return;
	}
	if (who->account_id != 0 && who->account_id != in->event.account_id) {
		fault_add(&out->faults, FAULT_WRONG_ACCOUNT, NULL,
		    "%s/account_id", prefix);
		out->problem = PROBLEM_WRONG_ACCOUNT;
		return;
	}
	in->key = event_key(&in->event);
	in->shard = id_shard(in->event.account_id);
}

/* 0, or the problem with the array as a whole in faults. */
static enum problem
check_count(const struct api *api, size_t n, struct faults *faults)
{
	char most[24];

	if (n == 0) {
		fault_add(faults, FAULT_EMPTY, NULL, "%s", "");
		return PROBLEM_VALIDATION;
	}
	if (n <= (size_t)api->settings->api_max_events)
		return PROBLEM_NONE;
	snprintf(most, sizeof(most), "%lld",
	    (long long)api->settings->api_max_events);
	fault_add(faults, FAULT_TOO_MANY, most, "%s", "");
	return PROBLEM_TOO_MANY;
}

static void
read_array(struct span array, const struct identity *who,
    struct events_post *out)
{
	struct scan_iter it = { .started = false };
	struct span key, value;
	char prefix[24];
	size_t i = 0;

	while (scan_next(&it, array, &key, &value) && i < out->n) {
		snprintf(prefix, sizeof(prefix), "/%zu", i);
		read_one(value, prefix, who, &out->items[i++]);
	}
}

bool
events_read(const struct api *api, const struct http_request *req,
    const struct identity *who, struct events_post *out, struct response *res)
{
	struct faults faults = { .v = NULL };
	struct scan_error error;
	enum problem problem;
	struct span value;
	size_t i;

	*out = (struct events_post){ .n = 1 };
	if (scan_check(req->body, &value, &error) < 0) {
		answer_malformed(api, req, res, &error);
		return false;
	}
	out->array = scan_type(value) == SCAN_ARRAY;
	if (out->array) {
		out->n = count_elements(value);
		problem = check_count(api, out->n, &faults);
		if (problem != PROBLEM_NONE) {
			refuse(api, req, res, problem, NULL, &faults);
			fault_free(&faults);
			return false;
		}
	}
	out->items = calloc(out->n, sizeof(*out->items));
	if (out->items == NULL) {
		refuse(api, req, res, PROBLEM_INTERNAL, NULL, NULL);
		return false;
	}
	if (out->array)
		read_array(value, who, out);
	else
		read_one(value, "", who, &out->items[0]);
	for (i = 0; i < out->n; i++)
		if (out->items[i].problem == PROBLEM_NONE)
			return true;
	events_answer(api, req, out, res);
	return false;
}

static void
write_item(struct buf *b, const struct ingest_item *in)
{
	char id[ID_TEXT_LEN];

	buf_fmt(b, "{\"id\":\"%s\",\"deliveries\":%d,\"duplicate\":%s}",
	    id_text(&in->id, id), in->deliveries,
	    in->duplicate ? "true" : "false");
}

static enum problem
item_problem(const struct events_item *item)
{
	if (item->problem != PROBLEM_NONE)
		return (enum problem)item->problem;
	return problem_of(item->ingest.err);
}

static void
write_error(const struct api *api, const struct http_request *req,
    struct buf *b, const struct events_item *item)
{
	json_t *json = problem_json(item_problem(item), req,
	    api->settings->api_problem_base,
	    &(struct problem_more){ .faults = &item->faults });
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	buf_str(b, "{\"error\":");
	if (text == NULL)
		b->err = ERR_NOMEM;
	buf_str(b, text != NULL ? text : "");
	buf_chr(b, '}');
	free(text);
}

/*
 * The database took nothing of what was fit to be taken: then the whole
 * request has failed, and the client may simply repeat it.
 */
static enum problem
common_failure(const struct events_post *post)
{
	enum problem p = PROBLEM_NONE;
	size_t i;

	for (i = 0; i < post->n; i++) {
		if (post->items[i].problem != PROBLEM_NONE)
			continue;
		p = problem_of(post->items[i].ingest.err);
		if (problem_status(p) != 503)
			return PROBLEM_NONE;
	}
	return p;
}

void
events_answer(const struct api *api, const struct http_request *req,
    const struct events_post *post, struct response *res)
{
	enum problem p;
	size_t i;

	p = post->array ? common_failure(post) : item_problem(&post->items[0]);
	if (p != PROBLEM_NONE) {
		refuse(api, req, res, p, NULL,
		    post->array ? NULL : &post->items[0].faults);
		return;
	}
	res->status = 202;
	res->content_type = "application/json";
	if (!post->array) {
		write_item(&res->body, &post->items[0].ingest);
		return;
	}
	buf_str(&res->body, "{\"data\":[");
	for (i = 0; i < post->n; i++) {
		if (i > 0)
			buf_chr(&res->body, ',');
		if (item_problem(&post->items[i]) == PROBLEM_NONE)
			write_item(&res->body, &post->items[i].ingest);
		else
			write_error(api, req, &res->body, &post->items[i]);
	}
	buf_str(&res->body, "]}");
}

void
events_free(struct events_post *post)
{
	size_t i;

	for (i = 0; i < post->n && post->items != NULL; i++)
		fault_free(&post->items[i].faults);
	free(post->items);
	*post = (struct events_post){ .items = NULL };
}
