/*
 * Ids, texts and times as they stand in answers, and columns of rows as such.
 * Without state; used by the handlers, in the API's workers and in callhookctl.
 */
#include "config.h"

#include "api/value.h"

#include "core/clock.h"
#include "core/dbresult.h"
#include "core/id.h"

json_t *
value_id(const struct id *id)
{
	char text[ID_TEXT_LEN];

	return json_string(id_text(id, text));
}

json_t *
value_text(struct span s)
{
	return s.p == NULL ? json_null() : json_stringn(s.p, s.len);
}

json_t *
value_time(int64_t real_us)
{
	char text[CLOCK_TEXT_LEN];

	return real_us == 0 ? json_null() :
	    json_string(clock_text(real_us, text));
}

json_t *
value_id_column(const struct pg_result *r, int row, int col)
{
	struct id id = dbresult_id(r, row, col);

	return dbresult_null(r, row, col) ? json_null() : value_id(&id);
}

json_t *
value_text_column(const struct pg_result *r, int row, int col)
{
	return value_text(dbresult_span(r, row, col));
}

json_t *
value_time_column(const struct pg_result *r, int row, int col)
{
	return dbresult_null(r, row, col) ? json_null() :
	    value_time(dbresult_time(r, row, col));
}
