#ifndef CORE_DBCONN_H
#define CORE_DBCONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct pg_conn;
struct pg_result;
struct sql_statement;

/*
 * What db (blocking) and dbasync (on a loop) share: how a connection is made
 * and what its answers mean.
 */

/* The arguments of PQconnectdbParams; both arrays end with NULL. */
struct dbconn_params {
	const char **keywords;
	const char **values;
	void *parsed;
	int hosts;		/* how many will be tried */
};

/*
 * Parses conninfo and adds what it, the environment and a service leave open:
 * connect_timeout, keepalives, tcp_user_timeout, UTF-8, and application
 * as the fallback application_name.  ERR_INVALID with the reason in why.
 */
int dbconn_params(const char *conninfo, const char *application,
    struct dbconn_params *out, struct buf *why) MUST_CHECK;
void dbconn_params_free(struct dbconn_params *p);
/* Leaves out the first n hosts. */
void dbconn_skip(struct dbconn_params *p, int n);

/* The server behind a session; timeline 0: unknown. */
struct dbconn_server {
	int64_t cluster;
	int64_t timeline;
};
/*
 * What the answer to sql_server_timeline says; NULL, or an error (not every
 * server can be asked): unknown.  ERR_DENIED with the reason in why when it is an
 * old primary; logs.
 */
int dbconn_server_check(const struct pg_conn *conn,
    const struct pg_result *r, struct dbconn_server *server, struct buf *why)
    MUST_CHECK;

/* Notices go to the log (debug) instead of stderr. */
void dbconn_quiet(struct pg_conn *conn);

/* The enum err of an SQLSTATE; "" (libpq's own) is ERR_DB_DOWN. */
int dbconn_err(const char *sqlstate);
/* After such an error the connection is of no more use. */
bool dbconn_is_fatal(const char *sqlstate);
/*
 * 0 when r is TUPLES_OK or COMMAND_OK.  Otherwise its error, with the text
 * in message and the code in sqlstate (6 bytes).
 */
int dbconn_result(const struct pg_result *r, struct buf *message,
    char *sqlstate) MUST_CHECK;

/* Does this error of sql_schema_version say that there is no schema yet? */
bool dbconn_no_schema(const char *sqlstate);
/*
 * What the answer to sql_schema_version says: the version and which one a
 * program has to know, 0 when there is no schema; or an error.
 */
struct dbconn_version {
	int number;
	int needs;
};
int dbconn_schema(const struct pg_result *r, struct dbconn_version *version)
    MUST_CHECK;
/* ERR_SCHEMA unless this build can work with it; logs unless *told. */
int dbconn_schema_check(struct dbconn_version version, bool *told, struct buf *message)
    MUST_CHECK;

/*
 * How long to wait after that many vain tries: half to all of 100 ms doubled
 * with each, up to 2 s.
 */
int64_t dbconn_delay_us(int failures);
/*
 * PQconnectStartParams with our parameters, without the first skip hosts;
 * *hosts is how many there are in all.
 * *conn may be set on error, too.
 */
int dbconn_start(const char *conninfo, const char *application, int skip,
    struct pg_conn **conn, int *hosts, struct buf *why) MUST_CHECK;

/* The statements that a connection has prepared. */
struct dbconn_prepared {
	const struct sql_statement **v;
	size_t n;
	size_t cap;
};

bool dbconn_prepared_has(const struct dbconn_prepared *p,
    const struct sql_statement *s);
int dbconn_prepared_add(struct dbconn_prepared *p,
    const struct sql_statement *s) MUST_CHECK;
void dbconn_prepared_forget(struct dbconn_prepared *p,
    const struct sql_statement *s);
void dbconn_prepared_free(struct dbconn_prepared *p);

#endif
