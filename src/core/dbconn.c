/*
 * What the blocking and the asynchronous connection share: connection
 * parameters with our defaults, SQLSTATE to enum err, the check of the schema
 * version, the list of prepared statements.  Called by db.c and dbasync.c only.
 */
#include "core/dbconn.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/dbresult.h"
#include "core/log.h"
#include "core/sql.h"
#include "core/timeline.h"

/*
 * A peer that vanished without a word is noticed by the kernel: on idle
 * connections by keepalives, with data on the way by tcp_user_timeout.
 */
static const struct {
	const char *keyword, *value;
} defaults[] = {
	{ "connect_timeout", "2" },
	{ "keepalives_idle", "10" },
	{ "keepalives_interval", "3" },
	{ "keepalives_count", "3" },
	{ "tcp_user_timeout", "5000" },
};
#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

#define RETRY_MIN_US 100000
#define RETRY_MAX_US 2000000

static int
count_hosts(const char *list)
{
	int n = 1;

	for (; list != NULL && *list != '\0'; list++)
		if (*list == ',')
			n++;
	return n;
}

static const char *
default_of(const PQconninfoOption *o)
{
	size_t i;

	if (o->envvar != NULL && getenv(o->envvar) != NULL)
		return NULL;
	for (i = 0; i < DEFAULTS; i++)
		if (strcmp(o->keyword, defaults[i].keyword) == 0)
			return defaults[i].value;
	return NULL;
}

static void
fill(struct dbconn_params *p, const PQconninfoOption *options,
    const char *application)
{
	const PQconninfoOption *o;
	bool service = getenv("PGSERVICE") != NULL;
	size_t n = 0;

	for (o = options; o->keyword != NULL; o++)
		if (strcmp(o->keyword, "service") == 0 && o->val != NULL)
			service = true;
	p->hosts = 1;
	for (o = options; o->keyword != NULL; o++) {
		const char *v = o->val;

		if (strcmp(o->keyword, "fallback_application_name") == 0)
			v = application;
		else if (strcmp(o->keyword, "client_encoding") == 0)
			v = "UTF8";
		else if (v == NULL && !service)
			v = default_of(o);
		if (v == NULL)
			continue;
		if (strncmp(o->keyword, "host", 4) == 0 &&
		    count_hosts(v) > p->hosts)
			p->hosts = count_hosts(v);
		p->keywords[n] = o->keyword;
		p->values[n++] = v;
	}
}

int
dbconn_params(const char *conninfo, const char *application,
    struct dbconn_params *out, struct buf *why)
{
	PQconninfoOption *options;
	char *message = NULL;
	size_t n;

	memset(out, 0, sizeof(*out));
	options = PQconninfoParse(conninfo, &message);
	if (options == NULL) {
		bool wrong = message != NULL &&
		    strstr(message, "out of memory") == NULL;

		buf_str(why, message != NULL ? message : "out of memory");
		PQfreemem(message);
		return wrong ? ERR_INVALID : ERR_NOMEM;
	}
	out->parsed = options;
	for (n = 0; options[n].keyword != NULL; n++)
		;
	out->keywords = calloc(n + 1, sizeof(*out->keywords));
	out->values = calloc(n + 1, sizeof(*out->values));
	if (out->keywords == NULL || out->values == NULL) {
		dbconn_params_free(out);
		return ERR_NOMEM;
	}
	fill(out, options, application);
	return 0;
}

/* The keywords whose values are lists, one element a host. */
static bool
is_list(const char *keyword)
{
	return strncmp(keyword, "host", 4) == 0 || strcmp(keyword, "port") == 0;
}

void
dbconn_skip(struct dbconn_params *p, int n)
{
	size_t i;
	int left;

	for (i = 0; p->keywords[i] != NULL; i++) {
		/* One port serves all hosts. */
		if (!is_list(p->keywords[i]) ||
		    count_hosts(p->values[i]) < p->hosts)
			continue;
		for (left = n; left > 0; left--)
			p->values[i] = strchr(p->values[i], ',') + 1;
	}
}

