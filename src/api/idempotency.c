/*
 * Idempotency-Key: a POST that is sent again because its answer was lost is
 * done once.  The key is taken in a transaction of its own before the handler
 * runs: free -> in work -> (success) answered, for a day, or (anything
 * else) free again.  A key whose worker died in the middle is free for the same
 * request once no worker can be at it any more; that one is then done
 * again.  Called by exchange.c around handlers.
 */
#include "config.h"

#include <openssl/evp.h>

#include "api/accountdb.h"
#include "api/answer.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/idempotency.h"
#include "api/response.h"
#include "api/route.h"
#include "api/secrets.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "core/vault.h"

#define KEPT_US ((int64_t)24 * 3600 * 1000 * 1000)
#define DYING_US ((int64_t)10 * 1000 * 1000)	/* being killed takes a while */

enum { KEY_MAX = 255 };
enum { COL_REQUEST, COL_STATUS, COL_HEADERS, COL_BODY };

static int
hash(const struct span *parts, size_t n, unsigned char out[IDEMPOTENCY_HASH_LEN])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t i;
	int ok;

	ok = c != NULL && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;
	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(c, parts[i].p, parts[i].len) == 1 &&
		    EVP_DigestUpdate(c, "", 1) == 1;
	ok = ok && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	return ok ? 0 : ERR_NOMEM;
}

static struct span
bytes(const unsigned char h[IDEMPOTENCY_HASH_LEN])
{
	return (struct span){ (const char *)h, IDEMPOTENCY_HASH_LEN };
}

static bool
is_key(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < '!' || s.p[i] > '~')
			return false;
	return s.len > 0 && s.len <= KEY_MAX;
}

static void
param_key(struct dbparam *p, const struct idempotency *i,
    const struct identity *who)
{
	accountdb_param(p, who);
	dbparam_bytes(p, bytes(i->key));
}

/* Results: idempotency_take, idempotency_get. */
static int
take(const struct idempotency *i, struct api *api, const struct identity *who)
{
	int64_t dead = api->settings->api_request_timeout * 1000 + DYING_US;
	struct dbparam p;
	int rc = accountdb_begin(api->db, who);

	param_key(&p, i, who);
	dbparam_bytes(&p, bytes(i->request));
	dbparam_time(&p, i->at);
	dbparam_time(&p, i->at - KEPT_US);
	dbparam_time(&p, i->at - dead);
	rc = accountdb_send(api->db, rc, &sql_idempotency_take, &p);
	param_key(&p, i, who);
	rc = accountdb_send(api->db, rc, &sql_idempotency_get, &p);
	return accountdb_commit(api->db, rc);
}

/* The answer that was kept. */
static int
replay(const struct idempotency *i, const struct api *api,
    struct response *res)
{
	const struct pg_result *r = db_result(api->db, 1);
	struct span body = dbresult_span(r, 0, COL_BODY);

	if (body.p != NULL && i->sealed) {
		if (vault_unseal(api->vault, bytes(i->key), body,
		    &res->body) < 0)
			return ERR_DENIED;
	} else {
		buf_span(&res->body, body);
	}
	res->status = dbresult_i16(r, 0, COL_STATUS);
	res->content_type = body.p != NULL ? "application/json" : NULL;
	buf_span(&res->headers, dbresult_span(r, 0, COL_HEADERS));
	response_header(res, "Idempotency-Replayed", "true");
	return (int)buf_err(&res->body);
}

/* The key was taken before. */
static void
answer_taken(const struct idempotency *i, const struct api *api,
    const struct http_request *req, struct response *res)
{
	const struct pg_result *r = db_result(api->db, 1);
	int rc;

	if (dbresult_rows(r) == 0) {
		answer_refuse(api, req, res, PROBLEM_IN_PROGRESS, NULL);
	} else if (!span_eq(dbresult_span(r, 0, COL_REQUEST),
	    bytes(i->request))) {
		answer_refuse(api, req, res, PROBLEM_KEY_REUSED, NULL);
	} else if (dbresult_null(r, 0, COL_STATUS)) {
		answer_refuse(api, req, res, PROBLEM_IN_PROGRESS, NULL);
	} else if ((rc = replay(i, api, res)) < 0) {
		log_error("idempotency.replay", LS("request", req->id),
		    LS("why", err_text((enum err)rc)));
		response_reset(res);
		answer_refuse(api, req, res, PROBLEM_INTERNAL, NULL);
	}
}

