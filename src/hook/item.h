#ifndef HOOK_ITEM_H
#define HOOK_ITEM_H

#include <jansson.h>

struct reader;
struct webhook;

/* The mapping of r's webhook, of "params". */
void item_read(struct reader *r);
void item_free(struct webhook *w);
json_t *item_json(const struct webhook *w);

#endif