void
dbconn_params_free(struct dbconn_params *p)
{
	free(p->keywords);
	free(p->values);
	if (p->parsed != NULL)
		PQconninfoFree(p->parsed);
	memset(p, 0, sizeof(*p));
}

static void
notice(void *cookie, const char *message)
{
	size_t len = strcspn(message, "\n");

	(void)cookie;
	log_debug("db.notice", LN("message", message, len));
}

void
dbconn_quiet(struct pg_conn *conn)
{
	PQsetNoticeProcessor(conn, notice, NULL);
}

int
dbconn_err(const char *sqlstate)
{
	static const struct {
		const char *prefix;
		enum err err;
	} map[] = {
		{ "08", ERR_DB_DOWN },		/* connection exceptions */
		{ "57P01", ERR_DB_DOWN },	/* admin_shutdown */
		{ "57P02", ERR_DB_DOWN },	/* crash_shutdown */
		{ "57P03", ERR_DB_DOWN },	/* cannot_connect_now */
		{ "57P05", ERR_DB_DOWN },	/* idle_session_timeout */
		{ "25P03", ERR_DB_DOWN },	/* idle in transaction */
		{ "25006", ERR_DB_DOWN },	/* a standby: find the primary */
		{ "2201E", ERR_DB_DOWN },	/* an old one: session_limits */
		{ "57014", ERR_DB_BUSY },	/* query_canceled, timeout */
		{ "55P03", ERR_DB_BUSY },	/* lock_not_available */
		{ "53", ERR_DB_BUSY },		/* insufficient resources */
		{ "40001", ERR_CONFLICT },	/* serialization_failure */
		{ "40P01", ERR_CONFLICT },	/* deadlock_detected */
		{ "23505", ERR_EXISTS },	/* unique_violation */
	};
	size_t i;

	if (sqlstate[0] == '\0')
		return ERR_DB_DOWN;
	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (strncmp(sqlstate, map[i].prefix,
		    strlen(map[i].prefix)) == 0)
			return map[i].err;
	return ERR_DB;
}

bool
dbconn_is_fatal(const char *sqlstate)
{
	/*
	 * 0A000: "cached plan must not change result type", 26000: somebody
	 * has discarded our statements.  Only a new session helps.
	 */
	return dbconn_err(sqlstate) == ERR_DB_DOWN ||
	    strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0;
}

int
dbconn_result(const struct pg_result *r, struct buf *message, char *sqlstate)
{
	ExecStatusType status = PQresultStatus(r);
	const char *text, *state;

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return 0;
	state = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	text = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) :
	    NULL;
	if (text == NULL)
		text = r != NULL ? PQresultErrorMessage(r) : "no result";
	buf_reset(message);
	buf_add(message, text, strcspn(text, "\n"));
	memset(sqlstate, 0, 6);
	if (state != NULL)
		strncpy(sqlstate, state, 5);
	return dbconn_err(sqlstate);
}

bool
dbconn_no_schema(const char *sqlstate)
{
	return strcmp(sqlstate, "42P01") == 0 ||
	    strcmp(sqlstate, "3F000") == 0;
}

int
dbconn_schema(const struct pg_result *r, struct dbconn_version *version)
{
	struct buf message = BUF_INIT(1024);
	char sqlstate[6];
	int err = dbconn_result(r, &message, sqlstate);

	buf_free(&message);
	*version = (struct dbconn_version){ 0, 0 };
	if (err == 0) {
		if (dbresult_rows(r) == 1) {
			version->number = dbresult_i32(r, 0, 0);
			version->needs = dbresult_i32(r, 0, 1);
		}
		return 0;
	}
	return dbconn_no_schema(sqlstate) ? 0 : err;
}

