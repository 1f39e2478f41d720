/*
 * Who asks: API keys (SHA-256 in the database) and the web server's word.
 * A worker has one struct auth with a small direct-mapped cache of keys
 * that were verified within AUTH_TTL_MS; the hash of the whole key is the
 * index, so nothing else than the right key finds an entry.  A slot is
 * empty, fresh (at_us young enough), or stale (verified again at next use).
 */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/accountdb.h"
#include "api/auth.h"
#include "api/origin.h"
#include "api/shown.h"
#include "core/apikey.h"
#include "core/clock.h"
#include "core/db.h"
#include "core/log.h"
#include "core/num.h"
#include "core/settings.h"
#include "core/sql_statements.h"
#include "hook/scan_text.h"

enum {
	CACHE_SLOTS = 256,
	NOTE_EVERY_US = 60 * 1000 * 1000,
	NOTES_AT_ONCE = 32,
};

struct slot {
	bool used;
	unsigned char hash[APIKEY_HASH_LEN];
	char prefix[APIKEY_PREFIX_LEN + 1];
	int shard;
	struct identity identity;
	int64_t at_us;		/* verified, mono */
	int64_t expires_at;	/* real us, 0: never */
	int64_t noted_us;	/* last use written, mono; 0: not by us */
	bool to_note;
};

struct auth {
	const struct settings *settings;
	unsigned ways;		/* SETTINGS_AUTH_* */
	int to_note;
	struct slot cache[CACHE_SLOTS];
};

struct auth *
auth_new(const struct settings *settings)
{
	struct auth *a = calloc(1, sizeof(*a));
	size_t i;

	if (a == NULL)
		return NULL;
	a->settings = settings;
	for (i = 0; i < settings->api_auth.n; i++) {
		if (strcmp(settings->api_auth.v[i], "key") == 0)
			a->ways |= SETTINGS_AUTH_KEY;
		else if (strcmp(settings->api_auth.v[i], "vouched") == 0)
			a->ways |= SETTINGS_AUTH_VOUCHED;
	}
	return a;
}

void
auth_free(struct auth *a)
{
	free(a);
}

/* Words that we don't know grant nothing. */
static unsigned
scopes_of(struct span words)
{
	unsigned scopes = 0;
	struct span word;
	size_t i, start = 0;

	for (i = 0; i <= words.len; i++) {
		if (i < words.len && words.p[i] != ' ')
			continue;
		word = (struct span){ words.p + start, i - start };
		if (span_is(word, "webhooks"))
			scopes |= SCOPE_WEBHOOKS;
		else if (span_is(word, "events"))
			scopes |= SCOPE_EVENTS;
		else if (span_is(word, "keys"))
			scopes |= SCOPE_KEYS;
		start = i + 1;
	}
	return scopes;
}

static int
query_key(struct db *db, int shard, struct span prefix)
{
	struct dbparam p;
	int rc = accountdb_begin_scope(db, "auth");

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)shard);
	dbparam_text(&p, prefix);
	rc = accountdb_send(db, rc, &sql_key_find, &p);
	return accountdb_commit(db, rc);
}

/* Columns of key_find. */
enum { COL_SHA256, COL_ACCOUNT, COL_SCOPES, COL_EXPIRES, COL_REVOKED };

static enum problem
verify(struct db *db, struct slot *s, struct span prefix)
{
	const struct pg_result *r;
	int rc;

	rc = query_key(db, s->shard, prefix);
	if (rc < 0)
		return problem_of(rc);
	r = db_result(db, 0);
	if (dbresult_rows(r) != 1 ||
	    !apikey_equal(s->hash, dbresult_span(r, 0, COL_SHA256)) ||
	    !dbresult_null(r, 0, COL_REVOKED))
		return PROBLEM_UNAUTHORIZED;
	s->expires_at = dbresult_null(r, 0, COL_EXPIRES) ? 0 :
	    dbresult_time(r, 0, COL_EXPIRES);
	s->identity.account_id = dbresult_null(r, 0, COL_ACCOUNT) ? 0 :
	    dbresult_i64(r, 0, COL_ACCOUNT);
	s->identity.scopes = scopes_of(dbresult_span(r, 0, COL_SCOPES));
	s->at_us = clock_mono_us();
	return PROBLEM_NONE;
}

static void
remember_use(struct auth *a, struct slot *s, int64_t now)
{
	if (s->to_note || (s->noted_us != 0 && now - s->noted_us < NOTE_EVERY_US))
		return;
	s->to_note = true;
	a->to_note++;
}

static void
forget(struct auth *a, struct slot *s)
{
	a->to_note -= s->to_note;
	s->used = s->to_note = false;
}

static enum problem
by_key(struct auth *a, struct db *db, struct span text, struct identity *out)
{
	struct slot fresh = { .used = true }, *s;
	struct span prefix;
	enum problem problem;
	int64_t now = clock_mono_us();

	if (apikey_parse(text, &fresh.shard, &prefix) < 0)
		return PROBLEM_UNAUTHORIZED;
	apikey_hash(text, fresh.hash);
	s = &a->cache[fresh.hash[0]];
	if (!s->used || !apikey_equal(s->hash, (struct span){
	    (const char *)fresh.hash, sizeof(fresh.hash) }) ||
	    now - s->at_us > AUTH_TTL_MS * 1000) {
		snprintf(fresh.prefix, sizeof(fresh.prefix), "%.*s",
		    (int)prefix.len, prefix.p);
		snprintf(fresh.identity.who, sizeof(fresh.identity.who),
		    "key:%s", fresh.prefix);
		problem = verify(db, &fresh, prefix);
		if (problem != PROBLEM_NONE)
			return problem;
		if (s->used && memcmp(s->hash, fresh.hash, sizeof(s->hash)) == 0)
			fresh.noted_us = s->noted_us;
		forget(a, s);
		*s = fresh;
	}
	if (s->expires_at != 0 && s->expires_at <= clock_real_us())
		return PROBLEM_UNAUTHORIZED;
	remember_use(a, s, now);
	*out = s->identity;
	return PROBLEM_NONE;
}

