#ifndef API_VALUE_H
#define API_VALUE_H

#include <jansson.h>
#include <stdint.h>

#include "core/span.h"

struct id;
struct pg_result;

/*
 * What stands in answers: each is the caller's, and NULL when there is no
 * memory, as json_pack expects it.
 */
json_t *value_id(const struct id *id);
json_t *value_text(struct span s);		/* p NULL → null */
json_t *value_time(int64_t real_us);		/* 0 → null */
/* Columns of a row; NULL → null. */
json_t *value_id_column(const struct pg_result *r, int row, int col);
json_t *value_text_column(const struct pg_result *r, int row, int col);
json_t *value_time_column(const struct pg_result *r, int row, int col);

#endif