int
dbconn_schema_check(struct dbconn_version version, bool *told, struct buf *message)
{
	if (version.number >= SQL_SCHEMA_MIN &&
	    version.needs <= SQL_SCHEMA_MAX) {
		*told = false;
		return 0;
	}
	buf_reset(message);
	buf_fmt(message, "the database has schema version %d, this program "
	    "works with %d to %d: %s", version.number, SQL_SCHEMA_MIN,
	    SQL_SCHEMA_MAX, version.number == 0 ? "run callhookctl setup" :
	    version.number < SQL_SCHEMA_MIN ? "run callhookctl migrate" :
	    "install a newer callhook");
	if (!*told)
		log_error("db.schema", LI("version", version.number),
		    LS("message", buf_cstr(message)));
	*told = true;
	return ERR_SCHEMA;
}

int
dbconn_server_check(const struct pg_conn *conn, const struct pg_result *r,
    struct dbconn_server *server, struct buf *why)
{
	*server = (struct dbconn_server){ 0, 0 };
	if (r != NULL && PQresultStatus(r) == PGRES_TUPLES_OK &&
	    dbresult_rows(r) == 1) {
		server->cluster = dbresult_i64(r, 0, 0);
		server->timeline = dbresult_i64(r, 0, 1);
	}
	if (timeline_accept(server->cluster, server->timeline))
		return 0;
	buf_reset(why);
	buf_fmt(why, "%s:%s is an old primary: its timeline is %" PRId64
	    ", and %" PRId64 " was seen", PQhost(conn), PQport(conn),
	    server->timeline, timeline_known());
	if (timeline_tells(clock_mono_us()))
		log_error("db.old_primary", LS("host", PQhost(conn)),
		    LS("port", PQport(conn)),
		    LI("timeline", server->timeline),
		    LI("seen", timeline_known()),
		    LS("message", "refused; it must not run as a primary"));
	return ERR_DENIED;
}

bool
dbconn_prepared_has(const struct dbconn_prepared *p,
    const struct sql_statement *s)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i] == s)
			return true;
	return false;
}

int
dbconn_prepared_add(struct dbconn_prepared *p, const struct sql_statement *s)
{
	const struct sql_statement **v;
	size_t cap;

	if (p->n == p->cap) {
		cap = p->cap == 0 ? 64 : p->cap * 2;
		v = realloc(p->v, cap * sizeof(struct sql_statement *));
		if (v == NULL)
			return ERR_NOMEM;
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = s;
	return 0;
}

void
dbconn_prepared_forget(struct dbconn_prepared *p,
    const struct sql_statement *s)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i] == s) {
			p->v[i] = p->v[--p->n];
			return;
		}
}

void
dbconn_prepared_free(struct dbconn_prepared *p)
{
	free(p->v);
	memset(p, 0, sizeof(*p));
}

int64_t
dbconn_delay_us(int failures)
{
	int64_t delay = RETRY_MIN_US;
	uint16_t noise = 0;

	while (failures-- > 1 && delay < RETRY_MAX_US)
		delay *= 2;
	if (delay > RETRY_MAX_US)
		delay = RETRY_MAX_US;
	if (getrandom(&noise, sizeof(noise), GRND_NONBLOCK) < 0)
		noise = UINT16_MAX;
	return delay / 2 + delay / 2 * noise / UINT16_MAX;
}

int
dbconn_start(const char *conninfo, const char *application, int skip,
    struct pg_conn **conn, int *hosts, struct buf *why)
{
	struct dbconn_params params;
	int err;

	err = dbconn_params(conninfo, application, &params, why);
	if (err < 0)
		return err;
	dbconn_skip(&params, skip);
	*conn = PQconnectStartParams(params.keywords, params.values, 0);
	*hosts = params.hosts;
	dbconn_params_free(&params);
	if (*conn == NULL)
		return ERR_NOMEM;
	dbconn_quiet(*conn);
	if (PQstatus(*conn) != CONNECTION_BAD)
		return 0;
	buf_str(why, PQerrorMessage(*conn));
	return ERR_DB_DOWN;
}