static void
refuse_key(const struct api *api, const struct http_request *req,
    struct response *res)
{
	problem_answer(res, req, api->settings->api_problem_base,
	    PROBLEM_BAD_REQUEST, &(struct problem_more){ .detail =
	    req->lang == HTTP_RU ?
	    "Idempotency-Key: ожидается от 1 до 255 видимых символов ASCII." :
	    "Idempotency-Key: 1 to 255 visible ASCII characters are expected."
	    });
}

bool
idempotency_begin(struct idempotency *i, struct api *api,
    const struct http_request *req, const struct route *route,
    const struct identity *who, struct response *res)
{
	struct span key = http_var(req, "HTTP_IDEMPOTENCY_KEY");
	const struct span parts[] = { http_var(req, "REQUEST_URI"), req->body };
	int rc;

	i->taken = false;
	if (key.p == NULL || route->method != HTTP_POST || who == NULL ||
	    who->account_id == 0)
		return true;
	if (!is_key(key)) {
		refuse_key(api, req, res);
		return false;
	}
	i->sealed = route->scope & ROUTE_SECRET;
	if (i->sealed && !secrets_ready(api, req, res))
		return false;
	i->at = clock_real_us();
	rc = hash(&key, 1, i->key);
	if (rc == 0)
		rc = hash(parts, 2, i->request);
	if (rc == 0)
		rc = take(i, api, who);
	if (rc < 0) {
		answer_error(api, req, res, rc);
		return false;
	}
	i->taken = dbresult_rows(db_result(api->db, 0)) == 1;
	if (!i->taken)
		answer_taken(i, api, req, res);
	return i->taken;
}

static int
keep(const struct idempotency *i, struct api *api, const struct identity *who,
    const struct response *res)
{
	struct buf sealed = BUF_INIT(RESPONSE_BODY_MAX + VAULT_OVERHEAD);
	struct span body = buf_as_span(&res->body);
	struct dbparam p;
	int rc = 0;

	if (i->sealed)
		rc = vault_seal(api->vault, bytes(i->key), body, &sealed);
	if (rc == 0)
		rc = accountdb_begin(api->db, who);
	param_key(&p, i, who);
	dbparam_time(&p, i->at);
	dbparam_i16(&p, (int16_t)res->status);
	dbparam_text(&p, span_of(buf_cstr(&res->headers)));
	if (res->content_type == NULL)
		dbparam_null(&p);
	else
		dbparam_bytes(&p, i->sealed ? buf_as_span(&sealed) : body);
	rc = accountdb_send(api->db, rc, &sql_idempotency_keep, &p);
	rc = accountdb_commit(api->db, rc);
	buf_free(&sealed);
	return rc;
}

static int
drop(const struct idempotency *i, struct api *api, const struct identity *who)
{
	struct dbparam p;
	int rc = accountdb_begin(api->db, who);

	param_key(&p, i, who);
	dbparam_time(&p, i->at);
	rc = accountdb_send(api->db, rc, &sql_idempotency_drop, &p);
	return accountdb_commit(api->db, rc);
}

void
idempotency_end(const struct idempotency *i, struct api *api,
    const struct identity *who, const struct http_request *req,
    const struct response *res)
{
	int rc;

	if (!i->taken)
		return;
	rc = res->status >= 200 && res->status < 300 ?
	    keep(i, api, who, res) : drop(i, api, who);
	if (rc < 0)
		log_warn("idempotency.lost", LS("request", req->id),
		    LS("why", err_text((enum err)rc)),
		    LS("message", db_error(api->db)));
}