/*
 * A user's name for the audit trail: whole characters of UTF-8, "?" for what
 * is none or would not be seen as it is.
 */
static void
who_user(struct span user, char out[IDENTITY_WHO_MAX + 1])
{
	size_t i, n, o = (size_t)snprintf(out, IDENTITY_WHO_MAX + 1, "user:");
	const unsigned char *p;
	bool good;

	for (i = 0; i < user.len; i += n) {
		p = (const unsigned char *)user.p + i;
		n = *p < 0x80 ? 1 :
		    scan_text_utf8(user.p + i, user.p + user.len);
		good = n > 0 && *p >= ' ' && shown_is_harmless(p, n);
		n = n > 0 ? n : 1;
		if (o + (good ? n : 1) > IDENTITY_WHO_MAX)
			break;
		if (good)
			memcpy(out + o, p, n);
		else
			out[o] = '?';
		o += good ? n : 1;
	}
	out[o] = '\0';
}

static enum problem
by_word(const struct auth *a, const struct http_request *req,
    struct span account, struct identity *out)
{
	struct span role = http_var(req, "CALLHOOK_ROLE");

	*out = (struct identity){ .scopes = SCOPE_WEBHOOKS };
	/* A word that we don't know is no owner's. */
	out->viewer = role.len > 0 && !span_is(role, "owner");
	if (!out->viewer)
		out->scopes |= SCOPE_KEYS;
	if (num_i64(account, 1, INT64_MAX, &out->account_id) < 0)
		return PROBLEM_UNAUTHORIZED;
	/* The web server's word may rest on a cookie that browsers add. */
	if (!(req->method & HTTP_SAFE) && !origin_is_ours(a->settings, req))
		return PROBLEM_CROSS_SITE;
	who_user(http_var(req, "CALLHOOK_USER"), out->who);
	return PROBLEM_NONE;
}

static enum problem
identify(struct auth *a, struct db *db, const struct http_request *req,
    struct identity *out)
{
	struct span header = http_var(req, "HTTP_AUTHORIZATION");
	struct span account = http_var(req, "CALLHOOK_ACCOUNT");

	if (header.len > 0) {
		if (!(a->ways & SETTINGS_AUTH_KEY))
			return PROBLEM_UNAUTHORIZED;
		header = http_bearer(header);
		return header.p == NULL ? PROBLEM_UNAUTHORIZED :
		    by_key(a, db, header, out);
	}
	if (account.len > 0 && (a->ways & SETTINGS_AUTH_VOUCHED))
		return by_word(a, req, account, out);
	return PROBLEM_UNAUTHORIZED;
}

/* Where the request came from, if it is an address. */
static struct span
address_of(const struct http_request *req)
{
	struct span s = http_var(req, "REMOTE_ADDR");
	struct in6_addr six;
	struct in_addr four;

	if (s.len > 0 && (inet_pton(AF_INET, s.p, &four) == 1 ||
	    inet_pton(AF_INET6, s.p, &six) == 1))
		return s;
	return (struct span){ NULL, 0 };
}

enum problem
auth_identify(struct auth *a, struct db *db, const struct http_request *req,
    struct identity *out)
{
	enum problem p = identify(a, db, req, out);

	if (p != PROBLEM_NONE)
		return p;
	out->address = address_of(req);
	out->request = span_of(req->id);
	return out->viewer && !(req->method & HTTP_SAFE) ?
	    PROBLEM_READ_ONLY : PROBLEM_NONE;
}

static int
send_use(struct db *db, const struct slot *s, int64_t real_us)
{
	struct dbparam p;
	int rc;

	dbparam_init(&p);
	dbparam_i16(&p, (int16_t)s->shard);
	dbparam_text(&p, span_of(s->prefix));
	dbparam_time(&p, real_us);
	rc = (int)dbparam_err(&p);
	if (rc == 0)
		rc = db_send(db, &sql_key_used, &p);
	dbparam_free(&p);
	return rc;
}

void
auth_note_uses(struct auth *a, struct db *db)
{
	int64_t now = clock_mono_us(), real = clock_real_us();
	int i, n = 0, rc;

	if (a->to_note == 0)
		return;
	rc = db_begin(db);
	if (rc == 0)
		rc = db_as_scope(db, "auth");
	for (i = 0; i < CACHE_SLOTS && rc == 0 && n < NOTES_AT_ONCE; i++) {
		if (!a->cache[i].to_note)
			continue;
		rc = send_use(db, &a->cache[i], real);
		/* Whatever becomes of it: the next try is a minute later. */
		a->cache[i].to_note = false;
		a->cache[i].noted_us = now;
		a->to_note--;
		n++;
	}
	if (rc == 0)
		rc = db_commit(db);
	if (rc == 0)
		rc = db_run(db);
	if (rc < 0) {
		db_rollback(db);
		log_warn("auth.note_failed", LS("why", err_text((enum err)rc)));
	}
}
