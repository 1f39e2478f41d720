#ifndef CORE_SQL_H
#define CORE_SQL_H

#include <stddef.h>

/*
 * The statements of sql/statements, compiled in by sql/embed.awk:
 * extern const struct sql_statement sql_NAME, declared in the generated
 * sql_statements.h.
 */
struct sql_statement {
	const char *name;	/* also the name of the prepared statement */
	const char *text;
};

/*
 * A migration of sql/migrations: NNNN_name.sql, in order.  One that only adds
 * says "-- needs: N" in a line of its own: programs that know schema N go on
 * working with it.  Without that line it needs itself.
 */
struct sql_migration {
	int number;
	int needs;		/* the schema that a program has to know */
	const char *name;	/* without number and suffix */
	const char *text;
	const char *sha256;	/* of the file, hex */
};

extern const struct sql_migration sql_migrations[];
extern const size_t sql_migrations_n;
/* Every statement, for tests and for preparing all. */
extern const struct sql_statement *const sql_statements[];
extern const size_t sql_statements_n;

/*
 * The schema versions (migration numbers) that this build can work with; also
 * a newer one that needs no more than SQL_SCHEMA_MAX.
 */
enum { SQL_SCHEMA_MIN = 1, SQL_SCHEMA_MAX = 1 };

#endif
